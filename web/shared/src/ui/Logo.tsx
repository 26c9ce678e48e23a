interface LogoProps {
  /** Height in CSS units; the width follows. */
  readonly size?: string;
}

/** The watchman's tower and the bugle's call, in the colour of the text around it. Decorative: the name stands beside it. */
export function Logo({ size = "2rem" }: LogoProps) {
  return (
    <svg viewBox="0 0 48 48" width={size} height={size} aria-hidden="true" focusable="false" fill="none">
      <path
        fill="currentColor"
        d="M6 9h4.5v3.5h3.75V9h4.5v3.5h3.75V9H27v8.5l-2.25 3.25V44H20v-6.5a3.5 3.5 0 0 0-7 0V44H8.25V20.75L6 17.5zM16.5 22a2.25 2.25 0 0 0-2.25 2.25V29h4.5v-4.75A2.25 2.25 0 0 0 16.5 22z"
        fillRule="evenodd"
      />
      <path
        stroke="currentColor"
        strokeWidth="3"
        strokeLinecap="round"
        d="M31.5 11.2a6 6 0 0 1 0 7.6M36 7.4a12 12 0 0 1 0 15.2M40.5 3.6a18 18 0 0 1 0 22.8"
      />
    </svg>
  );
}

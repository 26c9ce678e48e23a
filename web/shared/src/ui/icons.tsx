/** Strokes on a 24 × 24 grid, drawn for Hejnał. */
const PATHS = {
  // what notices are about
  water: "M12 3.5c3.6 4 5.8 7 5.8 10a5.8 5.8 0 0 1-11.6 0c0-3 2.2-6 5.8-10zM9 14a3 3 0 0 0 3 3",
  power: "M13 3 6 13.5h5L10.5 21 18 10h-5.2z",
  gas: "M12 3c.6 3.4 4.8 5.2 4.8 10.2A4.8 4.8 0 0 1 12 18a4.8 4.8 0 0 1-4.8-4.8c0-2 1-3.4 2-4.4.2 1.4.8 2 1.4 2.2C10.4 8 10.8 5.5 12 3zM6 21h12",
  heating: "M5 8v11M9.7 8v11M14.3 8v11M19 8v11M5 10h14M5 17h14M9 2.5c-.8 1.2.8 1.8 0 3M15 2.5c-.8 1.2.8 1.8 0 3",
  roads: "M3.5 9h17v5.5h-17zM7 14.5V20M17 14.5V20M7 9V6.5M17 9V6.5M7.5 14.5 11 9M13 14.5 16.5 9",
  events: "M5 6h14v14H5zM5 10.5h14M9 3.5V8M15 3.5V8M12 13l.9 1.7 1.9.3-1.4 1.3.4 1.9-1.8-.9-1.8.9.4-1.9-1.4-1.3 1.9-.3z",
  air: "M3 9h11.5A2.5 2.5 0 1 0 12 6.5M3 13h15.5A2.5 2.5 0 1 1 16 15.5M3 17h7.5A2 2 0 1 1 8.5 19",
  waste: "M4.5 7h15M9 7V4.5h6V7M6.5 7l1 13h9l1-13M10 10.5v6M14 10.5v6",
  safety: "M12 3l7.5 2.8v5.4c0 4.6-3 8-7.5 9.8-4.5-1.8-7.5-5.2-7.5-9.8V5.8zM8.7 12l2.3 2.3 4.3-4.6",
  other: "M5 5.5h14v10.5h-6.5L8.5 20v-4H5zM8.5 9.5h7M8.5 12.5h4.5",
  // what reports are about
  lighting: "M7 21V7.5A3.5 3.5 0 0 1 10.5 4H14M4.5 21h5M11.5 9.5h7.5L17 5.5c-.5-1-3-1-3.5 0zM12.8 13l-.8 2M15.3 13v2.5M17.7 13l.8 2",
  greenery: "M12 21v-8M12 15.5l-3-2.5M12 3a5 5 0 0 0-4.6 6.9A3.8 3.8 0 0 0 9 17h6a3.8 3.8 0 0 0 1.6-7.1A5 5 0 0 0 12 3z",
  road_damage: "M7 20.5 9.5 4M17 20.5 14.5 4M12 4v2.5M12 17.5v3M9.5 12.5c0-1.4 1-2 2.5-2s2.7.8 2.7 2-1 2.2-2.7 2.2-2.5-1-2.5-2.2z",
  signage: "M12 21v-7M8.5 21h7M12 3.5l6 5.25-6 5.25-6-5.25z",
  water_leak: "M4 10.5h8a3.5 3.5 0 0 1 3.5 3.5M4 6.5h9.5a6 6 0 0 1 6 6V14h-4M8.5 6.5V4M6 4h5M17.5 17c1 1.2 1.6 2 1.6 2.8a1.6 1.6 0 0 1-3.2 0c0-.8.6-1.6 1.6-2.8z",
  danger: "M12 3.5 21.5 20h-19zM12 9.5v5M12 17.2h.01",
  noise: "M4 9.5v5h3.5l5 4v-13l-5 4zM16 9.5a4 4 0 0 1 0 5M18.5 7a8 8 0 0 1 0 10",
  // what the pages need
  camera: "M4 8.5l11-3.5 1.7 5.3-11 3.5zM17.5 8l2.5.3-.6 2.6-2 .3M8 13l1.5 4H5M5 14.5v6",
  pin: "M12 21c4-4.5 6.5-7.8 6.5-11a6.5 6.5 0 0 0-13 0c0 3.2 2.5 6.5 6.5 11zM12 12.5a2.5 2.5 0 1 0 0-5 2.5 2.5 0 0 0 0 5z",
  list: "M8.5 6.5H20M8.5 12H20M8.5 17.5H20M4.5 6.5h.01M4.5 12h.01M4.5 17.5h.01",
  map: "M9 4.5 3.5 6.5v13L9 17.5l6 2 5.5-2v-13l-5.5 2zM9 4.5v13M15 6.5v13",
  bell: "M6 16.5V11a6 6 0 0 1 12 0v5.5l1.5 1.5h-15zM10 20.5h4M12 5V3",
  megaphone: "M4 10v4h3l8 4.5v-13L7 10zM7 14l1 5.5h2.5L9.7 15.5M18 9.5a3.5 3.5 0 0 1 0 5",
  person: "M12 11.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.5 20.5c.6-4 3.6-6 7.5-6s6.9 2 7.5 6",
  photo: "M4 7.5h4l1.5-2.5h5L16 7.5h4V19H4zM12 16.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7z",
  locate: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM12 2.5V6M12 18v3.5M2.5 12H6M18 12h3.5M12 12h.01",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13zM15.5 15.5l5 5",
  check: "M4.5 12.5l5 5 10-11",
  close: "M6 6l12 12M18 6 6 18",
  forward: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  offline: "M3.5 3.5l17 17M5 12.5a10 10 0 0 1 4-2.5M2.5 9A14.5 14.5 0 0 1 7 6.2M13 5.5A14.5 14.5 0 0 1 21.5 9M15.5 10.3A10 10 0 0 1 19 12.5M8.5 16a5.5 5.5 0 0 1 6 -.5M12 19.5h.01",
  clock: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 7.5V12l3.2 2",
  mail: "M3.5 6h17v12.5h-17zM3.5 7l8.5 6.5L20.5 7",
  phone: "M7 2.5h10v19H7zM10.5 18.5h3",
  // severities
  info: "M12 20.5a8.5 8.5 0 1 0 0-17 8.5 8.5 0 0 0 0 17zM12 11v5.5M12 7.7h.01",
  notice: "M5.5 21V4M5.5 5c4-2 8 2 13 0v9c-5 2-9-2-13 0",
  warning: "M12 3.5 21.5 20h-19zM12 9.5v5M12 17.2h.01",
  emergency: "M8.3 3h7.4L21 8.3v7.4L15.7 21H8.3L3 15.7V8.3zM12 7.5v6M12 16.7h.01",
} as const;

export type IconName = keyof typeof PATHS;

interface IconProps {
  readonly name: IconName;
  readonly size?: string;
}

/** A decorative icon in the colour of the text; the word beside it carries the meaning. */
export function Icon({ name, size = "1.35em" }: IconProps) {
  return (
    <svg
      viewBox="0 0 24 24"
      width={size}
      height={size}
      className="icon"
      aria-hidden="true"
      focusable="false"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
    >
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The icon of a category code; codes a town has added itself get a plain one. */
export function categoryIcon(code: string): IconName {
  return Object.hasOwn(PATHS, code) ? (code as IconName) : "other";
}

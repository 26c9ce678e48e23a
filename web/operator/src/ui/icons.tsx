/** Signs only the console needs; strokes on a 24 × 24 grid, drawn for Hejnał. */
const PATHS = {
  wall: "M3.5 5h7.500v6h-7.500zM13 5h7.500v6H13zM3.500 13h7.500v6h-7.500zM13 13h7.500v6H13z",
  playback: "M12 20.500A8.500 8.500 0 1 0 4.300 8.400M3.500 4v4.800h4.800M12 7.500V12l3.200 2",
  audit: "M6 3.500h9l3.500 3.500v13.500H6zM9 11h6.500M9 14.500h6.500M9 18h3.500M14.500 3.500V7.500h4",
  export: "M12 3.500v11M8 10.500l4 4 4-4M4.500 15v5h15v-5",
  play: "M7.500 5v14l11-7z",
  pause: "M8 5.500v13M16 5.500v13",
  back10: "M11 7 5 12l6 5zM19 7l-6 5 6 5z",
  forward10: "M13 7l6 5-6 5zM5 7l6 5-6 5z",
  enlarge: "M4.500 9.500v-5h5M19.500 9.500v-5h-5M4.500 14.500v5h5M19.500 14.500v5h-5",
  shrink: "M9.500 4.500v5h-5M14.500 4.500v5h5M9.500 19.500v-5h-5M14.500 19.500v-5h5",
  live: "M12 14a2 2 0 1 0 0-4 2 2 0 0 0 0 4zM7.500 16.500a6.300 6.300 0 0 1 0-9M16.500 7.500a6.300 6.300 0 0 1 0 9M4.500 19.500a10.600 10.600 0 0 1 0-15M19.500 4.500a10.600 10.600 0 0 1 0 15",
  late: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7v5.500h4",
  gone: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM6 6l12 12",
  off: "M12 3.500v8M7 6.500a8 8 0 1 0 10 0",
  connecting: "M12 3.500v3M12 17.500v3M3.500 12h3M17.500 12h3M6 6l2 2M16 16l2 2M6 18l2-2M16 8l2-2",
  keyboard: "M3 6.500h18v11H3zM6.500 10h.01M10 10h.01M13.500 10h.01M17 10h.01M7.500 14h9",
  signOut: "M13.500 4.500h-8v15h8M10 12h10.500M17 8.500l3.500 3.500-3.500 3.500",
  frameBack: "M15 6 9 12l6 6M6.500 6v12",
  frameForward: "M9 6l6 6-6 6M17.500 6v12",
  snapshot: "M4 8h3.500l1.500-2.500h6L16.500 8H20v11H4zM12 16.500a3.200 3.200 0 1 0 0-6.400 3.200 3.200 0 0 0 0 6.400z",
  plus: "M12 5v14M5 12h14",
  line: "M4 12h3l2.500-6 4 12 2.500-6h4",
  panel: "M3.500 5h17v14h-17zM9.500 5v14",
} as const;

export type ConsoleIconName = keyof typeof PATHS;

/** A decorative icon in the colour of the text; the word beside it, or the control's name, carries the meaning. */
export function ConsoleIcon({ name, size = "1.35em" }: { readonly name: ConsoleIconName; readonly size?: string }) {
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

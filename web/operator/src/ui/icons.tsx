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
  bellOn: "M6.500 16.500V11a5.500 5.500 0 0 1 11 0v5.500l1.500 1.500H5zM10 20.500a2.200 2.200 0 0 0 4 0M12 5.500V3.500",
  bellOff: "M8 7.200A5.500 5.500 0 0 1 17.500 11v4M15 18H5l1.500-1.500V11c0-.7.100-1.300.300-1.900M10 20.500a2.200 2.200 0 0 0 4 0M12 5.500V3.500M4 4l16 16",
  alert: "M12 4 21 19.500H3zM12 10v4.500M12 17v.01",
  people: "M9 11.500a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM3.500 19.500a5.500 5.500 0 0 1 11 0M15.500 6a3 3 0 0 1 0 5.500M17 14.300a5.500 5.500 0 0 1 3.500 5.200",
  panel: "M3.500 5h17v14h-17zM9.500 5v14",
  edit: "M4 20h4L19.500 8.500l-4-4L4 16zM13.500 6.500l4 4",
  soundOn: "M4 9.500v5h3.500l5 4v-13l-5 4zM16 9.500a4 4 0 0 1 0 5M18.500 7a8 8 0 0 1 0 10",
  soundOff: "M4 9.500v5h3.500l5 4v-13l-5 4zM16.500 9.500l5 5M21.500 9.500l-5 5",
  steer: "M12 3.500v17M3.500 12h17M9.500 6 12 3.500 14.500 6M9.500 18l2.500 2.500 2.500-2.500M6 9.500 3.500 12 6 14.500M18 9.500l2.500 2.500-2.500 2.500",
  fullScreen: "M3.500 9V4.500H8M20.500 9V4.500H16M3.500 15v4.500H8M20.500 15v4.500H16",
  ballot: "M4.500 13.500v6h15v-6M4.500 13.500 6.500 10h1.500M19.500 13.500 17.500 10H16M4.500 13.500h15M8 10.500v-6h8v6M10 7.500l1.500 1.500 2.500-2.500",
  window: "M3.500 8.500h12v11h-12zM8.500 8.500v-4h12v11h-5",
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

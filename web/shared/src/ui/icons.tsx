/** Strokes on a 24 × 24 grid, drawn for Hejnał. */
const PATHS = {
  // what notices are about
  water: "M12 3.5c3.6 4 5.8 7 5.8 10a5.8 5.8 0 0 1-11.6 0c0-3 2.2-6 5.8-10zM9 14a3 3 0 0 0 3 3",
  power: "M13 3 6 13.5h5L10.5 21 18 10h-5.2z",
  gas: "M12 3c.6 3.4 4.8 5.2 4.8 10.2A4.8 4.8 0 0 1 12 18a4.8 4.8 0 0 1-4.8-4.8c0-2 1-3.4 2-4.4.2 1.4.8 2 1.4 2.2C10.4 8 10.8 5.5 12 3zM6 21h12",
  heating: "M5 8v11M9.700 8v11M14.300 8v11M19 8v11M5 10h14M5 17h14M9 2.500c-.8 1.200.8 1.800 0 3M15 2.500c-.8 1.200.8 1.800 0 3",
  roads: "M4 9h16v5H4zM7 14v6M17 14v6M7 9V6M17 9V6M8 14l4-5M14 14l4-5",
  events: "M5 6h14v14H5zM5 10.500h14M9 3.500V8M15 3.500V8M12 13l.9 1.700 1.900.3-1.400 1.300.4 1.900-1.800-.9-1.800.9.4-1.900-1.400-1.300 1.900-.3z",
  air: "M3 9h11.500A2.500 2.500 0 1 0 12 6.500M3 13h15.500A2.500 2.500 0 1 1 16 15.500M3 17h7.500A2 2 0 1 1 8.500 19",
  waste: "M4.500 7h15M9 7V4.500h6V7M6.500 7l1 13h9l1-13M10 10.500v6M14 10.500v6",
  safety: "M12 3l7.500 2.800v5.400c0 4.600-3 8-7.500 9.800-4.500-1.800-7.500-5.200-7.500-9.800V5.800zM8.700 12l2.300 2.300 4.300-4.600",
  other: "M5 5.500h14v10.500h-6.500L8.500 20v-4H5zM8.500 9.500h7M8.500 12.500h4.500",
  // what reports are about
  lighting: "M8 21h4M10 21V6.500A3.500 3.500 0 0 1 13.500 3h1A3.500 3.500 0 0 1 18 6.500V8M14.500 8h7l-1.500 3.500h-4zM16.500 14.500v2M19.800 14.500l.8 1.800M15 14.500l-.8 1.800",
  greenery: "M12 21v-8M12 15.500l-3-2.500M12 3a5 5 0 0 0-4.600 6.900A3.800 3.800 0 0 0 9 17h6a3.800 3.800 0 0 0 1.600-7.100A5 5 0 0 0 12 3z",
  animals: "M12 12c-2.500 0-4.500 2-4.500 4.300 0 2 1.700 2.700 3 2.200 1-.4 2-.4 3 0 1.300.5 3-.2 3-2.200C16.500 14 14.500 12 12 12zM6 9.500v1.500M9.700 5.500V8M14.300 5.500V8M18 9.500v1.500",
  vandalism: "M7 10.500h6V21H7zM8.500 10.500V7h3v3.500M10 7V4.500M14.500 4.500h.01M17 3.500h.01M17 6.500h.01M19.500 5h.01",
  playground: "M5 21 8 5h8l3 16M8 5H5.500M16 5h2.500M10 5v9M14 5v9M9.500 14h5",
  // what the pages need
  camera: "M4 8.500l11-3.500 1.700 5.300-11 3.500zM17.500 8l2.500.3-.6 2.600-2 .3M8 13l1.500 4H5M5 14.500v6",
  pin: "M12 21c4-4.500 6.500-7.800 6.500-11a6.500 6.500 0 0 0-13 0c0 3.200 2.500 6.500 6.500 11zM12 12.500a2.500 2.500 0 1 0 0-5 2.500 2.500 0 0 0 0 5z",
  list: "M8.500 6.500H20M8.500 12H20M8.500 17.500H20M4.500 6.500h.01M4.500 12h.01M4.500 17.500h.01",
  map: "M9 4.500 3.500 6.500v13L9 17.500l6 2 5.500-2v-13l-5.500 2zM9 4.500v13M15 6.500v13",
  bell: "M6 16.500V11a6 6 0 0 1 12 0v5.500l1.500 1.500h-15zM10 20.500h4M12 5V3",
  megaphone: "M4 10v4h3l8 4.500v-13L7 10zM7 14l1 5.500h2.500L9.700 15.500M18 9.500a3.500 3.500 0 0 1 0 5",
  person: "M12 11.500a4 4 0 1 0 0-8 4 4 0 0 0 0 8zM4.500 20.500c.6-4 3.600-6 7.500-6s6.900 2 7.500 6",
  photo: "M4 7.500h4l1.500-2.500h5L16 7.500h4V19H4zM12 16.500a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7z",
  locate: "M12 18a6 6 0 1 0 0-12 6 6 0 0 0 0 12zM12 2.500V6M12 18v3.500M2.500 12H6M18 12h3.500M12 12h.01",
  search: "M10.500 17a6.500 6.500 0 1 0 0-13 6.500 6.500 0 0 0 0 13zM15.500 15.500l5 5",
  check: "M4.500 12.500l5 5 10-11",
  close: "M6 6l12 12M18 6 6 18",
  forward: "M9 5l7 7-7 7",
  back: "M15 5l-7 7 7 7",
  offline: "M3.500 3.500l17 17M5 12.500a10 10 0 0 1 4-2.500M2.500 9A14.500 14.500 0 0 1 7 6.200M13 5.500A14.500 14.500 0 0 1 21.500 9M15.500 10.300A10 10 0 0 1 19 12.500M8.500 16a5.500 5.500 0 0 1 6 -.5M12 19.500h.01",
  clock: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 7.500V12l3.200 2",
  mail: "M3.500 6h17v12.500h-17zM3.500 7l8.500 6.500L20.500 7",
  phone: "M7 2.500h10v19H7zM10.500 18.500h3",
  // severities
  info: "M12 20.500a8.500 8.500 0 1 0 0-17 8.500 8.500 0 0 0 0 17zM12 11v5.500M12 7.700h.01",
  notice: "M5.500 21V4M5.500 5c4-2 8 2 13 0v9c-5 2-9-2-13 0",
  warning: "M12 3.500 21.500 20h-19zM12 9.500v5M12 17.200h.01",
  emergency: "M8.300 3h7.400L21 8.300v7.400L15.700 21H8.300L3 15.700V8.300zM12 7.500v6M12 16.700h.01",
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

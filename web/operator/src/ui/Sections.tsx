import { Link, useLocation } from "wouter";

export interface Section {
  readonly path: string;
  readonly word: string;
  /** How many things wait there; said only when there are some. */
  readonly count?: number;
  readonly countLabel?: string;
  /** Paths below this one that have a tab of their own. */
  readonly but?: readonly string[];
}

/** The rooms of one place as a row of links; with a single one there is nothing to choose. */
export function Sections({ label, rooms }: { readonly label: string; readonly rooms: readonly Section[] }) {
  const [location] = useLocation();
  if (rooms.length < 2) return null;
  const within = (path: string) => location === path || location.startsWith(`${path}/`);
  return (
    <nav aria-label={label}>
      <ul className="sections">
        {rooms.map((room) => (
          <li key={room.path}>
            <Link href={room.path} className="section-link" aria-current={within(room.path) && !(room.but ?? []).some(within) ? "page" : undefined}>
              {room.word}
              {room.count === undefined || room.count === 0 ? null : (
                <span className="nav-count" aria-label={room.countLabel}>
                  {room.count}
                </span>
              )}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}

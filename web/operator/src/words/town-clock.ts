/** The town's clock: every time on the console is Europe/Warsaw, whatever the machine's own zone. */
export const TOWN_ZONE = "Europe/Warsaw";

interface Fields {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
  readonly second: number;
}

const FIELDS = new Intl.DateTimeFormat("en-GB", {
  timeZone: TOWN_ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
  hour: "2-digit",
  minute: "2-digit",
  second: "2-digit",
  hourCycle: "h23",
});

export function townFields(atMs: number): Fields {
  const parts = Object.fromEntries(FIELDS.formatToParts(atMs).map((part) => [part.type, Number(part.value)]));
  return {
    year: parts.year ?? 0,
    month: parts.month ?? 0,
    day: parts.day ?? 0,
    hour: parts.hour ?? 0,
    minute: parts.minute ?? 0,
    second: parts.second ?? 0,
  };
}

/** Local minus UTC at that instant, in milliseconds (one or two hours in Poland). */
export function zoneOffsetMs(atMs: number): number {
  const f = townFields(atMs);
  return Date.UTC(f.year, f.month - 1, f.day, f.hour, f.minute, f.second) - Math.floor(atMs / 1000) * 1000;
}

const two = (n: number) => String(n).padStart(2, "0");

/** `12:03` */
export function clock(atMs: number): string {
  const f = townFields(atMs);
  return `${two(f.hour)}:${two(f.minute)}`;
}

/** `12:03:07` */
export function clockWithSeconds(atMs: number): string {
  const f = townFields(atMs);
  return `${two(f.hour)}:${two(f.minute)}:${two(f.second)}`;
}

/** `2026-11-22` in the town. */
export function townDay(atMs: number): string {
  const f = townFields(atMs);
  return `${String(f.year)}-${two(f.month)}-${two(f.day)}`;
}

/** `2026-11-22T12:03`: the value of a `datetime-local` input. */
export function toLocalInput(atMs: number): string {
  return `${townDay(atMs)}T${clock(atMs)}`;
}

/** Reads a `datetime-local` value as town time. In the hour that happens twice the earlier one is meant. Null: not a time. */
export function fromLocalInput(value: string): number | null {
  const match = /^(\d{4})-(\d{2})-(\d{2})T(\d{2}):(\d{2})(?::(\d{2}))?$/.exec(value);
  if (match === null) return null;
  const [year, month, day, hour, minute, second] = match.slice(1).map((part: string | undefined) => Number(part ?? 0)) as [number, number, number, number, number, number];
  const asUtc = Date.UTC(year, month - 1, day, hour, minute, second);
  if (Number.isNaN(asUtc)) return null;
  const summer = asUtc - 2 * 3_600_000;
  if (zoneOffsetMs(summer) === 2 * 3_600_000) return summer;
  return asUtc - 3_600_000;
}

const FIVE_MINUTES_MS = 300_000;

/**
 * The next full five minutes as a `datetime-local` value. In the second of the two hours that have one name it is the end
 * of that hour: a minute of it, written down, would be read as one an hour before.
 */
export function toLocalInputRoundedUp(atMs: number): string {
  let full = Math.ceil(atMs / FIVE_MINUTES_MS) * FIVE_MINUTES_MS;
  while (fromLocalInput(toLocalInput(full)) !== full) full += FIVE_MINUTES_MS;
  return toLocalInput(full);
}

/** The calendar day after `2026-11-22`; days of 23 and 25 hours count as one. */
export function dayAfter(day: string): string {
  return new Date(Date.parse(`${day}T00:00:00Z`) + 86_400_000).toISOString().slice(0, 10);
}

/** Whole days between the town's calendar days of two instants: 0 today, 1 tomorrow, -1 yesterday. */
export function dayDistance(atMs: number, nowMs: number): number {
  const day = (ms: number) => {
    const f = townFields(ms);
    return Date.UTC(f.year, f.month - 1, f.day) / 86_400_000;
  };
  return day(atMs) - day(nowMs);
}

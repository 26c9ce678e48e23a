/** The town's time zone: everything is stored in UTC and shown in this one. */
export const TOWN_TIME_ZONE = "Europe/Warsaw";

/** A day in the town: days since 1970-01-01 of the local calendar, and its weekday (1 Monday … 7 Sunday). */
export interface LocalDay {
  readonly number: number;
  readonly weekday: number;
  readonly year: number;
}

const PARTS = new Intl.DateTimeFormat("en-CA", {
  timeZone: TOWN_TIME_ZONE,
  year: "numeric",
  month: "2-digit",
  day: "2-digit",
});

/** The local day of an instant, correct across clock changes. */
export function localDay(at: Date): LocalDay {
  const parts = Object.fromEntries(PARTS.formatToParts(at).map((part) => [part.type, Number(part.value)]));
  const year = parts.year ?? 0;
  const utc = Date.UTC(year, (parts.month ?? 1) - 1, parts.day ?? 1);
  return { number: Math.round(utc / 86_400_000), weekday: new Date(utc).getUTCDay() || 7, year };
}

/** Clock time in the town, e.g. "16:00" or "8:00". */
export function localTime(at: Date, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: TOWN_TIME_ZONE,
    hour: "numeric",
    minute: "2-digit",
    hourCycle: "h23",
  }).format(at);
}

/** Day and month in words (Polish and Ukrainian: genitive), with the year only when it is not this one. */
export function localDate(at: Date, now: Date, language: string): string {
  const otherYear = localDay(at).year !== localDay(now).year;
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: TOWN_TIME_ZONE,
    day: "numeric",
    month: "long",
    ...(otherYear ? { year: "numeric" as const } : {}),
  }).format(at);
}

/** The exact time on demand: weekday, date and clock. */
export function exactTime(at: Date, language: string): string {
  return new Intl.DateTimeFormat(language === "en" ? "en-GB" : language, {
    timeZone: TOWN_TIME_ZONE,
    dateStyle: "full",
    timeStyle: "short",
  }).format(at);
}

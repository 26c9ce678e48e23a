import type { TFunction } from "i18next";
import { localDate, localDay, localTime } from "./local-date.ts";

/** Near days are named, days of the coming week by weekday, all others by date. */
type DayKind = "yesterday" | "today" | "tomorrow" | "weekday" | "date";

function dayKind(at: Date, now: Date): DayKind {
  const distance = localDay(at).number - localDay(now).number;
  if (distance === -1) return "yesterday";
  if (distance === 0) return "today";
  if (distance === 1) return "tomorrow";
  return distance > 1 && distance < 7 ? "weekday" : "date";
}

/** Dates as people say them, in one language: "dziś do 16:00", "jutro od 8:00 do 14:00", "5 minut temu". */
export class DateWords {
  constructor(
    private readonly t: TFunction<"shared">,
    private readonly language: string,
    private readonly now: () => Date = () => new Date(),
  ) {}

  private values(at: Date) {
    const now = this.now();
    return {
      kind: dayKind(at, now),
      weekday: localDay(at).weekday,
      date: localDate(at, now, this.language),
      time: localTime(at, this.language),
    };
  }

  /** "dziś do 16:00", "do jutra, 8:00", "do piątku, 12:00", "do 15 grudnia, 12:00". */
  until(at: Date): string {
    return this.t("date.until", this.values(at));
  }

  /** "dziś od 14:00", "od jutra od 8:00", "od 15 grudnia od 8:00". */
  from(at: Date): string {
    return this.t("date.from", this.values(at));
  }

  /** A moment that is over or near: "przed chwilą", "5 minut temu", "dziś o 9:10", "wczoraj o 9:10". */
  moment(at: Date): string {
    const minutes = Math.floor((this.now().getTime() - at.getTime()) / 60_000);
    if (minutes >= 0 && minutes < 1) return this.t("date.justNow");
    if (minutes > 0 && minutes < 60) return this.t("date.minutesAgo", { minutes });
    return this.t("date.at", this.values(at));
  }

  /** What a period means for the reader now: still to come, running, or over. */
  period(from: Date, until: Date): string {
    const now = this.now();
    if (until <= now) return this.t("date.over", this.values(until));
    if (from <= now) return this.until(until);
    if (localDay(from).number === localDay(until).number) {
      return this.t("date.fromUntil", { ...this.values(from), endTime: localTime(until, this.language) });
    }
    return `${this.from(from)} ${this.until(until)}`;
  }
}

import type { TFunction } from "i18next";
import { clock, clockWithSeconds, dayDistance, townDay } from "./town-clock.ts";

type Words = TFunction;

/** A length of time in few letters: "12 s", "3 min", "2 h 05 min", "3 dni". */
export function duration(t: Words, ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1_000));
  if (seconds < 90) return t("duration.seconds", { count: seconds });
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return t("duration.minutes", { count: minutes });
  const hours = Math.floor(minutes / 60);
  if (hours < 48) return t("duration.hours", { hours, minutes: String(minutes % 60).padStart(2, "0") });
  return t("duration.days", { count: Math.floor(hours / 24) });
}

/** A short time to a fifth of a second: "0,4 s". */
export function secondsOf(t: Words, language: string, ms: number): string {
  const fifths = Math.max(1, Math.round(ms / 200)) / 5;
  return t("duration.short", { count: new Intl.NumberFormat(language, { minimumFractionDigits: 1, maximumFractionDigits: 1 }).format(fifths) });
}

/** When something began, as short as it is clear: "12:03", "wczoraj 23:40", "18.11 12:03". */
export function since(t: Words, atMs: number, nowMs: number): string {
  const days = dayDistance(atMs, nowMs);
  if (days === 0) return clock(atMs);
  if (days === -1) return t("moment.yesterday", { time: clock(atMs) });
  return `${shortDay(atMs)} ${clock(atMs)}`;
}

/** `12:03:07`, with the day before it when that is not today: `21.11 12:03:07`. */
export function momentWithSeconds(atMs: number, nowMs: number): string {
  return dayDistance(atMs, nowMs) === 0 ? clockWithSeconds(atMs) : `${shortDay(atMs)} ${clockWithSeconds(atMs)}`;
}

/** The exact moment for logs: "22.11.2026 12:03:07". */
export function exact(atMs: number): string {
  const [year, month, day] = townDay(atMs).split("-");
  return `${day ?? ""}.${month ?? ""}.${year ?? ""} ${clockWithSeconds(atMs)}`;
}

function shortDay(atMs: number): string {
  const [, month, day] = townDay(atMs).split("-");
  return `${day ?? ""}.${month ?? ""}`;
}

import { afterAll, beforeAll, describe, expect, it } from "vitest";
import i18next from "i18next";
import { startI18n } from "../i18n/start.ts";
import { DateWords } from "./date-words.ts";

const empty = () => Promise.resolve({ default: {} });
const none = { pl: empty, en: empty, uk: empty };
/** Sunday 22 November 2026, 11:00 in the town. */
const now = new Date("2026-11-22T10:00:00Z");

beforeAll(async () => {
  await startI18n(none, "pl");
  await i18next.loadLanguages(["en", "uk"]);
});
afterAll(async () => {
  await i18next.changeLanguage("pl");
});

function words(language: string): DateWords {
  return new DateWords(i18next.getFixedT(language, "shared"), language, () => now);
}

describe("DateWords", () => {
  it.each([
    ["2026-11-22T15:00:00Z", "dziś do 16:00"],
    ["2026-11-23T07:00:00Z", "do jutra, 8:00"],
    ["2026-11-27T11:00:00Z", "do piątku, 12:00"],
    ["2026-12-15T11:00:00Z", "do 15 grudnia, 12:00"],
    ["2027-01-02T11:00:00Z", "do 2 stycznia 2027, 12:00"],
  ])("says until when in Polish: %s", (until, wanted) => {
    expect(words("pl").until(new Date(until))).toBe(wanted);
  });

  it("says a coming period on one day", () => {
    expect(words("pl").period(new Date("2026-11-23T07:00:00Z"), new Date("2026-11-23T13:00:00Z"))).toBe("jutro od 8:00 do 14:00");
  });

  it("says a coming period over days", () => {
    expect(words("pl").period(new Date("2026-11-24T07:00:00Z"), new Date("2026-11-26T13:00:00Z"))).toBe(
      "we wtorek od 8:00 do czwartku, 14:00",
    );
  });

  it("says that a period is over", () => {
    expect(words("pl").period(new Date("2026-11-20T07:00:00Z"), new Date("2026-11-22T08:00:00Z"))).toBe("skończyło się dziś o 9:00");
  });

  it.each([
    ["2026-11-22T09:59:40Z", "przed chwilą"],
    ["2026-11-22T09:59:00Z", "minutę temu"],
    ["2026-11-22T09:57:00Z", "3 minuty temu"],
    ["2026-11-22T09:38:00Z", "22 minuty temu"],
    ["2026-11-22T09:48:00Z", "12 minut temu"],
    ["2026-11-22T06:10:00Z", "dziś o 7:10"],
    ["2026-11-21T22:59:00Z", "wczoraj o 23:59"],
    ["2026-11-03T06:10:00Z", "3 listopada o 7:10"],
  ])("says when something happened: %s", (at, wanted) => {
    expect(words("pl").moment(new Date(at))).toBe(wanted);
  });

  it("counts days by the town's calendar across the change to winter time", () => {
    const before = new DateWords(i18next.getFixedT("pl", "shared"), "pl", () => new Date("2026-10-24T21:30:00Z"));
    expect(before.until(new Date("2026-10-25T22:30:00Z"))).toBe("do jutra, 23:30");
  });

  it("speaks English and Ukrainian", () => {
    expect(words("en").until(new Date("2026-11-22T15:00:00Z"))).toBe("until 16:00 today");
    expect(words("uk").until(new Date("2026-11-27T11:00:00Z"))).toBe("до п’ятниці, до 12:00");
  });
});

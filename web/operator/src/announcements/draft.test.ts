import { describe, expect, it } from "vitest";
import { announcementDetail } from "../testing/fake-gateway.ts";
import { allClearTexts, missingWords, startAllClear } from "./all-clear.ts";
import { type Draft, draftBody, draftOf, emptyDraft, faults, quickEnds, withSeverity } from "./draft.ts";
import { fromLocalInput } from "../words/town-clock.ts";
import { boundsOf } from "./geometry-bounds.ts";
import { newest, tally } from "./progress.ts";
import { draftOfTemplate } from "./Templates.tsx";

const NOW = Date.parse("2026-11-22T11:20:00Z");
const text = { title: "Nie ma wody", body: "Pękła rura.", instruction: "", sms: "" };
const draft = (change: Partial<Draft> = {}): Draft => {
  const empty = emptyDraft(NOW);
  return { ...empty, category: "water", texts: { ...empty.texts, pl: text }, ...change };
};

describe("a new draft", () => {
  it("holds for eight hours, to the full hour, on channels that cost nothing", () => {
    expect(emptyDraft(NOW)).toMatchObject({ from: "", until: "2026-11-22T21:00", channels: ["push", "email"], severity: "notice" });
  });

  it("adds SMS from warning on, until the editor chooses", () => {
    expect(withSeverity(draft(), "warning").channels).toEqual(["push", "email", "sms"]);
    expect(withSeverity(draft({ channels: ["push"], channelsChosen: true }), "emergency").channels).toEqual(["push"]);
  });

  it("offers ends in town time", () => {
    expect(Object.fromEntries(quickEnds(NOW).map(({ key, until }) => [key, until]))).toEqual({
      h2: "2026-11-22T14:20",
      h6: "2026-11-22T18:20",
      today: "2026-11-22T23:59",
      tomorrow: "2026-11-23T20:00",
    });
  });

  it.each([
    ["2026-11-23T03:14:00Z", 5],
    ["2026-11-23T03:15:00.001Z", 5],
    ["2026-03-28T23:58:00Z", 5],
    ["2026-03-29T00:14:59Z", 5],
    ["2026-10-24T22:07:00Z", 5],
    ["2026-10-24T23:14:00Z", 46], // its end falls into the second 02:00–03:00, which has no name of its own
  ])("offers the hours it says, to the next five minutes: at %s", (now, mostMinutes) => {
    const nowMs = Date.parse(now);
    for (const { key, until } of quickEnds(nowMs)) {
      if (key !== "h2" && key !== "h6") continue;
      const overMs = (fromLocalInput(until) ?? Number.NaN) - nowMs - (key === "h2" ? 2 : 6) * 3_600_000;
      expect(overMs).toBeGreaterThanOrEqual(0);
      expect(overMs).toBeLessThan((key === "h2" ? mostMinutes : 5) * 60_000 + 1);
      expect(Number(until.slice(-2)) % 5).toBe(0);
    }
  });

  it("gives a template the hours it says", () => {
    const body = { category: null, severity: null, texts: {}, area: { kind: "town" as const }, channels: [], drill: false, attachments: [], origins: {}, valid_from: null, valid_until: null };
    const template = { id: "t", name: "Woda", body, valid_for_h: 3, version: 1, changed_at: "2026-11-22T10:00:00Z", changed_by: "staff-1" };
    expect(draftOfTemplate(template, Date.parse("2026-11-23T03:14:00Z")).until).toBe("2026-11-23T07:15");
  });

  it("knows tomorrow in the nights when the clocks change", () => {
    const tomorrow = (now: string) => quickEnds(Date.parse(now)).find(({ key }) => key === "tomorrow")?.until;
    expect(tomorrow("2026-03-28T23:30+01:00")).toBe("2026-03-29T20:00");
    expect(tomorrow("2026-10-25T00:30+02:00")).toBe("2026-10-26T20:00");
    expect(tomorrow("2026-12-31T12:00+01:00")).toBe("2027-01-01T20:00");
  });
});

describe("faults", () => {
  it("finds none in a complete draft", () => {
    expect(faults(draft(), NOW)).toEqual([]);
  });

  it.each<[string, Partial<Draft>, string[]]>([
    ["nothing written", { category: "", texts: emptyDraft(NOW).texts }, ["category", "titlePl", "bodyPl"]],
    ["half an English text", { texts: { ...draft().texts, en: { ...text, body: " " } } }, ["textsEn"]],
    ["only an SMS in Ukrainian", { texts: { ...draft().texts, uk: { title: "", body: "", instruction: "", sms: "a" } } }, ["textsUk"]],
    ["an SMS too long", { texts: { ...draft().texts, pl: { ...text, sms: "a".repeat(460) } } }, ["sms"]],
    ["no street", { area: "streets" }, ["streets"]],
    ["no centre, no radius", { area: "circle", radiusM: Number.NaN }, ["center", "radius"]],
    ["two corners", { area: "polygon", ring: [{ lat: 51, lon: 21 }, { lat: 51, lon: 22 }] }, ["ring"]],
    ["an end before the start", { from: "2026-11-23T10:00", until: "2026-11-23T09:00" }, ["untilBeforeFrom"]],
    ["an end that is over", { from: "2026-11-21T10:00", until: "2026-11-22T12:19" }, ["untilPast"]],
    ["no end", { until: "" }, ["until"]],
    ["no channel", { channels: [] }, ["channels"]],
  ])("%s", (_name, change, found) => {
    expect(faults(draft(change), NOW)).toEqual(found);
  });
});

describe("the body that is sent", () => {
  it("carries UTC instants, filled languages only, and closed rings", () => {
    const ring = [{ lat: 51, lon: 21 }, { lat: 51.1, lon: 21 }, { lat: 51, lon: 21.1 }];
    expect(draftBody(draft({ area: "polygon", ring, from: "2026-11-22T13:00", until: "2026-11-22T16:00" }))).toEqual({
      category: "water",
      severity: "notice",
      texts: { pl: text },
      area: { kind: "polygon", ring: [...ring, ring[0]] },
      valid_from: "2026-11-22T12:00:00.000Z",
      valid_until: "2026-11-22T15:00:00.000Z",
      channels: ["push", "email"],
      drill: false,
      attachments: [],
      origins: {},
    });
  });

  it("is the same after an update was opened and nothing was changed", () => {
    const area = { kind: "circle", center: { lat: 51, lon: 21 }, radius_m: 500 } as const;
    const announcement = announcementDetail({ area, valid_from: "2026-11-22T10:00:00Z", valid_until: "2026-11-22T18:00:00Z" });
    expect(draftBody(draftOf(announcement))).toMatchObject({
      area,
      category: "water",
      severity: "warning",
      texts: announcement.texts,
      valid_from: "2026-11-22T10:00:00.000Z",
      valid_until: "2026-11-22T18:00:00.000Z",
    });
  });
});

describe("the all-clear", () => {
  const told = { texts: { pl: text, uk: { ...text, title: "Немає води" } } };

  it("begins with the titles people know, in the languages they were told in", () => {
    expect(startAllClear(told)).toEqual({ pl: { title: "Odwołane: Nie ma wody", body: "" }, uk: { title: "Скасовано: Немає води", body: "" } });
    expect(startAllClear({ texts: { pl: { ...text, title: "a".repeat(120) } } }).pl?.title).toHaveLength(120);
  });

  it("needs the reason in Polish; another language without one is left out", () => {
    const words = startAllClear(told);
    expect(missingWords(words)).toEqual(["pl"]);
    const said = { ...words, pl: { title: "Woda jest", body: "Naprawione." } };
    expect(missingWords(said)).toEqual([]);
    expect(Object.keys(allClearTexts(said))).toEqual(["pl"]);
  });
});

describe("progress", () => {
  const version = (number: number) => ({
    version: number,
    finished: false,
    at: "2026-11-22T10:00:00Z",
    channels: [{ channel: "sms" as const, queued: 2, sent: 3, delivered: 4, failed: 1, expired: 1, cancelled: 1, unknown: 1, causes: {}, spared_by_push: 0, waiting_for_push: 0 }],
  });

  it("counts each delivery once", () => {
    expect(tally(version(1))).toEqual({ total: 13, reached: 7, waiting: 3, failed: 3 });
  });

  it("is that of the newest version", () => {
    expect(newest([version(1), version(3), version(2)])?.version).toBe(3);
    expect(newest([])).toBeNull();
  });
});

describe("boundsOf", () => {
  it("spans every ring of a geometry", () => {
    const geometry = { type: "MultiPolygon", coordinates: [[[[20, 51], [21, 52], [20, 51]]], [[[19, 50], [20, 51], [19, 50]]]] };
    expect(boundsOf(geometry)).toEqual([19, 50, 21, 52]);
    expect(boundsOf(null)).toBeNull();
    expect(boundsOf({ type: "GeometryCollection", geometries: [] })).toBeNull();
  });
});

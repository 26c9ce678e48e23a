import type { Language } from "@hejnal/shared";
import type { DraftContent, Origin } from "../api/announcement-drafts.ts";
import type { AnnouncementDetail, AnnouncementDraft, Area, Attachment, Channel, Text } from "../api/town.ts";
import { dayAfter, fromLocalInput, toLocalInput, toLocalInputRoundedUp, townDay } from "../words/town-clock.ts";

export const DRAFT_LANGUAGES: readonly Language[] = ["pl", "en", "uk"];
export const DRAFT_CHANNELS: readonly Channel[] = ["push", "email", "sms"];
export const AREA_KINDS = ["town", "streets", "circle", "polygon"] as const;
export type AreaKind = (typeof AREA_KINDS)[number];
export type DraftSeverity = AnnouncementDraft["severity"];

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

/** An announcement as it is being written; all of it can be kept as JSON. */
export interface Draft {
  readonly category: string;
  readonly severity: DraftSeverity;
  readonly texts: Readonly<Record<Language, Text>>;
  readonly area: AreaKind;
  readonly streets: readonly string[];
  readonly center: Point | null;
  readonly radiusM: number;
  readonly ring: readonly Point[];
  /** Values of `datetime-local` inputs in town time; an empty start means "now". */
  readonly from: string;
  readonly until: string;
  readonly channels: readonly Channel[];
  /** Null until the editor has chosen channels: severity then chooses them. */
  readonly channelsChosen: boolean;
  readonly drill: boolean;
  /** When it goes out, in town time; empty: as soon as it is submitted, and approved where that is needed. */
  readonly publishAt: string;
  readonly attachments: readonly Attachment[];
  /** Where each language's words come from; a machine's are sent only after a person has read them. */
  readonly origins: Readonly<Record<Language, Origin>>;
  readonly templateId: string | null;
}

const BY_HAND: Readonly<Record<Language, Origin>> = { pl: "written", en: "written", uk: "written" };

const HOUR_MS = 3_600_000;
export const NO_TEXT: Text = { title: "", body: "", instruction: "", sms: "" };

/** SMS costs money and wakes people: it is ticked from "warning" on. */
export function usualChannels(severity: DraftSeverity): readonly Channel[] {
  return severity === "warning" || severity === "emergency" ? ["push", "email", "sms"] : ["push", "email"];
}

/** A new draft: valid from now for eight hours, rounded up to the hour. */
export function emptyDraft(nowMs: number): Draft {
  return {
    category: "",
    severity: "notice",
    texts: { pl: NO_TEXT, en: NO_TEXT, uk: NO_TEXT },
    area: "town",
    streets: [],
    center: null,
    radiusM: 300,
    ring: [],
    from: "",
    until: toLocalInput(Math.ceil((nowMs + 8 * HOUR_MS) / HOUR_MS) * HOUR_MS),
    channels: usualChannels("notice"),
    channelsChosen: false,
    drill: false,
    publishAt: "",
    attachments: [],
    origins: BY_HAND,
    templateId: null,
  };
}

/** Ends that are offered with one press: what the button says, to the next full five minutes. */
export function quickEnds(nowMs: number): { readonly key: "h2" | "h6" | "today" | "tomorrow"; readonly until: string }[] {
  return [
    { key: "h2", until: toLocalInputRoundedUp(nowMs + 2 * HOUR_MS) },
    { key: "h6", until: toLocalInputRoundedUp(nowMs + 6 * HOUR_MS) },
    { key: "today", until: `${townDay(nowMs)}T23:59` },
    { key: "tomorrow", until: `${dayAfter(townDay(nowMs))}T20:00` },
  ];
}

/** The draft of an update: what stands now. */
export function draftOf(announcement: AnnouncementDetail): Draft {
  const { area } = announcement;
  const base = emptyDraft(Date.parse(announcement.valid_from));
  return {
    ...base,
    category: announcement.category,
    severity: announcement.severity,
    texts: { pl: textOf(announcement, "pl"), en: textOf(announcement, "en"), uk: textOf(announcement, "uk") },
    area: area.kind,
    streets: area.kind === "streets" ? area.streets : [],
    center: area.kind === "circle" ? area.center : null,
    radiusM: area.kind === "circle" ? area.radius_m : base.radiusM,
    ring: area.kind === "polygon" ? area.ring.slice(0, -1) : [],
    from: toLocalInput(Date.parse(announcement.valid_from)),
    until: toLocalInput(Date.parse(announcement.valid_until)),
    channels: announcement.channels,
    channelsChosen: true,
    drill: announcement.drill,
    attachments: announcement.attachments,
    origins: { ...BY_HAND, ...announcement.origins },
  };
}

/** A kept draft as it is written on: its attachments are given apart, where they are known. */
export function draftOfContent(content: DraftContent, attachments: readonly Attachment[], nowMs: number): Draft {
  const { area, channels } = content;
  const base = emptyDraft(nowMs);
  const texts = { ...base.texts };
  for (const language of DRAFT_LANGUAGES) texts[language] = { ...NO_TEXT, ...content.texts[language] };
  const severity = content.severity ?? base.severity;
  const local = (at: string | null | undefined) => (at === null || at === undefined ? "" : toLocalInput(Date.parse(at)));
  return {
    ...base,
    category: content.category ?? "",
    severity,
    texts,
    area: area.kind,
    streets: area.kind === "streets" ? area.streets : [],
    center: area.kind === "circle" ? area.center : null,
    radiusM: area.kind === "circle" ? area.radius_m : base.radiusM,
    ring: area.kind === "polygon" ? area.ring.slice(0, -1) : [],
    from: local(content.valid_from),
    until: local(content.valid_until),
    channels: channels.length === 0 ? usualChannels(severity) : [...channels],
    channelsChosen: channels.length > 0,
    drill: content.drill,
    publishAt: local(content.publish_at),
    attachments,
    origins: { ...BY_HAND, ...content.origins },
    templateId: content.template_id ?? null,
  };
}

/** What is kept of a draft at the service: anything may still be missing, but an area that is begun must be complete. */
export function contentOf(draft: Draft, update: { readonly id: string; readonly version: number } | null) {
  const instant = (local: string) => {
    const ms = fromLocalInput(local);
    return ms === null ? null : new Date(ms).toISOString();
  };
  return {
    category: draft.category === "" ? null : draft.category,
    severity: draft.severity,
    texts: Object.fromEntries(DRAFT_LANGUAGES.filter((language) => isBegun(draft.texts[language])).map((language) => [language, draft.texts[language]])),
    area: areaOf(draft),
    valid_from: instant(draft.from),
    valid_until: instant(draft.until),
    channels: [...draft.channels],
    drill: draft.drill,
    attachments: draft.attachments.map(({ id }) => id),
    origins: originsOf(draft),
    publish_at: instant(draft.publishAt),
    template_id: draft.templateId,
    announcement_id: update?.id ?? null,
    expected_version: update?.version ?? null,
  } satisfies DraftContent;
}

const KEEPS_FROM_SAVING: readonly Fault[] = ["streets", "center", "radius", "ring", "sms"];

/** Whether the draft can be kept as it stands: half an area would be read as another one. */
export function canBeKept(draft: Draft): boolean {
  return !faults(draft, 0).some((fault) => KEEPS_FROM_SAVING.includes(fault));
}

/** Origins of the languages that have words and were not simply written. */
function originsOf(draft: Draft): Record<string, Origin> {
  return Object.fromEntries(DRAFT_LANGUAGES.filter((language) => isBegun(draft.texts[language]) && draft.origins[language] !== "written").map((language) => [language, draft.origins[language]]));
}

function textOf(announcement: AnnouncementDetail, language: Language): Text {
  return { ...NO_TEXT, ...announcement.texts[language] };
}

export function withSeverity(draft: Draft, severity: DraftSeverity): Draft {
  return { ...draft, severity, channels: draft.channelsChosen ? draft.channels : usualChannels(severity) };
}

export type Fault =
  | "category"
  | "titlePl"
  | "bodyPl"
  | "textsEn"
  | "textsUk"
  | "sms"
  | "streets"
  | "center"
  | "radius"
  | "ring"
  | "from"
  | "until"
  | "untilBeforeFrom"
  | "untilPast"
  | "channels"
  | "machine"
  | "braces"
  | "publishAt"
  | "publishPast"
  | "publishAfterEnd";

const SMS_MOST = 459;
const RADIUS_MOST_M = 50_000;

/** Everything that keeps the draft from being sent, in the order of the form. */
export function faults(draft: Draft, nowMs: number): Fault[] {
  const found: Fault[] = [];
  if (draft.category === "") found.push("category");
  if (draft.texts.pl.title.trim() === "") found.push("titlePl");
  if (draft.texts.pl.body.trim() === "") found.push("bodyPl");
  if (halfWritten(draft.texts.en)) found.push("textsEn");
  if (halfWritten(draft.texts.uk)) found.push("textsUk");
  if (DRAFT_LANGUAGES.some((language) => draft.texts[language].sms.length > SMS_MOST)) found.push("sms");
  if (draft.area === "streets" && draft.streets.length === 0) found.push("streets");
  if (draft.area === "circle" && draft.center === null) found.push("center");
  if (draft.area === "circle" && !(draft.radiusM > 0 && draft.radiusM <= RADIUS_MOST_M)) found.push("radius");
  if (draft.area === "polygon" && draft.ring.length < 3) found.push("ring");
  const from = draft.from === "" ? nowMs : fromLocalInput(draft.from);
  const until = fromLocalInput(draft.until);
  if (from === null) found.push("from");
  if (until === null) found.push("until");
  else if (from !== null && until <= from) found.push("untilBeforeFrom");
  else if (until <= nowMs) found.push("untilPast");
  if (draft.channels.length === 0) found.push("channels");
  if (DRAFT_LANGUAGES.some((language) => isBegun(draft.texts[language]) && draft.origins[language] === "machine")) found.push("machine");
  if (blanksOf(draft).length > 0) found.push("braces");
  const publish = draft.publishAt === "" ? nowMs : fromLocalInput(draft.publishAt);
  if (publish === null) found.push("publishAt");
  else if (publish < nowMs) found.push("publishPast");
  else if (draft.publishAt !== "" && until !== null && publish >= until) found.push("publishAfterEnd");
  return found;
}

function halfWritten(text: Text): boolean {
  return isBegun(text) && (text.title.trim() === "" || text.body.trim() === "");
}

/** Whether anything at all is written. */
export function isBegun(text: Text): boolean {
  return [text.title, text.body, text.instruction, text.sms].some((part) => part.trim() !== "");
}

/** A blank of a template that nobody has filled in, `{ulica}`, and where it stands. */
export interface Blank {
  readonly language: Language;
  readonly part: keyof Text;
  readonly words: string;
}

const PARTS = ["title", "body", "instruction", "sms"] as const satisfies readonly (keyof Text)[];

/** The blanks that are left, in the order of the form; one for each field that has any. */
export function blanksOf(draft: Draft): Blank[] {
  return DRAFT_LANGUAGES.flatMap((language) =>
    PARTS.flatMap((part) => {
      const words = blankIn(draft.texts[language][part]);
      return words === null ? [] : [{ language, part, words }];
    }),
  );
}

/** The first blank of a text. */
export function blankIn(words: string): string | null {
  return /\{[^{}]*\}/.exec(words)?.[0] ?? null;
}

/** The body to preview or to send. Call it only when `faults` finds none. */
export function draftBody(draft: Draft): AnnouncementDraft {
  const from = draft.from === "" ? null : fromLocalInput(draft.from);
  const until = fromLocalInput(draft.until);
  if (until === null) throw new Error("a draft without an end cannot be sent");
  return {
    category: draft.category,
    severity: draft.severity,
    texts: Object.fromEntries(DRAFT_LANGUAGES.filter((language) => draft.texts[language].title.trim() !== "").map((language) => [language, trimmed(draft.texts[language])])),
    area: areaOf(draft),
    valid_from: from === null ? null : new Date(from).toISOString(),
    valid_until: new Date(until).toISOString(),
    channels: [...draft.channels],
    drill: draft.drill,
    attachments: draft.attachments.map(({ id }) => id),
    origins: originsOf(draft),
  };
}

function trimmed(text: Text): Text {
  return { title: text.title.trim(), body: text.body.trim(), instruction: text.instruction.trim(), sms: text.sms.trim() };
}

function areaOf(draft: Draft): Area {
  if (draft.area === "streets") return { kind: "streets", streets: [...draft.streets] };
  if (draft.area === "circle" && draft.center !== null) return { kind: "circle", center: draft.center, radius_m: draft.radiusM };
  if (draft.area === "polygon") return { kind: "polygon", ring: closed(draft.ring) };
  return { kind: "town" };
}

function closed(ring: readonly Point[]): Point[] {
  const first = ring[0];
  return first === undefined ? [] : [...ring, first];
}

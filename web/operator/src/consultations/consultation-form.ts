import { type Language, LANGUAGES } from "@hejnal/shared";
import type { Consultation, ConsultationChange, OpinionRule, VoteRule } from "../api/consultations.ts";
import type { Cone, Place } from "../cameras/camera-form.ts";
import { freeCode } from "../reports/category-form.ts";
import { NO_WORDING, trimmedWording, type Wording } from "../ui/WordingField.tsx";
import { fromLocalInput, toLocalInput } from "../words/town-clock.ts";

export const MOST_OPTIONS = 20;
export const VOTE_RULES = ["person", "device", "none"] as const satisfies readonly VoteRule[];
export const OPINION_RULES = ["after_moderation", "at_once", "none"] as const satisfies readonly OpinionRule[];
const DAY_MS = 86_400_000;

/** One thing to choose while somebody writes it. */
export interface OptionForm {
  /** Null until it has been saved once. */
  readonly code: string | null;
  readonly names: Wording;
  readonly place: Place | null;
  readonly cone: Cone | null;
}

/** A consultation while somebody writes it; numbers are NaN while their field is empty. */
export interface ConsultationForm {
  readonly kind: Consultation["kind"];
  readonly titles: Wording;
  readonly bodies: Wording;
  readonly options: readonly OptionForm[];
  readonly voteRule: VoteRule;
  readonly mostChoices: number;
  readonly opinions: OpinionRule;
  readonly rules: string;
  /** Town time as `2026-11-22T12:03`. */
  readonly opensAt: string;
  readonly closesAt: string;
}

export type ConsultationFault = "titlePl" | "halfText" | "options" | "optionName" | "optionPlace" | "site" | "mostChoices" | "nothing" | "times" | "past";

export const EMPTY_OPTION: OptionForm = { code: null, names: NO_WORDING, place: null, cone: null };

/** A question that opens tomorrow at eight and stays open for two weeks. */
export function newConsultation(nowMs: number): ConsultationForm {
  const day = (distance: number) => toLocalInput(nowMs + distance * DAY_MS).slice(0, 10);
  return {
    kind: "camera_site",
    titles: NO_WORDING,
    bodies: NO_WORDING,
    options: [EMPTY_OPTION, EMPTY_OPTION],
    voteRule: "person",
    mostChoices: 1,
    opinions: "after_moderation",
    rules: "",
    opensAt: `${day(1)}T08:00`,
    closesAt: `${day(15)}T20:00`,
  };
}

function wordingOf(words: Readonly<Partial<Record<Language, string>>>): Wording {
  return { pl: words.pl ?? "", en: words.en ?? "", uk: words.uk ?? "" };
}

export function formOf(consultation: Consultation): ConsultationForm {
  const { texts } = consultation;
  return {
    kind: consultation.kind,
    titles: wordingOf({ pl: texts.pl?.title ?? "", en: texts.en?.title ?? "", uk: texts.uk?.title ?? "" }),
    bodies: wordingOf({ pl: texts.pl?.body ?? "", en: texts.en?.body ?? "", uk: texts.uk?.body ?? "" }),
    options: consultation.options.map(({ code, names, place, view_cone: cone }) => ({
      code,
      names: wordingOf(names),
      place: place ?? null,
      cone: cone === null || cone === undefined ? null : { azimuthDeg: cone.azimuth_deg, angleDeg: cone.angle_deg, rangeM: cone.range_m },
    })),
    voteRule: consultation.vote_rule,
    mostChoices: consultation.most_choices,
    opinions: consultation.opinions,
    rules: consultation.rules,
    opensAt: toLocalInput(Date.parse(consultation.opens_at)),
    closesAt: toLocalInput(Date.parse(consultation.closes_at)),
  };
}

/** Whether an option says what it is: its Polish name, and a place and a cone that are on this Earth. */
export function optionFault({ names, place, cone }: OptionForm): "optionName" | "optionPlace" | null {
  if (names.pl.trim() === "") return "optionName";
  if (place !== null && !(Math.abs(place.lat) <= 90 && Math.abs(place.lon) <= 180)) return "optionPlace";
  if (place === null && cone !== null) return "optionPlace";
  if (cone !== null && !(cone.azimuthDeg >= 0 && cone.azimuthDeg < 360 && cone.angleDeg > 0 && cone.angleDeg <= 360 && cone.rangeM > 0)) return "optionPlace";
  return null;
}

/** What the town's rules for a consultation still refuse. */
export function consultationFaults(form: ConsultationForm, nowMs: number): ConsultationFault[] {
  const { options, voteRule } = form;
  const opens = fromLocalInput(form.opensAt);
  const closes = fromLocalInput(form.closesAt);
  const half = LANGUAGES.some((language) => language !== "pl" && (form.titles[language].trim() === "") !== (form.bodies[language].trim() === ""));
  const wrong = options.map(optionFault);
  const checks: readonly [boolean, ConsultationFault][] = [
    [form.titles.pl.trim() === "" || form.bodies.pl.trim() === "", "titlePl"],
    [half, "halfText"],
    [voteRule !== "none" && options.length < 2, "options"],
    [wrong.includes("optionName"), "optionName"],
    [wrong.includes("optionPlace"), "optionPlace"],
    [form.kind === "camera_site" && options.every(({ place }) => place === null), "site"],
    [voteRule !== "none" && !(Number.isInteger(form.mostChoices) && form.mostChoices >= 1 && form.mostChoices <= Math.max(1, options.length)), "mostChoices"],
    [voteRule === "none" && form.opinions === "none", "nothing"],
    [opens === null || closes === null || closes <= opens, "times"],
    [closes !== null && opens !== null && closes > opens && closes <= nowMs, "past"],
  ];
  return checks.filter(([wrongNow]) => wrongNow).map(([, fault]) => fault);
}

/** Only the languages somebody wrote in. */
function written(wording: Wording): Partial<Record<Language, string>> {
  return Object.fromEntries(Object.entries(trimmedWording(wording)).filter(([, words]) => words !== ""));
}

/** The body to send of a form without faults. */
export function consultationBody(form: ConsultationForm): ConsultationChange {
  const taken = new Set(form.options.flatMap(({ code }) => (code === null ? [] : [code])));
  const titles = written(form.titles);
  const instant = (local: string) => new Date(fromLocalInput(local) ?? Number.NaN).toISOString();
  return {
    kind: form.kind,
    texts: Object.fromEntries(Object.entries(titles).map(([language, title]) => [language, { title, body: form.bodies[language as Language].trim() }])),
    options: form.options.map(({ code, names, place, cone }) => ({
      code: code ?? freeCode(names.pl, taken, "option"),
      names: written(names),
      place,
      view_cone: place === null || cone === null ? null : { azimuth_deg: cone.azimuthDeg, angle_deg: cone.angleDeg, range_m: cone.rangeM },
    })),
    vote_rule: form.voteRule,
    most_choices: form.voteRule === "none" ? 1 : form.mostChoices,
    opinions: form.opinions,
    rules: form.rules.trim(),
    opens_at: instant(form.opensAt),
    closes_at: instant(form.closesAt),
  };
}

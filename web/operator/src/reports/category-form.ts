import type { QuestionKind, ReportCategory, ReportCategoryEdit } from "../api/report-categories.ts";
import { missingIn, NO_WORDING, trimmedWording, type Wording } from "../ui/WordingField.tsx";

export const QUESTION_KINDS: readonly QuestionKind[] = ["string", "text", "number", "datetime", "single", "multiple"];
export const OFFERS = ["realtime", "batch", "off"] as const;
export const MOST_QUESTIONS = 12;
export const MOST_CHOICES = 40;

export interface Point {
  readonly lat: number;
  readonly lon: number;
}

export interface ChoiceForm {
  /** Null until it is sent for the first time: the code is then made of its Polish words and never changes. */
  readonly code: string | null;
  readonly label: Wording;
}

export interface QuestionForm {
  readonly code: string | null;
  readonly kind: QuestionKind;
  readonly label: Wording;
  readonly hint: Wording;
  readonly required: boolean;
  readonly choices: readonly ChoiceForm[];
}

type RouteArea = NonNullable<ReportCategoryEdit["routes"]>[number]["area"];

export interface RouteForm {
  readonly label: string;
  readonly unit: string;
  /** Corners of what is drawn anew; null keeps `area` as it is. */
  readonly ring: readonly Point[] | null;
  readonly area: RouteArea | null;
}

/** A category of reports as it is being edited. */
export interface CategoryForm {
  readonly code: string | null;
  readonly names: Wording;
  readonly unit: string;
  readonly routes: readonly RouteForm[];
  readonly anonymousAllowed: boolean;
  readonly urgent: boolean;
  readonly questions: readonly QuestionForm[];
  readonly open311: ReportCategoryEdit["open311"];
  readonly position: number;
  readonly archived: boolean;
}

export const NEW_QUESTION: QuestionForm = { code: null, kind: "string", label: NO_WORDING, hint: NO_WORDING, required: false, choices: [] };
export const NEW_CATEGORY: CategoryForm = { code: null, names: NO_WORDING, unit: "", routes: [], anonymousAllowed: true, urgent: false, questions: [], open311: "realtime", position: 100, archived: false };

export function formOf(category: ReportCategory): CategoryForm {
  return {
    code: category.code,
    names: category.names,
    unit: category.unit,
    routes: category.routes.map((route) => ({ label: route.label, unit: route.unit, ring: null, area: route.area })),
    anonymousAllowed: category.anonymous_allowed,
    urgent: category.urgent,
    questions: category.questions.map((question) => ({
      code: question.code,
      kind: question.kind,
      label: question.label,
      hint: question.hint ?? NO_WORDING,
      required: question.required,
      choices: question.choices.map((choice) => ({ code: choice.code, label: choice.label })),
    })),
    open311: category.open311,
    position: category.position,
    archived: category.archived,
  };
}

export const hasChoices = (kind: QuestionKind) => kind === "single" || kind === "multiple";

export type CategoryFault = "names" | "questions" | "choices" | "hints" | "routes" | "position";

/** What keeps the category from being saved, in the order of the form. */
export function categoryFaults(form: CategoryForm): CategoryFault[] {
  const found: CategoryFault[] = [];
  if (missingIn(form.names).length > 0) found.push("names");
  if (form.questions.some((question) => missingIn(question.label).length > 0)) found.push("questions");
  if (form.questions.some((question) => isHalf(question.hint))) found.push("hints");
  if (form.questions.some((question) => hasChoices(question.kind) && (question.choices.length === 0 || question.choices.some((choice) => missingIn(choice.label).length > 0)))) found.push("choices");
  if (form.routes.some((route) => routeFault(route))) found.push("routes");
  if (!(form.position >= 1 && form.position <= 1000)) found.push("position");
  return found;
}

export function isHalf(hint: Wording): boolean {
  const missing = missingIn(hint).length;
  return missing > 0 && missing < 3;
}

export function routeFault(route: RouteForm): boolean {
  const drawn = route.ring === null ? route.area !== null : route.ring.length >= 3;
  return route.label.trim() === "" || route.unit.trim() === "" || !drawn;
}

/** The body to save. Call it only when `categoryFaults` finds none. */
export function categoryBody(form: CategoryForm): ReportCategoryEdit {
  const taken = new Set(form.questions.flatMap((question) => (question.code === null ? [] : [question.code])));
  return {
    names: trimmedWording(form.names),
    unit: form.unit.trim(),
    routes: form.routes.map((route) => ({ label: route.label.trim(), unit: route.unit.trim(), area: areaOf(route) })),
    anonymous_allowed: form.anonymousAllowed,
    urgent: form.urgent,
    questions: form.questions.map((question) => {
      const choicesTaken = new Set(question.choices.flatMap((choice) => (choice.code === null ? [] : [choice.code])));
      return {
        code: question.code ?? freeCode(question.label.pl, taken, "q"),
        kind: question.kind,
        label: trimmedWording(question.label),
        hint: missingIn(question.hint).length === 0 ? trimmedWording(question.hint) : null,
        required: question.required,
        choices: hasChoices(question.kind) ? question.choices.map((choice) => ({ code: choice.code ?? freeCode(choice.label.pl, choicesTaken, "c"), label: trimmedWording(choice.label) })) : [],
      };
    }),
    open311: form.open311,
    position: Math.round(form.position),
    archived: form.archived,
  };
}

function areaOf(route: RouteForm): RouteArea {
  const first = route.ring?.[0];
  if (route.ring === null || first === undefined) return route.area ?? { kind: "town" };
  return { kind: "polygon", ring: [...route.ring, first] };
}

/** A code of plain letters made of Polish words, unlike all in `taken`, to which it is added. */
export function freeCode(words: string, taken: Set<string>, otherwise: string): string {
  const plain = words
    .toLocaleLowerCase("pl")
    .normalize("NFD")
    .replace(/\p{M}/gu, "")
    .replaceAll("ł", "l")
    .replace(/[^a-z0-9]+/g, "_")
    .replace(/^[^a-z]+|_+$/g, "")
    .slice(0, 30);
  const base = plain === "" ? otherwise : plain;
  let code = base;
  for (let number = 2; taken.has(code); number += 1) code = `${base}_${number}`;
  taken.add(code);
  return code;
}

import type { Town } from "../api.ts";

export type Question = Town["report_categories"][number]["questions"][number];
/** Answers as the form holds them: the words typed, or the codes ticked. */
export type DraftAnswers = Readonly<Record<string, string | readonly string[]>>;

export type AnswerError = "missing" | "number" | "datetime" | "long";

const LONGEST: Partial<Record<Question["kind"], number>> = { string: 200, text: 2000 };

function isEmpty(value: string | readonly string[] | undefined): boolean {
  return value === undefined || (typeof value === "string" ? !value.trim() : !value.length);
}

/** What is wrong with one answer, as the service would judge it; undefined when nothing is. */
export function answerError(question: Question, value: string | readonly string[] | undefined): AnswerError | undefined {
  if (isEmpty(value)) return question.required ? "missing" : undefined;
  if (typeof value !== "string") return undefined;
  if (question.kind === "number" && !Number.isFinite(Number(value.trim().replace(",", ".")))) return "number";
  if (question.kind === "datetime" && Number.isNaN(Date.parse(value))) return "datetime";
  return value.length > (LONGEST[question.kind] ?? Infinity) ? "long" : undefined;
}

/** Answers in the types the API wants, without empty ones and without those of another category chosen before. */
export function answersToSend(questions: readonly Question[], answers: DraftAnswers): Record<string, string | number | string[]> {
  const sent: Record<string, string | number | string[]> = {};
  for (const { code, kind } of questions) {
    const value = answers[code];
    if (value === undefined || isEmpty(value)) continue;
    if (typeof value !== "string") sent[code] = [...value];
    else if (kind === "number") sent[code] = Number(value.trim().replace(",", "."));
    else if (kind === "datetime") sent[code] = new Date(value).toISOString();
    else sent[code] = value.trim();
  }
  return sent;
}

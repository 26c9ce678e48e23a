import type { Report, ReportAnswer, ReportOutcome, ReportStatus } from "../api/town.ts";

/** An answer as it is being written. */
export interface AnswerDraft {
  readonly status: ReportStatus;
  readonly outcome: ReportOutcome | null;
  readonly answer: string;
}

export const STATUSES: readonly ReportStatus[] = ["received", "in_progress", "planned", "closed"];
export const OUTCOMES: readonly ReportOutcome[] = ["fixed", "not_ours", "duplicate", "rejected"];
export const ANSWER_MOST = 4_000;

export type AnswerFault = "unchanged" | "outcomeMissing" | "wordsMissing" | "tooLong";

export function startAnswer(report: Pick<Report, "status" | "outcome">): AnswerDraft {
  return { status: report.status, outcome: report.outcome, answer: "" };
}

/**
 * What is wrong with the draft, or null. Closing without repairing anything, or saying no, must be explained to the
 * person who wrote; an answer that changes nothing and says nothing is none.
 */
export function answerFault(draft: AnswerDraft, report: Pick<Report, "status" | "outcome">): AnswerFault | null {
  const words = draft.answer.trim();
  if (words.length > ANSWER_MOST) return "tooLong";
  if (draft.status === "closed" && draft.outcome === null) return "outcomeMissing";
  if (draft.status === "closed" && draft.outcome !== "fixed" && words === "") return "wordsMissing";
  if (words === "" && draft.status === report.status && outcomeOf(draft) === report.outcome) return "unchanged";
  return null;
}

export function answerBody(draft: AnswerDraft, version: number): ReportAnswer {
  return { expected_version: version, status: draft.status, outcome: outcomeOf(draft), answer: draft.answer.trim() };
}

function outcomeOf(draft: AnswerDraft): ReportOutcome | null {
  return draft.status === "closed" ? draft.outcome : null;
}

import { asProblem } from "@hejnal/shared";
import type { TFunction } from "i18next";
import type { Export, ExportState } from "../api/exports.ts";

const REFUSALS = ["no-footage", "export-too-large", "no-room", "too-fresh", "exports-not-set-up", "invalid-interval"] as const;
const FAILURES = ["no-footage", "disk-full", "keys-unusable"] as const;
const STAGES = ["reading", "writing", "masking", "closing", "packing", "verifying"] as const;

export function stateWords(t: TFunction, state: ExportState): string {
  return t(`exports.state.${state}`);
}

/** Why an export was refused, where the console knows more than the general words. */
export function refusalWords(t: TFunction, error: unknown): string | null {
  const slug = REFUSALS.find((known) => known === asProblem(error).slug);
  return slug === undefined ? null : t(`exports.refusal.${slug}`);
}

export function failureWords(t: TFunction, failure: string | null): string {
  const known = FAILURES.find((each) => each === failure);
  return known === undefined ? t("exports.failure.other") : t(`exports.failure.${known}`);
}

export function stageWords(t: TFunction, stage: string): string {
  const known = STAGES.find((each) => each === stage);
  return known === undefined ? "" : t(`exports.stage.${known}`);
}

/** How much of all stages is done, 0 to 1. */
export function progressOf({ stage, done_bytes: done, total_bytes: total }: Pick<Export, "stage" | "done_bytes" | "total_bytes">): number {
  const at = STAGES.findIndex((each) => each === stage);
  if (at < 0) return 0;
  return (at + (total > 0 ? Math.min(1, done / total) : 0)) / STAGES.length;
}

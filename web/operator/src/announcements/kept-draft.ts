import type { Draft } from "./draft.ts";

const KEY = "hejnal.operator.draft.v1";

/** Keeps an unsent announcement for this tab: a reload or a wrong press loses no words. */
export function keepDraft(storage: Storage, draft: Draft): void {
  try {
    storage.setItem(KEY, JSON.stringify(draft));
  } catch {
    // No room: the words are still in the form.
  }
}

export function keptDraft(storage: Storage): Draft | null {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    return typeof kept === "object" && kept !== null && "texts" in kept && "until" in kept ? (kept as Draft) : null;
  } catch {
    return null;
  }
}

export function forgetDraft(storage: Storage): void {
  storage.removeItem(KEY);
}

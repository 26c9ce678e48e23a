import type { Draft } from "./draft.ts";

const PREFIX = "hejnal.operator.draft.v2.";

/** What was being written and is not at the service yet: a reload or a wrong press loses no words. */
export interface KeptDraft {
  readonly draft: Draft;
  /** The version at the service that the words were written upon; 0: it has never been there. */
  readonly version: number;
}

/** Keeps words for this tab; `scope` says of what: `new`, a draft's id, or the announcement that is corrected. */
export function keepDraft(storage: Storage, scope: string, kept: KeptDraft): void {
  try {
    storage.setItem(PREFIX + scope, JSON.stringify(kept));
  } catch {
    // No room: the words are still in the form.
  }
}

/** The kept words, unless the service has newer ones than those they were written upon. */
export function keptDraft(storage: Storage, scope: string, version: number): Draft | null {
  try {
    const kept: unknown = JSON.parse(storage.getItem(PREFIX + scope) ?? "null");
    if (typeof kept !== "object" || kept === null || !("draft" in kept) || !("version" in kept)) return null;
    const { draft } = kept as KeptDraft;
    return kept.version === version && typeof draft === "object" && "texts" in draft && "origins" in draft ? draft : null;
  } catch {
    return null;
  }
}

export function forgetDraft(storage: Storage, scope: string): void {
  storage.removeItem(PREFIX + scope);
}

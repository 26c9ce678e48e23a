import { createStore, del, entries, get, set } from "idb-keyval";
import { type Draft, emptyDraft } from "./draft.ts";
import type { ReportAnswers } from "./submit.ts";

/** Where the one draft in work is kept, and those that wait for a connection. All of it stays on this device. */
const drafts = createStore("hejnal-drafts", "drafts");
const outbox = createStore("hejnal-outbox", "reports");
const CURRENT = "current";

export async function loadDraft(): Promise<Draft | undefined> {
  try {
    const stored = await get<Draft>(CURRENT, drafts);
    return stored ? { ...emptyDraft(), ...stored } : undefined; // one of an earlier version of the app lacks what is new
  } catch {
    return undefined; // private window: the draft lives as long as the page
  }
}

export async function saveDraft(draft: Draft): Promise<void> {
  try {
    await set(CURRENT, draft, drafts);
  } catch {
    // storage is full or blocked: sending still works
  }
}

export async function clearDraft(): Promise<void> {
  try {
    await del(CURRENT, drafts);
  } catch {
    // nothing was stored
  }
}

/** A report that could not be sent yet. `refused`: the service has said no, so that only its author can mend it. */
export interface WaitingReport {
  readonly draft: Draft;
  readonly answers: ReportAnswers;
  readonly since: string;
  readonly refused: boolean;
}

/** @throws DOMException where nothing can be stored: the caller must not say that it was kept. */
export async function enqueue(draft: Draft, answers: ReportAnswers, now: Date): Promise<void> {
  await set(draft.key, { draft, answers, since: now.toISOString(), refused: false } satisfies WaitingReport, outbox);
}

export async function waitingReports(): Promise<WaitingReport[]> {
  try {
    const all = await entries<string, WaitingReport>(outbox);
    return all.map(([, waiting]) => ({ ...waiting, draft: { ...emptyDraft(), ...waiting.draft } })).sort((a, b) => a.since.localeCompare(b.since));
  } catch {
    return [];
  }
}

export async function markRefused(waiting: WaitingReport): Promise<void> {
  await set(waiting.draft.key, { ...waiting, refused: true }, outbox);
}

export async function dequeue(key: string): Promise<void> {
  await del(key, outbox);
}

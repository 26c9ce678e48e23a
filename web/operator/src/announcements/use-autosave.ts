import { asProblem } from "@hejnal/shared";
import { useCallback, useEffect, useRef, useState } from "react";
import { type AnnouncementDraftSummary, createDraft, type DraftContent, saveDraft } from "../api/announcement-drafts.ts";
import { idempotencyKey } from "../api/client.ts";

export type Saving =
  | { readonly kind: "idle" | "waiting" | "saving" | "held" | "conflict" }
  | { readonly kind: "saved"; readonly atMs: number }
  | { readonly kind: "failed"; readonly error: unknown };

interface Autosave {
  readonly saving: Saving;
  /** What is at the service now; null: nothing yet. */
  readonly kept: AnnouncementDraftSummary | null;
  /** Saves at once what is not saved yet, and gives what the service has then. */
  readonly flush: () => Promise<AnnouncementDraftSummary>;
}

interface AutosaveOptions {
  readonly content: DraftContent;
  /** False while half an area is chosen: the service would take it for another. */
  readonly complete: boolean;
  readonly start: AnnouncementDraftSummary | null;
  /** The words to begin with are not at the service yet. */
  readonly unsaved: boolean;
  readonly onCreated: (draft: AnnouncementDraftSummary) => void;
}

const QUIET_MS = 1_200;
const RETRY_MS = 8_000;

/** Keeps what is being written at the service, a moment after the last key; one saving at a time, the newest words last. */
export function useAutosave({ content, complete, start, unsaved, onCreated }: AutosaveOptions): Autosave {
  const [saving, setSaving] = useState<Saving>({ kind: "idle" });
  const [kept, setKept] = useState(start);
  const [failures, setFailures] = useState(0);
  const words = JSON.stringify(content);
  const state = useRef({ kept: start, saved: unsaved ? "" : words, newest: words, content, key: { of: "", value: "" }, running: null as Promise<unknown> | null });
  const created = useRef(onCreated);
  useEffect(() => {
    created.current = onCreated;
    state.current.newest = words;
    state.current.content = content;
  });

  const once = useCallback(async (): Promise<AnnouncementDraftSummary> => {
    const now = state.current;
    const { newest, content: body, kept: before } = now;
    if (before !== null && newest === now.saved) return before;
    setSaving({ kind: "saving" });
    // One key per wording: what was sent into a broken line is not kept twice.
    if (now.key.of !== newest) now.key = { of: newest, value: idempotencyKey() };
    try {
      const done = before === null ? await createDraft(body, now.key.value) : await saveDraft(before, body);
      now.kept = done;
      now.saved = newest;
      setKept(done);
      setFailures(0);
      setSaving({ kind: "saved", atMs: Date.now() });
      if (before === null) created.current(done);
      return done;
    } catch (error) {
      setFailures((before) => before + 1);
      setSaving(asProblem(error).kind === "conflict" ? { kind: "conflict" } : { kind: "failed", error });
      throw error;
    }
  }, []);

  const flush = useCallback(async (): Promise<AnnouncementDraftSummary> => {
    await state.current.running?.catch(() => undefined);
    const turn = once();
    state.current.running = turn;
    return turn;
  }, [once]);

  const conflict = saving.kind === "conflict";
  useEffect(() => {
    if (words === state.current.saved || conflict) return;
    if (!complete) {
      setSaving({ kind: "held" });
      return;
    }
    setSaving((before) => (before.kind === "failed" ? before : { kind: "waiting" }));
    const timer = setTimeout(() => void flush().catch(() => undefined), failures > 0 ? RETRY_MS : QUIET_MS);
    return () => clearTimeout(timer);
  }, [words, complete, conflict, failures, flush]);

  return { saving, kept, flush };
}

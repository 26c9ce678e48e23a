import { useCallback, useEffect, useRef, useState } from "react";
import { type Draft, emptyDraft, isEmpty } from "./draft.ts";
import { clearDraft, loadDraft, saveDraft } from "./draft-store.ts";

const SAVE_AFTER_MS = 400;

export interface DraftInWork {
  /** Null until the stored draft has been looked for. */
  readonly draft: Draft | null;
  readonly change: (part: Partial<Draft>) => void;
  /** Forgets it and starts a new one. */
  readonly restart: () => void;
}

/** The report in work; each change is on the device a moment later, so that neither a call nor a dead battery loses it. */
export function useDraft(): DraftInWork {
  const [draft, setDraft] = useState<Draft | null>(null);
  const latest = useRef<Draft | null>(null);

  useEffect(() => {
    let wanted = true;
    void loadDraft().then((stored) => {
      if (wanted) setDraft(stored ?? emptyDraft());
    });
    return () => {
      wanted = false;
    };
  }, []);

  useEffect(() => {
    latest.current = draft;
    if (!draft || isEmpty(draft)) return;
    const timer = setTimeout(() => void saveDraft(draft), SAVE_AFTER_MS);
    return () => clearTimeout(timer);
  }, [draft]);

  // Left before the timer: save what is there.
  useEffect(() => {
    const save = () => {
      if (latest.current && !isEmpty(latest.current)) void saveDraft(latest.current);
    };
    window.addEventListener("pagehide", save);
    return () => window.removeEventListener("pagehide", save);
  }, []);

  const change = useCallback((part: Partial<Draft>) => {
    setDraft((current) => (current ? { ...current, ...part } : current));
  }, []);
  const restart = useCallback(() => {
    void clearDraft();
    setDraft(emptyDraft());
  }, []);
  return { draft, change, restart };
}

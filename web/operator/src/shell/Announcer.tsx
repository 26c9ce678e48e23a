import { createContext, type ReactNode, use, useCallback, useState } from "react";

const AnnouncerContext = createContext<(text: string) => void>(() => undefined);

/** Says something to screen readers without moving the focus; what is shown says it to all others. */
export function useAnnounce(): (text: string) => void {
  return use(AnnouncerContext);
}

export function Announcer({ children }: { readonly children: ReactNode }) {
  const [said, setSaid] = useState({ text: "", turn: 0 });
  const announce = useCallback((text: string) => {
    setSaid((before) => ({ text, turn: before.turn + 1 }));
  }, []);
  return (
    <AnnouncerContext value={announce}>
      {children}
      <div className="visually-hidden" role="status" aria-live="polite">
        <span key={said.turn}>{said.text}</span>
      </div>
    </AnnouncerContext>
  );
}

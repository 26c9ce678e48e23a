import { createContext, type ReactNode, use, useCallback, useState } from "react";

/** `assertive` interrupts what is being read: only for what asks for action now. */
type Announce = (text: string, manner?: "polite" | "assertive") => void;

const AnnouncerContext = createContext<Announce>(() => undefined);

/** Says something to screen readers without moving the focus; what is shown says it to all others. */
export function useAnnounce(): Announce {
  return use(AnnouncerContext);
}

const SILENT = { text: "", turn: 0 };

export function Announcer({ children }: { readonly children: ReactNode }) {
  const [polite, setPolite] = useState(SILENT);
  const [assertive, setAssertive] = useState(SILENT);
  const announce = useCallback<Announce>((text, manner = "polite") => {
    const say = manner === "polite" ? setPolite : setAssertive;
    say((before) => ({ text, turn: before.turn + 1 }));
  }, []);
  return (
    <AnnouncerContext value={announce}>
      {children}
      <div className="visually-hidden" role="status" aria-live="polite">
        <span key={polite.turn}>{polite.text}</span>
      </div>
      <div className="visually-hidden" aria-live="assertive" data-announcer="assertive">
        <span key={assertive.turn}>{assertive.text}</span>
      </div>
    </AnnouncerContext>
  );
}

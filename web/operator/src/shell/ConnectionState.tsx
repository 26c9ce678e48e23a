import { useEffect, useRef } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useEvents } from "../events/EventsProvider.tsx";
import { ConsoleIcon } from "../ui/icons.tsx";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { useAnnounce } from "./Announcer.tsx";

/** Whether what is on the screen is what is going on; never hidden. */
export function ConnectionState() {
  const { t } = useTranslation();
  const { line, retryNow } = useEvents();
  const nowMs = useNowSeconds();
  const announce = useAnnounce();
  const before = useRef(line.kind);
  useEffect(() => {
    if (line.kind === "lost" && before.current !== "lost") announce(t("line.lost", { since: since(t, line.sinceMs, Date.now()) }));
    if (line.kind === "open" && before.current === "lost") announce(t("line.back"));
    before.current = line.kind;
  }, [line, announce, t]);

  if (line.kind === "lost") {
    const waitMs = line.retryAtMs - nowMs;
    return (
      <div className="line-state line-lost">
        <ConsoleIcon name="gone" />
        <span>
          {t("line.lost", { since: since(t, line.sinceMs, nowMs) })} {waitMs > 500 ? t("line.retryIn", { wait: duration(t, waitMs) }) : t("line.trying")}
        </span>
        <Button className="link-button" onPress={retryNow}>
          {t("line.retryNow")}
        </Button>
      </div>
    );
  }
  const kind = line.kind === "open" ? "open" : "connecting";
  return (
    <div className={`line-state line-${kind}`}>
      <ConsoleIcon name={kind === "open" ? "live" : "connecting"} />
      <span>{t(`line.${kind}`)}</span>
    </div>
  );
}

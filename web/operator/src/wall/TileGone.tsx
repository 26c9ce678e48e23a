import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import type { TileState } from "../live/tile-state.ts";
import { MayDo } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import { duration, since } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

interface TileGoneProps {
  readonly state: TileState & { kind: "gone" };
  readonly onAskReason: () => void;
}

/** Why there is no picture, since when, and what happens next. */
export function TileGone({ state, onAskReason }: TileGoneProps) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  if (state.cause === "reason_required") return <TileAsks onAskReason={onAskReason} />;
  return (
    <div className="tile-gone">
      <p className="tile-gone-cause">
        {causeWords(t, state.cause)}
      </p>
      {state.cause === "forbidden" ? (
        <p>
          <MayDo act="watchLive" />
        </p>
      ) : (
        <p>{t("tile.since", { since: since(t, state.sinceMs, nowMs), age: duration(t, nowMs - state.sinceMs) })}</p>
      )}
      {state.retryAtMs === null ? null : <p className="soft">{state.retryAtMs > nowMs ? t("tile.retryIn", { wait: duration(t, state.retryAtMs - nowMs) }) : t("tile.retrying")}</p>}
    </div>
  );
}

/** The camera asks why it is watched; nothing of it is shown before somebody has said so. */
export function TileAsks({ onAskReason }: { readonly onAskReason: () => void }) {
  const { t } = useTranslation();
  return (
    <div className="tile-gone">
      <p className="tile-gone-cause">
        {t("cause.reason_required")}
      </p>
      <Button className="button" onPress={onAskReason}>
        {t("tile.reason")}
      </Button>
    </div>
  );
}

import { useTranslation } from "react-i18next";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import { exact } from "../words/console-words.ts";
import type { SnapshotState } from "./snapshot.ts";

/** What became of the last frame that was to be saved. */
export function SnapshotWord({ snapshot }: { readonly snapshot: SnapshotState }) {
  const { t } = useTranslation();
  if (snapshot.gapCause !== null) {
    return (
      <p className="controls-word" role="alert">
        {t("playback.nothingBecause", { cause: causeWords(t, snapshot.gapCause) })}
      </p>
    );
  }
  if (snapshot.savedMs !== null) return <p className="controls-word">{t("playback.snapshotSaved", { time: exact(snapshot.savedMs) })}</p>;
  return (
    <div>
      <ProblemLine error={snapshot.error} />
    </div>
  );
}

import { useTranslation } from "react-i18next";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { clock } from "../words/town-clock.ts";
import type { Saving } from "./use-autosave.ts";

/** Whether what is being written is safe. */
export function SavingLine({ saving }: { readonly saving: Saving }) {
  const { t } = useTranslation();
  if (saving.kind === "failed") return <ProblemLine error={saving.error} act="writeAnnouncements" words={t("drafts.notSaved")} />;
  if (saving.kind === "conflict") return <ProblemLine error="conflict" words={t("drafts.changedMeanwhile")} />;
  const words = saving.kind === "saved" ? t("drafts.savedAt", { time: clock(saving.atMs) }) : t(`drafts.saving.${saving.kind}`);
  return (
    <p className="soft" role="status" data-saving={saving.kind}>
      {words}
    </p>
  );
}

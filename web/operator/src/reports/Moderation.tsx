import { moderateReport } from "../api/report-desk.ts";
import { useDateWords } from "@hejnal/shared";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { useNames } from "../accounts/use-names.ts";
import type { Report } from "../api/town.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { useReportChange } from "./use-report-change.ts";

/** What everybody may read of a report, and who decided that when and why. */
export function Moderation({ report }: { readonly report: Report }) {
  const { t } = useTranslation();
  const dates = useDateWords();
  const { may } = useSession();
  const name = useNames();
  const [asked, setAsked] = useState(false);
  const numberOf = (photoId: string | null) => report.photos.findIndex((photo) => photo.id === photoId) + 1;
  return (
    <section aria-labelledby="moderation-title">
      <h3 id="moderation-title">{t("moderation.title")}</h3>
      <p>{report.text_public ? t("moderation.textPublic") : t("moderation.textHidden")}</p>
      {may("answerReports") ? (
        <div className="form-actions">
          <Button className="button" onPress={() => setAsked(true)}>
            {report.text_public ? t("moderation.hideText") : t("moderation.showText")}
          </Button>
        </div>
      ) : null}
      {report.history.length === 0 ? null : (
        <ol className="story">
          {report.history.map((entry) => (
            <li key={`${entry.at} ${entry.action} ${entry.photo_id ?? "text"}`}>
              <span className="story-when">
                <time dateTime={entry.at}>{dates.moment(new Date(entry.at))}</time>
              </span>
              <span>
                {entry.subject === "text" ? t(`moderation.did.${entry.action}Text`) : t(`moderation.did.${entry.action}Photo`, { number: numberOf(entry.photo_id) })}
                {entry.reason === "" ? null : <q className="story-answer">{entry.reason}</q>}
                <span className="soft cell-line">{name(entry.by)}</span>
              </span>
            </li>
          ))}
        </ol>
      )}
      {asked ? <ModerateDialog report={report} subject="text" photoId={null} action={report.text_public ? "hide" : "show"} onClose={() => setAsked(false)} /> : null}
    </section>
  );
}

interface ModerateDialogProps {
  readonly report: Report;
  readonly subject: "text" | "photo";
  readonly photoId: string | null;
  readonly action: "hide" | "show";
  readonly onClose: () => void;
}

/** Shows words or a photo to everybody, or takes them away; the reason stays in the history and is never public. */
export function ModerateDialog({ report, subject, photoId, action, onClose }: ModerateDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const change = useReportChange(report.id, (words: string) => moderateReport(report.id, { action, subject, photo_id: photoId, reason: words }), () => {
    announce(t(`moderation.done.${action}`));
    onClose();
  });
  const empty = reason.trim() === "";
  return (
    <FormDialog
      title={t(`moderation.dialog.${action}${subject === "text" ? "Text" : "Photo"}`)}
      submit={t(`moderation.do.${action}`)}
      pending={change.isPending}
      error={change.error}
      act="answerReports"
      onSubmit={() => {
        setShown(true);
        if (!empty) change.mutate(reason.trim());
      }}
      onClose={onClose}
    >
      <p>{t(`moderation.means.${action}`)}</p>
      <Field label={t("moderation.reason")} help={t("moderation.reasonHelp")} rows={2} maxLength={500} value={reason} fault={shown && empty ? t("moderation.reasonMissing") : undefined} onChange={setReason} />
    </FormDialog>
  );
}

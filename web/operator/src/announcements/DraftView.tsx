import { asProblem, ErrorState, exactTime, Skeleton, useLanguage } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { useNames } from "../accounts/use-names.ts";
import { type AnnouncementDraftSummary, approveDraft, DRAFTS_KEY, oneDraftKey, rejectDraft, withdrawDraft } from "../api/announcement-drafts.ts";
import { ANNOUNCEMENTS_KEY, previewAnnouncement } from "../api/town.ts";
import { useTown } from "../reports/use-town.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { MayDo, ProblemLine } from "../ui/ProblemLine.tsx";
import { draftBody, draftOfContent } from "./draft.ts";
import { PreviewBody } from "./PreviewBody.tsx";

/** A draft that is on its way: what would go out, and who may let it. */
export function DraftView({ kept }: { readonly kept: AnnouncementDraftSummary }) {
  const { t } = useTranslation();
  const { town } = useTown();
  const draft = draftOfContent(kept.content, kept.attachments, Date.parse(kept.changed_at));
  const preview = useQuery({
    queryKey: [...DRAFTS_KEY, "preview", kept.id, kept.version],
    queryFn: () => previewAnnouncement({ ...draftBody(draft), updates: kept.content.announcement_id ?? null }),
    staleTime: 60_000,
  });
  return (
    <article className="preview" aria-labelledby="draft-title" data-draft-state={kept.state}>
      <h2 id="draft-title">{t(`drafts.is.${kept.state}`)}</h2>
      <Decision kept={kept} />
      {preview.isPending || town === null ? <Skeleton rows={5} /> : preview.data === undefined ? <ErrorState error={preview.error} onRetry={() => void preview.refetch()} /> : <PreviewBody draft={draft} preview={preview.data} town={town} />}
    </article>
  );
}

function Decision({ kept }: { readonly kept: AnnouncementDraftSummary }) {
  const { t } = useTranslation();
  const language = useLanguage();
  const { staff, may } = useSession();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [, navigate] = useLocation();
  const name = useNames();
  const [rejecting, setRejecting] = useState(false);
  const done = (changed: AnnouncementDraftSummary) => {
    announce(t(`drafts.became.${changed.state}`));
    queryClient.setQueryData(oneDraftKey(changed.id), changed);
    void queryClient.invalidateQueries({ queryKey: DRAFTS_KEY });
    void queryClient.invalidateQueries({ queryKey: ANNOUNCEMENTS_KEY });
    if (changed.state === "published" && changed.announcement_id !== null) navigate(`/announcements/${changed.announcement_id}`);
  };
  const failed = () => void queryClient.invalidateQueries({ queryKey: DRAFTS_KEY });
  const approve = useMutation({ mutationFn: () => approveDraft(kept), onSuccess: done, onError: failed });
  const withdraw = useMutation({ mutationFn: () => withdrawDraft(kept), onSuccess: done, onError: failed });
  const own = kept.authors.includes(staff.account_id);
  const waits = kept.state === "waiting_approval";
  const people = kept.authors.map((id) => (id === staff.account_id ? t("drafts.you") : name(id) === id ? t("drafts.somebody") : name(id)));
  return (
    <section className="entry">
      <dl className="facts">
        <dt>{t("drafts.authors")}</dt>
        <dd>{new Intl.ListFormat(language).format(people)}</dd>
        {kept.submitted_at === null ? null : (
          <>
            <dt>{t("drafts.submitted")}</dt>
            <dd>{exactTime(new Date(kept.submitted_at), language)}</dd>
          </>
        )}
        {kept.approval === null ? null : (
          <>
            <dt>{t("drafts.why")}</dt>
            <dd>{kept.approval.reasons.map((reason) => t(`drafts.reason.${reason}`)).join(" ")}</dd>
            {kept.approval.until === null ? null : (
              <>
                <dt>{t("drafts.until")}</dt>
                <dd>{exactTime(new Date(kept.approval.until), language)}</dd>
              </>
            )}
          </>
        )}
      </dl>
      {waits && own ? <p>{t("drafts.notYours")}</p> : null}
      {waits && !own && !may("approveAnnouncements") ? (
        <p className="soft">
          <MayDo act="approveAnnouncements" />
        </p>
      ) : null}
      <ProblemLine error={approve.error ?? withdraw.error} act="approveAnnouncements" words={problemWordsOf(approve.error ?? withdraw.error)} />
      <div className="form-actions">
        {waits && !own && may("approveAnnouncements") ? (
          <>
            <Button className="button button-primary" isPending={approve.isPending} onPress={() => approve.mutate()}>
              {t("drafts.approve")}
            </Button>
            <Button className="button button-attention" onPress={() => setRejecting(true)}>
              {t("drafts.reject")}
            </Button>
          </>
        ) : null}
        {(waits || kept.state === "scheduled") && may("writeAnnouncements") ? (
          <Button className="button" isPending={withdraw.isPending} onPress={() => withdraw.mutate()}>
            {t("drafts.withdraw")}
          </Button>
        ) : null}
        {kept.state === "published" && kept.announcement_id !== null ? (
          <Link className="button" href={`/announcements/${kept.announcement_id}`}>
            {t("drafts.toAnnouncement")}
          </Link>
        ) : null}
      </div>
      {rejecting ? <RejectDialog kept={kept} onDone={done} onClose={() => setRejecting(false)} /> : null}
    </section>
  );
}

/** What the service says about a draft that cannot go out as it stands is for the one who decides. */
function problemWordsOf(error: unknown): string | null {
  if (error === null) return null;
  const problem = asProblem(error);
  return problem.kind === "invalid" && problem.detail !== "" ? problem.detail : null;
}

interface RejectDialogProps {
  readonly kept: AnnouncementDraftSummary;
  readonly onDone: (changed: AnnouncementDraftSummary) => void;
  readonly onClose: () => void;
}

function RejectDialog({ kept, onDone, onClose }: RejectDialogProps) {
  const { t } = useTranslation();
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const short = reason.trim().length < 3;
  const reject = useMutation({
    mutationFn: () => rejectDraft(kept, reason.trim()),
    onSuccess: (changed) => {
      onClose();
      onDone(changed);
    },
  });
  return (
    <FormDialog
      title={t("drafts.rejectTitle")}
      submit={t("drafts.reject")}
      grave
      pending={reject.isPending}
      error={reject.error}
      act="approveAnnouncements"
      onSubmit={() => {
        setShown(true);
        if (!short) reject.mutate();
      }}
      onClose={onClose}
    >
      <Field label={t("drafts.rejectReason")} help={t("drafts.rejectHelp")} rows={3} maxLength={1000} value={reason} fault={shown && short ? t("drafts.rejectMissing") : undefined} onChange={setReason} />
    </FormDialog>
  );
}

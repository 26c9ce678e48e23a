import { asProblem, EmptyState } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation, useSearch } from "wouter";
import { useNames } from "../accounts/use-names.ts";
import { approveDeletion, type Deletion, DELETIONS_KEY, fetchDeletions, requestDeletion, withdrawDeletion } from "../api/deletions.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { DataTable } from "../ui/DataTable.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { Loaded } from "../ui/Loaded.tsx";
import { exact } from "../words/console-words.ts";

type Asked = { readonly what: "approval" | "withdrawal"; readonly deletion: Deletion } | null;

/** Footage that is to go before its time: one person asks, another agrees, then it is gone for good. */
export function DeletionsPage() {
  const { t } = useTranslation();
  const [, navigate] = useLocation();
  const camera = new URLSearchParams(useSearch()).get("camera");
  const query = useQuery({ queryKey: DELETIONS_KEY, queryFn: fetchDeletions, refetchInterval: 15_000 });
  const [asked, setAsked] = useState<Asked>(null);
  return (
    <div className="page">
      <header className="page-head">
        <h1>{t("deletions.title")}</h1>
        <div className="page-tools">
          <Link href="/deletions?camera=" className="button button-primary">
            {t("deletions.ask")}
          </Link>
          <Link href="/cameras" className="button">
            {t("registry.back")}
          </Link>
        </div>
      </header>
      <p className="soft page-text">{t("deletions.help")}</p>
      <Loaded query={query} rows={3} empty={<EmptyState icon="check" title={t("deletions.none")} />}>
        {(deletions) => <Deletions deletions={deletions} onAsk={setAsked} />}
      </Loaded>
      {camera === null ? null : <RequestDialog key={camera} cameraId={camera} onClose={() => navigate("/deletions", { replace: true })} />}
      {asked === null ? null : <DecisionDialog what={asked.what} deletion={asked.deletion} onClose={() => setAsked(null)} />}
    </div>
  );
}

function Deletions({ deletions, onAsk }: { readonly deletions: readonly Deletion[]; readonly onAsk: (asked: Asked) => void }) {
  const { t, i18n } = useTranslation();
  const { staff } = useSession();
  const name = useNames();
  const gigabytes = new Intl.NumberFormat(i18n.language, { style: "unit", unit: "gigabyte", maximumFractionDigits: 1 });
  return (
    <DataTable caption={t("deletions.title")} columns={[t("deletions.camera"), t("deletions.what"), t("deletions.why"), t("deletions.state")]} actions>
      {deletions.map((deletion) => (
        <tr key={deletion.deletion_id} data-deletion={deletion.state}>
          <th scope="row">{deletion.camera_id}</th>
          <td>
            {t(`deletions.purpose.${deletion.purpose}`)}
            <span className="soft cell-line">
              {exact(Date.parse(deletion.from))} – {exact(Date.parse(deletion.to))}
            </span>
          </td>
          <td>
            {deletion.reason}
            <span className="soft cell-line">{t("deletions.askedBy", { name: name(deletion.requested_by), when: exact(Date.parse(deletion.requested_at)) })}</span>
          </td>
          <td>
            <span className={deletion.state === "requested" ? "attention" : undefined}>{t(`deletions.states.${deletion.state}`)}</span>
            {deletion.decided_by === null || deletion.decided_at === null ? null : <span className="soft cell-line">{t("deletions.decidedBy", { name: name(deletion.decided_by), when: exact(Date.parse(deletion.decided_at)) })}</span>}
            {deletion.deleted_segments > 0 ? <span className="soft cell-line">{t("deletions.gone", { size: gigabytes.format(deletion.deleted_bytes / 1e9) })}</span> : null}
            {deletion.held_segments > 0 && deletion.state !== "withdrawn" ? <span className="soft cell-line">{t("deletions.held", { count: deletion.held_segments })}</span> : null}
          </td>
          <td className="cell-actions">
            {deletion.state !== "requested" ? null : (
              <>
                {deletion.requested_by === staff.account_id ? null : (
                  <Button className="link-button" aria-label={t("deletions.agreeTo", { camera: deletion.camera_id })} onPress={() => onAsk({ what: "approval", deletion })}>
                    {t("deletions.agree")}
                  </Button>
                )}
                <Button className="link-button" aria-label={t("deletions.withdrawOf", { camera: deletion.camera_id })} onPress={() => onAsk({ what: "withdrawal", deletion })}>
                  {t("deletions.withdraw")}
                </Button>
              </>
            )}
            {deletion.state === "requested" && deletion.requested_by === staff.account_id ? <span className="soft cell-line">{t("deletions.needsAnother")}</span> : null}
          </td>
        </tr>
      ))}
    </DataTable>
  );
}

/** The first pair of eyes: whose footage, and why. */
function RequestDialog({ cameraId, onClose }: { readonly cameraId: string; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [camera, setCamera] = useState(cameraId);
  const [reason, setReason] = useState("");
  const [shown, setShown] = useState(false);
  const ask = useMutation({
    mutationFn: () => requestDeletion(camera.trim(), reason.trim()),
    onSuccess: () => {
      announce(t("deletions.asked"));
      void queryClient.invalidateQueries({ queryKey: DELETIONS_KEY });
      onClose();
    },
  });
  const noCamera = !/^[a-z0-9][a-z0-9-]{0,62}$/.test(camera.trim());
  const short = reason.trim().length < 3;
  const slug = ask.isError ? asProblem(ask.error).slug : "";
  return (
    <FormDialog
      title={t("deletions.ask")}
      submit={t("deletions.ask")}
      grave
      pending={ask.isPending}
      error={ask.error}
      act="deleteFootage"
      problem={slug === "camera-in-use" ? t("deletions.inUse") : slug === "unknown-camera" || slug === "no-footage" ? t("deletions.noFootage") : null}
      onSubmit={() => {
        setShown(true);
        if (!noCamera && !short) ask.mutate();
      }}
      onClose={onClose}
    >
      <p>{t("deletions.means")}</p>
      <Field label={t("deletions.cameraId")} value={camera} maxLength={63} autoComplete="off" spellCheck="false" fault={shown && noCamera ? t("deletions.cameraMissing") : undefined} onChange={setCamera} />
      <Field label={t("deletions.reason")} help={t("deletions.reasonHelp")} rows={2} maxLength={300} value={reason} fault={shown && short ? t("deletions.reasonMissing") : undefined} onChange={setReason} />
    </FormDialog>
  );
}

interface DecisionDialogProps {
  readonly what: "approval" | "withdrawal";
  readonly deletion: Deletion;
  readonly onClose: () => void;
}

/** The second pair of eyes, or the way back. */
function DecisionDialog({ what, deletion, onClose }: DecisionDialogProps) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const decide = useMutation({
    mutationFn: () => (what === "approval" ? approveDeletion(deletion.deletion_id) : withdrawDeletion(deletion.deletion_id)),
    onSuccess: () => {
      announce(t(`deletions.done.${what}`));
      onClose();
    },
    onSettled: () => void queryClient.invalidateQueries({ queryKey: DELETIONS_KEY }),
  });
  return (
    <FormDialog title={t(`deletions.dialog.${what}`, { camera: deletion.camera_id })} submit={what === "approval" ? t("deletions.agree") : t("deletions.withdraw")} grave={what === "approval"} pending={decide.isPending} error={decide.error} act="deleteFootage" onSubmit={() => decide.mutate()} onClose={onClose}>
      <p>{t(`deletions.decision.${what}`)}</p>
    </FormDialog>
  );
}

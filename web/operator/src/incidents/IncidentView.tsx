import { asProblem, ErrorState, SeverityBadge, Skeleton } from "@hejnal/shared";
import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { AlertStateMark } from "../alerts/AlertMarks.tsx";
import { AlertPlace } from "../alerts/AlertPlace.tsx";
import { idempotencyKey } from "../api/client.ts";
import { closeIncident, fetchIncident, fetchIncidentCameras, incidentCamerasKey, type IncidentCase, type IncidentEntry, incidentKey, INCIDENTS_KEY, noteOnIncident } from "../api/incidents.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { FormDialog } from "../ui/FormDialog.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { exact } from "../words/console-words.ts";
import { Marks } from "./Marks.tsx";

const PENDING_MS = 3_000;

/** One incident: what happened, in order, with everything that belongs to it; printed, it is the closing report. */
export function IncidentView({ incidentId }: { readonly incidentId: string }) {
  const query = useQuery({
    queryKey: incidentKey(incidentId),
    queryFn: () => fetchIncident(incidentId),
    // A mark the recorder has not answered yet changes by itself.
    refetchInterval: (state) => (state.state.data?.marks.some((mark) => mark.state === "pending") === true ? PENDING_MS : 15_000),
  });
  if (query.isPending) return <Skeleton rows={4} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Opened incident={query.data} />;
}

function Opened({ incident }: { readonly incident: IncidentCase }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const [closing, setClosing] = useState(false);
  const seeing = useQuery({ queryKey: incidentCamerasKey(incident.incident_id), queryFn: () => fetchIncidentCameras(incident.incident_id), staleTime: 60_000 });
  const named = [...new Set([...(seeing.data ?? []).filter((camera) => camera.sees === "cone").map((camera) => camera.camera_id), ...incident.alerts.flatMap((alert) => alert.camera_ids)])];
  const open = incident.state === "open";
  // An incident without a place of its own happened where its alerts did.
  const placed = incident.place === null ? incident.alerts.find((alert) => alert.place !== null) : incident;
  return (
    <article className="report" data-incident-open={incident.reference}>
      <header className="report-head">
        <p className="soft">
          {incident.reference} · {t("incidents.openedBy", { name: incident.opened_by?.name ?? "–", moment: exact(Date.parse(incident.opened_at)) })}
        </p>
        <h2>{incident.title}</h2>
        <p className="report-marks">
          <SeverityBadge severity={incident.severity} />
          <span className="tag">{t(`incidents.state.${incident.state}`)}</span>
          <span>{incident.address}</span>
        </p>
        <div className="form-actions">
          {open && may("workOnAlerts") ? (
            <Button className="button" onPress={() => setClosing(true)}>
              {t("incidents.close")}
            </Button>
          ) : null}
          <Button className="button" onPress={() => window.print()}>
            {t("incidents.print")}
          </Button>
        </div>
      </header>
      {incident.closing_report === "" ? null : (
        <section>
          <h3>{t("incidents.report")}</h3>
          <p className="report-text">{incident.closing_report}</p>
          <p className="soft">{t("incidents.closedBy", { name: incident.closed_by?.name ?? "–", moment: incident.closed_at === null ? "–" : exact(Date.parse(incident.closed_at)) })}</p>
        </section>
      )}
      <div className="report-columns">
        <div className="report-words">
          <Alerts incident={incident} />
          <Reports incident={incident} />
          <Marks incident={incident} seeing={seeing.data ?? []} />
          <Log entries={incident.entries} />
          {may("workOnAlerts") ? <NoteForm incidentId={incident.incident_id} /> : null}
        </div>
        <div className="screen-only">
          <AlertPlace place={placed?.place ?? null} address={placed?.address ?? incident.address} cameraIds={named} reason={t("incidents.lookReason", { reference: incident.reference, title: incident.title })} atMs={Date.parse(incident.opened_at)} />
        </div>
      </div>
      {closing ? <CloseDialog incident={incident} onClose={() => setClosing(false)} /> : null}
    </article>
  );
}

function Alerts({ incident }: { readonly incident: IncidentCase }) {
  const { t } = useTranslation();
  if (incident.alerts.length === 0) return null;
  return (
    <section>
      <h3>{t("nav.alerts")}</h3>
      <ul className="near">
        {incident.alerts.map((alert) => (
          <li key={alert.alert_id}>
            <Link href={`/alerts/${alert.alert_id}`} className="near-name">
              {alert.summary}
            </Link>
            <AlertStateMark alert={alert} />
            <time dateTime={alert.raised_at}>{exact(Date.parse(alert.raised_at))}</time>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Reports({ incident }: { readonly incident: IncidentCase }) {
  const { t } = useTranslation();
  if (incident.reports.length === 0) return null;
  return (
    <section>
      <h3>{t("incidents.reports")}</h3>
      <ul className="near">
        {incident.reports.map((report) => (
          <li key={report.report_id}>
            <Link href={`/reports/${report.report_id}`}>{report.reference === "" ? report.report_id : report.reference}</Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Log({ entries }: { readonly entries: readonly IncidentEntry[] }) {
  const { t } = useTranslation();
  return (
    <section>
      <h3>{t("reports.story")}</h3>
      <ol className="story">
        {entries.map((entry) => (
          <li key={entry.entry_id}>
            <time className="story-when" dateTime={entry.at}>
              {exact(Date.parse(entry.at))}
            </time>
            <span>
              {entryWords(t, entry)}
              {entry.by === null ? null : <span className="soft">, {entry.by.name}</span>}
              {entry.text === "" ? null : <span className="story-answer">{entry.text}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

function entryWords(t: TFunction, entry: IncidentEntry): string {
  return t(`incidents.entry.${entry.kind}`);
}

function NoteForm({ incidentId }: { readonly incidentId: string }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  const [noteId, setNoteId] = useState(idempotencyKey);
  const send = useMutation({
    mutationFn: () => noteOnIncident(incidentId, noteId, text.trim()),
    onSuccess: (incident) => {
      queryClient.setQueryData(incidentKey(incidentId), incident);
      setText("");
      setNoteId(idempotencyKey());
      announce(t("alerts.noted"));
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() !== "") send.mutate();
  };
  return (
    <form className="form screen-only" onSubmit={submit}>
      <Field
        label={t("alerts.note")}
        value={text}
        maxLength={2000}
        rows={2}
        onChange={(next) => {
          setText(next);
          setNoteId(idempotencyKey());
        }}
      />
      <ProblemLine error={send.error} act="workOnAlerts" />
      <div className="form-actions">
        <Button type="submit" className="button" isDisabled={text.trim() === ""} isPending={send.isPending}>
          {t("alerts.addNote")}
        </Button>
      </div>
    </form>
  );
}

/** The end of an incident: what happened, what was done, what is left to do. */
function CloseDialog({ incident, onClose }: { readonly incident: IncidentCase; readonly onClose: () => void }) {
  const { t } = useTranslation();
  const queryClient = useQueryClient();
  const [version] = useState(incident.version);
  const [report, setReport] = useState("");
  const [shown, setShown] = useState(false);
  const close = useMutation({
    mutationFn: () => closeIncident(incident.incident_id, version, report.trim()),
    onSuccess: (closed) => {
      queryClient.setQueryData(incidentKey(closed.incident_id), closed);
      void queryClient.invalidateQueries({ queryKey: [...INCIDENTS_KEY, "list"] });
      onClose();
    },
    onError: () => void queryClient.invalidateQueries({ queryKey: incidentKey(incident.incident_id) }),
  });
  const unresolved = incident.alerts.filter((alert) => alert.state !== "resolved").length;
  const submit = () => {
    setShown(true);
    if (report.trim() !== "") close.mutate();
  };
  return (
    <FormDialog
      title={t("incidents.closeTitle", { reference: incident.reference })}
      width="wide"
      submit={t("incidents.close")}
      pending={close.isPending}
      error={close.error}
      act="workOnAlerts"
      problem={close.isError && asProblem(close.error).kind === "conflict" ? t("incidents.changedMeanwhile") : null}
      onSubmit={submit}
      onClose={onClose}
    >
      {unresolved > 0 ? <p className="attention">{t("incidents.unresolved", { count: unresolved })}</p> : null}
      <Field label={t("incidents.report")} help={t("incidents.reportHelp")} value={report} maxLength={8000} rows={8} fault={shown && report.trim() === "" ? t("incidents.reportMissing") : undefined} onChange={setReport} />
    </FormDialog>
  );
}

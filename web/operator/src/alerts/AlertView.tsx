import { ErrorState, Icon, SeverityBadge, Skeleton } from "@hejnal/shared";
import { useMutation, useQueryClient } from "@tanstack/react-query";
import type { TFunction } from "i18next";
import { type SyntheticEvent, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link } from "wouter";
import { type AlertEntry, alertKey, type AlertWithLog, noteOnAlert } from "../api/alerts.ts";
import { idempotencyKey } from "../api/client.ts";
import { useSession } from "../session/session.tsx";
import { useAnnounce } from "../shell/Announcer.tsx";
import { Field } from "../ui/Field.tsx";
import { MayDo, ProblemLine } from "../ui/ProblemLine.tsx";
import { duration, momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { isOpen, isWaiting } from "./alert-list.ts";
import { AssignDialog, ResolveDialog } from "./AlertDialogs.tsx";
import { AlertAge, AlertKindMark, AlertStateMark, EscalationNote } from "./AlertMarks.tsx";
import { AlertPlace } from "./AlertPlace.tsx";
import { IncidentOfAlert } from "../incidents/IncidentOfAlert.tsx";
import type { useAlertActions } from "./use-alert-actions.ts";
import { useAlert } from "./use-alerts.ts";

/** A dialog asked for by key or by button. */
export type Asked = "assign" | "resolve" | null;

interface AlertViewProps {
  readonly alertId: string;
  readonly actions: ReturnType<typeof useAlertActions>;
  readonly asked: Asked;
  readonly onAsk: (asked: Asked) => void;
}

/** One alert with everything needed to act on it. */
export function AlertView({ alertId, ...rest }: AlertViewProps) {
  const query = useAlert(alertId);
  if (query.isPending) return <Skeleton rows={4} />;
  if (query.data === undefined) return <ErrorState error={query.error} onRetry={() => void query.refetch()} />;
  return <Opened alert={query.data} {...rest} />;
}

function Opened({ alert, actions, asked, onAsk }: Omit<AlertViewProps, "alertId"> & { readonly alert: AlertWithLog }) {
  const { t } = useTranslation();
  const { may } = useSession();
  const close = () => onAsk(null);
  return (
    <article className="report" data-alert-open={alert.alert_id}>
      <header className="report-head">
        <p className="report-marks">
          <SeverityBadge severity={alert.severity} />
          <AlertKindMark kind={alert.kind} />
          <AlertStateMark alert={alert} />
          <AlertAge alert={alert} />
          {alert.count > 1 ? <span className="tag">{t("alerts.count", { count: alert.count })}</span> : null}
          <EscalationNote alert={alert} />
        </p>
        <h2>{alert.summary}</h2>
        <Holder alert={alert} />
        <Conflict alert={alert} actions={actions} />
        {actions.about === alert.alert_id ? <ProblemLine error={actions.error} act="workOnAlerts" /> : null}
        {!may("workOnAlerts") ? (
          <p className="soft">
            <MayDo act="workOnAlerts" />
          </p>
        ) : isOpen(alert) ? (
          <div className="form-actions">
            {isWaiting(alert) ? (
              <Button className="button button-primary" isDisabled={actions.pending} onPress={() => actions.run({ act: "acknowledge", alert })}>
                {t("alerts.acknowledge")} <kbd>A</kbd>
              </Button>
            ) : null}
            <Button className="button" onPress={() => onAsk("assign")}>
              {t("alerts.assign")} <kbd>P</kbd>
            </Button>
            <Button className="button" onPress={() => onAsk("resolve")}>
              {t("alerts.resolve")} <kbd>R</kbd>
            </Button>
            <IncidentOfAlert alert={alert} />
          </div>
        ) : (
          <IncidentOfAlert alert={alert} />
        )}
      </header>
      <div className="report-columns">
        <div className="report-words">
          {alert.kind === "report" && may("readReports") ? (
            <p>
              <Link href={`/reports/${alert.source}`}>{t("alerts.toReport")}</Link>
            </p>
          ) : null}
          <Log entries={alert.entries} />
          {may("workOnAlerts") ? <NoteForm alertId={alert.alert_id} /> : null}
        </div>
        <AlertPlace place={alert.place} address={alert.address} cameraIds={alert.camera_ids} reason={t("alerts.lookReason", { summary: alert.summary })} atMs={Date.parse(alert.raised_at)} />
      </div>
      {asked === "assign" && isOpen(alert) ? (
        <AssignDialog
          alert={alert}
          pending={actions.pending}
          onClose={close}
          onAssign={(to) => {
            actions.run({ act: "assign", alert, to });
            close();
          }}
        />
      ) : null}
      {asked === "resolve" && isOpen(alert) ? (
        <ResolveDialog
          alert={alert}
          pending={actions.pending}
          onClose={close}
          onResolve={(outcome, note) => {
            actions.run({ act: "resolve", alert, outcome, note });
            close();
          }}
        />
      ) : null}
    </article>
  );
}

/** Who has it, since when; what became of it. */
function Holder({ alert }: { readonly alert: AlertWithLog }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const moment = (at: string | null) => (at === null ? "" : momentWithSeconds(Date.parse(at), nowMs));
  return (
    <div className="soft">
      {alert.acknowledged_by === null ? null : <p>{t("alerts.takenBy", { name: alert.acknowledged_by.name, moment: moment(alert.acknowledged_at) })}</p>}
      {alert.assigned_to === null ? null : <p>{t("alerts.givenTo", { name: alert.assigned_to, moment: moment(alert.assigned_at) })}</p>}
      {alert.cleared_at === null ? null : <p>{t("alerts.clearedAt", { moment: moment(alert.cleared_at) })}</p>}
      {alert.told.length === 0 || !isWaiting(alert) ? null : <p>{t("alerts.toldRoles", { level: alert.level })}</p>}
      {alert.resolved_by === null ? null : <p>{t("alerts.endedBy", { name: alert.resolved_by.name, moment: moment(alert.resolved_at) })}</p>}
      {alert.resolution_note === "" ? null : <p className="report-text">{alert.resolution_note}</p>}
    </div>
  );
}

/** Somebody was faster: who and when, with what one can do now. */
function Conflict({ alert, actions }: { readonly alert: AlertWithLog; readonly actions: AlertViewProps["actions"] }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  if (!actions.conflict || actions.about !== alert.alert_id) return null;
  const who = alert.resolved_by ?? alert.assigned_by ?? alert.acknowledged_by;
  const at = alert.resolved_at ?? alert.assigned_at ?? alert.acknowledged_at;
  const act = alert.resolved_by !== null ? "resolved" : alert.assigned_by !== null ? "assigned" : "acknowledged";
  return (
    <p className="problem-line" role="alert">
      <Icon name="person" />
      <span>
        {who === null || at === null ? t("ui.conflict") : t(`alerts.conflict.${act}`, { name: who.name, age: duration(t, nowMs - Date.parse(at)) })}{" "}
        <button type="button" className="link-button" onClick={actions.reset}>
          {t("alerts.understood")}
        </button>
      </span>
    </p>
  );
}

function Log({ entries }: { readonly entries: readonly AlertEntry[] }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  return (
    <section>
      <h3>{t("reports.story")}</h3>
      <ol className="story">
        {entries.map((entry) => (
          <li key={entry.entry_id}>
            <time className="story-when" dateTime={entry.at}>
              {momentWithSeconds(Date.parse(entry.at), nowMs)}
            </time>
            <span>
              {entryWords(t, entry.kind)}
              {entry.by === null ? null : <span className="soft">, {entry.by.name}</span>}
              {entry.text === "" || SAID_ELSEWHERE.has(entry.kind) ? null : <span className="story-answer">{entry.text}</span>}
            </span>
          </li>
        ))}
      </ol>
    </section>
  );
}

/** Entries whose text stands on the page already, or is only an id. */
const SAID_ELSEWHERE: ReadonlySet<string> = new Set(["raised", "joined", "left"]);
const ENTRIES = ["raised", "repeated", "cleared", "acknowledged", "assigned", "escalated", "resolved", "note", "joined", "left"] as const;

function entryWords(t: TFunction, kind: string): string {
  const known = ENTRIES.find((each) => each === kind);
  return known === undefined ? kind : t(`alerts.entry.${known}`);
}

function NoteForm({ alertId }: { readonly alertId: string }) {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const queryClient = useQueryClient();
  const [text, setText] = useState("");
  // One id per wording: the same note sent again after a broken line is one note.
  const [noteId, setNoteId] = useState(idempotencyKey);
  const send = useMutation({
    mutationFn: () => noteOnAlert(alertId, noteId, text.trim()),
    onSuccess: () => {
      setText("");
      setNoteId(idempotencyKey());
      announce(t("alerts.noted"));
      void queryClient.invalidateQueries({ queryKey: alertKey(alertId) });
    },
  });
  const submit = (event: SyntheticEvent) => {
    event.preventDefault();
    if (text.trim() !== "") send.mutate();
  };
  return (
    <form className="form" onSubmit={submit}>
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

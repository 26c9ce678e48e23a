import { EmptyState, ErrorState, SEVERITIES, SeverityBadge, Skeleton } from "@hejnal/shared";
import { useInfiniteQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { Button, ToggleButton, ToggleButtonGroup } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import { type Alert, ALERTS_KEY, type AlertSeverity, fetchAlerts } from "../api/alerts.ts";
import { useSession } from "../session/session.tsx";
import { useHotkeys } from "../shell/hotkeys.ts";
import { ANY_ALERT, type AlertFilter, fitsFilter, isOpen, isWaiting, neighbour } from "./alert-list.ts";
import { AlertGroupCard } from "./AlertGroupCard.tsx";
import { type AlertGroup, grouped } from "./alert-groups.ts";
import { AlertAge, AlertKindMark, AlertStateMark, EscalationNote } from "./AlertMarks.tsx";
import { AlertSections } from "./AlertSections.tsx";
import { AlertView, type Asked } from "./AlertView.tsx";
import { RaiseDialog } from "./RaiseDialog.tsx";
import { useAlertActions } from "./use-alert-actions.ts";
import { useAlert, useOpenAlerts } from "./use-alerts.ts";
import "../reports/reports.css";
import "./alerts.css";

const VIEWS = ["open", "waiting", "mine", "resolved"] as const;
type View = (typeof VIEWS)[number];
const KINDS = ["tamper", "camera_fault", "report", "request", "manual", "system"] as const;

/** What asks for a person: the list, walked and handled by single keys, and the alert that is open. */
export function AlertsPage({ alertId }: { readonly alertId: string | null }) {
  const { t } = useTranslation();
  const { may, staff, active } = useSession();
  const [, navigate] = useLocation();
  const [view, setView] = useState<View>("open");
  const [filter, setFilter] = useState<AlertFilter>(ANY_ALERT);
  const [asked, setAsked] = useState<Asked>(null);
  const [raising, setRaising] = useState(false);
  const actions = useAlertActions();
  const open = useOpenAlerts();
  const resolved = useResolved(view === "resolved");
  const source = view === "resolved" ? resolved.alerts : open.alerts;
  const alerts = source.filter((alert) => fitsFilter(alert, filter) && (view !== "waiting" || isWaiting(alert)) && (view !== "mine" || alert.acknowledged_by?.account_id === staff.account_id || alert.assigned_to === staff.name));
  const items = view === "resolved" ? alerts.map((alert) => ({ alert })) : grouped(alerts);
  const [expanded, setExpanded] = useState<ReadonlySet<string>>(new Set());
  // The one that is open is always in sight.
  const isExpanded = (group: AlertGroup) => expanded.has(group.id) || group.alerts.some((alert) => alert.alert_id === alertId);
  const ids = items.flatMap((item) => ("alert" in item ? [item.alert.alert_id] : isExpanded(item.group) ? item.group.alerts.map((alert) => alert.alert_id) : []));
  const chosen = useAlert(alertId).data ?? source.find((alert) => alert.alert_id === alertId);
  const go = (step: 1 | -1) => {
    const next = neighbour(ids, alertId, step);
    if (next === null) return false;
    actions.reset();
    navigate(`/alerts/${next}`);
    return undefined;
  };
  const onChosen = (act: (alert: Alert) => void) => () => {
    if (chosen === undefined || !may("workOnAlerts") || !isOpen(chosen)) return false;
    act(chosen);
    return undefined;
  };
  const acknowledge = onChosen((alert) => actions.run({ act: "acknowledge", alert }));
  useHotkeys(
    {
      j: () => go(1),
      k: () => go(-1),
      ArrowDown: () => go(1),
      ArrowUp: () => go(-1),
      Enter: () => (alertId === null ? go(1) : focusDetail()),
      a: acknowledge,
      " ": acknowledge,
      p: onChosen(() => setAsked("assign")),
      r: onChosen(() => setAsked("resolve")),
      Escape: () => {
        if (alertId === null) return false;
        navigate("/alerts");
        return undefined;
      },
    },
    active,
  );
  const pending = view === "resolved" ? resolved.query.isPending : open.isPending;
  const error = view === "resolved" ? resolved.query.error : open.error;
  return (
    <div className="split alerts">
      <section className="split-list" aria-labelledby="alerts-title">
        <AlertSections />
        <header className="split-head">
          <h1 id="alerts-title">{t("nav.alerts")}</h1>
          {may("workOnAlerts") ? (
            <Button className="button" onPress={() => setRaising(true)}>
              {t("alerts.raise")}
            </Button>
          ) : null}
          <ToggleButtonGroup
            className="segmented"
            aria-label={t("alerts.view")}
            selectionMode="single"
            disallowEmptySelection
            selectedKeys={[view]}
            onSelectionChange={(keys) => {
              const next = VIEWS.find((each) => keys.has(each));
              if (next !== undefined) setView(next);
            }}
          >
            {VIEWS.map((each) => (
              <ToggleButton key={each} id={each} className="segment">
                {t(`alerts.views.${each}`)}
                {each === "waiting" && open.waiting.length > 0 ? ` ${open.waiting.length}` : null}
              </ToggleButton>
            ))}
          </ToggleButtonGroup>
          <Filters filter={filter} onChange={setFilter} />
        </header>
        <p className="key-hints soft">
          <kbd>J</kbd> <kbd>K</kbd> {t("alerts.keys.move")} · <kbd>A</kbd> {t("alerts.keys.acknowledge")} · <kbd>P</kbd> {t("alerts.keys.assign")} · <kbd>R</kbd> {t("alerts.keys.resolve")} · <kbd>{"Enter"}</kbd>{" "}
          {t("alerts.keys.open")}
        </p>
        {pending ? (
          <Skeleton rows={6} />
        ) : error !== null && alerts.length === 0 ? (
          <ErrorState error={error} onRetry={() => void (view === "resolved" ? resolved.query.refetch() : open.refetch())} />
        ) : alerts.length === 0 ? (
          <EmptyState icon="check" title={source.length === 0 ? t(`alerts.empty.${view}`) : t("alerts.noneFit")} />
        ) : (
          <ul className="cards">
            {items.map((item) =>
              "alert" in item ? (
                <AlertCard key={item.alert.alert_id} alert={item.alert} open={item.alert.alert_id === alertId} />
              ) : (
                <AlertGroupCard
                  key={item.group.id}
                  group={item.group}
                  expanded={isExpanded(item.group)}
                  onExpand={(open) => {
                    setExpanded((before) => new Set(open ? [...before, item.group.id] : [...before].filter((id) => id !== item.group.id)));
                    if (!open && alertId !== null && item.group.alerts.some((alert) => alert.alert_id === alertId)) navigate("/alerts");
                  }}
                >
                  {item.group.alerts.map((alert) => (
                    <AlertCard key={alert.alert_id} alert={alert} open={alert.alert_id === alertId} />
                  ))}
                </AlertGroupCard>
              ),
            )}
          </ul>
        )}
        {view === "resolved" && resolved.query.hasNextPage ? (
          <Button className="button" isPending={resolved.query.isFetchingNextPage} onPress={() => void resolved.query.fetchNextPage()}>
            {t("ui.older")}
          </Button>
        ) : null}
      </section>
      <section className="split-detail" aria-label={t("alerts.detail")} id="alert-detail" tabIndex={-1}>
        {alertId === null ? <EmptyState icon="bell" title={t("alerts.choose")} /> : <AlertView key={alertId} alertId={alertId} actions={actions} asked={asked} onAsk={setAsked} />}
      </section>
      {raising ? <RaiseDialog onClose={() => setRaising(false)} /> : null}
    </div>
  );
}

function focusDetail(): undefined {
  document.getElementById("alert-detail")?.focus();
  return undefined;
}

function useResolved(enabled: boolean) {
  const query = useInfiniteQuery({
    queryKey: [...ALERTS_KEY, "list", "resolved"],
    enabled,
    queryFn: ({ pageParam }) => fetchAlerts(["resolved"], pageParam),
    initialPageParam: null as string | null,
    getNextPageParam: (page) => page.next_cursor,
  });
  return { query, alerts: query.data?.pages.flatMap((page) => page.items) ?? [] };
}

function Filters({ filter, onChange }: { readonly filter: AlertFilter; readonly onChange: (filter: AlertFilter) => void }) {
  const { t } = useTranslation();
  return (
    <div className="alert-filters">
      <label className="field">
        <span className="visually-hidden">{t("alerts.filterKind")}</span>
        <select className="input" value={filter.kind} onChange={(event) => onChange({ ...filter, kind: KINDS.find((kind) => kind === event.target.value) ?? "" })}>
          <option value="">{t("alerts.anyKind")}</option>
          {KINDS.map((kind) => (
            <option key={kind} value={kind}>
              {t(`alerts.kind.${kind}`)}
            </option>
          ))}
        </select>
      </label>
      <label className="field">
        <span className="visually-hidden">{t("alerts.filterSeverity")}</span>
        <select className="input" value={filter.least} onChange={(event) => onChange({ ...filter, least: SEVERITIES.find((each) => each === event.target.value) ?? "info" })}>
          {SEVERITIES.map((severity: AlertSeverity) => (
            <option key={severity} value={severity}>
              {severity === "info" ? t("alerts.anySeverity") : t("alerts.atLeast", { severity: t(`severity.${severity}`, { ns: "shared" }) })}
            </option>
          ))}
        </select>
      </label>
    </div>
  );
}

function AlertCard({ alert, open }: { readonly alert: Alert; readonly open: boolean }) {
  const { t } = useTranslation();
  const link = useRef<HTMLAnchorElement>(null);
  useEffect(() => {
    if (open) link.current?.scrollIntoView({ block: "nearest" });
  }, [open]);
  const tone = isWaiting(alert) ? (alert.severity === "emergency" ? "card card-urgent" : "card card-fresh") : "card";
  return (
    <li>
      <Link ref={link} href={`/alerts/${alert.alert_id}`} className={tone} aria-current={open ? "true" : undefined} data-alert={alert.alert_id} data-state={alert.state}>
        <span className="card-head">
          <SeverityBadge severity={alert.severity} />
          <AlertKindMark kind={alert.kind} />
          {alert.count > 1 ? <span className="tag">{t("alerts.count", { count: alert.count })}</span> : null}
          <span className="card-reference">
            <AlertAge alert={alert} />
          </span>
        </span>
        <strong className="card-text">{alert.summary}</strong>
        <span className="card-foot">
          <AlertStateMark alert={alert} />
          {alert.assigned_to === null ? alert.acknowledged_by === null ? null : <span>{alert.acknowledged_by.name}</span> : <span>{alert.assigned_to}</span>}
          {alert.cleared_at === null ? null : <span>{t("alerts.cleared")}</span>}
          <EscalationNote alert={alert} />
        </span>
      </Link>
    </li>
  );
}

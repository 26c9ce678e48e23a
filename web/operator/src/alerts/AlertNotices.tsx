import { Icon, SeverityBadge } from "@hejnal/shared";
import { useEffect, useRef, useState } from "react";
import { Button } from "react-aria-components";
import { useTranslation } from "react-i18next";
import { Link, useLocation } from "wouter";
import type { Alert } from "../api/alerts.ts";
import { useAnnounce } from "../shell/Announcer.tsx";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { useGroupWords } from "./AlertGroupCard.tsx";
import { type AlertGroup, grouped } from "./alert-groups.ts";
import { called, newlyCalling } from "./alert-list.ts";
import { playCall } from "./alert-sound.ts";
import { AlertAge, EscalationNote } from "./AlertMarks.tsx";
import { useAlertActions } from "./use-alert-actions.ts";
import { useGroupActions } from "./use-group-actions.ts";
import { useOpenAlerts } from "./use-alerts.ts";

const SHOWN = 3;
const CALL_AGAIN_MS = 30_000;

/** Alerts nobody has taken, at the edge of every page but their own, until somebody does. */
export function AlertNotices() {
  const { t } = useTranslation();
  const { waiting } = useOpenAlerts();
  const { run, pending, conflict, about } = useAlertActions();
  const [location] = useLocation();
  const [folded, setFolded] = useState<ReadonlySet<string>>(new Set());
  // Folded away are those that were there; what comes later is shown again.
  const isFolded = waiting.every((alert) => folded.has(`${alert.alert_id} ${alert.level}`));
  if (waiting.length === 0 || location.startsWith("/alerts")) return null;
  return (
    <section className="edge-group" aria-label={t("alerts.waiting")}>
      {isFolded ? (
        <Button className={waiting.some((alert) => alert.severity === "emergency") ? "edge-card edge-card-urgent edge-fold" : "edge-card edge-fold"} onPress={() => setFolded(new Set())}>
          {t("nav.waiting", { count: waiting.length })}: {t("alerts.unfold")}
        </Button>
      ) : (
        <Notices waiting={waiting} actions={{ run, pending, conflict, about }} onFold={() => setFolded(new Set(waiting.map((alert) => `${alert.alert_id} ${alert.level}`)))} />
      )}
    </section>
  );
}

interface NoticesProps {
  readonly waiting: readonly Alert[];
  readonly actions: Pick<ReturnType<typeof useAlertActions>, "run" | "pending" | "conflict" | "about">;
  readonly onFold: () => void;
}

function Notices({ waiting, actions: { run, pending, conflict, about }, onFold }: NoticesProps) {
  const { t } = useTranslation();
  const items = grouped(waiting);
  return (
    <>
      {items.slice(0, SHOWN).map((item, index) => {
        if ("group" in item) return <GroupNotice key={item.group.id} group={item.group} onFold={index === 0 ? onFold : null} />;
        const { alert } = item;
        return (
          <article key={alert.alert_id} className={alert.severity === "emergency" ? "edge-card edge-card-urgent" : "edge-card"} data-alert={alert.alert_id}>
            <p className="edge-title">
              <SeverityBadge severity={alert.severity} /> <AlertAge alert={alert} />
            </p>
            <p>
              <Link href={`/alerts/${alert.alert_id}`}>{alert.summary}</Link>
            </p>
            <p className="soft">
              {alert.count > 1 ? t("alerts.count", { count: alert.count }) : null} <EscalationNote alert={alert} />
            </p>
            {conflict && about === alert.alert_id ? <p className="attention">{t("alerts.conflictShort")}</p> : null}
            <div className="form-actions">
              <Button className="button" isDisabled={pending} onPress={() => run({ act: "acknowledge", alert })}>
                <Icon name="check" /> {t("alerts.acknowledge")}
                {index === 0 ? <kbd>{t("keys.space")}</kbd> : null}
              </Button>
              {index === 0 ? (
                <Button className="link-button" onPress={onFold}>
                  {t("alerts.fold")}
                </Button>
              ) : null}
            </div>
          </article>
        );
      })}
      {items.length > SHOWN ? (
        <p className="edge-more">
          <Link href="/alerts">{t("fresh.more", { count: items.length - SHOWN })}</Link>
        </p>
      ) : null}
    </>
  );
}

/** An outage of many cameras: one notice, taken in one go. */
function GroupNotice({ group, onFold }: { readonly group: AlertGroup; readonly onFold: (() => void) | null }) {
  const { t } = useTranslation();
  const { run, pending, done, error } = useGroupActions();
  const words = useGroupWords(group);
  return (
    <article className="edge-card" data-group={group.alerts.length}>
      <p>
        <Link href="/alerts">{words}</Link>
      </p>
      <ProblemLine error={error} act="workOnAlerts" />
      <div className="form-actions">
        <Button className="button" isPending={pending} onPress={() => run({ alerts: group.alerts, act: { act: "acknowledge" } })}>
          <Icon name="check" /> {pending ? t("alerts.group.doing", { done, count: group.alerts.length }) : t("alerts.group.acknowledge")}
        </Button>
        {onFold === null ? null : (
          <Button className="link-button" onPress={onFold}>
            {t("alerts.fold")}
          </Button>
        )}
      </div>
    </article>
  );
}

/**
 * Calls out what has begun to wait: to screen readers always, aloud for what asks for action now and for what went a
 * level up, and again every half minute while such a one waits. Gives whether the browser keeps the sound back.
 */
export function useAlertCalls(waiting: readonly Alert[], known: boolean, soundOn: boolean): { readonly muted: boolean } {
  const { t } = useTranslation();
  const announce = useAnnounce();
  const before = useRef<ReadonlyMap<string, number> | null>(null);
  const [muted, setMuted] = useState(false);
  const loud = waiting.some(isLoud);

  useEffect(() => {
    if (!known) return;
    const fresh = newlyCalling(before.current ?? called(waiting), waiting);
    const first = before.current === null;
    before.current = called(waiting);
    const calling = first ? waiting.filter(isLoud) : fresh;
    for (const alert of fresh) {
      announce(t("alerts.heard", { severity: t(`severity.${alert.severity}`, { ns: "shared" }), summary: alert.summary }), alert.severity === "emergency" ? "assertive" : "polite");
    }
    if (soundOn && calling.some(isLoud)) void playCall().then((played) => setMuted(!played));
  }, [waiting, known, soundOn, announce, t]);

  useEffect(() => {
    if (!loud || !soundOn) return;
    const timer = setInterval(() => void playCall().then((played) => setMuted(!played)), CALL_AGAIN_MS);
    return () => clearInterval(timer);
  }, [loud, soundOn]);

  return { muted: muted && soundOn && loud };
}

const isLoud = (alert: Alert): boolean => alert.severity === "emergency" || alert.level > 0;

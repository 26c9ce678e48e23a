import { Icon, type IconName } from "@hejnal/shared";
import { useTranslation } from "react-i18next";
import type { Alert, AlertKind, AlertState } from "../api/alerts.ts";
import { ConsoleIcon, type ConsoleIconName } from "../ui/icons.tsx";
import { duration } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";

const STATE_ICONS: Readonly<Record<AlertState, ConsoleIconName>> = { raised: "late", escalated: "live", acknowledged: "play", assigned: "playback", resolved: "off" };

/** Where an alert stands, in words; colour only while it waits for a person. */
export function AlertStateMark({ alert }: { readonly alert: Pick<Alert, "state" | "level" | "outcome"> }) {
  const { t } = useTranslation();
  return (
    <span className={`status alert-state-${alert.state}`}>
      <ConsoleIcon name={STATE_ICONS[alert.state]} size="1.15em" />
      {alert.state === "escalated" ? t("alerts.escalated", { level: alert.level }) : alert.state === "resolved" && alert.outcome !== null ? t(`alerts.outcome.${alert.outcome}`) : t(`alerts.state.${alert.state}`)}
    </span>
  );
}

const KIND_ICONS: Readonly<Record<AlertKind, IconName>> = { camera_fault: "camera", tamper: "camera", report: "pin", request: "bell", manual: "megaphone", system: "warning" };

export function AlertKindMark({ kind }: { readonly kind: AlertKind }) {
  const { t } = useTranslation();
  return (
    <span className="status">
      <Icon name={KIND_ICONS[kind]} size="1.15em" />
      {t(`alerts.kind.${kind}`)}
    </span>
  );
}

/** How long it has been, counting on while it is open. */
export function AlertAge({ alert }: { readonly alert: Pick<Alert, "raised_at" | "resolved_at"> }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  const endMs = alert.resolved_at === null ? nowMs : Date.parse(alert.resolved_at);
  return (
    <time className="alert-age" dateTime={alert.raised_at} title={t("alerts.raisedAt")}>
      {duration(t, Math.max(0, endMs - Date.parse(alert.raised_at)))}
    </time>
  );
}

/** What comes next while nobody takes it. */
export function EscalationNote({ alert }: { readonly alert: Pick<Alert, "escalate_at" | "state"> }) {
  const { t } = useTranslation();
  const nowMs = useNowSeconds();
  if (alert.escalate_at === null || (alert.state !== "raised" && alert.state !== "escalated")) return null;
  const leftMs = Date.parse(alert.escalate_at) - nowMs;
  return <span className="attention">{leftMs > 0 ? t("alerts.escalatesIn", { wait: duration(t, leftMs) }) : t("alerts.escalatesNow")}</span>;
}

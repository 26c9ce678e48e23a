import type { TFunction } from "i18next";

/** First parts of the log's actions by which one can search. */
export const ACTION_GROUPS = ["footage", "ptz", "camera", "alert", "alert-rule", "incident", "webhook", "report", "announcement", "account", "session", "audit"] as const;

const KNOWN = [
  "footage.live",
  "footage.live-ended",
  "footage.playback",
  "footage.segment",
  "footage.snapshot",
  "footage.export",
  "footage.export-decided",
  "footage.export-cancelled",
  "footage.export-fetched",
  "footage.thumbnail",
  "camera.registered",
  "camera.changed",
  "camera.removed",
  "camera.credentials-changed",
  "camera.probed",
  "report.viewed",
  "report.answered",
  "report.routed",
  "report.closed",
  "announcement.issued",
  "announcement.updated",
  "announcement.cancelled",
  "session.opened",
  "session.closed",
  "session.refused",
  "session.revoked",
  "audit.asked",
  "audit.checked",
  "audit.exported",
  "account.created",
  "account.changed",
  "account.reset",
  "alert.raised",
  "alert.acknowledged",
  "alert.assigned",
  "alert.resolved",
  "alert.noted",
  "alert-rule.added",
  "alert-rule.changed",
  "alert-rule.removed",
  "camera.list-exported",
  "incident.opened",
  "ptz.patrol-changed",
  "ptz.released",
  "webhook.added",
  "webhook.changed",
  "webhook.removed",
  "webhook.resumed",
  "webhook.secret-changed",
  "webhook.tested",
  "audit.searched",
] as const;

/** What was done, in words; an action this console does not know is shown as it is written. */
export function actionWords(t: TFunction, action: string): string {
  const known = KNOWN.find((candidate) => candidate === action);
  return known === undefined ? action : t(`audit.action.${keyOf(known)}`);
}

function keyOf<Action extends string>(action: Action) {
  return action.replaceAll(/[.-]/g, "_") as Underscored<Action>;
}

type Underscored<Text extends string> = Text extends `${infer Head}.${infer Tail}` ? `${Underscored<Head>}_${Underscored<Tail>}` : Text extends `${infer Head}-${infer Tail}` ? `${Head}_${Underscored<Tail>}` : Text;

import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

type Schemas = components["schemas"];
export type AuditEntry = Schemas["AuditEntry"];
export type AuditPageOfEntries = Schemas["AuditPage"];
export type Look = Schemas["Look"];
export type LookTotal = Schemas["LookTotal"];
export type Way = Look["way"];
export type CameraAnswer = Schemas["CameraAnswer"];
export type AccountAnswer = Schemas["AccountAnswer"];
export type AuditCheck = Schemas["AuditCheck"];

export interface AuditQuestion {
  readonly actorId: string;
  readonly action: string;
  readonly cameraId: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

const iso = (ms: number) => new Date(ms).toISOString();
const after = (cursor: string | null) => (cursor === null ? {} : { cursor });

/** One page of the log, newest first. */
export function fetchAudit(question: AuditQuestion, cursor: string | null): Promise<AuditPageOfEntries> {
  const query = {
    limit: 100,
    ...(question.actorId === "" ? {} : { actor_id: question.actorId }),
    ...(question.action === "" ? {} : { action: question.action }),
    ...(question.cameraId === "" ? {} : { camera_id: question.cameraId }),
    ...(question.fromMs === null ? {} : { from: iso(question.fromMs) }),
    ...(question.toMs === null ? {} : { to: iso(question.toMs) }),
    ...after(cursor),
  };
  return answer(gateway.GET("/api/v1/audit/entries", { params: { query } }));
}

/** Who looked at a camera on a day of the town (`2026-11-22`). */
export const askAboutCamera = (cameraId: string, day: string, cursor: string | null): Promise<CameraAnswer> =>
  answer(gateway.GET("/api/v1/audit/answers/camera", { params: { query: { camera_id: cameraId, day, ...after(cursor) } } }));

/** What somebody looked at, at most a year at once. */
export const askAboutAccount = (accountId: string, fromMs: number, toMs: number, cursor: string | null): Promise<AccountAnswer> =>
  answer(gateway.GET("/api/v1/audit/answers/account", { params: { query: { account_id: accountId, from: iso(fromMs), to: iso(toMs), ...after(cursor) } } }));

export const LAST_CHECK_KEY = ["audit", "check"] as const;
export const startCheck = (): Promise<AuditCheck> => answer(gateway.POST("/api/v1/audit/checks"));
export const fetchLastCheck = (): Promise<AuditCheck> => answer(gateway.GET("/api/v1/audit/checks/last"));

/** The log as a file: JSON Lines that carry the chain and can be checked elsewhere. */
export function auditExportUrl(fromMs: number, toMs: number): string {
  return `/api/v1/audit/export?${new URLSearchParams({ from: iso(fromMs), to: iso(toMs) }).toString()}`;
}

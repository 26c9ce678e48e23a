import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/gateway";
import { gateway } from "./client.ts";

export type AuditEntry = components["schemas"]["AuditEntry"];
export type AuditPageOfEntries = components["schemas"]["AuditPage"];

export interface AuditQuestion {
  readonly actorId: string;
  readonly action: string;
  readonly cameraId: string;
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** One page of the log, newest first. */
export function fetchAudit(question: AuditQuestion, cursor: string | null): Promise<AuditPageOfEntries> {
  const query = {
    limit: 100,
    ...(question.actorId === "" ? {} : { actor_id: question.actorId }),
    ...(question.action === "" ? {} : { action: question.action }),
    ...(question.cameraId === "" ? {} : { camera_id: question.cameraId }),
    ...(question.fromMs === null ? {} : { from: new Date(question.fromMs).toISOString() }),
    ...(question.toMs === null ? {} : { to: new Date(question.toMs).toISOString() }),
    ...(cursor === null ? {} : { cursor }),
  };
  return answer(gateway.GET("/api/v1/audit/entries", { params: { query } }));
}

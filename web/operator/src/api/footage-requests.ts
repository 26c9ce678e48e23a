import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type FootageRequest = Schemas["StaffFootageRequest"];
export type FootageRequestRow = Schemas["FootageRequestRow"];
export type FootageAnswer = Schemas["FootageAnswer"];
export type IdentityCheck = Schemas["IdentityCheck"];
export type HandOver = Schemas["HandOver"];

export const FOOTAGE_REQUESTS_KEY = ["footage-requests"] as const;

const at = (request: Pick<FootageRequest, "id" | "version">) => ({ path: { request_id: request.id }, header: { "If-Match": `"${request.version}"` } });

export async function fetchFootageRequests(open: boolean, cursor: string | null): Promise<{ items: FootageRequestRow[]; next_cursor: string | null }> {
  const state: FootageRequestRow["state"][] = open ? ["received", "identity_confirmed"] : ["answered"];
  return answer(town.GET("/api/v1/town/footage-requests", { params: { query: { limit: 50, state, ...(cursor === null ? {} : { cursor }) } } }));
}
export const fetchFootageRequest = (requestId: string): Promise<FootageRequest> => answer(town.GET("/api/v1/town/footage-requests/{request_id}", { params: { path: { request_id: requestId } } }));
export const confirmIdentity = (request: FootageRequest, body: IdentityCheck): Promise<FootageRequest> => answer(town.POST("/api/v1/town/footage-requests/{request_id}/identity-check", { params: at(request), body }));
export const handOver = (request: FootageRequest, body: HandOver): Promise<FootageRequest> => answer(town.POST("/api/v1/town/footage-requests/{request_id}/hand-over", { params: at(request), body }));
export const extendRequest = (request: FootageRequest, reason: string): Promise<FootageRequest> => answer(town.POST("/api/v1/town/footage-requests/{request_id}/extension", { params: at(request), body: { reason } }));
export const answerRequest = (request: FootageRequest, body: FootageAnswer): Promise<FootageRequest> => answer(town.POST("/api/v1/town/footage-requests/{request_id}/answer", { params: at(request), body }));

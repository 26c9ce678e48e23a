import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/citizen-staff";
import { town } from "./client.ts";

type Schemas = components["schemas"];
export type AnnouncementDraftSummary = Schemas["DraftSummary"];
export type DraftContent = Schemas["DraftContent"];
export type DraftState = AnnouncementDraftSummary["state"];
export type Origin = NonNullable<DraftContent["origins"]>[string];

export const DRAFTS_KEY = ["announcement-drafts"] as const;
export const oneDraftKey = (draftId: string) => [...DRAFTS_KEY, "one", draftId] as const;

/** Gives the answer its generated type again: openapi-fetch turns tuples into plain arrays. */
function typed<Data>(call: Promise<unknown>): Promise<Data> {
  return call as Promise<Data>;
}

const at = (draft: Pick<AnnouncementDraftSummary, "id" | "version">) => ({ path: { draft_id: draft.id }, header: { "If-Match": `"${draft.version}"` } });

export async function fetchDrafts(states: readonly DraftState[]): Promise<AnnouncementDraftSummary[]> {
  const page = await typed<Schemas["DraftPage"]>(answer(town.GET("/api/v1/town/announcement-drafts", { params: { query: { state: [...states], limit: 100 } } })));
  return page.items;
}

export const fetchDraft = (draftId: string): Promise<AnnouncementDraftSummary> => typed(answer(town.GET("/api/v1/town/announcement-drafts/{draft_id}", { params: { path: { draft_id: draftId } } })));

export const createDraft = (content: DraftContent, key: string): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.POST("/api/v1/town/announcement-drafts", { params: { header: { "Idempotency-Key": key } }, body: content })));

export const saveDraft = (draft: Pick<AnnouncementDraftSummary, "id" | "version">, content: DraftContent): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.PUT("/api/v1/town/announcement-drafts/{draft_id}", { params: at(draft), body: content })));

export async function deleteDraft(draft: Pick<AnnouncementDraftSummary, "id" | "version">): Promise<void> {
  await answer<unknown>(town.DELETE("/api/v1/town/announcement-drafts/{draft_id}", { params: at(draft) }));
}

/** Publishes, schedules, or asks a second person: the state of what comes back says which. */
export const submitDraft = (draft: Pick<AnnouncementDraftSummary, "id" | "version">): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.POST("/api/v1/town/announcement-drafts/{draft_id}/submission", { params: at(draft) })));

export const approveDraft = (draft: Pick<AnnouncementDraftSummary, "id" | "version">): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.POST("/api/v1/town/announcement-drafts/{draft_id}/approval", { params: at(draft) })));

export const rejectDraft = (draft: Pick<AnnouncementDraftSummary, "id" | "version">, reason: string): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.POST("/api/v1/town/announcement-drafts/{draft_id}/rejection", { params: at(draft), body: { reason } })));

export const withdrawDraft = (draft: Pick<AnnouncementDraftSummary, "id" | "version">): Promise<AnnouncementDraftSummary> =>
  typed(answer(town.POST("/api/v1/town/announcement-drafts/{draft_id}/withdrawal", { params: at(draft) })));

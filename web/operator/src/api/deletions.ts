import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/recorder";
import { archive } from "./client.ts";

export type Deletion = components["schemas"]["DeletionView"];

export const DELETIONS_KEY = ["deletions"] as const;
const of = (id: string) => ({ params: { path: { deletion_id: id } } });

export const fetchDeletions = async (): Promise<readonly Deletion[]> => (await answer(archive.GET("/api/v1/archive/privacy-deletions"))).deletions;
/** Asks for the deletion of all footage of a camera that is out of the registry; somebody else has to agree. */
export const requestDeletion = (cameraId: string, reason: string): Promise<Deletion> =>
  answer(archive.POST("/api/v1/archive/privacy-deletions", { body: { camera_id: cameraId, purpose: "camera_removed", reason } }));
export const approveDeletion = (id: string): Promise<Deletion> => answer(archive.POST("/api/v1/archive/privacy-deletions/{deletion_id}/approval", of(id)));
export const withdrawDeletion = (id: string): Promise<Deletion> => answer(archive.POST("/api/v1/archive/privacy-deletions/{deletion_id}/withdrawal", of(id)));

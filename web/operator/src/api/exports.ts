import { answer } from "@hejnal/shared";
import type { components } from "@hejnal/shared/api/recorder";
import { boundsOf, type Mask } from "../masks/mask-geometry.ts";
import { archive, idempotencyKey } from "./client.ts";

export type Export = components["schemas"]["ExportView"];
export type ExportState = Export["state"];

export interface ExportWish {
  readonly cameras: readonly string[];
  readonly fromMs: number;
  readonly toMs: number;
  readonly reason: string;
  readonly caseNumber: string;
  /** What is covered in the copy to be given away, by camera: rectangles. */
  readonly masks: ReadonlyMap<string, readonly Mask[]>;
  /** The footage without covers goes along. */
  readonly originals: boolean;
}

function rectangleOf(mask: Mask) {
  const { left, top, right, bottom } = boundsOf(mask);
  return { left, top, width: right - left, height: bottom - top };
}

/** The newest first: one's own, for supervisors all. */
export async function fetchExports(): Promise<readonly Export[]> {
  const body = await answer(archive.GET("/api/v1/archive/exports"));
  return body.exports;
}

export function requestExport({ cameras, fromMs, toMs, reason, caseNumber, masks, originals }: ExportWish): Promise<Export> {
  const body = {
    cameras: [...cameras],
    from: new Date(fromMs).toISOString(),
    to: new Date(toMs).toISOString(),
    reason,
    case_number: caseNumber,
    masks: cameras.flatMap((cameraId) => (masks.get(cameraId) ?? []).map((mask) => ({ camera_id: cameraId, ...rectangleOf(mask) }))),
    originals,
  };
  return answer(archive.POST("/api/v1/archive/exports", { params: { header: { "Idempotency-Key": idempotencyKey() } }, body }));
}

export function decideExport(exportId: string, approve: boolean): Promise<Export> {
  return answer(archive.POST("/api/v1/archive/exports/{export_id}/decision", { params: { path: { export_id: exportId } }, body: { approve } }));
}

export function cancelExport(exportId: string): Promise<Export> {
  return answer(archive.POST("/api/v1/archive/exports/{export_id}/cancellation", { params: { path: { export_id: exportId } } }));
}

export function packageUrl(exportId: string): string {
  return `/api/v1/archive/exports/${encodeURIComponent(exportId)}/package`;
}

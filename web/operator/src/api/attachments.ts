import { answer } from "@hejnal/shared";
import { town } from "./client.ts";
import type { Attachment } from "./town.ts";

/** Keeps a picture or PDF for an announcement; the service re-encodes or checks it, and refuses what is neither. */
export function uploadAttachment(file: File, description: string): Promise<Attachment> {
  const body = new FormData();
  body.set("file", file);
  body.set("description", description);
  return answer(town.POST("/api/v1/town/attachments", { body: body as never, bodySerializer: (form: unknown) => form as FormData }));
}

export function attachmentUrl(attachmentId: string): string {
  return `/api/v1/town/attachments/${encodeURIComponent(attachmentId)}`;
}

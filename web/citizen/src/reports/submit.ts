import { asProblem, Problem, problemFrom } from "@hejnal/shared";
import type { ReportAccepted } from "../api.ts";
import type { Draft } from "./draft.ts";

const TIME_LIMIT_MS = 180_000;

/** Share of the upload that has left this device, 0 … 1. */
export type OnProgress = (share: number) => void;

function form(draft: Draft): FormData {
  const body = new FormData();
  body.set("category", draft.category);
  body.set("text", draft.text.trim());
  if (draft.place) {
    body.set("lat", String(draft.place.lat));
    body.set("lon", String(draft.place.lon));
  }
  if (draft.contact.trim()) body.set("contact", draft.contact.trim());
  for (const { blob, name } of draft.photos) body.append("photos", blob, name);
  return body;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * Sends a report; XMLHttpRequest, because fetch tells nothing of an upload's progress. The draft's key is the
 * idempotency key: sending it again after a lost answer gives the first answer.
 * @throws Problem
 */
export function submitReport(draft: Draft, onProgress?: OnProgress): Promise<ReportAccepted> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/reports");
    request.timeout = TIME_LIMIT_MS;
    request.setRequestHeader("Idempotency-Key", draft.key);
    request.setRequestHeader("Accept", "application/json");
    request.upload.onprogress = ({ loaded, total, lengthComputable }) => {
      if (lengthComputable) onProgress?.(loaded / total);
    };
    request.onload = () => {
      const body = parsed(request.responseText);
      if (request.status >= 200 && request.status < 300 && body) {
        resolve(body as ReportAccepted);
        return;
      }
      const headers = new Headers();
      const wait = request.getResponseHeader("Retry-After");
      if (wait) headers.set("Retry-After", wait);
      reject(problemFrom(request.status, headers, body));
    };
    const lost = () => reject(new Problem(0, "offline", ""));
    request.onerror = lost;
    request.ontimeout = lost;
    request.onabort = lost;
    try {
      request.send(form(draft));
    } catch (cause) {
      reject(asProblem(cause));
    }
  });
}

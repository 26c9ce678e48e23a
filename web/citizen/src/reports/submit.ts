import { asProblem, Problem, problemFrom } from "@hejnal/shared";
import type { ReportAccepted } from "../api.ts";
import type { Draft } from "./draft.ts";
import { proveWork } from "./proof-of-work.ts";

const TIME_LIMIT_MS = 180_000;

/** Share of the upload that has left this device, 0 … 1. */
export type OnProgress = (share: number) => void;

/** Answers to the category's questions, in the types the API wants. */
export type ReportAnswers = Readonly<Record<string, string | number | readonly string[]>>;

function form(draft: Draft, answers: ReportAnswers): FormData {
  const body = new FormData();
  body.set("category", draft.category);
  body.set("text", draft.text.trim());
  if (draft.place) {
    body.set("lat", String(draft.place.lat));
    body.set("lon", String(draft.place.lon));
  }
  if (draft.contact.trim()) body.set("contact", draft.contact.trim());
  body.set("language", document.documentElement.lang || "pl");
  if (Object.keys(answers).length) body.set("answers", JSON.stringify(answers));
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
 * Sends a report. The draft's key is the idempotency key: sending it again after a lost answer gives the first answer. Where
 * many reports come from one address the town asks for a proof of work; it is done here, unseen.
 * @throws Problem
 */
export async function submitReport(draft: Draft, answers: ReportAnswers, onProgress?: OnProgress): Promise<ReportAccepted> {
  try {
    return await send(draft, answers, onProgress);
  } catch (cause) {
    if (asProblem(cause).slug !== "proof-of-work-needed") throw cause;
    return send(draft, answers, onProgress, await proveWork());
  }
}

/** XMLHttpRequest, because fetch tells nothing of an upload's progress. */
function send(draft: Draft, answers: ReportAnswers, onProgress?: OnProgress, proof?: string): Promise<ReportAccepted> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open("POST", "/api/v1/reports");
    request.timeout = TIME_LIMIT_MS;
    request.setRequestHeader("Idempotency-Key", draft.key);
    request.setRequestHeader("Accept", "application/json");
    if (proof) request.setRequestHeader("Proof-Of-Work", proof);
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
      request.send(form(draft, answers));
    } catch (cause) {
      reject(asProblem(cause));
    }
  });
}

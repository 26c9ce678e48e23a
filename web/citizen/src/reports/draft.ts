import type { LatLon } from "@hejnal/shared";
import type { DraftAnswers } from "./questions.ts";

/** Limits of the API (POST /reports); checked here so that nobody uploads for nothing. */
export const MAX_PHOTOS = 6;
export const MAX_PHOTO_MB = 15;
export const MAX_TOTAL_MB = 40;
export const MAX_TEXT = 4000;

export interface DraftPhoto {
  readonly id: string;
  readonly name: string;
  readonly blob: Blob;
}

/** A report in the making, as kept in IndexedDB. Its key makes a repeated sending harmless. */
export interface Draft {
  readonly key: string;
  readonly category: string;
  readonly place: LatLon | null;
  /** What is at the place, in words, for the check before sending. */
  readonly placeLabel: string;
  readonly text: string;
  readonly contact: string;
  readonly photos: readonly DraftPhoto[];
  /** To the category's own questions. */
  readonly answers: DraftAnswers;
}

export function emptyDraft(): Draft {
  return { key: crypto.randomUUID(), category: "", place: null, placeLabel: "", text: "", contact: "", photos: [], answers: {} };
}

export function isEmpty(draft: Draft): boolean {
  return !draft.category && !draft.place && !draft.text.trim() && !draft.photos.length;
}

export type DetailsError = "textMissing" | "textLong" | "contactMissing" | "contactWrong" | "photosTotal";

/** E-mail or phone, as loosely as people write them; the service has the last word. */
export function looksLikeContact(value: string): boolean {
  const contact = value.trim();
  if (contact.includes("@")) return /^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(contact);
  return /^\+?[\d\s()-]+$/.test(contact) && contact.replace(/\D/g, "").length >= 9;
}

export function totalBytes(photos: readonly DraftPhoto[]): number {
  return photos.reduce((sum, { blob }) => sum + blob.size, 0);
}

/** What is still wrong on the last step. `contactNeeded`: the category asks for one and nobody is signed in. */
export function detailsErrors(draft: Draft, contactNeeded: boolean): DetailsError[] {
  const errors: DetailsError[] = [];
  const text = draft.text.trim();
  if (!text) errors.push("textMissing");
  else if (text.length > MAX_TEXT) errors.push("textLong");
  if (draft.contact.trim()) {
    if (!looksLikeContact(draft.contact)) errors.push("contactWrong");
  } else if (contactNeeded) errors.push("contactMissing");
  if (totalBytes(draft.photos) > MAX_TOTAL_MB * 1024 * 1024) errors.push("photosTotal");
  return errors;
}

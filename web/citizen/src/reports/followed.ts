import { useSyncExternalStore } from "react";
import type { ReportAccepted } from "../api.ts";

/** A report sent from this device, with the secret that opens it without an account. */
export interface FollowedReport {
  readonly id: string;
  readonly reference: string;
  readonly token: string;
  readonly category: string;
  readonly submittedAt: string;
}

const STORED = "hejnal.followed";
const MOST = 100;
const listeners = new Set<() => void>();
let cached: { raw: string | null; list: readonly FollowedReport[] } = { raw: null, list: [] };

function read(): readonly FollowedReport[] {
  let raw: string | null = null;
  try {
    raw = localStorage.getItem(STORED);
    if (raw !== cached.raw) cached = { raw, list: raw ? (JSON.parse(raw) as FollowedReport[]) : [] };
  } catch {
    cached = { raw, list: [] };
  }
  return cached.list;
}

function write(list: readonly FollowedReport[]): void {
  try {
    localStorage.setItem(STORED, JSON.stringify(list.slice(0, MOST)));
  } catch {
    // storage is blocked: the success page shows the link
  }
  for (const listener of listeners) listener();
}

/** Remembers a sent report on this device, newest first. */
export function follow(report: ReportAccepted): void {
  if (!report.follow_token) return;
  const entry = {
    id: report.id,
    reference: report.reference,
    token: report.follow_token,
    category: report.category,
    submittedAt: report.submitted_at,
  };
  write([entry, ...read().filter(({ id }) => id !== report.id)]);
}

export function unfollow(id: string): void {
  write(read().filter((report) => report.id !== id));
}

/** The secret of a report sent from here, if there is one. */
export function followToken(id: string): string | undefined {
  return read().find((report) => report.id === id)?.token;
}

export function useFollowed(): readonly FollowedReport[] {
  return useSyncExternalStore((changed) => {
    listeners.add(changed);
    window.addEventListener("storage", changed);
    return () => {
      listeners.delete(changed);
      window.removeEventListener("storage", changed);
    };
  }, read);
}

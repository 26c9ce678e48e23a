import type { CameraForm } from "./camera-form.ts";

const KEY = "hejnal.operator.discovery.v1";

/** What a discovery found of a device, for the form of a new camera; it holds no account. */
export type Found = Partial<Pick<CameraForm, "cameraId" | "name" | "onvifUrl" | "mainUrl" | "subUrl" | "mainProfile" | "subProfile">>;

export function keepDiscovery(storage: Storage, found: Found): void {
  storage.setItem(KEY, JSON.stringify(found));
}

export function forgetDiscovery(storage: Storage): void {
  storage.removeItem(KEY);
}

/** The kept device, or nothing; anything unreadable is nothing. */
export function keptDiscovery(storage: Storage): Found {
  try {
    const kept: unknown = JSON.parse(storage.getItem(KEY) ?? "null");
    if (typeof kept !== "object" || kept === null) return {};
    return Object.fromEntries(Object.entries(kept).filter(([, value]) => typeof value === "string"));
  } catch {
    return {};
  }
}

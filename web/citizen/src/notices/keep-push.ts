import { answer } from "@hejnal/shared";
import { api } from "../api.ts";
import { renewSubscription } from "../sw/renewal.ts";
import { loadPushRecord } from "./push-record.ts";

/**
 * At each start: a browser that has notices turned on still has them, under the address and key the town knows. Quiet, and
 * never in the way: what fails is tried again at the next start.
 */
export async function keepPush(): Promise<void> {
  try {
    if (!("serviceWorker" in navigator) || !("Notification" in window) || Notification.permission !== "granted") return;
    if (!(await loadPushRecord())) return;
    const town = await answer(api.GET("/api/v1/town"));
    if (!town.vapid_public_key) return;
    await renewSubscription(await navigator.serviceWorker.ready, town.vapid_public_key);
  } catch {
    // no connection, or the push service rests
  }
}

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
    await renewSubscription(await navigator.serviceWorker.ready);
  } catch {
    // no connection, or the push service rests
  }
}

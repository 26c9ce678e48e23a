import { keyBytes, pushTarget } from "../notices/push-key.ts";
import { loadPushRecord, savePushRecord } from "../notices/push-record.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const TIME_LIMIT_MS = 15_000;

/**
 * The browser's push service gave a new address, or took the old one away: subscribe anew and tell the town, so that notices
 * keep coming. Does nothing for a browser that has no notices. Called by the service worker, and by the app at each start, for
 * not every browser says that it has changed something. Throws when browser or town cannot be reached; the next start tries again.
 */
export async function renewSubscription(registration: ServiceWorkerRegistration, newKey?: string): Promise<void> {
  const record = await loadPushRecord();
  if (!record) return;
  const vapidKey = newKey ?? record.vapidKey;
  let present = await registration.pushManager.getSubscription();
  if (present && vapidKey !== record.vapidKey) {
    await present.unsubscribe(); // under another key of the town it could never be used again
    present = null;
  }
  present ??= await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(vapidKey) });
  const target = pushTarget(present);
  if (target.endpoint === record.endpoint && vapidKey === record.vapidKey) return;
  const signal = AbortSignal.timeout(TIME_LIMIT_MS);
  if (record.mode === "account") {
    const answer = await fetch("/api/v1/me/contacts/push", { method: "POST", headers: JSON_TYPE, body: JSON.stringify(target), signal });
    if (answer.status >= 500) throw new Error(`contact not renewed: ${answer.status}`);
    if (!answer.ok) return; // signed out: the settings page says so and offers to turn it on again
    const { contacts } = (await answer.json()) as { contacts: { id: string; channel: string }[] };
    const contact = contacts.filter(({ channel }) => channel === "push").at(-1);
    await savePushRecord({ ...record, contactId: contact?.id ?? record.contactId, vapidKey, endpoint: target.endpoint });
    return;
  }
  const address = `/api/v1/push-subscriptions/${record.id}`;
  const headers = { ...JSON_TYPE, Authorization: `Bearer ${record.token}` };
  const stored = await fetch(address, { headers, signal });
  if (stored.status >= 500) throw new Error(`subscription not read: ${stored.status}`);
  if (!stored.ok) return;
  const { categories, min_severity, places, area, language, quiet_hours, paused_until } = (await stored.json()) as Record<string, unknown>;
  const where = Array.isArray(places) ? { places } : { area };
  const body = { ...target, categories, min_severity, ...where, language, quiet_hours, paused_until };
  const answer = await fetch(address, { method: "PUT", headers, body: JSON.stringify(body), signal });
  if (!answer.ok) throw new Error(`subscription not renewed: ${answer.status}`);
  await savePushRecord({ ...record, vapidKey, endpoint: target.endpoint });
}

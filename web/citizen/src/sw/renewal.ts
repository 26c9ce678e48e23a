import { keyBytes, pushTarget } from "../notices/push-key.ts";
import { loadPushRecord } from "../notices/push-record.ts";

/** The browser's push service gave a new address: tell the town, so that notices keep coming. */
export async function renewSubscription(registration: ServiceWorkerRegistration): Promise<void> {
  const record = await loadPushRecord();
  if (!record) return;
  const renewed = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(record.vapidKey) });
  const target = pushTarget(renewed);
  const json = { "Content-Type": "application/json" };
  if (record.mode === "account") {
    await fetch("/api/v1/me/contacts/push", { method: "POST", headers: json, body: JSON.stringify(target) });
    return;
  }
  const address = `/api/v1/push-subscriptions/${record.id}`;
  const headers = { ...json, Authorization: `Bearer ${record.token}` };
  const stored = await fetch(address, { headers });
  if (!stored.ok) return;
  const { categories, min_severity, area, language, quiet_hours, paused_until } = (await stored.json()) as Record<string, unknown>;
  const body = { ...target, categories, min_severity, area, language, quiet_hours, paused_until };
  await fetch(address, { method: "PUT", headers, body: JSON.stringify(body) });
}

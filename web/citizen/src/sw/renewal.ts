import { keyBytes, PushError, type PushTarget, pushTarget, serverKeyOf } from "../notices/push-key.ts";
import { loadPushRecord, type PushRecord, savePushRecord } from "../notices/push-record.ts";
import { STORED_AT } from "../offline/stored-at.ts";

const JSON_TYPE = { "Content-Type": "application/json" };
const TIME_LIMIT_MS = 15_000;
/** Waits before telling the town once more: until it knows, this browser's pushes go to an address that is no more. */
const WAITS_MS = [1_000, 4_000] as const;
const LOCK = "hejnal-push-renewal";

type Wish = Readonly<Record<string, unknown>>;
type Anonymous = Extract<PushRecord, { mode: "anonymous" }>;
type Account = Extract<PushRecord, { mode: "account" }>;

/**
 * Sees to it that this browser is subscribed with the key the town uses now, under the address the town knows: the browser's
 * push service may have given a new address, or the town a new key. Nothing is given up before the town can be reached and still
 * knows this browser, and the new subscription takes the old one's place there in one request. Does nothing for a browser that has
 * no notices. Called by the service worker, and by the app at each start, for not every browser says that it has changed
 * something. Throws when browser or town cannot be reached; the next start goes on where this one stopped.
 */
export async function renewSubscription(registration: ServiceWorkerRegistration): Promise<void> {
  if (!("locks" in navigator)) return renew(registration);
  // Several tabs and the service worker may start at once; one of them does it.
  await navigator.locks.request(LOCK, { ifAvailable: true }, (lock) => (lock ? renew(registration) : undefined));
}

async function renew(registration: ServiceWorkerRegistration): Promise<void> {
  const record = await loadPushRecord();
  if (!record) return;
  const key = await keyOfTown();
  if (!key) return;
  const present = await registration.pushManager.getSubscription();
  const stays = present !== null && (serverKeyOf(present) ?? record.vapidKey) === key;
  if (stays && present.endpoint === record.endpoint && record.vapidKey === key && record.keyTold && !record.renewing) return;

  const wish = record.mode === "anonymous" ? await wishOf(record) : await accountWish(record, present);
  if (!wish) return;
  let subscription = present;
  if (!subscription || !stays) {
    await savePushRecord({ ...record, renewing: wish });
    await subscription?.unsubscribe(); // a browser has one subscription at a time
    subscription = await registration.pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(key) });
  }
  const target = pushTarget(subscription, key);
  const known = { vapidKey: key, endpoint: target.endpoint, keyTold: true, renewing: undefined };
  if (record.mode === "account") await savePushRecord({ ...record, ...(await tellAccount(record, target)), ...known });
  else await savePushRecord({ ...record, ...(await tellAnonymous(record, target, wish)), ...known });
}

/** The key the town gives to browsers now; null while it cannot be asked, or sends no pushes. What was kept for offline may be old. */
async function keyOfTown(): Promise<string | null> {
  const answer = await fetch("/api/v1/town", { cache: "no-cache", signal: AbortSignal.timeout(TIME_LIMIT_MS) });
  if (!answer.ok || answer.headers.has(STORED_AT)) return null;
  const { vapid_public_key: key } = (await answer.json()) as { vapid_public_key: string | null };
  return key ? key.replace(/=+$/, "") : null;
}

/** What this browser wants, as the town has stored it; null when it does not know the browser (any more). */
async function wishOf(record: Anonymous): Promise<Wish | null> {
  const stored = await ask("GET", `/api/v1/push-subscriptions/${record.id}`, undefined, record.token);
  if (!stored.ok) return stored.status === 404 ? (record.renewing ?? null) : null;
  const { categories, min_severity, places, area, language, quiet_hours, paused_until, digest } = (await stored.json()) as Record<string, unknown>;
  return { categories, min_severity, ...(Array.isArray(places) ? { places } : { area }), language, quiet_hours, paused_until, digest };
}

/** {} when the account may be told of a new subscription; null for who is signed out, or has taken this browser off the account. */
async function accountWish(record: Account, present: PushSubscription | null): Promise<Wish | null> {
  const answer = await ask("GET", "/api/v1/me");
  if (!answer.ok) return null; // the old subscription goes on working as long as the town can sign for it
  const { contacts } = (await answer.json()) as { contacts: { id: string }[] };
  const known = contacts.some(({ id }) => id === record.contactId);
  // The push service took the old address away, and the town has noticed before us: that was nobody's wish.
  const movedByBrowser = present?.endpoint !== record.endpoint;
  return known || movedByBrowser || record.renewing ? {} : null;
}

async function tellAccount(record: Account, target: PushTarget): Promise<{ contactId: string }> {
  const body = { ...target, ...(record.contactId ? { replaces: record.contactId } : {}) };
  const answer = await tell("POST", "/api/v1/me/contacts/push", body);
  if (!answer.ok) throw new PushError("failed");
  const { contacts } = (await answer.json()) as { contacts: { id: string; channel: string }[] };
  const pushes = contacts.filter(({ channel }) => channel === "push");
  const contact = pushes.find(({ id }) => id === record.contactId) ?? pushes.at(-1);
  return { contactId: contact?.id ?? record.contactId };
}

async function tellAnonymous(record: Anonymous, target: PushTarget, wish: Wish): Promise<{ id: string; token: string }> {
  const body = { ...wish, ...target };
  const answer = await tell("PUT", `/api/v1/push-subscriptions/${record.id}`, body, record.token);
  if (answer.ok) return { id: record.id, token: record.token };
  if (answer.status !== 404) throw new PushError("failed");
  // A push came just then, its service called the old address gone, and the town has forgotten the browser.
  const made = await tell("POST", "/api/v1/push-subscriptions", body);
  if (!made.ok) throw new PushError("failed");
  const { id, token } = (await made.json()) as { id: string; token: string };
  return { id, token };
}

/** Asks again while the town does not answer. */
async function tell(method: string, path: string, body: object, token?: string): Promise<Response> {
  for (const wait of WAITS_MS) {
    try {
      const answer = await ask(method, path, body, token);
      if (answer.status < 500) return answer;
    } catch {
      // no connection for a moment
    }
    await new Promise((done) => setTimeout(done, wait));
  }
  return ask(method, path, body, token);
}

function ask(method: string, path: string, body?: object, token?: string): Promise<Response> {
  const headers = { ...JSON_TYPE, ...(token ? { Authorization: `Bearer ${token}` } : {}) };
  return fetch(path, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}), signal: AbortSignal.timeout(TIME_LIMIT_MS) });
}

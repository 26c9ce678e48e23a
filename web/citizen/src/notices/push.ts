import { answer, asProblem } from "@hejnal/shared";
import { api, type Me, type PushWish } from "../api.ts";
import { needsHomeScreen, runsFromHomeScreen } from "../offline/install.ts";
import { keyBytes, PushError, pushTarget } from "./push-key.ts";
import { clearPushRecord, loadPushRecord, savePushRecord } from "./push-record.ts";

/** What is true of notifications on this device, without varnish. `lost`: they were on, and the browser has dropped them. */
export type DeviceState = "unsupported" | "ios" | "iosOld" | "town" | "blocked" | "off" | "lost" | "on";

const READY_MS = 10_000;

function supported(): boolean {
  return "serviceWorker" in navigator && "PushManager" in window && "Notification" in window;
}

async function registration(): Promise<ServiceWorkerRegistration> {
  const late = new Promise<never>((_, reject) => {
    setTimeout(() => reject(new PushError("failed")), READY_MS);
  });
  return Promise.race([navigator.serviceWorker.ready, late]);
}

async function currentSubscription(): Promise<PushSubscription | null> {
  const registered = await navigator.serviceWorker.getRegistration();
  return (await registered?.pushManager.getSubscription()) ?? null;
}

export async function deviceState(vapidKey: string | null): Promise<DeviceState> {
  if (!supported()) {
    if (needsHomeScreen()) return "ios";
    return runsFromHomeScreen() && /iPad|iPhone|iPod/.test(navigator.userAgent) ? "iosOld" : "unsupported";
  }
  if (!vapidKey) return "town";
  if (Notification.permission === "denied") return "blocked";
  const [subscription, record] = await Promise.all([currentSubscription(), loadPushRecord()]);
  if (!record) return "off";
  return subscription && Notification.permission === "granted" ? "on" : "lost";
}

async function subscribe(vapidKey: string): Promise<PushSubscription> {
  if ((await Notification.requestPermission()) !== "granted") throw new PushError("blocked");
  const { pushManager } = await registration();
  try {
    return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(vapidKey) });
  } catch {
    // An old subscription under another key stands in the way: take it off and try once more.
    await (await pushManager.getSubscription())?.unsubscribe();
    try {
      return await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: keyBytes(vapidKey) });
    } catch {
      throw new PushError("failed");
    }
  }
}

async function forAccount(subscription: PushSubscription, vapidKey: string, before: readonly string[]): Promise<Me> {
  const me = await answer(api.POST("/api/v1/me/contacts/push", { body: pushTarget(subscription, vapidKey) }));
  const pushes = me.contacts.filter(({ channel }) => channel === "push");
  const contact = pushes.find(({ id }) => !before.includes(id)) ?? pushes.at(-1);
  await savePushRecord({ mode: "account", contactId: contact?.id ?? "", vapidKey, endpoint: subscription.endpoint, keyTold: true });
  return me;
}

/**
 * Turns notifications on: for the account when somebody is signed in, else for this browser alone.
 * @throws PushError, Problem
 */
export async function enablePush(vapidKey: string, me: Me | null, wish: PushWish): Promise<Me | null> {
  const subscription = await subscribe(vapidKey);
  if (me) return forAccount(subscription, vapidKey, me.contacts.map(({ id }) => id));
  const created = await answer(api.POST("/api/v1/push-subscriptions", { body: { ...pushTarget(subscription, vapidKey), ...wish } }));
  await savePushRecord({ mode: "anonymous", id: created.id, token: created.token, vapidKey, endpoint: subscription.endpoint, keyTold: true });
  return null;
}

function bearer(token: string) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

/** What is stored for this browser, or null when it is not known (any more). */
export async function readPushWish(): Promise<PushWish | null> {
  const record = await loadPushRecord();
  if (record?.mode !== "anonymous") return null;
  try {
    return await answer(
      api.GET("/api/v1/push-subscriptions/{subscription_id}", { params: { path: { subscription_id: record.id } }, ...bearer(record.token) }),
    );
  } catch (cause) {
    if (asProblem(cause).status !== 404) throw cause;
    await clearPushRecord(); // the push service called it gone, and the town has forgotten it
    return null;
  }
}

/** Changes what this browser wants. @throws Problem */
export async function savePushWish(wish: PushWish): Promise<void> {
  const [record, subscription] = await Promise.all([loadPushRecord(), currentSubscription()]);
  if (record?.mode !== "anonymous" || !subscription) return;
  await answer(
    api.PUT("/api/v1/push-subscriptions/{subscription_id}", {
      params: { path: { subscription_id: record.id } },
      body: { ...pushTarget(subscription, record.vapidKey), ...wish },
      ...bearer(record.token),
    }),
  );
}

async function forgetAtTown(): Promise<Me | null> {
  const record = await loadPushRecord();
  try {
    if (record?.mode === "anonymous") {
      await answer(api.DELETE("/api/v1/push-subscriptions/{subscription_id}", { params: { path: { subscription_id: record.id } }, ...bearer(record.token) }));
    } else if (record) {
      return await answer(api.DELETE("/api/v1/me/contacts/{contact_id}", { params: { path: { contact_id: record.contactId } } }));
    }
  } catch (cause) {
    // Already unknown there, or signed out: what counts is that this browser stops.
    if (!["notFound", "unauthenticated"].includes(asProblem(cause).kind)) throw cause;
  }
  return null;
}

/** Turns notifications off here and at the town. Returns the changed account, if one was concerned. @throws Problem */
export async function disablePush(): Promise<Me | null> {
  const me = await forgetAtTown();
  await forgetDevice();
  return me;
}

/** Turns them off in this browser only; for when the town has forgotten already. */
export async function forgetDevice(): Promise<void> {
  if (!supported()) return;
  await (await currentSubscription())?.unsubscribe();
  await clearPushRecord();
}

/** After sign-in: a browser that was known without an account now belongs to it, so that nothing comes twice. */
export async function movePushToAccount(): Promise<Me | null> {
  if (!supported()) return null;
  try {
    const [record, subscription] = await Promise.all([loadPushRecord(), currentSubscription()]);
    if (record?.mode !== "anonymous" || !subscription) return null;
    await forgetAtTown();
    return await forAccount(subscription, record.vapidKey, []);
  } catch {
    return null; // the browser keeps what it had; its page offers to turn it on again
  }
}

/** What became of a wish for a test message. */
export type TestOutcome = "arrived" | "missing" | "channelOff";

const ARRIVAL_MS = 60_000;

/** Resolves when the service worker has shown a message that is no announcement, or after a minute without one. */
function arrival(): Promise<"arrived" | "missing"> {
  return new Promise((done) => {
    const heard = ({ data }: MessageEvent) => {
      if ((data as { type?: string } | null)?.type === "test-shown") end("arrived");
    };
    const end = (outcome: "arrived" | "missing") => {
      clearTimeout(timer);
      navigator.serviceWorker.removeEventListener("message", heard);
      done(outcome);
    };
    const timer = setTimeout(() => end("missing"), ARRIVAL_MS);
    navigator.serviceWorker.addEventListener("message", heard);
  });
}

/**
 * Asks the town for a test message to this device, and waits for it: the whole way, as a warning would take it.
 * @throws Problem, PushError
 */
export async function testPush(): Promise<TestOutcome> {
  const record = await loadPushRecord();
  if (!record || !(await currentSubscription())) throw new PushError("failed");
  const come = arrival();
  const { messages } =
    record.mode === "anonymous"
      ? await answer(api.POST("/api/v1/push-subscriptions/{subscription_id}/test", { params: { path: { subscription_id: record.id } }, ...bearer(record.token) }))
      : await answer(api.POST("/api/v1/me/test-messages", { body: { contact_id: record.contactId } }));
  if (messages.every(({ state }) => state === "channel_off")) return "channelOff";
  return come;
}

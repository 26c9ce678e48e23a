/// <reference lib="webworker" />
import { STORED_AT } from "../offline/stored-at.ts";
import { loadPushRecord } from "../notices/push-record.ts";
import { tellShown } from "./beacon.ts";
import { readPushMessage } from "./push-message.ts";
import { renewSubscription } from "./renewal.ts";
import { newestOf, type Showing } from "./shown-messages.ts";

declare const self: ServiceWorkerGlobalScope;
/** Files of the offline shell and their common version, put in by the build. */
declare const __SHELL__: readonly string[];
declare const __VERSION__: string;

const SHELL_CACHE = `shell-${__VERSION__}`;
const DATA_CACHE = "public-data";
const NAVIGATION_MS = 4000;
const DATA_MS = 8000;
/** Public answers worth keeping; nothing of a resident's own is ever stored. */
const KEPT = /^\/api\/v1\/(town|announcements(\.geojson|\/[^/]+)?|cameras|contacts|guides\/[^/]+|consultations)$/;
const MOST_KEPT = 80;

self.addEventListener("install", (event) => {
  event.waitUntil(caches.open(SHELL_CACHE).then((cache) => cache.addAll(__SHELL__.map((path) => new Request(path, { cache: "reload" })))));
});

self.addEventListener("activate", (event) => {
  const clean = async () => {
    for (const name of await caches.keys()) if (name !== SHELL_CACHE && name !== DATA_CACHE) await caches.delete(name);
    await self.clients.claim();
  };
  event.waitUntil(clean());
});

self.addEventListener("message", (event) => {
  if (event.data === "activate") void self.skipWaiting();
});

function within(limitMs: number, request: Request): Promise<Response> {
  return fetch(request, { signal: AbortSignal.timeout(limitMs) });
}

/** The page from the network while that is quick, else the stored shell, which finds its way by the address. */
async function page(request: Request): Promise<Response> {
  const shell = await caches.match("/", { cacheName: SHELL_CACHE });
  try {
    const response = await (shell ? within(NAVIGATION_MS, request) : fetch(request));
    return response.status >= 500 && shell ? shell : response;
  } catch (cause) {
    if (shell) return shell;
    throw cause;
  }
}

/** Build files carry a hash of their content: what is stored never changes. */
async function asset(request: Request): Promise<Response> {
  const stored = await caches.match(request);
  if (stored) return stored;
  const response = await fetch(request);
  if (response.ok) await (await caches.open(SHELL_CACHE)).put(request, response.clone());
  return response;
}

async function keep(request: Request, response: Response): Promise<void> {
  const cache = await caches.open(DATA_CACHE);
  const headers = new Headers(response.headers);
  headers.set(STORED_AT, new Date().toISOString());
  await cache.put(request, new Response(await response.blob(), { status: response.status, headers }));
  const keys = await cache.keys();
  for (const old of keys.slice(0, Math.max(0, keys.length - MOST_KEPT))) await cache.delete(old);
}

/** Fresh where there is a connection, else what was kept, marked with its age. */
async function data(event: FetchEvent): Promise<Response> {
  const stored = await caches.match(event.request, { cacheName: DATA_CACHE, ignoreVary: true });
  try {
    const response = await (stored ? within(DATA_MS, event.request) : fetch(event.request));
    if (response.ok) event.waitUntil(keep(event.request, response.clone()));
    else if (response.status >= 500 && stored) return stored;
    return response;
  } catch (cause) {
    if (stored) return stored;
    throw cause;
  }
}

self.addEventListener("fetch", (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== "GET" || url.origin !== self.location.origin) return;
  if (event.request.mode === "navigate") {
    // Downloads of the API open as navigations too; they are none of ours.
    if (!url.pathname.startsWith("/api/")) event.respondWith(page(event.request));
  } else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(event.request));
  else if (KEPT.test(url.pathname)) event.respondWith(data(event));
});

/** One announcement is one notification: an update or all-clear takes the place of what was there, and rings again. */
function show({ message: { title, body, tag, url, language, urgent, version }, ring }: Showing): Promise<void> {
  const options: NotificationOptions & { renotify: boolean } = {
    body,
    tag,
    renotify: ring,
    silent: !ring,
    lang: language,
    icon: "/icon-192.png",
    badge: "/badge-96.png",
    requireInteraction: urgent,
    data: { url, version },
  };
  return self.registration.showNotification(title, options);
}

self.addEventListener("push", (event) => {
  const take = async () => {
    const come = readPushMessage(event.data?.text() ?? "", self.location.origin);
    const showing = await newestOf(come, Date.now());
    await show(showing);
    if (!come.announcementId) await tellPages();
    // The device is the one the message came to, whatever word it shows in the end.
    await tellShown({ ...showing.message, contactId: come.contactId || (await ownContact()) });
  };
  event.waitUntil(take());
});

/** A test message has come all the way: the settings page that waits for it may say so. */
async function tellPages(): Promise<void> {
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) page.postMessage({ type: "test-shown" });
}

/** The contact of a signed-in resident's browser, for messages that do not name it. */
async function ownContact(): Promise<string> {
  const record = await loadPushRecord();
  return record?.mode === "account" ? record.contactId : "";
}

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  const { url = "/" } = (event.notification.data ?? {}) as { url?: string };
  const open = async () => {
    const pages = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
    const own = pages[0];
    if (!own) {
      await self.clients.openWindow(url);
      return;
    }
    await own.focus();
    await own.navigate(url).catch(() => self.clients.openWindow(url));
  };
  event.waitUntil(open());
});

self.addEventListener("pushsubscriptionchange", (event) => {
  (event as ExtendableEvent).waitUntil(renewSubscription(self.registration));
});

/** The browser could not subscribe at its own push service, or its owner said no. */
export class PushError extends Error {
  constructor(readonly reason: "blocked" | "failed") {
    super(`push ${reason}`);
  }
}

/** Base64url to bytes, as `applicationServerKey` wants it. */
export function keyBytes(key: string): Uint8Array<ArrayBuffer> {
  const raw = atob(key.replace(/-/g, "+").replace(/_/g, "/").padEnd(Math.ceil(key.length / 4) * 4, "="));
  return Uint8Array.from(raw, (character) => character.charCodeAt(0));
}

/** The town's key a browser subscribed with, base64url; undefined for a browser that does not say. */
export function serverKeyOf(subscription: PushSubscription): string | undefined {
  const key = subscription.options.applicationServerKey;
  if (!key) return undefined;
  return btoa(String.fromCharCode(...new Uint8Array(key))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/** What the API takes of a PushSubscription. */
export interface PushTarget {
  readonly endpoint: string;
  readonly keys: { readonly p256dh: string; readonly auth: string };
  readonly application_server_key?: string;
}

/** The part of a PushSubscription the API takes; `usedKey` is what it was made with, where the browser does not say itself. */
export function pushTarget(subscription: PushSubscription, usedKey?: string): PushTarget {
  const { endpoint, keys } = subscription.toJSON();
  if (!endpoint || !keys?.p256dh || !keys.auth) throw new PushError("failed");
  const serverKey = serverKeyOf(subscription) ?? usedKey;
  return { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth }, ...(serverKey ? { application_server_key: serverKey } : {}) };
}

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

/** The part of a PushSubscription the API takes. */
export function pushTarget(subscription: PushSubscription): { endpoint: string; keys: { p256dh: string; auth: string } } {
  const { endpoint, keys } = subscription.toJSON();
  if (!endpoint || !keys?.p256dh || !keys.auth) throw new PushError("failed");
  return { endpoint, keys: { p256dh: keys.p256dh, auth: keys.auth } };
}

import type { PushMessage } from "./push-message.ts";

/** Waits between the tries; a worker is ended by the browser soon after its event, so that more would be a hope only. */
export const WAITS_MS = [1_000, 4_000, 10_000] as const;
const TIME_LIMIT_MS = 8_000;

type Send = (url: string, init: RequestInit) => Promise<Response>;
type Wait = (ms: number) => Promise<void>;

const wait: Wait = (ms) => new Promise((done) => setTimeout(done, ms));

/** Between half and all of it, so that a town's phones do not come back in step. */
function jittered(ms: number): number {
  return ms * (0.5 + Math.random() / 2);
}

/**
 * Tells the town that this message is on the screen, so that nobody pays for an SMS that says the same. Tried four times at
 * most; never throws. Resolves to whether the town has heard it.
 */
export async function tellShown(message: PushMessage, send: Send = fetch, pause: Wait = wait): Promise<boolean> {
  const { contactId, announcementId, version } = message;
  if (!contactId || !announcementId || !version) return false;
  for (let attempt = 0; attempt <= WAITS_MS.length; attempt += 1) {
    try {
      const answer = await send(`/api/v1/push-subscriptions/${encodeURIComponent(contactId)}/shown`, {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ announcement_id: announcementId, version }),
        keepalive: true,
        signal: AbortSignal.timeout(TIME_LIMIT_MS),
      });
      if (answer.ok) return true;
      if (answer.status < 500) return false; // refused: the same again would be refused again
    } catch {
      // no connection yet: a phone that woke up for the push may need a moment
    }
    const next = WAITS_MS[attempt];
    if (next !== undefined) await pause(jittered(next));
  }
  return false;
}

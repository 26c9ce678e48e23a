import { asProblem } from "@hejnal/shared";
import { dequeue, markRefused, waitingReports } from "./draft-store.ts";
import { follow } from "./followed.ts";
import { submitReport } from "./submit.ts";

let running: Promise<number> | null = null;

async function sendAll(): Promise<number> {
  let sent = 0;
  for (const waiting of await waitingReports()) {
    if (waiting.refused) continue;
    try {
      follow(await submitReport(waiting.draft, waiting.answers));
      await dequeue(waiting.draft.key);
      sent += 1;
    } catch (cause) {
      // No connection, or the service rests: all wait for the next time. A refusal is for its author to see.
      if (asProblem(cause).passing) break;
      await markRefused(waiting);
    }
  }
  return sent;
}

/** Sends what waits on this device, one after the other; a second call joins the first. Resolves to the number sent. */
export function sendWaiting(): Promise<number> {
  running ??= sendAll().finally(() => {
    running = null;
  });
  return running;
}

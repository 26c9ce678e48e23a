import { createStore, delMany, entries, get, set } from "idb-keyval";
import type { PushMessage } from "./push-message.ts";

/** The newest message of each announcement that this device has shown; read and written by the service worker only. */
const store = createStore("hejnal-shown", "messages");
const MOST = 50;

interface Shown {
  readonly message: PushMessage;
  readonly at: number;
}

/** What to put on the screen for a message that has come. */
export interface Showing {
  readonly message: PushMessage;
  /** False: a newer word is there already, or the same one came twice; it stays, and nothing rings. */
  readonly ring: boolean;
}

async function forgetOldest(): Promise<void> {
  const all = await entries<string, Shown>(store);
  const old = all.sort(([, a], [, b]) => b.at - a.at).slice(MOST);
  if (old.length) await delMany(old.map(([tag]) => tag), store);
}

/**
 * The newest word about an announcement, whichever order the push service delivers in: a lower version never takes the
 * place of a higher one. Something is shown for every push all the same, for browsers take the permission from those who stay silent.
 */
export async function newestOf(message: PushMessage, now: number): Promise<Showing> {
  if (!message.version) return { message, ring: true };
  try {
    const before = await get<Shown>(message.tag, store);
    if (before && before.message.version >= message.version) return { message: before.message, ring: false };
    await set(message.tag, { message, at: now } satisfies Shown, store);
    await forgetOldest();
  } catch {
    // storage is blocked: the message is shown as it came
  }
  return { message, ring: true };
}

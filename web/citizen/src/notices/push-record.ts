import { createStore, del, get, set } from "idb-keyval";

/** How this browser's push subscription is known to the town; read by the service worker too. */
export type PushRecord = {
  /** The town's key the browser subscribed with. */
  readonly vapidKey: string;
  /** The browser's address at its push service, as the town last heard it. */
  readonly endpoint: string;
  /** True: the town has heard which of its keys that was. */
  readonly keyTold?: boolean;
  /** Set while the browser subscribes anew, until the town knows: what it wanted, should the town have forgotten it meanwhile. */
  readonly renewing?: Readonly<Record<string, unknown>> | undefined;
} & ({ readonly mode: "anonymous"; readonly id: string; readonly token: string } | { readonly mode: "account"; readonly contactId: string });

const store = createStore("hejnal-push", "push");
const KEY = "subscription";

export async function loadPushRecord(): Promise<PushRecord | undefined> {
  try {
    return await get<PushRecord>(KEY, store);
  } catch {
    return undefined;
  }
}

export async function savePushRecord(record: PushRecord): Promise<void> {
  await set(KEY, record, store);
}

export async function clearPushRecord(): Promise<void> {
  try {
    await del(KEY, store);
  } catch {
    // nothing was stored
  }
}

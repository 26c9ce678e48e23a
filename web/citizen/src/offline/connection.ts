import { useSyncExternalStore } from "react";
import { STORED_AT } from "./stored-at.ts";

function subscribe(changed: () => void): () => void {
  window.addEventListener("online", changed);
  window.addEventListener("offline", changed);
  return () => {
    window.removeEventListener("online", changed);
    window.removeEventListener("offline", changed);
  };
}

/** Whether the browser believes it has a connection. */
export function useOnline(): boolean {
  return useSyncExternalStore(subscribe, () => navigator.onLine);
}

/** When the shown notices were fetched, if they come from the service worker's store. */
export function storedAt(response: Response): Date | undefined {
  const header = response.headers.get(STORED_AT);
  return header ? new Date(header) : undefined;
}

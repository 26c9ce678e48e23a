import { useCallback, useSyncExternalStore } from "react";

function subscribe(listener: () => void): () => void {
  document.addEventListener("fullscreenchange", listener);
  return () => document.removeEventListener("fullscreenchange", listener);
}

/** Whether the console fills the screen, and how to change that. What asks or warns stays visible: all of the page is shown. */
export function useFullScreen(): { readonly full: boolean; readonly toggle: () => void } {
  const full = useSyncExternalStore(subscribe, () => (document.fullscreenElement ?? null) !== null);
  const toggle = useCallback(() => {
    // A browser that refuses leaves the wall as it is.
    const done = (document.fullscreenElement ?? null) === null ? document.documentElement.requestFullscreen() : document.exitFullscreen();
    done.catch(() => undefined);
  }, []);
  return { full, toggle };
}

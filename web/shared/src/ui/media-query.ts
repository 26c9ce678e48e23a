import { useCallback, useSyncExternalStore } from "react";

/** Whether a media query holds now; the component renders again when it changes. */
export function useMediaQuery(query: string): boolean {
  const subscribe = useCallback(
    (changed: () => void) => {
      const list = window.matchMedia(query);
      list.addEventListener("change", changed);
      return () => list.removeEventListener("change", changed);
    },
    [query],
  );
  return useSyncExternalStore(subscribe, () => window.matchMedia(query).matches);
}

/** Follows the system's light or dark setting. */
export function useColorScheme(): "light" | "dark" {
  return useMediaQuery("(prefers-color-scheme: dark)") ? "dark" : "light";
}

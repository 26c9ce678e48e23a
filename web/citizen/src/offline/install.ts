import { useSyncExternalStore } from "react";

/** Chromium's offer to install the page; other browsers make none. */
interface InstallOffer extends Event {
  prompt(): Promise<unknown>;
}

let offer: InstallOffer | null = null;
const listeners = new Set<() => void>();

function changed(next: InstallOffer | null): void {
  offer = next;
  for (const listener of listeners) listener();
}

/** Keeps the browser's offer until somebody asks for it; called once at the start, for it comes early. */
export function keepInstallOffer(): void {
  window.addEventListener("beforeinstallprompt", (event) => {
    event.preventDefault();
    changed(event as InstallOffer);
  });
  window.addEventListener("appinstalled", () => changed(null));
}

/** What shows the browser's own question, or null where there is nothing to ask. */
export function useInstallOffer(): (() => void) | null {
  const present = useSyncExternalStore(
    (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    () => offer,
  );
  if (!present) return null;
  return () => {
    changed(null); // an offer can be used once
    void present.prompt().catch(() => undefined);
  };
}

/** Opened from the home screen, without the browser around it. */
export function runsFromHomeScreen(): boolean {
  return window.matchMedia("(display-mode: standalone)").matches;
}

/** iPhones and iPads give push only to pages added to the home screen. */
export function needsHomeScreen(): boolean {
  const apple = /iPad|iPhone|iPod/.test(navigator.userAgent) || (navigator.userAgent.includes("Macintosh") && navigator.maxTouchPoints > 1);
  return apple && !runsFromHomeScreen();
}

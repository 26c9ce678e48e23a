type NewVersion = (activate: () => void) => void;

const listeners = new Set<NewVersion>();
let waiting: ServiceWorker | null = null;

function activate(worker: ServiceWorker): void {
  navigator.serviceWorker.addEventListener("controllerchange", () => window.location.reload(), { once: true });
  worker.postMessage("activate");
}

function announce(worker: ServiceWorker): void {
  waiting = worker;
  for (const listener of listeners) listener(() => activate(worker));
}

/** Tells when a newer version has been fetched and waits. Returns what ends the telling. */
export function onNewVersion(listener: NewVersion): () => void {
  listeners.add(listener);
  if (waiting) {
    const worker = waiting;
    listener(() => activate(worker));
  }
  return () => listeners.delete(listener);
}

/** Registers the service worker of a built app: offline shell, last notices, push. Development goes without. */
export function registerServiceWorker(): void {
  if (!import.meta.env.PROD || !("serviceWorker" in navigator)) return;
  const watch = (registration: ServiceWorkerRegistration) => {
    if (registration.waiting && navigator.serviceWorker.controller) announce(registration.waiting);
    registration.addEventListener("updatefound", () => {
      const worker = registration.installing;
      worker?.addEventListener("statechange", () => {
        if (worker.state === "installed" && navigator.serviceWorker.controller) announce(worker);
      });
    });
  };
  // Without it (a private window, a strict setting) the app works, only not offline.
  void navigator.serviceWorker.register("/sw.js").then(watch).catch(() => undefined);
}

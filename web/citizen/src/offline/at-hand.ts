import { answer, isLanguage } from "@hejnal/shared";
import { api } from "../api.ts";

/**
 * Whom to call and what the sirens mean are needed most when the network is gone: asked for once at each start, so that the
 * service worker has them, read or not.
 */
export async function keepAtHand(): Promise<void> {
  if (!("serviceWorker" in navigator) || !navigator.serviceWorker.controller) return;
  const language = document.documentElement.lang;
  try {
    await answer(api.GET("/api/v1/contacts"));
    await answer(api.GET("/api/v1/guides/alarm-signals", { params: { query: { language: isLanguage(language) ? language : "pl" } } }));
  } catch {
    // no connection: what was kept before stays
  }
}

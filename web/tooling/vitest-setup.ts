import "@testing-library/jest-dom/vitest";
import "fake-indexeddb/auto";
import { cleanup, configure } from "@testing-library/react";
import { afterEach } from "vitest";

configure({ asyncUtilTimeout: 15_000 });
process.env.TZ = "Europe/Warsaw";

afterEach(() => {
  cleanup();
  localStorage.clear();
});

/** jsdom has no layout: what React Aria and our pages ask of it gets a still answer. */
class StillMedia extends EventTarget {
  readonly matches = false;
  readonly onchange = null;
  constructor(readonly media: string) {
    super();
  }
}

window.matchMedia = (query) => new StillMedia(query) as unknown as MediaQueryList;
window.scrollTo = () => undefined;
Element.prototype.scrollIntoView = () => undefined;

// Tests bring their data along; a request that leaves anyway fails like one without a connection.
globalThis.fetch = () => Promise.reject(new TypeError("no network in tests"));

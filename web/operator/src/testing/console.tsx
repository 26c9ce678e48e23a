import { startI18n } from "@hejnal/shared";
import "@testing-library/jest-dom/vitest";
import { cleanup, configure, render } from "@testing-library/react";
import userEvent from "@testing-library/user-event";
import axe from "axe-core";
import { afterEach, beforeEach, expect, vi } from "vitest";
import { App, createQueryClient } from "../app.tsx";
import { reasonStore } from "../reasons/reason-store.ts";
import type { Role } from "../session/roles.ts";
import { camera, FakeGateway, staff, TOWN } from "./fake-gateway.ts";

// Pages are loaded when they are opened; on a busy machine the first one takes seconds.
// Working out what is visible takes jsdom seconds on a large page; tests that mean visibility say toBeVisible.
configure({ asyncUtilTimeout: 30_000, defaultHidden: true });
vi.setConfig({ testTimeout: 60_000 });

/** A peer that never hears from anybody: live tiles stay without a picture, and say so. */
class SilentPeer extends EventTarget {
  readonly connectionState = "new";
  readonly iceGatheringState = "complete";
  readonly localDescription = { type: "offer", sdp: "v=0" };
  addTransceiver() {
    return { receiver: {}, setCodecPreferences: () => undefined };
  }
  createOffer() {
    return Promise.resolve({ type: "offer", sdp: "v=0" });
  }
  setLocalDescription() {
    return Promise.resolve();
  }
  setRemoteDescription() {
    return Promise.resolve();
  }
  getStats() {
    return Promise.resolve(new Map());
  }
  close() {
    return undefined;
  }
}

/** Gives each test a gateway of its own, Polish words, and the browser pieces jsdom lacks. */
export function withConsole(): { readonly gateway: () => FakeGateway } {
  let gateway = new FakeGateway();
  beforeEach(async () => {
    gateway = new FakeGateway();
    vi.stubGlobal("fetch", gateway.fetch);
    vi.stubGlobal("ResizeObserver", class {
      observe() {
        return undefined;
      }
      disconnect() {
        return undefined;
      }
      unobserve() {
        return undefined;
      }
    });
    vi.stubGlobal("RTCPeerConnection", SilentPeer);
    vi.stubGlobal("RTCRtpReceiver", { getCapabilities: () => ({ codecs: [] }) });
    HTMLMediaElement.prototype.play = () => Promise.resolve();
    HTMLMediaElement.prototype.pause = () => undefined;
    HTMLMediaElement.prototype.load = () => undefined;
    HTMLVideoElement.prototype.requestVideoFrameCallback = () => 0;
    HTMLVideoElement.prototype.cancelVideoFrameCallback = () => undefined;
    sessionStorage.clear();
    reasonStore.forget();
    await startI18n({ pl: () => import("../i18n/pl.json"), en: () => import("../i18n/en.json"), uk: () => import("../i18n/uk.json") }, "pl");
  });
  afterEach(() => {
    cleanup();
    gateway.dropLines();
    vi.unstubAllGlobals();
    window.history.replaceState(null, "", "/");
  });
  return { gateway: () => gateway };
}

/** Opens the console at `path` as somebody with that role; a small town with two cameras stands behind it. */
export function openConsole(gateway: FakeGateway, path: string, role: Role | null) {
  if (role === null) gateway.problem("GET /api/v1/session", 401, "sign-in-required");
  else gateway.json("GET /api/v1/session", staff(role));
  gateway.json("GET /api/v1/cameras", { items: [camera(1), camera(2)] });
  gateway.json("GET /api/v1/town/town", TOWN);
  gateway.json("GET /api/v1/session/methods", { password: true, passkey: false, oidc: null });
  gateway.json("GET /api/v1/alerts", { items: [], next_cursor: null });
  window.history.replaceState(null, "", path);
  const user = userEvent.setup({ delay: null });
  return { user, ...render(<App queryClient={createQueryClient()} />) };
}

/** Writes into a field in one go: key by key takes a large page seconds. */
export async function fill(user: ReturnType<typeof userEvent.setup>, field: HTMLElement, text: string): Promise<void> {
  await user.click(field);
  await user.paste(text);
}

/** Fails on any accessibility rule of WCAG 2.1 A and AA that can be checked without layout. */
export async function expectAccessible(container: Element): Promise<void> {
  const { violations } = await axe.run(container, {
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    // jsdom has no layout: contrast is checked in the real browser.
    rules: { "color-contrast": { enabled: false } },
  });
  expect(violations.map((violation) => `${violation.id}: ${violation.nodes.map((node) => node.html).join(" | ")}`)).toEqual([]);
}

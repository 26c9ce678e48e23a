import { describe, expect, it } from "vitest";
import { tellShown, WAITS_MS } from "./beacon.ts";
import { type PushMessage, readPushMessage } from "./push-message.ts";

const message: PushMessage = readPushMessage(
  JSON.stringify({ announcement_id: "a1", version: 2, contact_id: "c1", title: "Nie ma wody" }),
  "https://hejnal.bugielsk.example",
);
const noWait = () => Promise.resolve();

function town(...statuses: (number | "away")[]) {
  const calls: [string, unknown][] = [];
  const send = (url: string, init: RequestInit) => {
    calls.push([url, JSON.parse(init.body as string)]);
    const status = statuses[Math.min(calls.length, statuses.length) - 1];
    return status === "away" ? Promise.reject(new TypeError("no network")) : Promise.resolve(new Response(null, { status: status ?? 204 }));
  };
  return { calls, send };
}

describe("tellShown", () => {
  it("says once which message this device has shown", async () => {
    const { calls, send } = town(204);
    expect(await tellShown(message, send, noWait)).toBe(true);
    expect(calls).toEqual([["/api/v1/push-subscriptions/c1/shown", { announcement_id: "a1", version: 2 }]]);
  });

  it("tries again while the town is away, and gives up after four times", async () => {
    const late = town("away", 503, 204);
    expect(await tellShown(message, late.send, noWait)).toBe(true);
    expect(late.calls).toHaveLength(3);
    const never = town("away");
    const waited: number[] = [];
    expect(await tellShown(message, never.send, (ms) => (waited.push(ms), Promise.resolve()))).toBe(false);
    expect(never.calls).toHaveLength(4);
    expect(waited.every((ms, number) => ms >= (WAITS_MS[number] ?? 0) / 2 && ms <= (WAITS_MS[number] ?? 0))).toBe(true);
  });

  it("does not press a town that says no", async () => {
    const { calls, send } = town(429);
    expect(await tellShown(message, send, noWait)).toBe(false);
    expect(calls).toHaveLength(1);
  });

  it("has nothing to say about a test message", async () => {
    const { calls, send } = town(204);
    expect(await tellShown({ ...message, announcementId: "", version: 0 }, send, noWait)).toBe(false);
    expect(await tellShown({ ...message, contactId: "" }, send, noWait)).toBe(false);
    expect(calls).toHaveLength(0);
  });
});

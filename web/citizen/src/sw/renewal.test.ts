import { beforeEach, describe, expect, it, vi } from "vitest";
import { keyBytes, serverKeyOf } from "../notices/push-key.ts";
import { loadPushRecord, type PushRecord, savePushRecord } from "../notices/push-record.ts";
import { STORED_AT } from "../offline/stored-at.ts";
import { renewSubscription } from "./renewal.ts";

const OLD = "BHG5nxb1nnnE5xdLnPrsurlw2MNKmJ2D0ev2cA9Z0GgxuH-iL70MRcgFEbHUuf76ceT2Wqf2m_KSYAr9pFh1KbI";
const NEW = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM";
const WISH = { categories: ["water"], min_severity: "info", places: [], language: "pl", quiet_hours: null, paused_until: null, digest: { at: "08:00" } };

/** A browser's push manager: one subscription at a time, and none under a second key beside the first (Push API §8.1). */
class Push {
  present: PushSubscription | null = null;
  refuses = false;
  private made = 0;

  subscribed(key: string): PushSubscription {
    this.made += 1;
    const endpoint = `https://push.example/${this.made}`;
    const subscription = {
      endpoint,
      options: { applicationServerKey: keyBytes(key).buffer, userVisibleOnly: true },
      toJSON: () => ({ endpoint, keys: { p256dh: "p", auth: "a" } }),
      unsubscribe: () => {
        if (this.present === subscription) this.present = null;
        return Promise.resolve(true);
      },
    } as unknown as PushSubscription;
    this.present = subscription;
    return subscription;
  }

  registration(): ServiceWorkerRegistration {
    const pushManager = {
      getSubscription: () => Promise.resolve(this.present),
      subscribe: ({ applicationServerKey }: { applicationServerKey: Uint8Array<ArrayBuffer> }) => {
        if (this.refuses) return Promise.reject(new DOMException("push service error", "AbortError"));
        const key = serverKeyOf({ options: { applicationServerKey: applicationServerKey.buffer } } as unknown as PushSubscription) ?? "";
        if (this.present && serverKeyOf(this.present) !== key) return Promise.reject(new DOMException("other key", "InvalidStateError"));
        return Promise.resolve(this.present ?? this.subscribed(key));
      },
    };
    return { pushManager } as unknown as ServiceWorkerRegistration;
  }
}

type Answer = [status: number, body?: unknown, headers?: Record<string, string>] | "away";

/** The town's answers by request; what is not named cannot be reached. Notes the requests that change something. */
function town(answers: Record<string, Answer | Answer[]>): [string, Record<string, unknown>][] {
  const told: [string, Record<string, unknown>][] = [];
  vi.stubGlobal("fetch", (path: string, { method = "GET", body }: RequestInit = {}) => {
    const name = `${method} ${path}`;
    if (method !== "GET") told.push([name, JSON.parse(body as string) as Record<string, unknown>]);
    const given = answers[name];
    const several = Array.isArray(given) && Array.isArray(given[0]) ? (given as Answer[]) : undefined;
    const answer = several ? (several.length > 1 ? several.shift() : several[0]) : (given as Answer | undefined);
    if (!answer || answer === "away") return Promise.reject(new TypeError("no network"));
    const [status, content, headers] = answer;
    return Promise.resolve(new Response(content === undefined ? null : JSON.stringify(content), { status, ...(headers ? { headers } : {}) }));
  });
  return told;
}

const KEY_IS = (key: string | null): Answer => [200, { vapid_public_key: key }];
const SUBSCRIPTION = "/api/v1/push-subscriptions/s1";
const MINE = "/api/v1/me/contacts/push";
let push: Push;

async function anonymous(part: Partial<PushRecord> = {}): Promise<void> {
  const { endpoint } = push.subscribed(OLD);
  await savePushRecord({ mode: "anonymous", id: "s1", token: "t", vapidKey: OLD, endpoint, keyTold: true, ...part } as PushRecord);
}

async function account(part: Partial<PushRecord> = {}): Promise<void> {
  const { endpoint } = push.subscribed(OLD);
  await savePushRecord({ mode: "account", contactId: "c1", vapidKey: OLD, endpoint, keyTold: true, ...part } as PushRecord);
}

beforeEach(() => {
  push = new Push();
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

async function renewed(): Promise<PushRecord | undefined> {
  const work = renewSubscription(push.registration()).then(() => undefined, (cause: unknown) => cause);
  await vi.runAllTimersAsync();
  for (let turn = 0; turn < 20; turn += 1) await vi.advanceTimersByTimeAsync(5_000);
  const failed = await work;
  if (failed) throw failed as Error;
  return loadPushRecord();
}

describe("renewSubscription", () => {
  it("asks nothing but the key where all is as the town knows it", async () => {
    await anonymous();
    expect(town({ "GET /api/v1/town": KEY_IS(OLD) })).toEqual([]);
    expect(await renewed()).toMatchObject({ endpoint: "https://push.example/1" });
  });

  it("subscribes with the town's new key and takes its former self's place in one request", async () => {
    await anonymous();
    const told = town({ "GET /api/v1/town": KEY_IS(NEW), [`GET ${SUBSCRIPTION}`]: [200, WISH], [`PUT ${SUBSCRIPTION}`]: [200, {}] });
    expect(await renewed()).toMatchObject({ id: "s1", vapidKey: NEW, endpoint: "https://push.example/2", keyTold: true });
    expect(told).toEqual([
      [`PUT ${SUBSCRIPTION}`, { ...WISH, endpoint: "https://push.example/2", keys: { p256dh: "p", auth: "a" }, application_server_key: NEW }],
    ]);
    expect(await renewed()).not.toHaveProperty("renewing", expect.anything());
    expect(told).toHaveLength(1);
  });

  it("tells an account which contact it takes over", async () => {
    await account();
    const me = { contacts: [{ id: "c0", channel: "push" }, { id: "c1", channel: "push" }, { id: "c2", channel: "push" }] };
    const told = town({ "GET /api/v1/town": KEY_IS(NEW), "GET /api/v1/me": [200, me], [`POST ${MINE}`]: [201, me] });
    expect(await renewed()).toMatchObject({ contactId: "c1", vapidKey: NEW });
    expect(told).toMatchObject([[`POST ${MINE}`, { replaces: "c1", application_server_key: NEW }]]);
  });

  it("gives nothing up while nobody is signed in, offline, or where the resident has taken the browser off", async () => {
    for (const answers of [
      { "GET /api/v1/town": KEY_IS(NEW), "GET /api/v1/me": [401, {}] },
      { "GET /api/v1/town": KEY_IS(NEW), "GET /api/v1/me": [200, { contacts: [] }] },
      { "GET /api/v1/town": [200, { vapid_public_key: NEW }, { [STORED_AT]: "2026-11-22T00:00:00Z" }] },
      { "GET /api/v1/town": KEY_IS(null) },
    ] as Record<string, Answer>[]) {
      push = new Push();
      await account();
      expect(town(answers)).toEqual([]);
      expect(await renewed()).toMatchObject({ vapidKey: OLD, endpoint: push.present?.endpoint });
    }
    town({});
    await expect(renewed()).rejects.toThrow();
    expect(push.present?.endpoint).toBe("https://push.example/1");
  });

  it("says its key once where the town has never heard it", async () => {
    await anonymous({ keyTold: false });
    const told = town({ "GET /api/v1/town": KEY_IS(OLD), [`GET ${SUBSCRIPTION}`]: [200, WISH], [`PUT ${SUBSCRIPTION}`]: [200, {}] });
    expect(await renewed()).toMatchObject({ endpoint: "https://push.example/1", keyTold: true });
    await renewed();
    expect(told).toMatchObject([[`PUT ${SUBSCRIPTION}`, { application_server_key: OLD, endpoint: "https://push.example/1" }]]);
  });

  it("tells again while the town is away for a moment", async () => {
    await anonymous();
    const told = town({ "GET /api/v1/town": KEY_IS(NEW), [`GET ${SUBSCRIPTION}`]: [200, WISH], [`PUT ${SUBSCRIPTION}`]: [[503], [200, {}]] });
    expect(await renewed()).toMatchObject({ vapidKey: NEW });
    expect(told).toHaveLength(2);
  });

  it("goes on at the next start where it was stopped, even if the town has forgotten it meanwhile", async () => {
    await anonymous();
    town({ "GET /api/v1/town": KEY_IS(NEW), [`GET ${SUBSCRIPTION}`]: [200, WISH], [`PUT ${SUBSCRIPTION}`]: "away" });
    await expect(renewed()).rejects.toThrow();
    const told = town({
      "GET /api/v1/town": KEY_IS(NEW),
      [`GET ${SUBSCRIPTION}`]: [404, {}],
      [`PUT ${SUBSCRIPTION}`]: [404, {}],
      "POST /api/v1/push-subscriptions": [201, { id: "s2", token: "t2" }],
    });
    expect(await renewed()).toMatchObject({ id: "s2", token: "t2", endpoint: "https://push.example/2" });
    expect(told.at(-1)).toMatchObject(["POST /api/v1/push-subscriptions", { categories: ["water"], digest: { at: "08:00" } }]);
  });

  it("subscribes at the next start where the push service was away", async () => {
    await anonymous();
    push.refuses = true;
    const told = town({ "GET /api/v1/town": KEY_IS(NEW), [`GET ${SUBSCRIPTION}`]: [200, WISH], [`PUT ${SUBSCRIPTION}`]: [200, {}] });
    await expect(renewed()).rejects.toThrow();
    expect(told).toEqual([]);
    push.refuses = false;
    expect(await renewed()).toMatchObject({ vapidKey: NEW, endpoint: "https://push.example/2" });
  });

  it("leaves a browser alone that the town does not know", async () => {
    await anonymous();
    expect(town({ "GET /api/v1/town": KEY_IS(NEW), [`GET ${SUBSCRIPTION}`]: [404, {}] })).toEqual([]);
    expect(await renewed()).toMatchObject({ vapidKey: OLD });
    expect(push.present?.endpoint).toBe("https://push.example/1");
  });
});

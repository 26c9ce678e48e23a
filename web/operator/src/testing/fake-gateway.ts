import type { AuditPageOfEntries } from "../api/audit.ts";
import type { Camera } from "../api/cameras.ts";
import type { Staff } from "../api/session.ts";
import type { Announcement, AnnouncementDetail, Report, ReportSummary, Town } from "../api/town.ts";
import type { Role } from "../session/roles.ts";

type Handler = (request: Request, path: string) => Response | Promise<Response>;

/**
 * The gateway's door at the fetch boundary: tests give the answers of the routes they need, typed by the generated API
 * types; anything else is a 404, and the event line stays open and can be written to.
 */
export class FakeGateway {
  readonly requests: { method: string; path: string; body: unknown; headers: Headers }[] = [];
  readonly #routes = new Map<string, Handler>();
  readonly #lines = new Set<ReadableStreamDefaultController<Uint8Array>>();
  readonly #waiting = new Set<() => void>();

  on(route: `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, handler: Handler): this {
    this.#routes.set(route, handler);
    return this;
  }

  json(route: `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, body: unknown, status = 200): this {
    return this.on(route, () => Response.json(body, { status }));
  }

  problem(route: `${"GET" | "POST" | "PUT" | "PATCH" | "DELETE"} /${string}`, status: number, slug: string, headers: Record<string, string> = {}): this {
    return this.on(route, () => problem(status, slug, headers));
  }

  /** Waits until the console listens; what is sent before is heard by nobody. */
  async lineOpened(): Promise<void> {
    if (this.#lines.size === 0) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** Sends a server-sent event to every open line. */
  send(type: string, data: unknown, id = ""): void {
    if (this.#lines.size === 0) throw new Error("no event line is open: wait for lineOpened()");
    const text = `${id === "" ? "" : `id: ${id}\n`}event: ${type}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const line of this.#lines) line.enqueue(new TextEncoder().encode(text));
  }

  dropLines(): void {
    for (const line of this.#lines) line.error(new TypeError("line dropped"));
    this.#lines.clear();
  }

  asked(route: string): { body: unknown; headers: Headers }[] {
    return this.requests.filter((request) => `${request.method} ${request.path}` === route);
  }

  readonly fetch: typeof fetch = async (input, init) => {
    const request = input instanceof Request ? input : new Request(new URL(input, window.location.href), { ...init, signal: null });
    const { pathname } = new URL(request.url);
    const text = await request.clone().text();
    this.requests.push({ method: request.method, path: pathname, body: parsed(text), headers: request.headers });
    if (pathname === "/api/v1/events") return this.#openLine();
    const handler = this.#routes.get(`${request.method} ${pathname}`);
    return handler === undefined ? problem(404, "not-found") : handler(request, pathname);
  };

  #openLine(): Response {
    let own: ReadableStreamDefaultController<Uint8Array> | null = null;
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        own = controller;
        this.#lines.add(controller);
        for (const resolve of this.#waiting) resolve();
        this.#waiting.clear();
      },
      cancel: () => {
        if (own !== null) this.#lines.delete(own);
      },
    });
    return new Response(body, { headers: { "Content-Type": "text/event-stream" } });
  }
}

export function problem(status: number, slug: string, headers: Record<string, string> = {}): Response {
  const body = { type: `urn:hejnal:problem:${slug}`, title: slug, status, detail: slug, instance: "/", errors: [] };
  return new Response(JSON.stringify(body), { status, headers: { "Content-Type": "application/problem+json", ...headers } });
}

function parsed(text: string): unknown {
  try {
    return text === "" ? null : (JSON.parse(text) as unknown);
  } catch {
    return text;
  }
}

export function staff(role: Role): Staff {
  return {
    account_id: `staff-${role}`,
    login: role,
    name: "Anna Nowak",
    role,
    expires_at: "2026-11-23T00:00:00Z",
    camera_groups: null,
    has_passkey: false,
    must_change_password: false,
    method: "password",
    recovery_codes_left: 8,
    sign_out_page: null,
  };
}

export function camera(number: number, change: Partial<Camera> = {}): Camera {
  return {
    camera_id: `cam-${String(number).padStart(3, "0")}`,
    version: 1,
    name: `Rynek ${number}`,
    place: { lat: 51.05 + number * 0.001, lon: 20.95 },
    address: `Rynek ${number}`,
    streams: [],
    has_credentials: true,
    groups: [],
    privacy_masks: [],
    recording: { enabled: true, stream: "main", keep_days: 30, priority: "normal", record_audio: false },
    view_cone: { azimuth_deg: 180, angle_deg: 60, range_m: 120 },
    purpose: "",
    public: true,
    restricted: false,
    enabled: true,
    changed_at: "2026-11-22T10:00:00Z",
    status: { condition: "live", cause: null, detail: "", since: "2026-11-22T10:00:00Z", observed_at: null, retry_at: null, streams: [] },
    ...change,
  };
}

export const TOWN: Town = {
  name: "Bugielsk",
  teryt: "0000000",
  center: { lat: 51.05, lon: 20.95 },
  bounds: [20.9, 51.0, 21.0, 51.1],
  boundary: {},
  languages: ["pl", "en", "uk"],
  vapid_public_key: null,
  map_url: null,
  announcement_categories: [
    { code: "water", names: { pl: "Woda", en: "Water", uk: "Вода" }, icon: "water" },
    { code: "power", names: { pl: "Prąd", en: "Power", uk: "Струм" }, icon: "power" },
  ],
  report_categories: [{ code: "roads", names: { pl: "Drogi", en: "Roads", uk: "Дороги" }, unit: "Zarząd Dróg", anonymous_allowed: true, urgent: false, questions: [] }],
  consent: { version: "1", legal_basis: "", texts: {} },
};

export function reportSummary(change: Partial<ReportSummary> = {}): ReportSummary {
  return {
    id: "r1",
    reference: "Z-2026-00042",
    category: "roads",
    excerpt: "Dziura w jezdni przy przystanku",
    place: { lat: 51.0505, lon: 20.95 },
    address: "Rynek 4",
    status: "received",
    outcome: null,
    unit: "Zarząd Dróg",
    urgent: false,
    photos: 1,
    version: 1,
    submitted_at: "2026-11-22T10:00:00Z",
    updated_at: "2026-11-22T10:00:00Z",
    ...change,
  };
}

export function report(change: Partial<Report> = {}): Report {
  const { excerpt, ...summary } = reportSummary();
  return {
    ...summary,
    text: excerpt,
    contact: null,
    anonymous: true,
    photos: [{ id: "p1", width: 800, height: 600, size_bytes: 1000, url: "reports/r1/photos/p1", public: false, blurs: [], unblurred_until: null }],
    events: [{ at: "2026-11-22T10:00:00Z", status: "received", outcome: null, answer: "", kind: "submitted", unit: "", by: "" }],
    answers: {},
    source: "web",
    text_public: false,
    history: [],
    messages: [],
    me_too: 0,
    merged_into: null,
    satisfaction: null,
    reopened: 0,
    open311: null,
    ...change,
  };
}

export function announcement(change: Partial<Announcement> = {}): Announcement {
  return {
    id: "a1",
    version: 1,
    kind: "issued",
    state: "active",
    category: "water",
    severity: "warning",
    texts: { pl: { title: "Nie ma wody na Rynku", body: "Pękła rura.", instruction: "", sms: "" } },
    area: { kind: "town" },
    center: null,
    valid_from: "2026-11-22T10:00:00Z",
    valid_until: "2036-11-22T18:00:00Z",
    drill: false,
    origins: {},
    issued_at: "2026-11-22T10:00:00Z",
    updated_at: "2026-11-22T10:00:00Z",
    channels: ["push", "email"],
    issued_by: "staff-editor",
    progress: [
      {
        version: 1,
        finished: true,
        at: "2026-11-22T10:00:05Z",
        channels: [
          { channel: "push", queued: 0, sent: 3, delivered: 0, failed: 1, expired: 0, cancelled: 0, unknown: 0, causes: {}, spared_by_push: 0, waiting_for_push: 0 },
          { channel: "email", queued: 0, sent: 0, delivered: 2, failed: 0, expired: 0, cancelled: 0, unknown: 0, causes: {}, spared_by_push: 0, waiting_for_push: 0 },
        ],
      },
    ],
    ...change,
  };
}

export function announcementDetail(change: Partial<AnnouncementDetail> = {}): AnnouncementDetail {
  const summary = announcement();
  return {
    ...summary,
    geometry: null,
    attachments: [],
    page_url: "http://localhost:8080/komunikaty/a1",
    history: [
      {
        version: 1,
        kind: "issued",
        category: "water",
        severity: "warning",
        texts: summary.texts,
        area: { kind: "town" },
        valid_from: summary.valid_from,
        valid_until: summary.valid_until,
        issued_at: summary.issued_at,
        channels: ["push", "email"],
        drill: false,
        issued_by: "staff-editor",
        origins: {},
      },
    ],
    ...change,
  };
}

export function auditPage(): AuditPageOfEntries {
  const entry = {
    entry_id: "e1",
    at: "2026-11-22T10:00:00Z",
    position: 18,
    recorded_at: "2026-11-22T10:00:01Z",
    actor_id: "staff-operator",
    actor_name: "Anna Nowak",
    camera_name: "Rynek 1",
    actor_kind: "staff",
    actor_role: "operator",
    action: "footage.playback",
    object_id: "",
    camera_id: "cam-001",
    footage_from: "2026-11-22T09:00:00Z",
    footage_until: "2026-11-22T09:10:00Z",
    reason: "",
    source_ip: "127.0.0.1",
    outcome: "allowed",
    source: "operator-gateway",
  };
  return { items: [entry, { ...entry, entry_id: "e2", action: "footage.live", outcome: "refused" }], next_cursor: "17" };
}

/** A push message as it is shown. */
export interface PushMessage {
  readonly title: string;
  readonly body: string;
  /** The announcement's topic: an update replaces the notification before it. */
  readonly tag: string;
  readonly url: string;
  readonly language: string;
  /** Stays on the screen until somebody has seen it. */
  readonly urgent: boolean;
  /** "" for what is no announcement, for example a test message. */
  readonly announcementId: string;
  /** Version of the announcement; 0 where there is none. */
  readonly version: number;
  /** This device as the town knows it: whom the beacon is from. "" in messages that want none. */
  readonly contactId: string;
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

/** The page to open: one of our own, whatever the message says. */
function ownPath(url: string, origin: string): string {
  try {
    const parsed = new URL(url, origin);
    return parsed.origin === origin ? parsed.pathname + parsed.search : "/";
  } catch {
    return "/";
  }
}

/** Reads the notifier's JSON payload; an unreadable one still shows, for a silent push would cost the permission. */
export function readPushMessage(payload: string, origin: string): PushMessage {
  let fields: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(payload);
    if (typeof parsed === "object" && parsed !== null) fields = parsed as Record<string, unknown>;
  } catch {
    fields = { body: payload };
  }
  const id = text(fields.announcement_id);
  const url = text(fields.url) || text(fields.page_url);
  return {
    title: text(fields.title) || "Hejnał",
    body: text(fields.body),
    tag: text(fields.tag) || id || "hejnal",
    url: url ? ownPath(url, origin) : id ? `/komunikaty/${id}` : "/",
    language: text(fields.language) || text(fields.lang) || "pl",
    urgent: fields.severity === "emergency" && fields.kind !== "cancelled",
    announcementId: id,
    version: Number.isSafeInteger(fields.version) ? Math.max(0, fields.version as number) : 0,
    contactId: text(fields.contact_id),
  };
}

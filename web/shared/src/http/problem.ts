/** One field the service refuses, as the problem body lists it (RFC 9457 extension `errors`). */
export interface FieldProblem {
  /** Path inside the request, e.g. `texts/pl/title`. */
  readonly field: string;
  readonly message: string;
  /** The service's own name of what is wrong with it. */
  readonly code: string;
}

/** A rough kind of failure; each has a sentence that says what to do (catalogue `shared`, `problem.todo`). */
export type ProblemKind =
  | "offline"
  | "unavailable"
  | "unauthenticated"
  | "forbidden"
  | "notFound"
  | "rateLimited"
  | "invalid"
  | "tooLarge"
  | "conflict"
  | "unexpected";

const KIND_OF_STATUS: Readonly<Record<number, ProblemKind>> = {
  0: "offline",
  400: "invalid",
  401: "unauthenticated",
  403: "forbidden",
  404: "notFound",
  409: "conflict",
  410: "notFound",
  412: "conflict",
  413: "tooLarge",
  415: "invalid",
  422: "invalid",
  423: "rateLimited",
  429: "rateLimited",
  502: "unavailable",
  503: "unavailable",
  504: "unavailable",
};

/** A request that did not succeed: an `application/problem+json` answer, or no answer at all (status 0). */
export class Problem extends Error {
  override readonly name = "Problem";

  constructor(
    readonly status: number,
    /** Last part of the problem's type, e.g. `place-outside-town`; "" when the service gave none. */
    readonly slug: string,
    /** The service's own sentence; "" when it gave none. */
    readonly detail: string,
    readonly errors: readonly FieldProblem[] = [],
    readonly retryAfterS?: number,
    readonly traceId = "",
  ) {
    super(`${status} ${slug || "problem"}: ${detail}`);
  }

  get kind(): ProblemKind {
    return KIND_OF_STATUS[this.status] ?? "unexpected";
  }

  /** Trying the same thing again later can help. */
  get passing(): boolean {
    return this.kind === "offline" || this.kind === "unavailable" || this.kind === "rateLimited";
  }
}

function text(value: unknown): string {
  return typeof value === "string" ? value : "";
}

function fieldProblems(value: unknown): FieldProblem[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((entry: unknown) => {
    if (typeof entry !== "object" || entry === null) return [];
    const { pointer, detail, code } = entry as Record<string, unknown>;
    const field = text(pointer).replace(/^\/(body|query|path)\//, "").replace(/^\//, "");
    return [{ field, message: text(detail), code: text(code) }];
  });
}

/** Retry-After in seconds (RFC 9110 §10.2.3: seconds or a date); undefined when absent or unreadable. */
export function retryAfter(header: string | null, now: Date = new Date()): number | undefined {
  if (!header) return undefined;
  if (/^\d+$/.test(header.trim())) return Number(header);
  const at = Date.parse(header);
  return Number.isNaN(at) ? undefined : Math.max(0, Math.ceil((at - now.getTime()) / 1000));
}

/** The problem an unsuccessful answer stands for; `body` is its parsed JSON or undefined. */
export function problemFrom(status: number, headers: Headers, body: unknown): Problem {
  const fields = (typeof body === "object" && body !== null ? body : {}) as Record<string, unknown>;
  return new Problem(
    status,
    text(fields.type).split(/[/:#]/).pop() ?? "",
    text(fields.detail) || text(fields.title),
    fieldProblems(fields.errors),
    retryAfter(headers.get("Retry-After")),
    text(fields.trace_id),
  );
}

/** Any thrown thing as a Problem: a failed fetch becomes "offline". */
export function asProblem(cause: unknown): Problem {
  if (cause instanceof Problem) return cause;
  if (cause instanceof TypeError || (cause instanceof DOMException && cause.name === "TimeoutError")) {
    return new Problem(0, "offline", "");
  }
  return new Problem(-1, "unexpected", cause instanceof Error ? cause.message : String(cause));
}

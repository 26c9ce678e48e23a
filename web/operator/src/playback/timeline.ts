/** The recorder's timeline of one camera: spans that tile the asked interval, each footage or a gap with its cause. */
export interface Span {
  readonly kind: "footage" | "gap";
  readonly fromMs: number;
  readonly toMs: number;
  readonly cause: string | null;
  readonly detail: string;
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly spans: readonly Span[];
  /** Share of footage since the camera was first recorded, 0 to 1; null before that. */
  readonly completeness: number | null;
}

/** Time that the archive knows nothing of: before the camera's first recording, or after what is still on its way. */
export const NOT_RECORDED = "not_recorded";

interface TimelineBody {
  readonly from: string;
  readonly to: string;
  readonly spans: readonly { readonly kind: string; readonly from: string; readonly to: string; readonly cause?: string | null; readonly detail?: string | null }[];
  readonly completeness: number | null;
}

export function parseTimeline(body: TimelineBody): Timeline {
  return {
    fromMs: Date.parse(body.from),
    toMs: Date.parse(body.to),
    completeness: body.completeness,
    spans: body.spans.map((span) => ({
      kind: span.kind === "footage" ? "footage" : "gap",
      fromMs: Date.parse(span.from),
      toMs: Date.parse(span.to),
      cause: span.kind === "footage" ? null : (span.cause ?? NOT_RECORDED),
      detail: span.detail ?? "",
    })),
  };
}

/** Joins neighbours of one kind and cause, so that a minute-by-minute archive reads as one stretch. */
export function joinSpans(spans: readonly Span[], seamMs = 250): Span[] {
  const joined: Span[] = [];
  for (const span of [...spans].sort((a, b) => a.fromMs - b.fromMs)) {
    const last = joined.at(-1);
    if (last?.kind === span.kind && last.cause === span.cause && span.fromMs - last.toMs <= seamMs) {
      joined[joined.length - 1] = { ...last, toMs: Math.max(last.toMs, span.toMs) };
    } else {
      joined.push(span);
    }
  }
  return joined;
}

export function gapAt(spans: readonly Span[], atMs: number): Span | null {
  return spans.find((span) => span.kind === "gap" && span.fromMs <= atMs && atMs < span.toMs) ?? null;
}

export interface SeekTarget {
  /** Where there is footage to show, or null when none follows. */
  readonly atMs: number | null;
  /** The gap that lies where the operator pointed. */
  readonly skipped: Span | null;
}

/** Where to play when somebody points at `wantedMs`: there, or after the gap that covers it. */
export function seekTarget(spans: readonly Span[], wantedMs: number): SeekTarget {
  const ordered = [...spans].sort((a, b) => a.fromMs - b.fromMs);
  const at = ordered.find((span) => span.kind === "footage" && span.toMs > wantedMs);
  if (at === undefined) return { atMs: null, skipped: gapAt(ordered, wantedMs) };
  if (at.fromMs <= wantedMs) return { atMs: wantedMs, skipped: null };
  return { atMs: at.fromMs, skipped: gapAt(ordered, wantedMs) };
}

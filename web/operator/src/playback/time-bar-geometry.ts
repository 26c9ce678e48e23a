import type { Span } from "./timeline.ts";

/** What the time bar shows: `spanMs` of time, ending `spanMs` after `fromMs`. */
export interface BarWindow {
  readonly fromMs: number;
  readonly spanMs: number;
}

export type Zoom = "10min" | "1h" | "24h";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
export const ZOOMS: Readonly<Record<Zoom, number>> = { "10min": 10 * MINUTE, "1h": HOUR, "24h": 24 * HOUR };
export const ZOOM_ORDER: readonly Zoom[] = ["10min", "1h", "24h"];

/** Window of one zoom step with `focusMs` at `share` of its width, kept from running past `latestMs`. */
export function windowAround(focusMs: number, zoom: Zoom, latestMs: number, share = 0.5): BarWindow {
  const spanMs = ZOOMS[zoom];
  const fromMs = Math.min(focusMs - spanMs * share, latestMs - spanMs);
  return { fromMs, spanMs };
}

/** Moves the window so that `atMs` stays in sight with a tenth of its width to spare; the same window when it already is. */
export function follow(window: BarWindow, atMs: number, latestMs: number): BarWindow {
  const margin = window.spanMs * 0.1;
  const last = window.fromMs + window.spanMs;
  if (atMs >= window.fromMs + margin && atMs <= last - margin) return window;
  if (atMs > last - margin && last >= latestMs && atMs <= last) return window;
  return { fromMs: Math.min(atMs - window.spanMs * 0.5, latestMs - window.spanMs), spanMs: window.spanMs };
}

export function xOf(window: BarWindow, atMs: number, widthPx: number): number {
  return ((atMs - window.fromMs) / window.spanMs) * widthPx;
}

export function timeAt(window: BarWindow, xPx: number, widthPx: number): number {
  if (widthPx <= 0) return window.fromMs;
  return window.fromMs + (Math.min(Math.max(xPx, 0), widthPx) / widthPx) * window.spanMs;
}

export interface BarRect {
  readonly span: Span;
  readonly xPx: number;
  readonly widthPx: number;
}

/** Spans as rectangles inside the window. A gap is never thinner than `minGapPx`: a missing second must be seen on a day's bar. */
export function rects(window: BarWindow, spans: readonly Span[], widthPx: number, minGapPx = 2): BarRect[] {
  const toMs = window.fromMs + window.spanMs;
  const shown: BarRect[] = [];
  for (const span of spans) {
    if (span.toMs <= window.fromMs || span.fromMs >= toMs) continue;
    const left = xOf(window, Math.max(span.fromMs, window.fromMs), widthPx);
    const right = xOf(window, Math.min(span.toMs, toMs), widthPx);
    const width = span.kind === "gap" ? Math.max(right - left, minGapPx) : right - left;
    shown.push({ span, xPx: Math.min(left, widthPx - width), widthPx: width });
  }
  return shown.sort((a, b) => Number(a.span.kind === "gap") - Number(b.span.kind === "gap"));
}

const STEPS_MS = [1, 2, 5, 10, 15, 30].map((m) => m * MINUTE).concat([1, 2, 3, 6, 12].map((h) => h * HOUR));

/** Round moments for tick marks, at least `minGapPx` apart, on round local times (`zoneOffsetMs`: local minus UTC). */
export function ticks(window: BarWindow, widthPx: number, zoneOffsetMs: number, minGapPx = 72): number[] {
  const most = Math.max(1, Math.floor(widthPx / minGapPx));
  const step = STEPS_MS.find((candidate) => window.spanMs / candidate <= most) ?? 24 * HOUR;
  const marks: number[] = [];
  const first = Math.ceil((window.fromMs + zoneOffsetMs) / step) * step - zoneOffsetMs;
  for (let at = first; at <= window.fromMs + window.spanMs; at += step) marks.push(at);
  return marks;
}

/** How far one arrow key and one page key move, in milliseconds. */
export function keySteps(zoom: Zoom): { readonly arrowMs: number; readonly pageMs: number } {
  if (zoom === "10min") return { arrowMs: 5_000, pageMs: MINUTE };
  if (zoom === "1h") return { arrowMs: 30_000, pageMs: 5 * MINUTE };
  return { arrowMs: 5 * MINUTE, pageMs: HOUR };
}

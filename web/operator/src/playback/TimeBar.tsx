import { type KeyboardEvent, type PointerEvent, type ReactNode, useCallback, useEffect, useRef, useState } from "react";
import { useTranslation } from "react-i18next";
import { causeWords } from "../words/causes.ts";
import { clock, clockWithSeconds, zoneOffsetMs } from "../words/town-clock.ts";
import { type BarWindow, keySteps, rects, ticks, timeAt, xOf, type Zoom } from "./time-bar-geometry.ts";
import { gapAt, NOT_RECORDED, type Span } from "./timeline.ts";

interface TimeBarProps {
  readonly window: BarWindow;
  readonly zoom: Zoom;
  /** One per camera; a lone one needs no name. */
  readonly lanes: readonly Lane[];
  readonly atMs: number;
  readonly latestMs: number;
  readonly onSeek: (atMs: number) => void;
  /** What is shown above the bar where somebody points, if anything. */
  readonly preview?: (atMs: number) => ReactNode;
}

export interface Lane {
  readonly name: string;
  readonly spans: readonly Span[];
}

const HEIGHT = 56;
const TRACK_TOP = 20;
const TRACK_HEIGHT = 26;
const LANE_HEIGHT = 14;
const PREVIEW_WIDTH = 160;

/** The archive as a bar: what is there, what is missing, where we are. A slider to the keyboard; the list beside it says the same. */
export function TimeBar({ window: shown, zoom, lanes, atMs, latestMs, onSeek, preview }: TimeBarProps) {
  const { t } = useTranslation();
  const [widthPx, setWidth] = useState(0);
  const [hover, setHover] = useState<number | null>(null);
  const bar = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = bar.current;
    if (element === null) return;
    setWidth(element.clientWidth);
    const observer = new ResizeObserver(() => setWidth(element.clientWidth));
    observer.observe(element);
    return () => observer.disconnect();
  }, []);

  const pointed = useCallback(
    (event: PointerEvent<HTMLDivElement>) => timeAt(shown, event.clientX - event.currentTarget.getBoundingClientRect().left, widthPx),
    [shown, widthPx],
  );
  const onKeyDown = (event: KeyboardEvent) => {
    const { arrowMs, pageMs } = keySteps(zoom);
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: atMs - arrowMs,
      ArrowDown: atMs - arrowMs,
      ArrowRight: atMs + arrowMs,
      ArrowUp: atMs + arrowMs,
      PageDown: atMs - pageMs,
      PageUp: atMs + pageMs,
      Home: shown.fromMs,
      End: Math.min(shown.fromMs + shown.spanMs, latestMs),
    };
    const to = moves[event.key];
    if (to === undefined) return;
    event.preventDefault();
    onSeek(Math.min(to, latestMs));
  };

  const laneHeight = lanes.length > 1 ? LANE_HEIGHT : TRACK_HEIGHT;
  const trackHeight = laneHeight * lanes.length;
  const height = HEIGHT - TRACK_HEIGHT + trackHeight;
  const stateAt = (spans: readonly Span[]) => {
    const gap = gapAt(spans, atMs);
    return gap === null ? t("bar.footageAt", { time: clockWithSeconds(atMs) }) : t("bar.gapAt", { time: clockWithSeconds(atMs), cause: causeWords(t, gap.cause) });
  };
  const valueText = lanes.map(({ name, spans }) => (lanes.length > 1 ? t("playback.lane", { camera: name, state: stateAt(spans) }) : stateAt(spans))).join("; ");
  const playheadPx = xOf(shown, atMs, widthPx);
  const hoverGap = hover === null ? null : (lanes.map(({ spans }) => gapAt(spans, hover)).find((gap) => gap !== null) ?? null);
  const hoverPx = hover === null ? 0 : Math.min(Math.max(xOf(shown, hover, widthPx) - PREVIEW_WIDTH / 2, 0), Math.max(0, widthPx - PREVIEW_WIDTH));
  return (
    <div className="time-bar">
      {hover === null || preview === undefined ? null : (
        <div className="time-bar-preview" style={{ insetInlineStart: hoverPx }} aria-hidden="true">
          {preview(hover)}
        </div>
      )}
      <div
        ref={bar}
        className="time-bar-track"
        role="slider"
        tabIndex={0}
        aria-label={t("bar.label")}
        aria-valuemin={Math.round(shown.fromMs / 1_000)}
        aria-valuemax={Math.round((shown.fromMs + shown.spanMs) / 1_000)}
        aria-valuenow={Math.round(atMs / 1_000)}
        aria-valuetext={valueText}
        onKeyDown={onKeyDown}
        onPointerDown={(event) => {
          event.currentTarget.setPointerCapture(event.pointerId);
          onSeek(Math.min(pointed(event), latestMs));
        }}
        onPointerMove={(event) => setHover(pointed(event))}
        onPointerLeave={() => setHover(null)}
      >
        <svg width={widthPx} height={height} aria-hidden="true" focusable="false">
          <defs>
            <pattern id="bar-gap" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
              <rect className="bar-gap-ground" width="6" height="6" />
              <rect className="bar-gap-stripe" width="2" height="6" />
            </pattern>
          </defs>
          <rect className="bar-ground" x={0} y={TRACK_TOP} width={widthPx} height={trackHeight} />
          {lanes.flatMap(({ spans, name }, lane) => rects(shown, spans, widthPx).map(({ span, xPx, widthPx: width }) => (
            <rect
              key={`${name}-${span.kind}-${span.fromMs}`}
              className={span.kind === "footage" ? "bar-footage" : span.cause === NOT_RECORDED ? "bar-none" : "bar-gap"}
              x={xPx}
              y={TRACK_TOP + lane * laneHeight}
              width={width}
              height={lanes.length > 1 ? laneHeight - 1 : laneHeight}
              fill={span.kind === "gap" && span.cause !== NOT_RECORDED ? "url(#bar-gap)" : undefined}
            />
          )))}
          {ticks(shown, widthPx, zoneOffsetMs(shown.fromMs)).map((at) => (
            <g key={at} transform={`translate(${xOf(shown, at, widthPx)} 0)`}>
              <line className="bar-tick" y1={TRACK_TOP - 4} y2={TRACK_TOP} />
              <text className="bar-tick-text" y={12} textAnchor="middle">
                {clock(at)}
              </text>
            </g>
          ))}
          {latestMs < shown.fromMs + shown.spanMs ? <line className="bar-now" x1={xOf(shown, latestMs, widthPx)} x2={xOf(shown, latestMs, widthPx)} y1={TRACK_TOP} y2={TRACK_TOP + trackHeight} /> : null}
          {hover === null ? null : <line className="bar-hover" x1={xOf(shown, hover, widthPx)} x2={xOf(shown, hover, widthPx)} y1={TRACK_TOP} y2={TRACK_TOP + trackHeight} />}
          {playheadPx < 0 || playheadPx > widthPx ? null : (
            <g className="bar-playhead" transform={`translate(${playheadPx} 0)`}>
              <line y1={TRACK_TOP - 4} y2={TRACK_TOP + trackHeight + 4} />
              <path d={`M-5 ${TRACK_TOP - 6}h10l-5 6z`} />
            </g>
          )}
        </svg>
      </div>
      <p className="time-bar-hover" aria-hidden="true">
        {hover === null ? " " : hoverGap === null ? clockWithSeconds(hover) : `${clockWithSeconds(hover)} ${causeWords(t, hoverGap.cause)}`}
      </p>
    </div>
  );
}

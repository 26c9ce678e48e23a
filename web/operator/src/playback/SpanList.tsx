import { useTranslation } from "react-i18next";
import { ProblemLine } from "../ui/ProblemLine.tsx";
import { causeWords } from "../words/causes.ts";
import { duration, momentWithSeconds } from "../words/console-words.ts";
import { useNowSeconds } from "../words/ticker.ts";
import { clockWithSeconds } from "../words/town-clock.ts";
import type { BarWindow } from "./time-bar-geometry.ts";
import { NOT_RECORDED, type Span, type Timeline } from "./timeline.ts";

interface SpanListProps {
  readonly window: BarWindow;
  readonly spans: readonly Span[];
  /** Null while it is on its way. */
  readonly timeline: Timeline | null;
  readonly error: unknown;
  /** Whose it is, where there are several. */
  readonly camera?: string;
  readonly onSeek: (atMs: number) => void;
}

/** The time bar in words: each stretch of footage and each gap with its cause, as buttons that go there. */
export function SpanList({ window: shown, spans, timeline, error, camera, onSeek }: SpanListProps) {
  const { t, i18n } = useTranslation();
  const nowMs = useNowSeconds();
  const completeness = timeline?.completeness ?? null;
  const endMs = shown.fromMs + shown.spanMs;
  const inside = spans
    .filter((span) => span.toMs > shown.fromMs && span.fromMs < endMs)
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, shown.fromMs), toMs: Math.min(span.toMs, endMs) }));
  const gaps = inside.filter((span) => span.kind === "gap" && span.cause !== NOT_RECORDED);
  const percent = new Intl.NumberFormat(i18n.language, { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });
  return (
    <section className="span-list" aria-label={camera === undefined ? t("bar.listLabel") : t("bar.listOf", { camera })}>
      <h2>{camera ?? t("bar.list")}</h2>
      <p className="soft">
        {timeline === null ? (error === null ? t("state.loading", { ns: "shared" }) : null) : completeness === null ? t("bar.nothingYet") : t("bar.completeness", { share: percent.format(Math.floor(completeness * 1000) / 1000) })}{" "}
        {completeness === null ? null : t("bar.gaps", { count: gaps.length })}
      </p>
      <ProblemLine error={error} act="seeTimeline" />
      <ol>
        {inside.map((span) => (
          <li key={`${span.kind}-${span.fromMs}`} className={`span span-${span.cause === NOT_RECORDED ? "none" : span.kind}`}>
            <button type="button" onClick={() => onSeek(span.kind === "footage" ? span.fromMs : span.fromMs - 5_000)}>
              <span className="span-time">
                {momentWithSeconds(span.fromMs, nowMs)}–{clockWithSeconds(span.toMs)}
              </span>{" "}
              <span>{span.kind === "footage" ? t("bar.footage") : causeWords(t, span.cause)}</span>{" "}
              <span className="soft">{duration(t, span.toMs - span.fromMs)}</span>
            </button>
          </li>
        ))}
      </ol>
      {inside.length === 0 && timeline !== null ? <p className="soft">{t("bar.nothing")}</p> : null}
    </section>
  );
}

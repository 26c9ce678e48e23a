"""Footage and gaps of an interval as one row of spans that tile it: no overlap, no hole."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hejnal_contracts.media import GapCause

PENDING_S = 15.0
"""How long the end of an open run may be unsettled before it counts as a gap: a GOP of 10 s and its way here."""


class SpanKind(StrEnum):
    """Whether there is footage."""

    FOOTAGE = "footage"
    GAP = "gap"


@dataclass(frozen=True, slots=True)
class Interval:
    """[starts_at, ends_at), never empty when it comes from this module."""

    starts_at: datetime
    ends_at: datetime

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True, slots=True)
class KnownGap:
    """A gap of the index; `ends_at` None while it is open."""

    starts_at: datetime
    ends_at: datetime | None
    cause: GapCause
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Span:
    """One piece of the answer. A gap without a cause is time that the archive knows nothing of."""

    kind: SpanKind
    starts_at: datetime
    ends_at: datetime
    cause: GapCause | None = None
    detail: str = ""

    @property
    def duration_s(self) -> float:
        """Length in seconds."""
        return (self.ends_at - self.starts_at).total_seconds()


@dataclass(frozen=True, slots=True)
class Known:
    """What the index says of a camera as a whole: first sight, settled up to, and whether a run is open."""

    first_seen: datetime
    until: datetime
    run_open: bool


BEFORE_FIRST = "The camera was not recorded before"
NEVER_SEEN = "Nothing has been recorded of this camera"
UNEXPLAINED = "The index says neither footage nor gap here"
SILENT = "Nothing has arrived since; the run was not ended"


def settled_end(wanted: datetime, now: datetime, known: Known | None) -> datetime:
    """Where the answer ends: not in the future, and not inside the last seconds that are still on their way."""
    end = min(wanted, now)
    if known is not None and known.run_open and known.until < end and (end - known.until) <= timedelta(seconds=PENDING_S):
        return known.until
    return end


def tile(
    interval: Interval,
    *,
    footage: Iterable[Interval],
    gaps: Iterable[KnownGap],
    known: Known | None,
) -> list[Span]:
    """The spans of `interval`, in order, adjacent footage joined; together they are exactly the interval."""
    pieces = [Span(SpanKind.FOOTAGE, part.starts_at, part.ends_at) for part in footage]
    pieces += [Span(SpanKind.GAP, gap.starts_at, gap.ends_at or interval.ends_at, gap.cause, gap.detail) for gap in gaps]
    pieces.sort(key=lambda span: span.starts_at)
    spans: list[Span] = []
    at = interval.starts_at
    for piece in pieces:
        starts_at, ends_at = max(piece.starts_at, at), min(piece.ends_at, interval.ends_at)
        if ends_at <= starts_at:
            continue
        if starts_at > at:
            _append(spans, *_unknown(Interval(at, starts_at), known))
        _append(spans, Span(piece.kind, starts_at, ends_at, piece.cause, piece.detail))
        at = ends_at
    if at < interval.ends_at:
        _append(spans, *_unknown(Interval(at, interval.ends_at), known))
    return spans


def completeness(spans: Sequence[Span], known: Known | None) -> float | None:
    """Share of footage in the time since the camera's first sight; None when the spans lie wholly before it."""
    if known is None:
        return None
    total_s = footage_s = 0.0
    for span in spans:
        if span.ends_at <= known.first_seen:
            continue
        total_s += span.duration_s if span.starts_at >= known.first_seen else (span.ends_at - known.first_seen).total_seconds()
        if span.kind is SpanKind.FOOTAGE:
            footage_s += span.duration_s
    return None if total_s <= 0 else min(1.0, footage_s / total_s)


def _append(spans: list[Span], *more: Span) -> None:
    for span in more:
        last = spans[-1] if spans else None
        if last and last.kind is span.kind and last.cause is span.cause and last.detail == span.detail:
            spans[-1] = Span(last.kind, last.starts_at, span.ends_at, last.cause, last.detail)
        else:
            spans.append(span)


def _unknown(part: Interval, known: Known | None) -> list[Span]:
    """Time that no row covers, split by what is known of it."""
    if known is None:
        return [Span(SpanKind.GAP, part.starts_at, part.ends_at, None, NEVER_SEEN)]
    spans = []
    at = part.starts_at
    if at < known.first_seen:
        end = min(known.first_seen, part.ends_at)
        spans.append(Span(SpanKind.GAP, at, end, None, BEFORE_FIRST))
        at = end
    if at < min(known.until, part.ends_at):
        end = min(known.until, part.ends_at)
        spans.append(Span(SpanKind.GAP, at, end, None, UNEXPLAINED))
        at = end
    if at < part.ends_at:
        spans.append(Span(SpanKind.GAP, at, part.ends_at, GapCause.INGEST_LOST, SILENT))
    return spans

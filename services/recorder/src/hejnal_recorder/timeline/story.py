"""Where a camera's story stands, and what may happen to its rows."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import Fragment


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """The file that grows. It has a row per `part`; a hole closes the row, and the next footage of the file opens another."""

    segment_id: str
    part: int
    part_open: bool
    part_starts_at: datetime
    starts_at: datetime
    ends_at: datetime
    fragments: int
    size_bytes: int
    last: Fragment | None = None
    """The last fragment of the open row; None when it is not known."""


@dataclass(frozen=True, slots=True)
class OpenGap:
    """The gap that lasts."""

    gap_id: str
    cause: GapCause
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class ClosedGap:
    """The gap that ends where the story stands: the next one of the same cause only makes it longer."""

    gap_id: str
    cause: GapCause
    detail: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Story:
    """All time in [first_seen, until) is tiled by footage and gaps; from `until` on, `gap` lasts or `run_id` goes on."""

    camera_id: str
    first_seen: datetime
    until: datetime
    epoch: int
    ingest_id: str
    run_id: str
    run_open: bool
    next_sequence: int
    segment: OpenSegment | None = None
    gap: OpenGap | None = None
    last_gap: ClosedGap | None = None


@dataclass(frozen=True, slots=True)
class RunOpened:
    """A new run; `codec` empty and `timescale` 0 when its announcement was lost."""

    run_id: str
    camera_id: str
    epoch: int
    ingest_id: str
    stream: str
    spool_url: str
    codec: str
    width: int
    height: int
    timescale: int
    started_at: datetime
    audio_codec: str | None = None


@dataclass(frozen=True, slots=True)
class RunClosed:
    """A run is over, by its own word or because another one began."""

    run_id: str
    ended_at: datetime
    cause: GapCause
    detail: str


@dataclass(frozen=True, slots=True)
class PartOpened:
    """A row for footage begins."""

    segment_id: str
    part: int
    camera_id: str
    run_id: str
    path: str
    starts_at: datetime
    init_size_bytes: int
    init_sha256: bytes


@dataclass(frozen=True, slots=True)
class FragmentAdded:
    """A fragment belongs to the row; the row's end moves to its end."""

    segment_id: str
    part: int
    part_starts_at: datetime
    fragment: Fragment
    after: Fragment | None = None
    """The row's fragment before it; None where it is the first, or where that is not known."""


@dataclass(frozen=True, slots=True)
class PartClosed:
    """Nothing is added to the row any more."""

    segment_id: str
    part: int
    part_starts_at: datetime


@dataclass(frozen=True, slots=True)
class SegmentCompleted:
    """The file is complete."""

    camera_id: str
    segment_id: str
    run_id: str
    starts_at: datetime
    ends_at: datetime
    fragments: int
    size_bytes: int


@dataclass(frozen=True, slots=True)
class GapStarted:
    """From `starts_at` on there is no footage."""

    gap_id: str
    camera_id: str
    cause: GapCause
    detail: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class GapEnded:
    """The gap is over; empty (`ends_at` = `starts_at`) when footage begins at once."""

    gap_id: str
    camera_id: str
    cause: GapCause
    starts_at: datetime
    ends_at: datetime


Effect = RunOpened | RunClosed | PartOpened | FragmentAdded | PartClosed | SegmentCompleted | GapStarted | GapEnded


class Outcome(StrEnum):
    """What became of a fact."""

    APPLIED = "applied"
    DUPLICATE = "duplicate"
    STALE = "stale"


@dataclass(frozen=True, slots=True)
class Decision:
    """The story after a fact, and what has to happen to the rows, in order."""

    outcome: Outcome
    story: Story
    effects: tuple[Effect, ...] = ()

"""Which bytes of which files make up an export, decided before anything is written. Pure; kept as JSON in the job's folder."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True)


class SourceFragment(_Part):
    """One recorded fragment and where it lies in the archive."""

    segment_id: str
    path: str = Field(description="Segment file, relative to the archive folder")
    in_store: bool = Field(default=False, description="It lies in the object store, not in the folder")
    offset_bytes: int
    size_bytes: int
    sha256: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    media_time: int
    duration_ticks: int
    frames: int
    camera_time: datetime | None = None


class SourceRun(_Part):
    """What the fragments of one head (ftyp, moov) share."""

    run_id: str
    stream: str
    codec: str
    width: int
    height: int
    timescale: int
    init_size_bytes: int
    init_sha256: str


class Stretch(_Part):
    """One file of the export: fragments that follow each other without a hole, under one head."""

    name: str = Field(description="File name without folder or ending")
    run: SourceRun
    fragments: list[SourceFragment]

    @property
    def starts_at(self) -> datetime:
        """Server time of the first picture."""
        return self.fragments[0].starts_at

    @property
    def ends_at(self) -> datetime:
        """Where the last fragment ends."""
        return self.fragments[-1].ends_at

    @property
    def size_bytes(self) -> int:
        """Head and fragments, before anything is added."""
        return self.run.init_size_bytes + sum(fragment.size_bytes for fragment in self.fragments)


class PlannedSpan(_Part):
    """Footage or gap of a camera; a camera's spans tile the interval."""

    kind: str
    starts_at: datetime
    ends_at: datetime
    cause: str | None = None
    detail: str = ""


class CameraPlan(_Part):
    """One camera's part of an export."""

    camera_id: str
    name: str
    spans: list[PlannedSpan]
    stretches: list[Stretch]


class Mask(_Part):
    """A rectangle to make unrecognisable, in shares of the picture, for a part of the time or all of it."""

    camera_id: str = Field(description="Camera whose picture it lies in")
    left: float = Field(ge=0, le=1, description="Share of the width")
    top: float = Field(ge=0, le=1, description="Share of the height")
    width: float = Field(gt=0, le=1)
    height: float = Field(gt=0, le=1)
    starts_at: datetime | None = Field(default=None, description="From this instant on; from the beginning without it")
    ends_at: datetime | None = Field(default=None, description="Up to this instant; to the end without it")


class Order(_Part):
    """Who asked for what, as it goes into the package."""

    export_id: str
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    reason: str
    case_number: str
    starts_at: datetime
    ends_at: datetime
    masks: list[Mask] = []
    originals: bool = Field(default=True, description="Whether the untouched footage goes along with masked footage")


class Plan(_Part):
    """All of it."""

    order: Order
    organisation: str
    cameras: list[CameraPlan]

    @property
    def size_bytes(self) -> int:
        """Footage in bytes."""
        return sum(stretch.size_bytes for camera in self.cameras for stretch in camera.stretches)

    @property
    def footage_s(self) -> float:
        """Footage in seconds."""
        stretches = (stretch for camera in self.cameras for stretch in camera.stretches)
        return sum((stretch.ends_at - stretch.starts_at).total_seconds() for stretch in stretches)


@dataclass(frozen=True, slots=True)
class RecordedFragment:
    """A fragment with its head, as the index has it."""

    run: SourceRun
    fragment: SourceFragment


def cut(camera_id: str, recorded: Iterable[RecordedFragment], *, longest_bytes: int) -> list[Stretch]:
    """Fragments in order of time as files: a new one after a hole, at a new head or run, and before it grows too large."""
    groups: list[list[RecordedFragment]] = []
    size_bytes = 0
    for one in recorded:
        last = groups[-1][-1] if groups else None
        follows = (
            last is not None
            and last.run == one.run
            and last.fragment.ends_at == one.fragment.starts_at
            and last.fragment.media_time < one.fragment.media_time
            and size_bytes + one.fragment.size_bytes <= longest_bytes
        )
        if not follows:
            groups.append([])
            size_bytes = one.run.init_size_bytes
        groups[-1].append(one)
        size_bytes += one.fragment.size_bytes
    return [
        Stretch(
            name=f"{camera_id}_{group[0].fragment.starts_at:%Y%m%dT%H%M%S}Z_{number:03d}",
            run=group[0].run,
            fragments=[one.fragment for one in group],
        )
        for number, group in enumerate(groups, 1)
    ]


def without_damaged(camera: CameraPlan, damaged: Sequence[SourceFragment], *, longest_bytes: int) -> CameraPlan:
    """The plan without fragments that cannot be read as they were recorded; their time becomes a gap that says so."""
    if not damaged:
        return camera
    lost = {(one.path, one.offset_bytes) for one in damaged}
    kept = [
        RecordedFragment(stretch.run, fragment)
        for stretch in camera.stretches
        for fragment in stretch.fragments
        if (fragment.path, fragment.offset_bytes) not in lost
    ]
    spans = list(camera.spans)
    for one in damaged:
        spans = [piece for span in spans for piece in _carve(span, one.starts_at, one.ends_at)]
    return camera.model_copy(
        update={"spans": _joined(spans), "stretches": cut(camera.camera_id, kept, longest_bytes=longest_bytes)}
    )


DAMAGED = "damaged"
DAMAGED_DETAIL = "The archive's bytes are missing or are not the recorded ones"


def _carve(span: PlannedSpan, starts_at: datetime, ends_at: datetime) -> list[PlannedSpan]:
    starts_at, ends_at = max(span.starts_at, starts_at), min(span.ends_at, ends_at)
    if span.kind != "footage" or ends_at <= starts_at:
        return [span]
    pieces = [
        span.model_copy(update={"ends_at": starts_at}),
        PlannedSpan(kind="gap", starts_at=starts_at, ends_at=ends_at, cause=DAMAGED, detail=DAMAGED_DETAIL),
        span.model_copy(update={"starts_at": ends_at}),
    ]
    return [piece for piece in pieces if piece.ends_at > piece.starts_at]


def _joined(spans: list[PlannedSpan]) -> list[PlannedSpan]:
    joined: list[PlannedSpan] = []
    for span in spans:
        last = joined[-1] if joined else None
        if last and (last.kind, last.cause, last.detail) == (span.kind, span.cause, span.detail) and span.kind == "gap":
            joined[-1] = last.model_copy(update={"ends_at": span.ends_at})
        else:
            joined.append(span)
    return joined

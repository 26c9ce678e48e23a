"""What the archive holds and what it lacks."""

from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant
from hejnal_contracts.media import GapCause


class SegmentStored(Fact):
    """A segment file has been taken over into the archive for good (its last fragment is there)."""

    TYPE: ClassVar[str] = "segment.stored.v1"

    camera_id: CameraId
    segment_id: Id
    run_id: Id
    starts_at: Instant
    ends_at: Instant
    fragments: int = Field(gt=0)
    size_bytes: int = Field(gt=0)


class SegmentDeleted(Fact):
    """A segment's bytes are gone from the archive."""

    TYPE: ClassVar[str] = "segment.deleted.v1"

    camera_id: CameraId
    segment_id: Id
    starts_at: Instant
    ends_at: Instant
    reason: Literal["age", "space", "privacy", "camera_removed", "lost"]
    deleted_at: Instant


class GapOpened(Fact):
    """From here on there is no footage of a camera."""

    TYPE: ClassVar[str] = "gap.opened.v1"

    camera_id: CameraId
    gap_id: Id
    cause: GapCause
    detail: str = Field(default="", max_length=300)
    starts_at: Instant


class GapClosed(Fact):
    """Footage goes on after a gap."""

    TYPE: ClassVar[str] = "gap.closed.v1"

    camera_id: CameraId
    gap_id: Id
    cause: GapCause
    starts_at: Instant
    ends_at: Instant


class HoldPlaced(Fact):
    """Footage was secured: retention may not touch it."""

    TYPE: ClassVar[str] = "hold.placed.v1"

    camera_id: CameraId
    hold_id: Id
    starts_at: Instant
    ends_at: Instant
    case_number: str
    legal_basis: str
    owner: Id
    expires_at: Instant


class HoldReleased(Fact):
    """A hold was ended by a decision."""

    TYPE: ClassVar[str] = "hold.released.v1"

    camera_id: CameraId
    hold_id: Id
    released_by: Id
    released_at: Instant
    reason: str


class ExportFinished(Fact):
    """A signed copy of footage was made."""

    TYPE: ClassVar[str] = "export.finished.v1"

    camera_id: CameraId
    export_id: Id
    starts_at: Instant
    ends_at: Instant
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    size_bytes: int = Field(gt=0)
    requested_by: Id
    reason: str
    finished_at: Instant

"""The recorded story of each camera: runs and their fragments (claim check: bytes lie in files, facts say where)."""

from enum import StrEnum
from typing import ClassVar

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant
from hejnal_contracts.cameras import StreamName


class GapCause(StrEnum):
    """Why there is no footage for a while."""

    LINK_DOWN = "link_down"
    CAMERA_REBOOT = "camera_reboot"
    REFUSED = "refused"
    NO_KEYFRAME = "no_keyframe"
    STALLED = "stalled"
    DISK_FULL = "disk_full"
    INGEST_LOST = "ingest_lost"
    INGEST_FAILOVER = "ingest_failover"
    OPERATOR_OFF = "operator_off"
    CLOCK_STEP = "clock_step"
    RETENTION = "retention"
    BACKFILLED = "backfilled"
    LINK_THIN = "link_thin"


class RunStarted(Fact):
    """An RTSP session began to deliver decodable video."""

    TYPE: ClassVar[str] = "run.started.v1"

    camera_id: CameraId
    run_id: Id
    epoch: int = Field(ge=0)
    ingest_id: str
    stream: StreamName
    spool_url: str = Field(description="Internal base URL from which spool files are fetched when not on the same disk")
    codec: str = Field(description="RFC 6381 codec string")
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    timescale: int = Field(gt=0, description="Ticks per second of the media timeline")
    started_at: Instant = Field(description="Server time of the first key frame")
    audio_codec: str | None = Field(
        default=None, description="RFC 6381 codec string of the sound track; null: recorded without sound"
    )
    backfilled: bool = Field(default=False, description="Fetched later from the camera's own card; fills gaps, never replaces")


class FragmentWritten(Fact):
    """One fMP4 fragment (one GOP, or a part of a long one) is durable in the spool."""

    TYPE: ClassVar[str] = "fragment.written.v1"

    camera_id: CameraId
    run_id: Id
    epoch: int = Field(ge=0)
    sequence: int = Field(ge=0, description="Fragment number in the run, from 0, without holes")
    segment_id: Id
    segment_path: str = Field(description="Spool-relative path: <camera>/<run>/<segment>.mp4")
    init_size_bytes: int = Field(gt=0, description="ftyp+moov (and a free box up to the block) at the start of the segment file")
    offset_bytes: int = Field(ge=0, description="Where the fragment's moof starts in the file")
    size_bytes: int = Field(gt=0, description="moof+mdat (and a free box up to the block)")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$", description="Of the fragment's bytes")
    init_sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    starts_at: Instant = Field(description="Server time of the first frame")
    ends_at: Instant = Field(description="Server time at which the next fragment starts")
    media_time: int = Field(ge=0, description="tfdt baseMediaDecodeTime in ticks")
    duration_ticks: int = Field(gt=0)
    frames: int = Field(gt=0)
    segment_ends: bool = Field(default=False, description="The last fragment of its segment file")
    camera_time: Instant | None = Field(default=None, description="Camera's own NTP time of the first frame, if known")
    starts_with_key_frame: bool = Field(
        default=True, description="False for the further parts of a long GOP: decoding has to begin in an earlier fragment"
    )


class RunEnded(Fact):
    """A run is over; nothing follows under its id."""

    TYPE: ClassVar[str] = "run.ended.v1"

    camera_id: CameraId
    run_id: Id
    epoch: int = Field(ge=0)
    cause: GapCause
    detail: str = Field(default="", max_length=300)
    fragments: int = Field(ge=0, description="How many were announced")
    ended_at: Instant

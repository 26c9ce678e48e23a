"""Facts about cameras: the registry's state, what ingest sees of each, what a camera reports."""

from enum import StrEnum
from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant, Model, Point

StreamName = Literal["main", "sub"]


class StreamSource(Model):
    """Where one stream of a camera is pulled from. The URL never carries credentials."""

    name: StreamName
    url: str = Field(pattern=r"^[a-z][a-z0-9+.-]*://[^@\s]*$", description="e.g. rtsp://10.0.0.7:554/main")


class ViewCone(Model):
    """What a camera sees on the map."""

    azimuth_deg: float = Field(ge=0, lt=360, description="Direction of view, clockwise from north")
    angle_deg: float = Field(gt=0, le=360)
    range_m: float = Field(gt=0, le=5000)


class RecordingPlan(Model):
    """Whether and how long a camera's footage is kept."""

    enabled: bool = True
    stream: StreamName = "main"
    keep_days: int = Field(default=30, ge=1, le=90, description="Retention; 90 days is the legal ceiling (art. 9a)")
    priority: Literal["low", "normal", "high"] = Field(
        default="normal", description="Whose recording gives way first when the archive's disk is full"
    )
    disk_share_percent: float | None = Field(
        default=None, gt=0, le=100, description="Most of the archive's disk that its footage may take; null = no limit of its own"
    )
    record_audio: bool = Field(
        default=False,
        description="Sound is recorded too. Off unless a legal basis for recording speech has been established",
    )


class OnvifAccess(Model):
    """How a camera is spoken to over ONVIF. The account is the camera's; it is never part of a fact."""

    url: str = Field(
        pattern=r"^https?://[^@\s/?#]+(/[^@\s]*)?$",
        max_length=300,
        description="Device service, e.g. http://10.0.0.7/onvif/device_service",
    )
    main_profile: str = Field(default="", max_length=64, description="Media profile token of the main stream; PTZ moves this one")
    sub_profile: str = Field(default="", max_length=64, description="Media profile token of the sub stream")
    allow_clock_set: bool = Field(
        default=False, description="Ingest may set the camera's clock when it is wrong by over a second"
    )
    allow_gop_set: bool = Field(default=False, description="Ingest may set the length of the camera's groups of pictures")
    card_recording: bool = Field(
        default=False, description="The camera records on its own card (Profile G): gaps are filled from it"
    )


class PicturePoint(Model):
    """A place in a picture, as shares of its width and height from the upper left corner."""

    x: float = Field(ge=0, le=1)
    y: float = Field(ge=0, le=1)


class PrivacyMask(Model):
    """A part of a camera's picture that is nobody's business: a window, a garden."""

    name: str = Field(default="", max_length=60)
    points: tuple[PicturePoint, ...] = Field(
        min_length=3, max_length=32, description="Corners of a polygon that does not cross itself, in order, not closed"
    )


class CameraState(Fact):
    """The whole state of a camera in the registry."""

    camera_id: CameraId
    version: int = Field(ge=1, description="Grows by one with each change")
    name: str = Field(min_length=1, max_length=120)
    place: Point
    address: str = ""
    streams: tuple[StreamSource, ...] = Field(min_length=1, max_length=2)
    has_credentials: bool = Field(default=False, description="Fetched by ingest over HTTP; never part of a fact")
    groups: tuple[str, ...] = ()
    recording: RecordingPlan = RecordingPlan()
    view_cone: ViewCone | None = None
    purpose: str = Field(default="", description="Why the camera is there, shown in the public register")
    public: bool = Field(default=True, description="Shown in the public register")
    restricted: bool = Field(default=False, description="Viewing asks for a reason")
    enabled: bool = True
    onvif: OnvifAccess | None = None
    privacy_masks: tuple[PrivacyMask, ...] = Field(
        default=(), max_length=32, description="Covered wherever the picture is shown to somebody; footage itself is not changed"
    )
    changed_at: Instant


class CameraRegistered(CameraState):
    """A camera was added to the registry."""

    TYPE: ClassVar[str] = "camera.registered.v1"


class CameraChanged(CameraState):
    """A camera's registration was changed; carries the whole new state."""

    TYPE: ClassVar[str] = "camera.changed.v1"


class CameraRemoved(CameraState):
    """A camera was taken out of the registry; carries its last state."""

    TYPE: ClassVar[str] = "camera.removed.v1"

    reason: str = Field(default="", max_length=300, description="Why, in the administrator's words")


class CameraCondition(StrEnum):
    """What an operator is told about a camera."""

    CONNECTING = "connecting"
    LIVE = "live"
    RETRYING = "retrying"
    OFF = "off"


class FaultCause(StrEnum):
    """Why a camera gives no picture."""

    NO_ROUTE = "no_route"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    NOT_RTSP = "not_rtsp"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    UNSUPPORTED = "unsupported"
    NO_KEYFRAME = "no_keyframe"
    STALLED = "stalled"
    CLOSED = "closed"
    PROTOCOL = "protocol"
    DISK_FULL = "disk_full"
    OPERATOR_OFF = "operator_off"
    GATEWAY_AWAY = "gateway_away"
    """The camera asks for a password, and the gateway that keeps it does not answer."""
    INGEST_AWAY = "ingest_away"
    """The ingest process that held the camera was shut down."""


class StreamHealth(Model):
    """Figures of one stream over the last window, taken from the compressed stream."""

    name: StreamName
    codec: str = Field(description="RFC 6381 codec string, e.g. avc1.64001f")
    width: int = Field(ge=0)
    height: int = Field(ge=0)
    fps: float = Field(ge=0)
    bitrate_bps: int = Field(ge=0)
    gop_s: float = Field(ge=0, description="Length of the last group of pictures")
    clock_offset_s: float | None = Field(default=None, description="Camera clock minus server clock, from RTCP sender reports")
    usual_fps: float | None = Field(default=None, ge=0, description="What this stream usually gives, learned")
    loss: float | None = Field(default=None, ge=0, le=1, description="Share of RTP packets that did not come")
    jitter_s: float | None = Field(default=None, ge=0, description="How late the latest pictures come (95th percentile)")
    drift_ppm: float | None = Field(default=None, description="How much faster (+) the camera's media clock runs")


TamperKind = Literal["covered", "moved", "blinded", "frozen", "defocused", "ir_fault"]


class PictureState(Model):
    """Whether what a camera shows is worth looking at."""

    state: Literal["learning", "healthy", "suspected", "tampered"]
    kind: TamperKind | None = None
    since: Instant
    light: Literal["day", "night"] | None = Field(default=None, description="Colour, or the grey picture of night mode")


class CameraStatusReported(Fact):
    """What ingest knows of a camera now."""

    TYPE: ClassVar[str] = "camera.status-reported.v1"

    camera_id: CameraId
    epoch: int = Field(ge=0, description="Lease epoch; a lower one is stale")
    ingest_id: str
    relay_url: str = Field(description="Internal base URL of the ingest process that holds the camera")
    condition: CameraCondition
    cause: FaultCause | None = None
    detail: str = Field(default="", max_length=300, description="For the operator; no secrets")
    since: Instant
    observed_at: Instant
    retry_at: Instant | None = None
    streams: tuple[StreamHealth, ...] = ()
    picture: PictureState | None = None


class CameraTampered(Fact):
    """A camera's picture is covered, moved, blinded, frozen, out of focus or useless at night; told again when it is over."""

    TYPE: ClassVar[str] = "camera.tampered.v1"

    event_id: Id
    camera_id: CameraId
    kind: TamperKind
    confidence: float = Field(ge=0, le=1)
    at: Instant
    phase: Literal["onset", "cleared"] = "onset"
    started_at: Instant | None = Field(default=None, description="When the first signs were seen")
    detail: str = Field(default="", max_length=300, description="What was measured, for the technician")


class MotionDetected(Fact):
    """A camera (ONVIF) or ingest saw motion."""

    TYPE: ClassVar[str] = "camera.motion-detected.v1"

    event_id: Id
    camera_id: CameraId
    started_at: Instant
    ended_at: Instant | None = None
    source: Literal["onvif", "stream"]


class StreamFaulted(Fact):
    """A stream ended or failed."""

    TYPE: ClassVar[str] = "camera.stream-faulted.v1"

    event_id: Id
    camera_id: CameraId
    stream: StreamName
    cause: FaultCause
    detail: str = Field(default="", max_length=300)
    at: Instant


class CameraClockSet(Fact):
    """Ingest has set a camera's clock over ONVIF."""

    TYPE: ClassVar[str] = "camera.clock-set.v1"

    event_id: Id
    camera_id: CameraId
    offset_before_s: float = Field(description="Camera clock minus server clock before")
    offset_after_s: float = Field(description="And after, measured anew")
    at: Instant

"""Facts about a camera's conformance: what a minute of listening to it has shown."""

from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant, Model
from hejnal_contracts.cameras import StreamName

Grade = Literal["good", "usable", "bad"]


class ProbeLine(Model):
    """One thing that was looked at."""

    subject: Literal[
        "connection",
        "transport",
        "codec",
        "parameter_sets",
        "gop",
        "b_frames",
        "fps",
        "bitrate",
        "loss",
        "jitter",
        "sender_reports",
        "clock",
        "audio",
        "sessions",
    ]
    grade: Grade
    value: str = Field(max_length=120, description="What was measured")
    advice_pl: str = Field(default="", max_length=400, description="What a technician should do; empty when all is well")
    advice_en: str = Field(default="", max_length=400)


class CameraProbed(Fact):
    """A camera's conformance card."""

    TYPE: ClassVar[str] = "camera.probed.v1"

    event_id: Id
    camera_id: CameraId
    stream: StreamName
    grade: Grade = Field(description="The worst of its lines")
    lines: tuple[ProbeLine, ...]
    listened_s: float = Field(ge=0)
    at: Instant

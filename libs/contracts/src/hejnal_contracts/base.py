"""The base of every fact and the value types that several facts share."""

from enum import StrEnum
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

CameraId = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Stable camera id, safe in paths")]
Id = Annotated[str, Field(min_length=1, max_length=64, description="Opaque id (UUIDv7 where we make it)")]
Instant = Annotated[AwareDatetime, Field(description="UTC instant, RFC 3339")]


class Model(BaseModel):
    """A frozen value; unknown fields are ignored so that a newer producer never breaks an older consumer."""

    model_config = ConfigDict(frozen=True, extra="ignore", ser_json_timedelta="float")


class Fact(Model):
    """Something that has happened. `TYPE` is the CloudEvents `type`; the Kafka key comes from the topic's `key` field."""

    TYPE: ClassVar[str]


class Point(Model):
    """A place on Earth, WGS 84 degrees."""

    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class Severity(StrEnum):
    """How much an announcement or alert matters, lowest first."""

    INFO = "info"
    NOTICE = "notice"
    WARNING = "warning"
    EMERGENCY = "emergency"


class Language(StrEnum):
    """Languages of the town's texts (BCP 47)."""

    PL = "pl"
    EN = "en"
    UK = "uk"


class Channel(StrEnum):
    """A way to reach a resident."""

    PUSH = "push"
    EMAIL = "email"
    SMS = "sms"
    WEBHOOK = "webhook"

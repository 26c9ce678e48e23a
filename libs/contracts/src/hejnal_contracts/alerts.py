"""The dispatchers' topic: alerts and their life, and requests for alerts from outside. A public contract."""

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant, Point, Severity

Version = Annotated[
    int | None,
    Field(ge=1, description="Grows by one with each change of the alert: what is not higher than the last one seen is a repeat"),
]


class AlertRaised(Fact):
    """Something a dispatcher must act on."""

    TYPE: ClassVar[str] = "alert.raised.v1"

    alert_id: Id
    kind: Literal["camera_fault", "tamper", "report", "request", "manual", "system"]
    severity: Severity
    summary: str = Field(min_length=1, max_length=200)
    place: Point | None = None
    address: str = ""
    camera_ids: tuple[CameraId, ...] = ()
    source: str = Field(description="What raised it: a report id, a camera id, an outside system's id")
    reason: str = Field(default="", max_length=120, description="For machines, e.g. tamper:covered, offline:no_route")
    raised_at: Instant
    version: Version = None


class AlertRepeated(Fact):
    """The same thing was noticed again while its alert was open: no new alert, but a higher count."""

    TYPE: ClassVar[str] = "alert.repeated.v1"

    alert_id: Id
    count: int = Field(ge=2, description="How often it was noticed so far")
    severity: Severity
    source: str
    at: Instant
    version: Version = None


class AlertAcknowledged(Fact):
    """A person has seen the alert."""

    TYPE: ClassVar[str] = "alert.acknowledged.v1"

    alert_id: Id
    by: Id
    at: Instant
    version: Version = None


class AlertAssigned(Fact):
    """A patrol or person has the alert."""

    TYPE: ClassVar[str] = "alert.assigned.v1"

    alert_id: Id
    to: str
    by: Id
    at: Instant
    version: Version = None


class AlertEscalated(Fact):
    """Nobody acted in time; the alert went one level up."""

    TYPE: ClassVar[str] = "alert.escalated.v1"

    alert_id: Id
    level: int = Field(ge=1)
    tell: tuple[str, ...] = Field(default=(), description="Roles that are told at this level")
    severity: Severity | None = None
    summary: str = Field(default="", max_length=200, description="What it is about, for whom only this level is told")
    at: Instant
    version: Version = None


class AlertResolved(Fact):
    """The alert is over."""

    TYPE: ClassVar[str] = "alert.resolved.v1"

    alert_id: Id
    outcome: Literal["handled", "false_alarm", "duplicate"]
    note: str = ""
    by: Id
    at: Instant
    version: Version = None


class AlertRequested(Fact):
    """A trusted outside system asks for an alert."""

    TYPE: ClassVar[str] = "alert.requested.v1"

    request_id: Id
    source_id: str = Field(min_length=1, max_length=120)
    severity: Severity
    summary: str = Field(min_length=1, max_length=200)
    place: Point | None = None
    address: str = Field(default="", max_length=200)
    camera_ids: tuple[CameraId, ...] = Field(default=(), max_length=32, description="Cameras that see it, where that is known")
    object_id: str = Field(
        default="",
        max_length=120,
        description="What it is about, e.g. one detector: requests about the same object join its open alert; empty: none joins",
    )
    at: Instant


class VehiclePositionReported(Fact):
    """Where a patrol car is."""

    TYPE: ClassVar[str] = "vehicle.position-reported.v1"

    vehicle_id: Id
    place: Point
    speed_mps: float = Field(ge=0)
    heading_deg: float | None = Field(default=None, ge=0, lt=360)
    at: Instant

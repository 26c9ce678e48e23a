"""The dispatchers' topic: alerts and their life, and requests for alerts from outside. A public contract."""

from typing import ClassVar, Literal

from pydantic import Field

from hejnal_contracts.base import CameraId, Fact, Id, Instant, Point, Severity


class AlertRaised(Fact):
    """Something a dispatcher must act on."""

    TYPE: ClassVar[str] = "alert.raised.v1"

    alert_id: Id
    kind: Literal["camera_fault", "tamper", "report", "request", "manual"]
    severity: Severity
    summary: str = Field(min_length=1, max_length=200)
    place: Point | None = None
    address: str = ""
    camera_ids: tuple[CameraId, ...] = ()
    source: str = Field(description="What raised it: a report id, a camera id, an outside system's id")
    raised_at: Instant


class AlertAcknowledged(Fact):
    """A person has seen the alert."""

    TYPE: ClassVar[str] = "alert.acknowledged.v1"

    alert_id: Id
    by: Id
    at: Instant


class AlertAssigned(Fact):
    """A patrol or person has the alert."""

    TYPE: ClassVar[str] = "alert.assigned.v1"

    alert_id: Id
    to: str
    by: Id
    at: Instant


class AlertEscalated(Fact):
    """Nobody acted in time; the alert went one level up."""

    TYPE: ClassVar[str] = "alert.escalated.v1"

    alert_id: Id
    level: int = Field(ge=1)
    at: Instant


class AlertResolved(Fact):
    """The alert is over."""

    TYPE: ClassVar[str] = "alert.resolved.v1"

    alert_id: Id
    outcome: Literal["handled", "false_alarm", "duplicate"]
    note: str = ""
    by: Id
    at: Instant


class AlertRequested(Fact):
    """A trusted outside system asks for an alert."""

    TYPE: ClassVar[str] = "alert.requested.v1"

    request_id: Id
    source_id: str = Field(min_length=1, max_length=120)
    severity: Severity
    summary: str = Field(min_length=1, max_length=200)
    place: Point | None = None
    at: Instant


class VehiclePositionReported(Fact):
    """Where a patrol car is."""

    TYPE: ClassVar[str] = "vehicle.position-reported.v1"

    vehicle_id: Id
    place: Point
    speed_mps: float = Field(ge=0)
    heading_deg: float | None = Field(default=None, ge=0, lt=360)
    at: Instant

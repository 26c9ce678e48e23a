"""Something that may be worth an alert, in one form whatever it came from. Pure."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.alerts import AlertRequested
from hejnal_contracts.base import CameraId, Point, Severity
from hejnal_contracts.cameras import CameraState, CameraTampered, FaultCause, StreamFaulted, TamperKind
from hejnal_contracts.residents import ReportSubmitted

Trigger = Literal["tamper", "camera_offline", "stream_fault", "report", "request", "manual", "system"]
AlertKind = Literal["camera_fault", "tamper", "report", "request", "manual", "system"]

KIND_OF: dict[Trigger, AlertKind] = {
    "tamper": "tamper",
    "camera_offline": "camera_fault",
    "stream_fault": "camera_fault",
    "report": "report",
    "request": "request",
    "manual": "manual",
    "system": "system",
}

_TAMPERED: dict[TamperKind, str] = {
    "covered": "Zasłonięty obraz",
    "moved": "Kamera obrócona",
    "blinded": "Kamera oślepiona",
    "frozen": "Obraz stoi w miejscu",
    "defocused": "Obraz nieostry",
    "ir_fault": "Nocny obraz do niczego",
}


class Occurrence(BaseModel):
    """What happened, where, how grave it is by itself, and what makes it the same as another one (`dedup_key`)."""

    model_config = ConfigDict(frozen=True)

    trigger: Trigger
    object_id: str = Field(description="The same kind at the same object within a rule's window is the same alert")
    severity: Severity
    summary: str
    reason: str
    source: str
    at: datetime
    place: Point | None = None
    address: str = ""
    camera_ids: tuple[CameraId, ...] = ()
    groups: tuple[str, ...] = Field(default=(), description="Camera groups that the cameras belong to")
    tamper_kind: TamperKind | None = None
    cause: FaultCause | None = None
    confidence: float | None = None
    category: str = ""
    urgent: bool = False
    raised_by: str | None = None

    @property
    def dedup_key(self) -> str:
        """Equal for what belongs to one alert."""
        return f"{self.trigger}:{self.object_id}"

    @property
    def kind(self) -> AlertKind:
        """As the public contract names it."""
        return KIND_OF[self.trigger]


def tampered(fact: CameraTampered, camera: CameraState | None) -> Occurrence:
    """A camera's picture is no longer worth looking at."""
    return Occurrence(
        trigger="tamper",
        object_id=f"{fact.camera_id}:{fact.kind}",
        severity=Severity.WARNING,
        summary=_of_camera(_TAMPERED[fact.kind], fact.camera_id, camera),
        reason=f"tamper:{fact.kind}",
        at=fact.at,
        tamper_kind=fact.kind,
        confidence=fact.confidence,
        **_at_camera(fact.camera_id, camera),
    )


def faulted(fact: StreamFaulted, camera: CameraState | None) -> Occurrence:
    """A stream ended or failed."""
    return Occurrence(
        trigger="stream_fault",
        object_id=f"{fact.camera_id}:{fact.cause.value}",
        severity=Severity.NOTICE,
        summary=_of_camera("Błąd strumienia", fact.camera_id, camera),
        reason=f"fault:{fact.cause.value}",
        at=fact.at,
        cause=fact.cause,
        **_at_camera(fact.camera_id, camera),
    )


def offline(camera_id: str, camera: CameraState | None, cause: FaultCause | None, at: datetime) -> Occurrence:
    """A camera has given no picture for longer than a rule allows."""
    return Occurrence(
        trigger="camera_offline",
        object_id=camera_id,
        severity=Severity.NOTICE,
        summary=_of_camera("Kamera nie daje obrazu", camera_id, camera),
        reason=f"offline:{cause.value if cause else 'unknown'}",
        at=at,
        cause=cause,
        **_at_camera(camera_id, camera),
    )


def reported(fact: ReportSubmitted) -> Occurrence:
    """A resident's report. Its text stays with citizen-api: only category and place are known here."""
    return Occurrence(
        trigger="report",
        object_id=fact.report_id,
        severity=Severity.WARNING if fact.urgent else Severity.NOTICE,
        summary=_short(f"Zgłoszenie {fact.reference}" + (f": {fact.address}" if fact.address else "")),
        reason=f"report:{fact.category}"[:120],
        source=fact.report_id,
        at=fact.submitted_at,
        place=fact.place,
        address=fact.address,
        category=fact.category,
        urgent=fact.urgent,
    )


def requested(fact: AlertRequested) -> Occurrence:
    """An outside system asks for an alert."""
    return Occurrence(
        trigger="request",
        object_id=f"{fact.source_id}:{fact.object_id}" if fact.object_id else f"{fact.source_id}#{fact.request_id}",
        severity=fact.severity,
        summary=fact.summary,
        reason=f"request:{fact.source_id}"[:120],
        source=fact.source_id,
        at=fact.at,
        place=fact.place,
        address=fact.address,
        camera_ids=fact.camera_ids,
    )


def _at_camera(camera_id: str, camera: CameraState | None) -> dict[str, object]:
    return {
        "source": camera_id,
        "camera_ids": (camera_id,),
        "place": camera.place if camera else None,
        "address": camera.address if camera else "",
        "groups": camera.groups if camera else (),
    }


def _of_camera(what: str, camera_id: str, camera: CameraState | None) -> str:
    return _short(f"{what}: {camera.name if camera else camera_id}")


def _short(text: str) -> str:
    return text if len(text) <= 200 else text[:199] + "…"

"""What is known of each camera now: the newest word of the process that holds it, and how old that word is."""

from datetime import datetime, timedelta
from enum import StrEnum

from pydantic import BaseModel, Field

from hejnal_contracts.cameras import CameraStatusReported, FaultCause, PictureState, StreamHealth


class ShownCondition(StrEnum):
    """A camera's condition as the console shows it."""

    CONNECTING = "connecting"
    LIVE = "live"
    RETRYING = "retrying"
    OFF = "off"
    UNKNOWN = "unknown"


class CameraStatus(BaseModel):
    """What an operator is told. `unknown`: nobody has reported on the camera for a while; `since` says from when on."""

    condition: ShownCondition
    cause: FaultCause | None = None
    detail: str = Field(default="", description="For the operator, in English; the console words the cause itself")
    since: datetime | None = Field(default=None, description="In this condition since; null when never reported")
    observed_at: datetime | None = None
    retry_at: datetime | None = None
    streams: list[StreamHealth] = []
    picture: PictureState | None = Field(default=None, description="Whether the picture is worth looking at; null: not known")


class StatusBoard:
    """Keeps the newest report per camera. Pure: no I/O, time is handed in."""

    def __init__(self, *, stale_after_s: float) -> None:
        self._stale_after = timedelta(seconds=stale_after_s)
        self._reports: dict[str, CameraStatusReported] = {}
        self._shown_stale: set[str] = set()

    def apply(self, report: CameraStatusReported) -> bool:
        """Take a report in. False when it is out of date: a lower lease epoch, or older within the same one."""
        known = self._reports.get(report.camera_id)
        if known is not None and (report.epoch, report.observed_at) < (known.epoch, known.observed_at):
            return False
        self._reports[report.camera_id] = report
        self._shown_stale.discard(report.camera_id)
        return True

    def forget(self, camera_id: str) -> None:
        """The camera is gone."""
        self._reports.pop(camera_id, None)
        self._shown_stale.discard(camera_id)

    def report(self, camera_id: str) -> CameraStatusReported | None:
        """The newest report as it came, however old."""
        return self._reports.get(camera_id)

    def cameras(self) -> list[str]:
        """Cameras that somebody has reported on."""
        return list(self._reports)

    def status(self, camera_id: str, now: datetime) -> CameraStatus:
        """What to show now."""
        report = self._reports.get(camera_id)
        if report is None:
            return CameraStatus(condition=ShownCondition.UNKNOWN)
        if now - report.observed_at > self._stale_after:
            return CameraStatus(
                condition=ShownCondition.UNKNOWN,
                detail="No word from the ingest process that holds this camera.",
                since=report.observed_at,
                observed_at=report.observed_at,
            )
        return CameraStatus(
            condition=ShownCondition(report.condition.value),
            cause=report.cause,
            detail=report.detail,
            since=report.since,
            observed_at=report.observed_at,
            retry_at=report.retry_at,
            streams=list(report.streams),
            picture=report.picture,
        )

    def newly_stale(self, now: datetime) -> list[str]:
        """Cameras whose report has become too old since the last call."""
        stale = {camera_id for camera_id, report in self._reports.items() if now - report.observed_at > self._stale_after}
        new = sorted(stale - self._shown_stale)
        self._shown_stale = stale
        return new


def differs_visibly(before: CameraStatus, after: CameraStatus) -> bool:
    """Whether an operator must hear of it at once (figures alone can wait)."""
    return (before.condition, before.cause, before.detail, before.since, _shown_picture(before)) != (
        after.condition,
        after.cause,
        after.detail,
        after.since,
        _shown_picture(after),
    ) or [(s.name, s.codec, s.width, s.height) for s in before.streams] != [
        (s.name, s.codec, s.width, s.height) for s in after.streams
    ]


def _shown_picture(status: CameraStatus) -> tuple[str, str | None] | None:
    """A suspicion is no news: most are found to be nothing a moment later."""
    picture = status.picture
    if picture is None:
        return None
    return ("healthy" if picture.state == "suspected" else picture.state, picture.kind)

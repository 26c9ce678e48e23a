"""What an operator is told of a camera, and since when. Pure: time is handed in."""

from dataclasses import dataclass
from datetime import datetime

from hejnal_contracts.cameras import CameraCondition, FaultCause
from hejnal_contracts.media import GapCause

GAP_CAUSES: dict[FaultCause, GapCause] = {
    FaultCause.NO_ROUTE: GapCause.LINK_DOWN,
    FaultCause.REFUSED: GapCause.REFUSED,
    FaultCause.UNAUTHORIZED: GapCause.REFUSED,
    FaultCause.NOT_RTSP: GapCause.REFUSED,
    FaultCause.NOT_FOUND: GapCause.REFUSED,
    FaultCause.NO_VIDEO: GapCause.REFUSED,
    FaultCause.UNSUPPORTED: GapCause.REFUSED,
    FaultCause.NO_KEYFRAME: GapCause.NO_KEYFRAME,
    FaultCause.STALLED: GapCause.STALLED,
    FaultCause.CLOSED: GapCause.LINK_DOWN,
    FaultCause.PROTOCOL: GapCause.LINK_DOWN,
    FaultCause.DISK_FULL: GapCause.DISK_FULL,
    FaultCause.OPERATOR_OFF: GapCause.OPERATOR_OFF,
    FaultCause.GATEWAY_AWAY: GapCause.REFUSED,
    FaultCause.INGEST_AWAY: GapCause.INGEST_LOST,
}
"""Why footage is missing when a camera has a fault."""


@dataclass(frozen=True, slots=True)
class Condition:
    """A condition with its cause."""

    condition: CameraCondition
    since: datetime
    cause: FaultCause | None = None
    detail: str = ""
    retry_at: datetime | None = None


class ConditionBoard:
    """Keeps a camera's condition. `since` is kept while condition and cause stay the same."""

    def __init__(self, now: datetime) -> None:
        self.current = Condition(CameraCondition.CONNECTING, now)

    def change(
        self,
        condition: CameraCondition,
        now: datetime,
        *,
        cause: FaultCause | None = None,
        detail: str = "",
        retry_at: datetime | None = None,
    ) -> bool:
        """Takes a new condition in; True when an operator would notice.

        A try in between does not hide why the camera is away: while connecting again the last cause stays.
        """
        before = self.current
        if condition is CameraCondition.CONNECTING and before.condition is CameraCondition.RETRYING:
            condition, cause, detail = before.condition, before.cause, before.detail
        same = (before.condition, before.cause) == (condition, cause)
        since = before.since if same else now
        self.current = Condition(condition, since, cause, detail[:300], retry_at)
        return not same or before.detail != self.current.detail

"""Why a camera gives no picture, told apart as an operator would."""

from enum import StrEnum


class RtspFault(StrEnum):
    """The true cause; the values are those of the contracts' `FaultCause`."""

    NO_ROUTE = "no_route"
    REFUSED = "refused"
    UNAUTHORIZED = "unauthorized"
    NOT_RTSP = "not_rtsp"
    NOT_FOUND = "not_found"
    NO_VIDEO = "no_video"
    UNSUPPORTED = "unsupported"
    STALLED = "stalled"
    CLOSED = "closed"
    PROTOCOL = "protocol"


class RtspError(Exception):
    """A session could not be opened, or has ended. `detail` is for people and holds no secret.

    `retry_after_s`: the camera has no place before so many seconds are over; None when nothing is known.
    """

    def __init__(self, fault: RtspFault, detail: str, *, retry_after_s: float | None = None) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail
        self.retry_after_s = retry_after_s

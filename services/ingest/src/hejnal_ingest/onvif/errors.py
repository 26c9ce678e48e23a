"""Why an ONVIF conversation failed, told apart as a technician would."""

from enum import StrEnum


class OnvifFault(StrEnum):
    """The true cause."""

    NO_ROUTE = "no_route"
    TIMEOUT = "timeout"
    UNAUTHORIZED = "unauthorized"
    NOT_ONVIF = "not_onvif"
    MALFORMED = "malformed"
    FOREIGN_ADDRESS = "foreign_address"
    UNSUPPORTED = "unsupported"
    REFUSED = "refused"
    GONE = "gone"


class OnvifError(Exception):
    """`detail` is for people and holds no secret."""

    def __init__(self, fault: OnvifFault, detail: str) -> None:
        super().__init__(f"{fault.value}: {detail}")
        self.fault = fault
        self.detail = detail

"""What a hold is, and the rules that need no database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from hejnal_runtime.errors import AppError, Kind

LONGEST_RANGE = timedelta(days=92)
LONGEST_AHEAD = timedelta(days=31)
LONGEST_EXPIRY = timedelta(days=731)
MOST_CAMERAS = 200


class LegalBasis(StrEnum):
    """Why footage may be kept longer than its time."""

    POLICE_REQUEST = "police_request"
    PROSECUTOR_ORDER = "prosecutor_order"
    COURT_ORDER = "court_order"
    MISDEMEANOUR_CASE = "misdemeanour_case"
    ADMINISTRATIVE_CASE = "administrative_case"
    CLAIM = "claim"
    DATA_SUBJECT_REQUEST = "data_subject_request"
    OTHER = "other"


class HoldState(StrEnum):
    """Whether it binds."""

    ACTIVE = "active"
    RELEASED = "released"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class NewHold:
    """What is to be secured, for whom and how long."""

    cameras: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    legal_basis: LegalBasis
    basis_text: str
    case_number: str
    owner: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Hold:
    """A hold as it stands."""

    hold_id: str
    state: HoldState
    cameras: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    legal_basis: LegalBasis
    basis_text: str
    case_number: str
    owner: str
    placed_at: datetime
    expires_at: datetime
    release_requested_by: str | None
    release_requested_at: datetime | None
    release_reason: str | None
    ended_by: str | None
    ended_at: datetime | None
    segments: int
    """Rows of the index that it binds."""
    size_bytes: int


def check_range(starts_at: datetime, ends_at: datetime, expires_at: datetime, *, now: datetime) -> None:
    """INVALID when a range or an expiry makes no sense."""
    if ends_at <= starts_at:
        raise _invalid("to", "`to` has to lie after `from`.")
    if starts_at > now:
        raise _invalid("from", "A hold begins in the past: footage that is yet to come is secured by its end.")
    if ends_at > now + LONGEST_AHEAD:
        raise _invalid("to", f"A hold reaches at most {LONGEST_AHEAD.days} days ahead; extend it when the time has come.")
    if ends_at - starts_at > LONGEST_RANGE + LONGEST_AHEAD:
        raise _invalid("to", f"A hold covers at most {(LONGEST_RANGE + LONGEST_AHEAD).days} days.")
    if not now < expires_at <= now + LONGEST_EXPIRY:
        raise _invalid("expires_at", f"The expiry lies between now and {LONGEST_EXPIRY.days} days from now.")


def _invalid(field: str, detail: str) -> AppError:
    return AppError(Kind.INVALID, "invalid-hold", detail, errors=[{"pointer": f"/{field}", "detail": detail}])

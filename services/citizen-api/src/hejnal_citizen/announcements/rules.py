"""What may be announced. Pure: the moment and what is known are handed in."""

from datetime import datetime, timedelta

from hejnal_citizen.announcements.schemas import Draft, State, VersionKind
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language
from hejnal_runtime.errors import AppError, Kind

LONGEST_VALIDITY = timedelta(days=366)
ALL_CLEAR_SENT_FOR = timedelta(hours=6)
"""An all-clear goes out even when the announcement's own time is nearly over."""


def state_of(kind: VersionKind, valid_from: datetime, valid_until: datetime, now: datetime) -> State:
    """How an announcement stands at `now`."""
    if kind == "cancelled":
        return "cancelled"
    if valid_until <= now:
        return "past"
    return "upcoming" if valid_from > now else "active"


def check_draft(draft: Draft, *, allowed: tuple[Channel, ...], now: datetime) -> None:
    """AppError(INVALID) with every reason why this cannot be announced."""
    errors = _text_errors(draft.texts)
    starts = draft.valid_from or now
    if draft.valid_until <= now:
        errors.append(_error("/body/valid_until", "in-the-past", "The end lies in the past: nobody would be told."))
    elif draft.valid_until <= starts:
        errors.append(_error("/body/valid_until", "before-start", "The end must come after the beginning."))
    elif draft.valid_until - min(starts, now) > LONGEST_VALIDITY:
        errors.append(_error("/body/valid_until", "too-far", "An announcement is valid for at most a year."))
    for channel in sorted(set(draft.channels) - set(allowed)):
        errors.append(_error("/body/channels", "channel-off", f"The channel {channel.value} is not switched on in this town."))
    if errors:
        raise AppError(Kind.INVALID, "invalid-announcement", errors[0]["detail"], errors=errors)


def check_texts(texts: dict[Language, Text]) -> None:
    """AppError(INVALID) unless there is a Polish text."""
    errors = _text_errors(texts)
    if errors:
        raise AppError(Kind.INVALID, "invalid-announcement", errors[0]["detail"], errors=errors)


def check_version(current: int, expected: int, if_match: str | None) -> None:
    """AppError when the version that was looked at is not the newest: PRECONDITION for If-Match, else CONFLICT."""
    detail = f"Somebody else changed this meanwhile (it is version {current} now). Look at it again before you send."
    if if_match is not None and if_match.strip() not in {"*", f'"{current}"'}:
        raise AppError(Kind.PRECONDITION, "version-conflict", detail)
    if expected != current:
        raise AppError(Kind.CONFLICT, "version-conflict", detail)


def all_clear_until(valid_until: datetime, now: datetime) -> datetime:
    """Until when an all-clear is still worth sending."""
    return max(valid_until, now + ALL_CLEAR_SENT_FOR)


def _text_errors(texts: dict[Language, Text]) -> list[dict[str, str]]:
    if Language.PL in texts:
        return []
    return [_error("/body/texts/pl", "polish-missing", "The Polish text is missing.")]


def _error(pointer: str, code: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "detail": detail}

"""What may be announced. Pure: the moment and what is known are handed in."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta

from hejnal_citizen import preconditions
from hejnal_citizen.announcements.schemas import Draft, State, VersionKind
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Channel, Language
from hejnal_runtime.errors import AppError, Kind

LONGEST_VALIDITY = timedelta(days=366)
UNSPEAKABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
"""Not allowed in XML 1.0, and nothing that can be read."""
_PLACEHOLDER = re.compile(r"\{[^{}\n]{1,40}\}")
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
    errors = _text_errors(draft.texts) + _origin_errors(draft)
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


def check_characters(texts: Mapping[Language, Mapping[str, str]]) -> None:
    """AppError(INVALID) when a text holds characters that no channel can carry."""
    errors = [
        _error(
            f"/body/texts/{language.value}/{name}", "control-character", "The text has a control character in it. Type it anew."
        )
        for language, text in texts.items()
        for name, value in text.items()
        if UNSPEAKABLE.search(value)
    ]
    if errors:
        raise AppError(Kind.INVALID, "invalid-announcement", errors[0]["detail"], errors=errors)


def check_version(current: int, expected: int, if_match: str | None) -> None:
    """AppError when the version that was looked at is not the newest: PRECONDITION for If-Match, else CONFLICT."""
    preconditions.require(if_match, current)
    if expected != current:
        detail = f"Somebody else changed this meanwhile (it is version {current} now). Look at it again before you send."
        raise AppError(Kind.CONFLICT, "version-conflict", detail)


def all_clear_until(valid_until: datetime, now: datetime) -> datetime:
    """Until when an all-clear is still worth sending."""
    return max(valid_until, now + ALL_CLEAR_SENT_FOR)


def _text_errors(texts: dict[Language, Text]) -> list[dict[str, str]]:
    check_characters({language: text.model_dump() for language, text in texts.items()})
    errors = []
    if Language.PL not in texts:
        errors.append(_error("/body/texts/pl", "polish-missing", "The Polish text is missing."))
    for language, text in texts.items():
        for name, value in text.model_dump().items():
            if left := _PLACEHOLDER.search(value):
                detail = f"{left[0]} from the template has not been filled in."
                errors.append(_error(f"/body/texts/{language.value}/{name}", "placeholder-left", detail))
    return errors


def _origin_errors(draft: Draft) -> list[dict[str, str]]:
    errors = []
    for language, origin in draft.origins.items():
        if origin == "machine" and language in draft.texts:
            detail = "A machine wrote this text. Read it, correct it and mark it as checked: nothing unread is sent."
            errors.append(_error(f"/body/origins/{language.value}", "machine-text-unchecked", detail))
    return errors


def _error(pointer: str, code: str, detail: str) -> dict[str, str]:
    return {"pointer": pointer, "code": code, "detail": detail}

"""Opaque cursors: where the next page of a list begins (keyset paging: nothing is skipped or doubled by new rows)."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from datetime import datetime

from hejnal_runtime.errors import AppError, Kind


def encode(*parts: str | int) -> str:
    """A cursor of these parts."""
    return urlsafe_b64encode(json.dumps(parts, separators=(",", ":")).encode()).decode().rstrip("=")


def decode(cursor: str, shape: Sequence[type[str] | type[int] | type[datetime]]) -> list[str | int | datetime]:
    """The parts of a cursor; AppError(INVALID) when it is not one of ours."""
    try:
        parts = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return [_part(value, kind) for value, kind in zip(parts, shape, strict=True)]
    except (ValueError, TypeError) as error:
        raise AppError(Kind.INVALID, "bad-cursor", "This cursor is not valid. Start again without it.") from error


def _part(value: object, kind: type[str] | type[int] | type[datetime]) -> str | int | datetime:
    if kind is datetime:
        instant = datetime.fromisoformat(str(value))
        if instant.tzinfo is None:
            raise ValueError("instant without offset")
        return instant
    if not isinstance(value, kind) or isinstance(value, bool):
        raise TypeError("wrong type in cursor")
    return value

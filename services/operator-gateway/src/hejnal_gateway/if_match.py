"""Which version a change was made from, as HTTP says it (RFC 9110 §13.1.1)."""

import re

from hejnal_runtime.errors import AppError, Kind

_ETAG = re.compile(r'(?:W/)?"?([0-9]{1,9})"?')


def version_of(if_match: str | None) -> int | None:
    """The version that an If-Match header names; None without one, and for any (`*`). AppError(PRECONDITION) else."""
    if if_match is None or if_match.strip() == "*":
        return None
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise AppError(Kind.PRECONDITION, "if-match-unknown", 'If-Match takes the ETag as it was loaded, e.g. "3".')
    return int(found[1])

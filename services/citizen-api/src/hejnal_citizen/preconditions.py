"""Which version a change was made from, as HTTP says it (RFC 9110 §13.1.1)."""

import re
from typing import Annotated

from fastapi import Header, Response

from hejnal_runtime.errors import AppError, Kind

_ETAG = re.compile(r'(?:W/)?"([0-9]{1,9})"')

IfMatch = Annotated[
    str | None, Header(alias="If-Match", max_length=40, description="`ETag` of what was loaded; 412 when it changed meanwhile")
]


def require(if_match: str | None, current: int) -> None:
    """AppError(PRECONDITION) unless the header is missing, `*`, or names the present version."""
    if if_match is None or if_match.strip() == "*":
        return
    found = _ETAG.fullmatch(if_match.strip())
    if found is None:
        raise AppError(Kind.PRECONDITION, "if-match-unknown", 'If-Match takes the ETag as it was loaded, e.g. "3".')
    if int(found[1]) != current:
        detail = f"This was changed meanwhile (it is version {current} now). Load it again before you save."
        raise AppError(Kind.PRECONDITION, "version-conflict", detail)


def tag(response: Response, version: int) -> None:
    """Say which version an answer is."""
    response.headers["ETag"] = f'"{version}"'

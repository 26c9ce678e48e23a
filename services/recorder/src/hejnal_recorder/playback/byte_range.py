"""HTTP range requests over one representation (RFC 9110 §14). Pure."""

import re

from fastapi import HTTPException

_RANGE = re.compile(r"^\s*bytes\s*=\s*(\d*)\s*-\s*(\d*)\s*$", re.IGNORECASE)


def requested_range(header: str | None, size_bytes: int) -> tuple[int, int] | None:
    """First and last byte wanted, or None for the whole.

    A header that is not one well-formed byte range (several ranges, another unit) is ignored, as §14.2 allows.
    Raises a 416 problem when the range lies behind the end.
    """
    match = _RANGE.match(header) if header else None
    if match is None or match.groups() == ("", ""):
        return None
    first, last = match.groups()
    if first == "":
        length = min(int(last), size_bytes)
        if length == 0:
            raise _unsatisfiable(size_bytes)
        return size_bytes - length, size_bytes - 1
    start = int(first)
    end = min(int(last), size_bytes - 1) if last else size_bytes - 1
    if last and int(last) < start:
        return None
    if start >= size_bytes:
        raise _unsatisfiable(size_bytes)
    return start, end


def etag_matches(header: str | None, etag: str) -> bool:
    """Whether an If-None-Match header names `etag` (weak comparison, §13.1.2)."""
    if header is None:
        return False
    if header.strip() == "*":
        return True
    return etag in {candidate.strip().removeprefix("W/") for candidate in header.split(",")}


def _unsatisfiable(size_bytes: int) -> HTTPException:
    detail = f"The segment has {size_bytes} bytes; ask for a range within them."
    return HTTPException(416, detail, headers={"Content-Range": f"bytes */{size_bytes}"})

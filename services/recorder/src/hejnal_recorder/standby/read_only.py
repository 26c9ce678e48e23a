"""A standby answers what is asked of it and takes no orders."""

from fastapi import Request

from hejnal_runtime.errors import AppError, Kind


def refuse_writes(request: Request) -> None:
    """Dependency of a standby's routes: 503 for all but GET and HEAD."""
    if request.method not in ("GET", "HEAD"):
        detail = "This is the second recorder: it only shows footage. Holds, exports and deletions go to the first one."
        raise AppError(Kind.UNAVAILABLE, "standby-reads-only", detail)

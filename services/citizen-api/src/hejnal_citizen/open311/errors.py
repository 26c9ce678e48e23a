"""Errors as GeoReport v2 has them: a list of code and description, in the format that was asked for."""

from collections.abc import Callable, Coroutine
from typing import Any

import structlog
from fastapi import Request, Response
from fastapi.exceptions import HTTPException
from fastapi.routing import APIRoute
from starlette.requests import ClientDisconnect

from hejnal_citizen.open311.documents import Document, Format, response
from hejnal_runtime.errors import AppError, Kind, is_transient
from hejnal_runtime.problems import RETRY_AFTER_S, route_of

log = structlog.get_logger()

_STATUS = {
    Kind.NOT_FOUND: 404,
    Kind.UNAUTHENTICATED: 403,
    Kind.FORBIDDEN: 403,
    Kind.TOO_LARGE: 413,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
}
"""404: not found, 403: api_key, 400: everything else of the caller's ("General service error"), and what every server knows."""


def bad(detail: str, slug: str = "bad-request") -> AppError:
    """A request that is wrong."""
    return AppError(Kind.INVALID, slug, detail)


def missing(what: str) -> AppError:
    """A required parameter that is not there."""
    return bad(f"{what} was not provided", "parameter-missing")


def unknown(what: str) -> AppError:
    """A thing that does not exist."""
    return AppError(Kind.NOT_FOUND, "not-found", f"{what} was not found")


def format_of(request: Request) -> Format:
    """The format by the path's ending; XML, which every server must speak, for any other."""
    return "json" if request.url.path.endswith(".json") else "xml"


class Open311Route(APIRoute):
    """A route whose errors speak the standard's language."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The handler, with every error answered in the format that was asked for."""
        handle = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await handle(request)
            except AppError as error:
                headers = {"Retry-After": str(error.retry_after_s)} if error.retry_after_s is not None else {}
                return _answer(request, _STATUS.get(error.kind, 400), error.detail, headers, error.errors)
            except HTTPException as error:
                return _answer(request, error.status_code, str(error.detail), {})
            except ClientDisconnect:
                raise
            except Exception as error:
                if not is_transient(error):
                    log.exception("unexpected_error", route=route_of(request.scope))
                    return _answer(request, 500, "Something went wrong on our side.", {})
                detail = "A part of the system is not answering right now. Please try again in a moment."
                return _answer(request, 503, detail, {"Retry-After": str(RETRY_AFTER_S)})

        return handler


def _answer(request: Request, status: int, detail: str, headers: dict[str, str], errors: Any = ()) -> Response:
    found = [{"code": status, "description": detail}]
    found += [{"code": status, "description": f"{one.get('pointer', '')}: {one.get('detail', '')}"} for one in errors]
    return response(Document("errors", found), format_of(request), status=status, headers=headers)

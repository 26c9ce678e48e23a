"""Every error that leaves a door is an `application/problem+json` document (RFC 9457)."""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

import structlog
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect

from hejnal_runtime import metrics
from hejnal_runtime.errors import AppError, Kind, is_transient
from hejnal_runtime.tracing import current_trace_id

log = structlog.get_logger()

STATUS_OF_KIND: dict[Kind, int] = {
    Kind.INVALID: 422,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION: 412,
    Kind.PRECONDITION_REQUIRED: 428,
    Kind.NOT_ACCEPTABLE: 406,
    Kind.GONE: 410,
    Kind.TOO_LARGE: 413,
    Kind.UNSUPPORTED: 415,
    Kind.RATE_LIMITED: 429,
    Kind.UNAVAILABLE: 503,
    Kind.INTERNAL: 500,
}
KIND_OF_STATUS: dict[int, Kind] = {status: kind for kind, status in STATUS_OF_KIND.items()}
"""For who asks another process of the same service and hands its refusal on."""

PROBLEM_TYPE_BASE = "urn:hejnal:problem:"
RETRY_AFTER_S = 2


def problem_response(
    status: int,
    slug: str,
    detail: str,
    *,
    instance: str,
    errors: tuple[Mapping[str, Any], ...] = (),
    headers: Mapping[str, str] | None = None,
) -> JSONResponse:
    """A problem document as a response; `type` is `urn:hejnal:problem:<slug>`."""
    body = _document(status, slug, detail, instance)
    if errors:
        body["errors"] = list(errors)
    return JSONResponse(body, status_code=status, headers=dict(headers or {}), media_type="application/problem+json")


def _document(status: int, slug: str, detail: str, instance: str) -> dict[str, Any]:
    return {
        "type": PROBLEM_TYPE_BASE + slug,
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "instance": instance,
        "trace_id": current_trace_id(),
    }


def problem_document(error: AppError, instance: str) -> dict[str, Any]:
    """An error as a problem document, for where there is no HTTP answer to put it in (an open WebSocket)."""
    return _document(STATUS_OF_KIND[error.kind], error.slug, error.detail, instance)


def _app_error(request: Request, error: AppError) -> JSONResponse:
    headers = dict(error.headers)
    retry_after_s = error.retry_after_s
    if retry_after_s is None and error.kind is Kind.UNAVAILABLE:
        retry_after_s = RETRY_AFTER_S
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    status = STATUS_OF_KIND[error.kind]
    return problem_response(status, error.slug, error.detail, instance=request.url.path, errors=error.errors, headers=headers)


def _validation(request: Request, error: RequestValidationError) -> JSONResponse:
    errors = tuple(
        {"pointer": "/" + "/".join(str(part) for part in item["loc"]), "detail": item["msg"], "code": item["type"]}
        for item in error.errors()
    )
    detail = "The request does not have the expected form; `errors` says where."
    return problem_response(422, "invalid-request", detail, instance=request.url.path, errors=errors)


def _http(request: Request, error: HTTPException) -> JSONResponse:
    slug = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-").replace("'", "")
    return problem_response(error.status_code, slug, str(error.detail), instance=request.url.path, headers=error.headers)


def route_of(scope: Mapping[str, Any]) -> str:
    """The route's template, for logs: a path may hold a token of a link in an e-mail."""
    return str(getattr(scope.get("route"), "path", "unmatched"))


def _unexpected(request: Request, error: Exception) -> JSONResponse:
    if is_transient(error):
        log.warning("dependency_unavailable", route=route_of(request.scope), error=type(error).__name__)
        detail = "A part of the system is not answering right now. Nothing was lost; please try again in a moment."
        headers = {"Retry-After": str(RETRY_AFTER_S)}
        return problem_response(503, "temporarily-unavailable", detail, instance=request.url.path, headers=headers)
    log.error("unexpected_error", route=route_of(request.scope), exc_info=error)
    detail = "Something went wrong on our side. Please quote the trace_id when you report it."
    return problem_response(500, "internal-error", detail, instance=request.url.path)


def install_problem_handlers(app: FastAPI) -> None:
    """Give the app one way of answering errors: AppError, validation, HTTP and unexpected ones; 503 when a dependency is away."""
    app.add_exception_handler(AppError, _app_error)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, _validation)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, _http)  # type: ignore[arg-type]
    app.add_middleware(UnexpectedErrorMiddleware)


class UnexpectedErrorMiddleware:
    """Turns what no handler caught into a problem; Starlette's own 500 handler would re-raise and end the connection."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Handle one ASGI connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = False

        async def tracked_send(message: Any) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self.app(scope, receive, tracked_send)
        except ClientDisconnect:  # left while its request was read: nobody is there to be answered, and nothing is broken
            metrics.HTTP_CLIENTS_GONE.inc()
            log.debug("client_gone", route=route_of(scope))
        except Exception as error:
            if started:  # the status line is out: the only honest sign left is a broken body
                raise
            await _unexpected(Request(scope), error)(scope, receive, send)

"""The gate in front of every route: which site a request comes from, who sent it, what that person may do."""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import Depends, Request
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Receive, Scope, Send

from hejnal_gateway.accounts.accounts import AnonymousKind
from hejnal_gateway.accounts.provider import CALLBACK, SIGN_OUT
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.doors.table import DOORS
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.problems import problem_response

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
_BODY_TYPES = frozenset({"application/json", "application/sdp", "application/trickle-ice-sdpfrag", "text/csv"})

_FORM_PATHS = frozenset(door.outside for door in DOORS if door.takes_form)


def cookie_name(*, secure: bool) -> str:
    """The session cookie's name; `__Host-` makes browsers insist on Secure, no Domain, Path=/ (RFC 6265bis §4.1.3)."""
    return "__Host-hejnal-staff" if secure else "hejnal-staff"


def source_ip(request: HTTPConnection) -> str:
    """The peer's address, for throttling and the audit log."""
    return request.client.host if request.client else ""


def _resources(request: HTTPConnection) -> Resources:
    resources: Resources | None = request.app.state.resources
    if resources is None:
        raise RuntimeError("this application was built to describe itself only")
    return resources


Res = Annotated[Resources, Depends(_resources)]


async def find_session(request: HTTPConnection) -> StaffSession | None:
    """Who is signed in, if anybody is."""
    resources = _resources(request)
    token = request.cookies.get(cookie_name(secure=resources.secure_cookies))
    return await resources.sessions.find(token, source_ip(request)) if token else None


class StaffRequired:
    """A dependency that gives the signed-in member of staff, for HTTP and WebSocket routes.

    401 for nobody, 403 for a role that is not listed or a password that must be changed first. A camera that the request names
    (`camera_id` in path or query) and the account's camera groups do not show answers 404, as one that does not exist.
    """

    def __init__(self, roles: frozenset[Role], *, though_password_is_due: bool = False) -> None:
        self.roles = roles
        self.though_password_is_due = though_password_is_due

    async def __call__(self, request: HTTPConnection) -> StaffSession:
        """Called by FastAPI."""
        staff = await find_session(request)
        if staff is None:
            raise AppError(Kind.UNAUTHENTICATED, "sign-in-required", "Please sign in.")
        if staff.role not in self.roles:
            raise AppError(Kind.FORBIDDEN, "role-not-allowed", f"The role {staff.role.value} may not do this.")
        if staff.must_change_password and not self.though_password_is_due:
            raise AppError(Kind.FORBIDDEN, "password-change-required", "Please change your password first.")
        named = [request.path_params.get("camera_id"), *request.query_params.getlist("camera_id")]
        for camera_id in filter(None, named):
            await _resources(request).sight.demand(staff, str(camera_id))
        return staff


class Limited:
    """A dependency for what nobody has to be signed in for: so many requests of one address without a success between."""

    def __init__(self, kind: AnonymousKind, *, most: int) -> None:
        self.kind: AnonymousKind = kind
        self.most = most

    async def __call__(self, request: Request) -> None:
        """Called by FastAPI. AppError(RATE_LIMITED)."""
        await _resources(request).accounts.limit(self.kind, source_ip(request), self.most)


class SameOriginMiddleware:
    """Refuses what another site makes a browser send here (CSRF).

    For /api/ every request with `Sec-Fetch-Site` other than same-origin or none is refused, reading too. For requests that
    change something, `Origin` (where sent) must be ours, and a body must be JSON or SDP: a form cannot be smuggled in. Programs
    without these headers carry no ambient cookie, so they need no such check. SameSite=Strict on the cookie stands behind it.
    Where a file is uploaded, a form is taken, but only with an `Origin` that is ours: every browser sends one with a form.
    """

    def __init__(self, app: ASGIApp, public_url: str) -> None:
        self.app = app
        self._origin = _origin_of(public_url)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one ASGI connection."""
        if scope["type"] in ("http", "websocket") and scope["path"].startswith("/api/"):
            connection = HTTPConnection(scope)
            wrong = self._judge_socket(connection) if scope["type"] == "websocket" else self._judge(Request(scope))
            if wrong is not None:
                await wrong(scope, receive, send)
                return
        await self.app(scope, receive, send)

    def _judge_socket(self, connection: HTTPConnection) -> ASGIApp | None:
        origin = connection.headers.get("origin")
        if origin is not None and _origin_of(origin) not in (self._origin, _origin_of(_as_http(str(connection.url)))):
            return _refuse(connection, 403, "cross-site", "Requests from another site are refused.")
        return None

    def _judge(self, request: Request) -> ASGIApp | None:
        site = request.headers.get("sec-fetch-site")
        if site not in (None, "same-origin", "none") and not _comes_back(request):
            return _refuse(request, 403, "cross-site", "Requests from another site are refused.")
        if request.method in _SAFE_METHODS:
            return None
        origin = request.headers.get("origin")
        if origin is not None and _origin_of(origin) not in (self._origin, _origin_of(str(request.url))):
            return _refuse(request, 403, "cross-site", "Requests from another site are refused.")
        has_body = request.headers.get("content-length", "0") != "0" or "transfer-encoding" in request.headers
        content_type = request.headers.get("content-type", "").split(";")[0].strip().lower()
        told_by_provider = request.url.path == SIGN_OUT and content_type == "application/x-www-form-urlencoded"
        uploaded = content_type == "multipart/form-data" and origin is not None and request.url.path in _FORM_PATHS
        if has_body and content_type not in _BODY_TYPES and not told_by_provider and not uploaded:
            return _refuse(
                request, 415, "content-type", "Send application/json (live view: application/sdp, camera lists: text/csv)."
            )
        return None


def _origin_of(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port
    except ValueError:
        port = -1
    return parts.scheme, parts.hostname or "", port or (443 if parts.scheme == "https" else 80)


def _as_http(url: str) -> str:
    return "http" + url.removeprefix("ws")


def _comes_back(request: Request) -> bool:
    """Whether a browser as a whole (no script, no image) is sent here by the identity provider."""
    return (
        request.method == "GET"
        and request.url.path == CALLBACK
        and request.headers.get("sec-fetch-mode") == "navigate"
        and request.headers.get("sec-fetch-dest") == "document"
    )


def _refuse(request: HTTPConnection, status: int, slug: str, detail: str) -> ASGIApp:
    return problem_response(status, slug, detail, instance=request.url.path)


def roles_of_route(route: Any) -> frozenset[Role] | None:
    """The roles a route asks for; None when it asks for nobody. For the test that walks all routes."""
    pending: list[Any] = [route.dependant]
    while pending:
        dependant = pending.pop()
        call: Callable[..., Awaitable[Any]] | None = dependant.call
        if isinstance(call, StaffRequired):
            return call.roles
        pending.extend(dependant.dependencies)
    return None

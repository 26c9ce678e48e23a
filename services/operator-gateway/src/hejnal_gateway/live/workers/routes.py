"""What the door may ask of a live worker, on its internal port."""

from collections.abc import Awaitable, Callable
from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response, WebSocket
from pydantic import ValidationError
from starlette.requests import HTTPConnection

from hejnal_contracts.base import CameraId
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.admission import STAFF
from hejnal_gateway.live.door import LiveCarriers, Pictures, StreamName
from hejnal_gateway.live.here import LiveHere
from hejnal_gateway.live.routes import MAX_OFFER_BYTES
from hejnal_gateway.live.socket import serve_socket
from hejnal_gateway.live.workers.client import PREFIX, STAFF_CLAIM
from hejnal_gateway.storage import SERVICE
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.tokens import Caller, TokenVerifier

Reason = Annotated[str, Query(max_length=300)]


def _door(verifier: TokenVerifier) -> Callable[[HTTPConnection], Awaitable[Caller]]:
    async def authenticate(connection: HTTPConnection) -> Caller:
        scheme, _, token = connection.headers.get("authorization", "").partition(" ")
        caller = verifier.verify(token.strip() if scheme.lower() == "bearer" else "")
        if caller.service != SERVICE:
            raise AppError(Kind.FORBIDDEN, "service-not-allowed", f"{caller.service} may not call this.")
        return caller

    return authenticate


def _person(caller: Caller) -> StaffSession:
    try:
        return STAFF.validate_python(caller.claims.get(STAFF_CLAIM))
    except ValidationError as error:
        raise AppError(Kind.FORBIDDEN, "person-missing", "The token names nobody.") from error


async def _text(request: Request) -> str:
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > MAX_OFFER_BYTES:
            raise AppError(Kind.TOO_LARGE, "offer-too-large", "An SDP document has at most 64 KiB.")
    return body.decode(errors="replace")


def create_router(live: LiveHere, verifier: TokenVerifier) -> APIRouter:
    """Routes that let other processes of the gateway use this one's live views."""
    router = APIRouter(prefix=PREFIX, tags=["live"])
    door = _door(verifier)

    async def person(caller: Annotated[Caller, Depends(door)]) -> StaffSession:
        return _person(caller)

    Person = Annotated[StaffSession, Depends(person)]  # noqa: N806 a type

    @router.get("/cameras/{camera_id}")
    async def carriers(camera_id: CameraId, staff: Person, stream: StreamName = "main") -> LiveCarriers:
        """What can carry the stream here."""
        return await live.carriers(staff, camera_id, stream)

    @router.post("/whep/{camera_id}", status_code=201)
    async def open_view(
        camera_id: CameraId, request: Request, staff: Person, stream: StreamName = "main", reason: Reason = ""
    ) -> dict[str, Any]:
        """A view here."""
        return asdict(await live.open(staff, camera_id, stream, await _text(request), reason))

    @router.patch("/whep/{camera_id}/{viewer_id}", status_code=204)
    async def trickle(
        camera_id: CameraId, viewer_id: str, request: Request, staff: Person, if_match: str | None = None
    ) -> Response:
        """A browser's candidates."""
        await live.trickle(staff, camera_id, viewer_id, await _text(request), if_match)
        return Response(status_code=204)

    @router.put("/whep/{camera_id}/{viewer_id}/stream", status_code=204)
    async def switch(
        camera_id: CameraId, viewer_id: str, staff: Person, stream: StreamName, pictures: Pictures | None = None
    ) -> Response:
        """The other stream, or other pictures of it."""
        await live.switch(staff, camera_id, viewer_id, stream, pictures)
        return Response(status_code=204)

    @router.delete("/whep/{camera_id}/{viewer_id}", status_code=204)
    async def close(camera_id: CameraId, viewer_id: str, staff: Person) -> Response:
        """End a view here."""
        await live.close(staff, camera_id, viewer_id)
        return Response(status_code=204)

    @router.delete("/sessions/{session_id}", status_code=204)
    async def end_session(session_id: str, _caller: Annotated[Caller, Depends(door)]) -> Response:
        """End what is shown to a session that is over."""
        await live.viewers.close_of_session(session_id)
        return Response(status_code=204)

    @router.websocket("/sockets/{camera_id}")
    async def socket(
        camera_id: CameraId, websocket: WebSocket, staff: Person, stream: StreamName = "main", reason: Reason = ""
    ) -> None:
        """A view as fMP4."""
        await serve_socket(websocket, lambda target: live.watch(staff, camera_id, stream, reason, target))

    return router

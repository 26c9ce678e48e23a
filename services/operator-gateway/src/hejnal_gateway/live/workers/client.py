"""Asking another live worker, over its internal port, in the name of a signed-in person."""

import json
from typing import Any

import aiohttp
from yarl import URL

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.admission import STAFF
from hejnal_gateway.live.door import LiveCarriers, Opened, Pictures, StreamName
from hejnal_gateway.live.fmp4.view import MessageSink
from hejnal_gateway.storage import SERVICE
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.problems import KIND_OF_STATUS, PROBLEM_TYPE_BASE
from hejnal_runtime.tokens import TokenIssuer

PREFIX = "/internal/v1/live"
STAFF_CLAIM = "staff"
_WITHIN_S = 5.0
_CONNECT_S = 0.7
_SILENCE_S = 30.0
WORKER_LOST = "worker-lost"


class WorkerAwayError(Exception):
    """The worker does not answer: ask another one."""


class WorkerClient:
    """The routes of `workers.routes`, called. Refusals come back as the AppErrors they were; silence as WorkerAwayError."""

    def __init__(self, session: aiohttp.ClientSession, issuer: TokenIssuer) -> None:
        self._session = session
        self._issuer = issuer

    async def carriers(self, url: str, staff: StaffSession, camera_id: str, stream: StreamName) -> LiveCarriers:
        """What can carry the stream there."""
        return LiveCarriers.model_validate(await self._ask("GET", url, f"/cameras/{camera_id}", staff, {"stream": stream}))

    async def open(self, url: str, staff: StaffSession, camera_id: str, stream: StreamName, offer: str, reason: str) -> Opened:
        """A view there."""
        query = {"stream": stream, "reason": reason}
        return Opened(**await self._ask("POST", url, f"/whep/{camera_id}", staff, query, offer.encode()))

    async def trickle(
        self, url: str, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None
    ) -> None:
        """A browser's candidates."""
        query = {} if if_match is None else {"if_match": if_match}
        await self._ask("PATCH", url, f"/whep/{camera_id}/{viewer_id}", staff, query, fragment.encode())

    async def switch(
        self, url: str, staff: StaffSession, camera_id: str, viewer_id: str, stream: StreamName, pictures: Pictures | None
    ) -> None:
        """The other stream, or other pictures of it."""
        query: dict[str, str] = {"stream": stream}
        if pictures is not None:
            query["pictures"] = pictures
        await self._ask("PUT", url, f"/whep/{camera_id}/{viewer_id}/stream", staff, query)

    async def close(self, url: str, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view there."""
        await self._ask("DELETE", url, f"/whep/{camera_id}/{viewer_id}", staff)

    async def end_session(self, url: str, session_id: str) -> None:
        """End what is shown there to a session that is over."""
        await self._ask("DELETE", url, f"/sessions/{session_id}", None)

    async def watch(
        self, url: str, staff: StaffSession, camera_id: str, stream: StreamName, reason: str, target: MessageSink
    ) -> str:
        """Hand a view there on to `target`, at the pace of `target`; why it ended."""
        address = URL(url) / f"{PREFIX}/sockets/{camera_id}".lstrip("/") % {"stream": stream, "reason": reason}
        timeout = aiohttp.ClientWSTimeout(ws_receive=_SILENCE_S, ws_close=1.0)
        started = False
        try:
            async with self._session.ws_connect(
                address, headers=self._headers(staff), timeout=timeout, heartbeat=10, max_msg_size=0, autoclose=True
            ) as socket:
                async for message in socket:
                    if message.type is aiohttp.WSMsgType.BINARY:
                        await target.send_bytes(message.data)
                    elif message.type is aiohttp.WSMsgType.TEXT:
                        if not started:
                            _raise_refusal(message.data)
                        await target.send_text(message.data)
                    started = True
                return WORKER_LOST if socket.close_code in (None, 1006) else "stopping" if socket.close_code == 1001 else "ended"
        except (aiohttp.ClientError, TimeoutError) as error:
            if started:
                return WORKER_LOST
            raise WorkerAwayError(repr(error)) from error

    def _headers(self, staff: StaffSession | None) -> dict[str, str]:
        claims: dict[str, Any] = {} if staff is None else {STAFF_CLAIM: STAFF.dump_python(staff, mode="json")}
        subject, role = (staff.account_id, staff.role.value) if staff is not None else (None, None)
        return {"Authorization": f"Bearer {self._issuer.issue(SERVICE, subject=subject, role=role, **claims)}"}

    async def _ask(
        self,
        method: str,
        url: str,
        path: str,
        staff: StaffSession | None,
        query: dict[str, str] | None = None,
        body: bytes | None = None,
    ) -> Any:
        try:
            async with self._session.request(
                method,
                URL(url) / f"{PREFIX}{path}".lstrip("/") % (query or {}),
                headers=self._headers(staff),
                data=body,
                timeout=aiohttp.ClientTimeout(total=_WITHIN_S, sock_connect=_CONNECT_S),
            ) as answer:
                if answer.status >= 400:
                    raise _refusal(answer.status, await answer.read(), answer.headers.get("Retry-After"))
                return await answer.json() if answer.status != 204 else None
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise WorkerAwayError(repr(error)) from error


def _raise_refusal(text: str) -> None:
    problem = json.loads(text).get("problem")
    if problem is not None:
        raise _refusal(int(problem["status"]), json.dumps(problem).encode(), None)


def _refusal(status: int, body: bytes, retry_after: str | None) -> AppError:
    try:
        problem = json.loads(body)
        slug, detail = str(problem["type"]).removeprefix(PROBLEM_TYPE_BASE), str(problem["detail"])
    except (ValueError, KeyError, TypeError):
        slug, detail = "live-worker-failed", "The live worker gave no readable answer. Try again in a moment."
    kind = KIND_OF_STATUS.get(status, Kind.INTERNAL)
    if kind in (Kind.UNAUTHENTICATED, Kind.INTERNAL):  # our token was refused, or it failed: not the person's fault
        kind, slug, detail = Kind.UNAVAILABLE, "live-worker-failed", "The live worker could not answer. Try again in a moment."
    return AppError(kind, slug, detail, retry_after_s=int(retry_after) if retry_after and retry_after.isdigit() else None)

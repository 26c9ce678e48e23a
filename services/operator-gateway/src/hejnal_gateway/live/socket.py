"""A browser's WebSocket as the other end of an fMP4 view."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress

import structlog
from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from hejnal_gateway.live.fmp4.view import MessageSink
from hejnal_runtime.errors import AppError
from hejnal_runtime.problems import STATUS_OF_KIND, problem_document

log = structlog.get_logger()

GOING_AWAY, ENDED, PROBLEM = 1001, 1000, 4000
_SEND_WITHIN_S = 30.0
_COME_AGAIN = frozenset({"stopping", "worker-lost", "worker-fenced", "camera-changed", "codec-changed"})


class _Target:
    """Sends with a time limit: who takes nothing for so long is gone."""

    def __init__(self, socket: WebSocket) -> None:
        self._socket = socket

    async def send_text(self, data: str) -> None:
        await self._within(self._socket.send_text(data))

    async def send_bytes(self, data: bytes) -> None:
        await self._within(self._socket.send_bytes(data))

    async def _within(self, sending: Awaitable[None]) -> None:
        try:
            async with asyncio.timeout(_SEND_WITHIN_S):
                await sending
        except (WebSocketDisconnect, TimeoutError) as error:
            raise ConnectionError("the viewer is gone") from error


async def serve_socket(socket: WebSocket, watch: Callable[[MessageSink], Awaitable[str]]) -> None:
    """Accept, send what `watch` gives until either side ends.

    A refusal is a message `{"problem": …}` and a code of 4000 + status: browsers cannot read the answer to a failed handshake.
    """
    await socket.accept()
    watching = asyncio.ensure_future(watch(_Target(socket)))
    listening = asyncio.create_task(_until_gone(socket))
    code, reason = ENDED, "left"
    try:
        await asyncio.wait({watching, listening}, return_when=asyncio.FIRST_COMPLETED)
        if watching.done():
            code, reason = await _outcome(socket, watching)
    finally:
        for task in (watching, listening):
            task.cancel()
        await asyncio.gather(watching, listening, return_exceptions=True)
        if socket.application_state is not WebSocketState.DISCONNECTED:
            with suppress(RuntimeError, WebSocketDisconnect, TimeoutError):
                async with asyncio.timeout(1):
                    await socket.close(code, reason)


async def _outcome(socket: WebSocket, watching: "asyncio.Future[str]") -> tuple[int, str]:
    try:
        reason = watching.result()
    except AppError as error:
        with suppress(WebSocketDisconnect, RuntimeError):
            await socket.send_json({"problem": problem_document(error, socket.url.path)})
        return PROBLEM + STATUS_OF_KIND[error.kind], error.slug
    return (GOING_AWAY if reason in _COME_AGAIN else ENDED), reason


async def _until_gone(socket: WebSocket) -> None:
    """What the viewer says is not for us."""
    while (await socket.receive())["type"] != "websocket.disconnect":
        pass

"""An endless HTTP answer that notices at once when its reader has gone."""

import asyncio
import contextlib

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from hejnal_contracts.cameras import StreamName
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.camera.streams import NotLiveError
from hejnal_ingest.relay.hub import RelayReader
from hejnal_runtime.errors import AppError, Kind

MEDIA_TYPE = "application/vnd.hejnal.relay"


class RelayResponse(Response):
    """The relay records of a reader that has been opened; `opened` closes it when the connection ends."""

    media_type = MEDIA_TYPE

    def __init__(self, reader: RelayReader, opened: contextlib.AsyncExitStack) -> None:
        super().__init__(headers={"Cache-Control": "no-store"})
        self._reader = reader
        self._opened = opened

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Sends until the reader or the stream is gone."""
        del scope
        headers = [(name, value) for name, value in self.raw_headers if name != b"content-length"]
        async with self._opened:
            gone = asyncio.create_task(_wait_for_disconnect(receive))
            sending = asyncio.create_task(self._send(send, headers))
            try:
                await asyncio.wait({gone, sending}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                for task in (gone, sending):
                    task.cancel()
                await asyncio.gather(gone, sending, return_exceptions=True)

    async def _send(self, send: Send, headers: list[tuple[bytes, bytes]]) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        async for chunk in self._reader.chunks():
            await send({"type": "http.response.body", "body": chunk, "more_body": True})
        await send({"type": "http.response.body", "body": b""})


async def _wait_for_disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def open_relay(runner: CameraRunner, stream: StreamName) -> RelayResponse:
    """A response for a stream. Raises AppError: not_found for a stream the camera has not, conflict when it is not live."""
    opened = contextlib.AsyncExitStack()
    try:
        reader = await opened.enter_async_context(runner.reading(stream))
    except KeyError as error:
        raise AppError(Kind.NOT_FOUND, "no-such-stream", f"The camera has no stream {stream}.") from error
    except NotLiveError as error:
        condition = error.condition
        cause = condition.cause.value if condition.cause else condition.condition.value
        detail = f"The camera is not live: {condition.detail or cause}."
        raise AppError(Kind.CONFLICT, "camera-not-live", detail, errors=[{"cause": cause}]) from error
    return RelayResponse(reader, opened)

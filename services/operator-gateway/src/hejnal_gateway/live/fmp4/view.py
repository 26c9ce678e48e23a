"""One live view over WebSocket: from the newest group of pictures on, for as long as both sides want it."""

import asyncio
import json
from collections import deque
from collections.abc import Sequence
from typing import Protocol

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.admission import Look
from hejnal_gateway.live.fmp4.fragments import Fragments, MalformedAccessUnitError, ParameterSetError, playable
from hejnal_gateway.live.source import Source
from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import StreamInfo

log = structlog.get_logger()

MAX_QUEUED_BYTES = 4 * 1024 * 1024
MAX_QUEUED_FRAGMENTS = 50
"""Two seconds of pictures: who is further behind goes on with the newest group."""


class MessageSink(Protocol):
    """The other end. Both wait while it cannot take more; ConnectionError when it has gone."""

    async def send_text(self, data: str) -> None:
        """A JSON message."""

    async def send_bytes(self, data: bytes) -> None:
        """An init segment or fragments."""


class SocketView:
    """Text messages: `{"mime": …}` before each init segment, `{"gone": true}`, `{"back": true}`; binary ones: fMP4.

    Whoever cannot take what comes (a slow line) skips to the newest group of pictures; a fragment is never torn.
    """

    def __init__(self, look: Look, source: Source) -> None:
        self.look = look
        self.source = source
        self.ended: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._fragments = Fragments()
        self._queue: deque[str | bytes] = deque()
        self._queued_bytes = 0
        self._behind = False
        self._gone = False
        self._wake = asyncio.Event()

    def end(self, reason: str) -> None:
        """End the view; the first reason counts."""
        if not self.ended.done():
            self.ended.set_result(reason)

    # --- from the feed --------------------------------------------------------------------------------------------

    def begin(self, info: StreamInfo, gop: Sequence[AccessUnit]) -> None:
        """The newest group of pictures."""
        if not playable(info.codec):
            self.end("codec-changed")
            return
        try:
            mime, pieces = self._fragments.begin(info.codec, gop)
        except (ParameterSetError, MalformedAccessUnitError, ValueError) as error:
            log.warning("pictures_not_sendable", camera_id=self.look.camera.camera_id, error=str(error))
            return
        if self._gone:
            self._gone = False
            self._put(json.dumps({"back": True}))
        if mime is not None:
            self._put(json.dumps({"mime": mime}))
        for piece in pieces:
            self._put(piece)

    def unit(self, unit: AccessUnit) -> None:
        """The next picture."""
        if self._behind:
            return
        if self._queued_bytes > MAX_QUEUED_BYTES or len(self._queue) > MAX_QUEUED_FRAGMENTS:
            metrics.GOP_RESTARTS.labels("slow-socket").inc()
            self._behind = True
            self._drop_pictures()
            return
        if unit.size_bytes:
            self._put(self._fragments.following(unit))

    def gone(self) -> None:
        """The camera has gone."""
        self._gone = True
        self._put(json.dumps({"gone": True}))

    def _put(self, message: str | bytes) -> None:
        self._queue.append(message)
        self._queued_bytes += len(message)
        self._wake.set()

    def _drop_pictures(self) -> None:
        """Init segments and messages stay: the player must have them in order."""
        kept = [message for message in self._queue if isinstance(message, str) or message[4:8] == b"ftyp"]
        self._queue = deque(kept)
        self._queued_bytes = sum(map(len, kept))
        self._wake.set()

    # --- to the viewer --------------------------------------------------------------------------------------------

    async def run(self, target: MessageSink) -> None:
        """Send until the view is ended. Raises ConnectionError and the like when the other end has gone."""
        feed = self.source.feed
        feed.join(self)
        sending = asyncio.create_task(self._send(target))
        try:
            waited: set[asyncio.Future[object]] = {self.ended, sending}  # type: ignore[arg-type]
            await asyncio.wait(waited, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                sending.result()
        finally:
            feed.leave(self)
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send(self, target: MessageSink) -> None:
        while True:
            while self._queue:
                message = self._queue.popleft()
                self._queued_bytes -= len(message)
                if isinstance(message, str):
                    await target.send_text(message)
                else:
                    await target.send_bytes(message)
            if self._behind:
                self._behind = False
                self.source.feed.leave(self)
                self.source.feed.join(self)
                continue
            self._wake.clear()
            await self._wake.wait()

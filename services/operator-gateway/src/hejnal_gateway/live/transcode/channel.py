"""One stream that is made anew: decoded in a process of its own, shared by all who watch it."""

import asyncio
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.audio import LiveSound
from hejnal_gateway.live.feed import StreamFeed
from hejnal_gateway.live.hub import Channel
from hejnal_gateway.live.stream import LiveStream
from hejnal_gateway.live.transcode.messages import Made, Order, begin_message, picture_message, read_made
from hejnal_media.access_unit import AccessUnit
from hejnal_media.decoding_process import DecodingProcess, DecodingProcessDiedError
from hejnal_media.relay import StreamInfo
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

CODEC = "avc1.42c01f"
_MODULE = "hejnal_gateway.live.transcode.process"
_TIME_LIMIT_S = 10.0
_MAX_QUEUED = 25
_MAX_QUEUED_BYTES = 8 * 1024 * 1024
_PAUSE_AFTER_DEATH_S = 1.0
_REMEMBERED_TIMES = 256


@dataclass(frozen=True, slots=True)
class _Beginning:
    info: StreamInfo
    gop: Sequence[AccessUnit]


class TranscodedChannel:
    """Takes a source's pictures, has them made anew, and gives them to its own `stream` and `feed`.

    What the process cannot do in time is left out up to the next key frame. A process that dies is started again with it.
    """

    def __init__(self, source: Channel, order: Order) -> None:
        self.key = source.key
        self.source = source
        self.stream = LiveStream()
        self.feed = StreamFeed()
        self.holders = 0
        self.linger: asyncio.TimerHandle | None = None
        self._order = order
        self._process = DecodingProcess(_MODULE, time_limit_s=_TIME_LIMIT_S)
        self._queue: deque[_Beginning | AccessUnit | None] = deque()
        self._queued_bytes = 0
        self._skipping = False
        self._wake = asyncio.Event()
        self._received_at: dict[int, int] = {}
        self._running = False

    @property
    def sound(self) -> LiveSound:
        """As it comes: only the pictures are made anew."""
        return self.source.sound

    @property
    def codec(self) -> str:
        """Of what comes out, whatever goes in."""
        return CODEC

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        return self._process.pid

    # --- from the source ------------------------------------------------------------------------------------------

    def begin(self, info: StreamInfo, gop: Sequence[AccessUnit]) -> None:
        """The newest group of pictures: whatever waits is no longer wanted."""
        self._drop()
        self._skipping = False
        self._put(_Beginning(info, gop))

    def unit(self, unit: AccessUnit) -> None:
        """The next picture."""
        if len(self._queue) > _MAX_QUEUED or self._queued_bytes > _MAX_QUEUED_BYTES:
            if not self._skipping:
                metrics.GOP_RESTARTS.labels("slow-transcode").inc()
            self._skipping = True
        if self._skipping:
            return
        self._queued_bytes += unit.size_bytes
        self._put(unit)

    def gone(self) -> None:
        """The camera has gone."""
        self._drop()
        self._put(None)

    def _drop(self) -> None:
        self._queue.clear()
        self._queued_bytes = 0

    def _put(self, item: _Beginning | AccessUnit | None) -> None:
        self._queue.append(item)
        self._wake.set()

    # --- through the process --------------------------------------------------------------------------------------

    async def run(self) -> None:
        """Have pictures made for as long as somebody watches."""
        feed = self.source.feed
        feed.join(self)
        try:
            while True:
                while self._queue:
                    await self._take(self._queue.popleft())
                if self._skipping:  # caught up: go on with the newest group of pictures
                    self._skipping = False
                    feed.leave(self)
                    feed.join(self)
                    continue
                self._wake.clear()
                await self._wake.wait()
        finally:
            feed.leave(self)
            await self._process.close()

    async def _take(self, item: _Beginning | AccessUnit | None) -> None:
        try:
            match item:
                case None:
                    self._end_run()
                case _Beginning(info, gop):
                    await self._begin(info, gop)
                case AccessUnit():
                    self._queued_bytes = max(0, self._queued_bytes - item.size_bytes)
                    await self._make(item, shown=True)
        except (DecodingProcessDiedError, ValueError) as error:
            metrics.TRANSCODES_DIED.inc()
            log.warning("transcode_died", camera_id=self.key[0], error=str(error))
            self._drop()
            self._skipping = True
            await asyncio.sleep(_PAUSE_AFTER_DEATH_S)

    async def _begin(self, info: StreamInfo, gop: Sequence[AccessUnit]) -> None:
        order = Order(info.codec, self._order.max_height, self._order.max_fps, self._order.masks)
        self._end_run()
        self._received_at.clear()
        await self._process.ask(begin_message(order))
        newest = max(unit.ticks for unit in gop)
        for unit in gop:
            await self._make(unit, shown=unit.ticks >= newest)

    async def _make(self, unit: AccessUnit, *, shown: bool) -> None:
        self._received_at[unit.ticks] = unit.received_at_us
        while len(self._received_at) > _REMEMBERED_TIMES:
            del self._received_at[next(iter(self._received_at))]
        message = picture_message(unit.payload, unit.ticks, key_frame=unit.key_frame, shown=shown)
        for made in read_made(await self._process.ask(message)):
            self._hand_on(made, self._received_at.get(made.ticks, unit.received_at_us))

    def _hand_on(self, made: Made, received_at_us: int) -> None:
        if not self._running:
            self._running = True
            info = StreamInfo(CODEC, 0, 0, new_id())
            for sink in (self.stream, self.feed):
                sink.begin_run(info, same_run=False)
        unit = AccessUnit(made.ticks, received_at_us, made.key_frame, [made.payload], len(made.payload))
        for sink in (self.stream, self.feed):
            sink.push(unit)

    def _end_run(self) -> None:
        if self._running:
            self._running = False
            self.stream.end_run()
            self.feed.end_run()

    def close(self) -> None:
        """Let everybody go."""
        self.stream.close()
        self.feed.close()

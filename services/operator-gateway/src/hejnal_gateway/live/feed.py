"""One stream's access units for all who take them whole: fMP4 viewers and the transcode. No packets here."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Protocol

from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import StreamInfo

MAX_GOP_BYTES = 16 * 1024 * 1024
_COLLECT_PAUSE_S = 0.01
_COLLECT_MOST_S = 0.15
_STALE_S = 5.0
_ORDER_SEEN_AFTER = 5
_NEVER_REORDERED = ("avc1.42", "mp4v")
"""H.264's baseline profile has no B-frames, JPEG no order at all."""


class FeedSink(Protocol):
    """Who takes the units. Called on the event loop, must not wait; each unit can be decoded after those before it."""

    def begin(self, info: StreamInfo, gop: Sequence[AccessUnit]) -> None:
        """A run begins, or this sink joins one: the newest group of pictures from its key frame, in decoding order."""

    def unit(self, unit: AccessUnit) -> None:
        """The next picture."""

    def gone(self) -> None:
        """The camera has gone; `begin` comes when it is back."""


class StreamFeed:
    """A relay's sink: keeps the newest group of pictures, hands every picture to each sink.

    A relay begins with a whole group of pictures at once: it is collected and handed over as one `begin`, so that who waits
    already and who joins later are treated alike. What cannot be decoded (before a key frame, after a loss) is left out.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.info: StreamInfo | None = None
        self.reordered = False
        """Whether pictures of this run came in another order than they are shown (B-frames)."""
        self._clock = clock
        self._gop: list[AccessUnit] = []
        self._gop_bytes = 0
        self._arrived_at = 0.0
        self._highest_ticks = 0
        self._broken = True
        self._replayed: set[int] | None = None
        self._collect_until: float | None = None
        self._collect_timer: asyncio.TimerHandle | None = None
        self._waiting: list[FeedSink] = []
        self._sinks: list[FeedSink] = []
        self._ordered = asyncio.Event()

    # --- in -------------------------------------------------------------------------------------------------------

    def begin_run(self, info: StreamInfo, *, same_run: bool) -> None:
        """The relay starts to speak: of a new run, or of the one we know (it then repeats its newest group of pictures)."""
        if same_run and info == self.info:
            self._replayed = {unit.ticks for unit in self._gop}
            return
        self.info = info
        self.reordered = False
        self._ordered.clear()
        self._highest_ticks = 0
        self._replayed = None
        self._drop_gop()
        self._collect_until = self._clock() + _COLLECT_MOST_S

    def end_run(self) -> None:
        """The camera has gone; another run may follow."""
        self.info = None
        self._replayed = None
        self._drop_gop()
        self._ordered.clear()
        self._stop_collecting()
        for sink in self._sinks:
            sink.gone()
        self._waiting = list(self._sinks)

    def push(self, unit: AccessUnit, *, after_skip: bool = False) -> None:
        """The next picture."""
        if self._replayed is not None:
            if unit.ticks in self._replayed:
                return
            self._replayed = None
        if unit.key_frame:
            self._broken = False
            self._gop, self._gop_bytes = [unit], unit.size_bytes
        elif self._broken or after_skip:
            self._broken = True
            return
        else:
            self._keep(unit)
        self.reordered = self.reordered or unit.ticks < self._highest_ticks
        self._highest_ticks = max(self._highest_ticks, unit.ticks)
        self._arrived_at = self._clock()
        if self._collect_until is not None:
            self._collect()
            return
        self._see_order()
        for sink in list(self._sinks):
            if sink not in self._waiting:
                sink.unit(unit)
        if unit.key_frame and self._waiting:
            self._hand_over()

    def _keep(self, unit: AccessUnit) -> None:
        self._gop_bytes += unit.size_bytes
        if self._gop_bytes > MAX_GOP_BYTES:
            self._gop = []  # too long to be sent again: who joins waits for the next key frame
        elif self._gop:
            self._gop.append(unit)

    def _see_order(self) -> None:
        simple = self.info is not None and self.info.codec.startswith(_NEVER_REORDERED)
        if self.reordered or simple or len(self._gop) >= _ORDER_SEEN_AFTER:
            self._ordered.set()

    def _drop_gop(self) -> None:
        self._gop, self._gop_bytes, self._broken = [], 0, True

    def _collect(self) -> None:
        assert self._collect_until is not None
        if self._collect_timer is not None:
            self._collect_timer.cancel()
        pause_s = max(0.0, min(_COLLECT_PAUSE_S, self._collect_until - self._clock()))
        self._collect_timer = asyncio.get_running_loop().call_later(pause_s, self._collected)

    def _collected(self) -> None:
        self._stop_collecting()
        self._see_order()
        self._waiting = list(self._sinks)
        self._hand_over()

    def _stop_collecting(self) -> None:
        if self._collect_timer is not None:
            self._collect_timer.cancel()
        self._collect_timer = self._collect_until = None

    # --- out ------------------------------------------------------------------------------------------------------

    @property
    def newest(self) -> Sequence[AccessUnit]:
        """The newest group of pictures so far, from its key frame; empty while there is none that is worth showing."""
        if self._collect_until is not None or self._clock() - self._arrived_at > _STALE_S:
            return ()
        return self._gop

    async def order_known(self) -> None:
        """Wait until enough pictures have been seen to tell whether they are `reordered`."""
        await self._ordered.wait()

    def join(self, sink: FeedSink) -> None:
        """Hand units to this sink from now on, beginning with the newest group of pictures, at once if there is one."""
        self._sinks.append(sink)
        self._waiting.append(sink)
        if self.info is not None and self.newest:
            self._hand_over()

    def leave(self, sink: FeedSink) -> None:
        """Hand nothing to this sink any more."""
        for found in (self._sinks, self._waiting):
            if sink in found:
                found.remove(sink)

    def _hand_over(self) -> None:
        """Begin for all who wait."""
        if self.info is None or not self._gop:
            return
        waiting, self._waiting = self._waiting, []
        for sink in waiting:
            sink.begin(self.info, tuple(self._gop))

    def close(self) -> None:
        """Stop the timer and let everybody go."""
        self._stop_collecting()
        self._sinks.clear()
        self._waiting.clear()

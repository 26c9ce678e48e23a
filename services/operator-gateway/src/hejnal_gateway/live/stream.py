"""One stream of one camera on its way to all who watch it: packed once, kept from the newest key frame, paced."""

import asyncio
import math
import random
import time
from collections import deque
from collections.abc import Callable

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.live.rtp_out import TICK_S, RtpOut
from hejnal_gateway.live.rtp_packing import PackedUnit
from hejnal_gateway.live.sender_report import sender_report
from hejnal_media.access_unit import AccessUnit, AudioFrame, MalformedAccessUnitError
from hejnal_media.relay import StreamInfo

log = structlog.get_logger()

MAX_GOP_BYTES = 8 * 1024 * 1024
_PACE_S = 0.0035
_SLICE_PACKETS = 24
_SLICES = 4
_REPORT_EVERY_S = 2.0
_RESTART_EVERY_S = 1.0
_COLLECT_PAUSE_S = 0.008
_COLLECT_MOST_S = 0.1
_STALE_S = 5.0


class LiveStream:
    """Takes access units in, sends them to every `RtpOut` that has joined.

    A unit of up to 24 packets leaves at once; a larger one (a key frame) in slices over about 14 ms, so that no viewer's
    socket buffer overflows. A viewer that joins, asks for a key frame or falls behind gets the newest group of pictures from
    its key frame, never the middle of one; a camera that drops and comes back goes on with its next key frame.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.ssrc = random.randrange(1, 1 << 32)
        self._clock = clock
        self._seq = random.randrange(1 << 15)
        self._timestamp = random.randrange(1 << 32)
        self._base: int | None = None
        self._last_ticks = 0
        self._received_at_us = 0
        self._arrived_at = 0.0
        self._gop: list[PackedUnit] = []
        self._gop_bytes = 0
        self._broken = True
        self._packs = True
        self._replaying = False
        self._collect_until: float | None = None
        self._collect_timer: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[PackedUnit, int, float]] = deque()  # unit, its next run, when it arrived
        self._pump_timer: asyncio.TimerHandle | None = None
        self._outs: dict[RtpOut, float] = {}  # and when it last started over
        self._awaiting_key: set[RtpOut] = set()
        self._lagging: set[RtpOut] = set()
        self._lag_timer: asyncio.TimerHandle | None = None
        self._report_timer: asyncio.TimerHandle | None = None

    # --- in -------------------------------------------------------------------------------------------------------

    def begin_run(self, info: StreamInfo, *, same_run: bool) -> None:
        """The relay starts to speak: of a new run, or of the one we know (it then repeats its newest group of pictures)."""
        self._packs = info.codec.startswith("avc")
        if same_run and self._base is not None:
            self._replaying = True
        else:
            self._base = None
            self._broken = True
            self._collect_until = self._clock() + _COLLECT_MOST_S

    def end_run(self) -> None:
        """The camera has gone: who joins now must not be shown its last pictures as live."""
        self._gop = []
        self._broken = True

    def push_audio(self, frame: AudioFrame) -> None:
        """Sound."""

    def push(self, unit: AccessUnit, *, after_skip: bool = False) -> None:
        """Take a unit in and send it on. What cannot be decoded (before a key frame, or malformed) is left out."""
        if not self._packs:
            return  # WebRTC does not carry it; other sinks of the relay do
        if self._replaying:
            if unit.ticks <= self._last_ticks:
                return
            self._replaying = False
        if unit.key_frame:
            self._broken = False
        elif self._broken or after_skip:
            self._broken = True
            return
        metrics.ACCESS_UNITS.inc()
        timestamp = self._timeline(unit)
        try:
            packed = PackedUnit(unit.payload, seq=self._seq, timestamp=timestamp, ssrc=self.ssrc, key_frame=unit.key_frame)
        except MalformedAccessUnitError as error:
            log.warning("access_unit_malformed", error=str(error))
            self._broken = True
            return
        if packed.packets == 0:
            return
        self._seq = (self._seq + packed.packets) & 0xFFFF
        self._keep(packed)
        if self._collect_until is not None:
            self._collect()
        elif self._outs:
            self._waiting.append((packed, 0, self._clock()))
            if self._pump_timer is None:
                self._pump()

    def _collect(self) -> None:
        """A relay begins with a whole group of pictures at once. Who waits already gets it as one who joins now would."""
        if self._collect_timer is not None:
            self._collect_timer.cancel()
        assert self._collect_until is not None
        pause_s = max(0.0, min(_COLLECT_PAUSE_S, self._collect_until - self._clock()))
        self._collect_timer = asyncio.get_running_loop().call_later(pause_s, self._collected)

    def _collected(self) -> None:
        self._collect_timer = self._collect_until = None
        for out in list(self._outs):
            self._outs[out] = self._clock()
            self._begin(out)

    def _timeline(self, unit: AccessUnit) -> int:
        """RTP time that goes on over drops of the camera: a new run continues after as much time as has passed."""
        if self._base is None:
            if self._received_at_us:
                passed_ticks = max(90, (unit.received_at_us - self._received_at_us) * 9 // 100)
                self._timestamp = (self._timestamp + passed_ticks) & 0xFFFFFFFF
            self._base = self._timestamp - unit.ticks
        self._timestamp = (self._base + unit.ticks) & 0xFFFFFFFF
        self._last_ticks = unit.ticks
        self._received_at_us = unit.received_at_us
        self._arrived_at = self._clock()
        return self._timestamp

    def _keep(self, packed: PackedUnit) -> None:
        if packed.key_frame:
            self._gop, self._gop_bytes = [packed], packed.size_bytes
        elif self._gop:
            self._gop_bytes += packed.size_bytes
            if self._gop_bytes > MAX_GOP_BYTES:
                self._gop = []  # too long to send again: who joins waits for the next key frame
            else:
                self._gop.append(packed)

    # --- out ------------------------------------------------------------------------------------------------------

    def _pump(self) -> None:
        """Send a slice of what waits to everybody, and come back for the rest."""
        loop = asyncio.get_running_loop()
        next_slice_at = loop.time() + _PACE_S  # sending to many takes its own time, which is part of the pace
        self._pump_timer = None
        pending = sum(sum(unit.run_sizes[start:]) for unit, start, _ in self._waiting)
        budget = pending if pending <= _SLICE_PACKETS else max(_SLICE_PACKETS, math.ceil(pending / _SLICES))
        while self._waiting and budget > 0:
            unit, run_index, arrived_at = self._waiting[0]
            if run_index == 0 and unit.key_frame:
                self._awaiting_key.clear()
            outs = [out for out in self._outs if out not in self._awaiting_key] if self._awaiting_key else list(self._outs)
            for out in outs:
                self._send(out, unit, run_index)
            size = unit.run_sizes[run_index]
            metrics.RTP_PACKETS.inc(size * len(outs))
            budget -= size
            if run_index + 1 < len(unit.run_sizes):
                self._waiting[0] = (unit, run_index + 1, arrived_at)
            else:
                self._waiting.popleft()
                metrics.SEND_LATENCY_S.observe(self._clock() - arrived_at)
        if self._waiting:
            self._pump_timer = loop.call_at(next_slice_at, self._pump)

    def _send(self, out: RtpOut, unit: PackedUnit, run_index: int) -> None:
        try:
            out.send(unit, run_index)
        except ConnectionError:
            self.leave(out)
            return
        if out.behind and out not in self._lagging:
            self._lag(out)

    def _lag(self, out: RtpOut) -> None:
        self._lagging.add(out)
        if self._lag_timer is None:
            self._lag_timer = asyncio.get_running_loop().call_later(TICK_S, self._catch_up)

    def _catch_up(self) -> None:
        self._lag_timer = None
        for out in list(self._lagging):
            try:
                done = out.catch_up()
            except ConnectionError:
                self.leave(out)
                continue
            if done:
                self._lagging.discard(out)
            elif out.overflowed:
                self.start_over(out, "overflow")
        if self._lagging:
            self._lag_timer = asyncio.get_running_loop().call_later(TICK_S, self._catch_up)

    # --- viewers --------------------------------------------------------------------------------------------------

    @property
    def viewers(self) -> int:
        """How many watch."""
        return len(self._outs)

    def join(self, out: RtpOut) -> None:
        """Send to this viewer from now on, starting with the newest group of pictures, at once."""
        self._outs[out] = self._clock()
        self._begin(out)
        if self._report_timer is None:
            self._report_timer = asyncio.get_running_loop().call_later(0.1, self._report)

    def leave(self, out: RtpOut) -> None:
        """Send nothing to this viewer any more."""
        self._outs.pop(out, None)
        self._lagging.discard(out)
        self._awaiting_key.discard(out)
        if not self._outs:
            self._waiting.clear()

    def start_over(self, out: RtpOut, reason: str) -> None:
        """Send the newest group of pictures again (a picture was lost for good); at most once a second."""
        began_at = self._outs.get(out)
        if began_at is None or self._clock() - began_at < _RESTART_EVERY_S:
            return
        metrics.GOP_RESTARTS.labels(reason).inc()
        self._outs[out] = self._clock()
        self._begin(out)

    def _begin(self, out: RtpOut) -> None:
        if not self._gop or self._collect_until is not None or self._clock() - self._arrived_at > _STALE_S:
            self._awaiting_key.add(out)  # never the middle of a group: it comes with the next key frame
            return
        self._awaiting_key.discard(out)
        half_sent = {unit: run_index for unit, run_index, _ in self._waiting}
        units = [(unit, half_sent.get(unit, len(unit.run_sizes))) for unit in self._gop]
        out.start_over([(unit, runs) for unit, runs in units if runs])
        try:
            if not out.catch_up():
                self._lag(out)
        except ConnectionError:
            self.leave(out)

    def _report(self) -> None:
        """Sender reports (RFC 3550 §6.4.1): which wall-clock time the RTP time stands for."""
        self._report_timer = None
        if not self._outs:
            return
        if self._received_at_us:
            now_s = time.time()
            rtp_time = (self._timestamp + int((self._clock() - self._arrived_at) * 90_000)) & 0xFFFFFFFF
            for out in list(self._outs):
                if out.packets:
                    out.send_rtcp(sender_report(self.ssrc, now_s, rtp_time, packets=out.packets, octets=out.octets))
        self._report_timer = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)

    def close(self) -> None:
        """Stop every timer."""
        for timer in (self._pump_timer, self._lag_timer, self._report_timer, self._collect_timer):
            if timer is not None:
                timer.cancel()
        self._outs.clear()

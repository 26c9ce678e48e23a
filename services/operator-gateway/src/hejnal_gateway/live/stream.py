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
from hejnal_gateway.live.stream_clock import StreamClock
from hejnal_media.access_unit import AccessUnit, MalformedAccessUnitError
from hejnal_media.relay import StreamInfo

log = structlog.get_logger()

MAX_GOP_BYTES = 8 * 1024 * 1024
_PACE_S = 0.003
_SLICE_PACKETS = 24
_SLICES = 4
_REPORT_EVERY_S = 2.0
_RESTART_EVERY_S = 0.3
_COLLECT_PAUSE_S = 0.008
_COLLECT_MOST_S = 0.1
_STALE_S = 5.0


class LiveStream:
    """Takes access units in, sends them to every `RtpOut` that has joined.

    A unit of up to 24 packets leaves at once; a larger one (a key frame) in slices over about 12 ms, so that no viewer's
    socket buffer overflows. A viewer that joins, asks for a key frame or falls behind gets the newest group of pictures from
    its key frame, never the middle of one; a camera that drops and comes back goes on with its next key frame.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self.ssrc = random.randrange(1, 1 << 32)
        self.timeline = StreamClock()
        self._clock = clock
        self._seq = random.randrange(1 << 15)
        self._last_ticks = 0
        self._arrived_at = 0.0
        self._gop: list[PackedUnit] = []
        self._gop_bytes = 0
        self._broken = True
        self._packs = True
        self._replaying = False
        self._collect_until: float | None = None
        self._collect_timer: asyncio.TimerHandle | None = None
        self._waiting: deque[tuple[PackedUnit, float]] = deque()  # unit, when it arrived
        self._next_run = 0
        """Of the first unit that waits: the run that is sent next."""
        self._pump_timer: asyncio.TimerHandle | None = None
        self._outs: dict[RtpOut, float] = {}  # and when it last started over
        self._awaiting_key: set[RtpOut] = set()
        self._thinned: set[RtpOut] = set()
        """They get key frames only."""
        self._after_this_unit: set[RtpOut] = set()
        self._arriving: dict[RtpOut, Callable[[], None]] = {}
        self._lagging: set[RtpOut] = set()
        self._lag_timer: asyncio.TimerHandle | None = None
        self._report_timer: asyncio.TimerHandle | None = None
        self._taken = 0
        self._sent = 0
        self._latencies_s: list[float] = []

    # --- in -------------------------------------------------------------------------------------------------------

    def begin_run(self, info: StreamInfo, *, same_run: bool) -> None:
        """The relay starts to speak: of a new run, or of the one we know (it then repeats its newest group of pictures)."""
        self._packs = info.codec.startswith("avc")
        if same_run and self.timeline.running:
            self._replaying = True
        else:
            self.timeline.begin_run()
            self._broken = True
            self._collect_until = self._clock() + _COLLECT_MOST_S

    def end_run(self) -> None:
        """The camera has gone: who joins now must not be shown its last pictures as live."""
        self._gop = []
        self._broken = True

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
        self._taken += 1
        self._last_ticks = unit.ticks
        timestamp = self.timeline.take(unit.ticks, unit.received_at_us)
        try:
            packed = PackedUnit(unit.payload, seq=self._seq, timestamp=timestamp, ssrc=self.ssrc, key_frame=unit.key_frame)
        except MalformedAccessUnitError as error:
            log.warning("access_unit_malformed", error=str(error))
            self._broken = True
            return
        if packed.packets == 0:
            return
        self._seq = (self._seq + packed.packets) & 0xFFFF
        self._arrived_at = now = self._clock()
        self._keep(packed)
        if self._collect_until is not None:
            self._collect()
        elif self._outs:
            self._waiting.append((packed, now))
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
        began_at = self._clock()  # sending to many takes its own time, which is part of the pace
        self._pump_timer = None
        budget = self._slice()
        while self._waiting and budget > 0:
            unit, arrived_at = self._waiting[0]
            run_index = self._next_run
            if run_index == 0 and unit.key_frame and self._awaiting_key:
                for out in self._awaiting_key - self._after_this_unit:
                    self._awaiting_key.discard(out)
                    self._arrived(out)
            left_out = self._awaiting_key if unit.key_frame else self._awaiting_key | self._thinned
            outs = [out for out in self._outs if out not in left_out] if left_out else list(self._outs)
            for out in outs:
                self._send(out, unit, run_index)
            if not self._waiting:  # the last viewer has gone meanwhile
                break
            size = unit.run_sizes[run_index]
            self._sent += size * len(outs)
            budget -= size
            self._next_run = run_index + 1
            if self._next_run == len(unit.run_sizes):
                self._waiting.popleft()
                self._next_run = 0
                self._latencies_s.append(self._clock() - arrived_at)
                if self._after_this_unit:
                    self._begin_at_boundary()
        if self._waiting:
            pause_s = max(0.0, _PACE_S - (self._clock() - began_at))
            self._pump_timer = asyncio.get_running_loop().call_later(pause_s, self._pump)

    def _slice(self) -> int:
        """How many packets may leave now."""
        pending = sum([unit.packets for unit, _ in self._waiting])
        if self._next_run:
            pending -= sum(self._waiting[0][0].run_sizes[: self._next_run])
        return pending if pending <= _SLICE_PACKETS else max(_SLICE_PACKETS, math.ceil(pending / _SLICES))

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

    def join(self, out: RtpOut, on_begin: Callable[[], None] = lambda: None, *, key_frames_only: bool = False) -> None:
        """Send to this viewer from now on, starting with the newest group of pictures (or its key frame), at once.

        `on_begin` is called right before the first packet: whoever sent to this viewer until then must stop.
        """
        self._outs[out] = self._clock()
        if key_frames_only:
            self._thinned.add(out)
        self._arriving[out] = on_begin
        self._begin(out)
        if self._report_timer is None:
            self._report_timer = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)

    def leave(self, out: RtpOut) -> None:
        """Send nothing to this viewer any more."""
        self._outs.pop(out, None)
        self._arriving.pop(out, None)
        self._lagging.discard(out)
        self._awaiting_key.discard(out)
        self._thinned.discard(out)
        self._after_this_unit.discard(out)
        if not self._outs:
            self._waiting.clear()
            self._next_run = 0

    def thin(self, out: RtpOut, *, key_frames_only: bool) -> None:
        """Send this viewer only key frames, which need nothing of what is left out; or all pictures, from the next one on."""
        if out not in self._outs or key_frames_only == (out in self._thinned):
            return
        under_way = self._waiting[0][0] if self._next_run else None
        if key_frames_only:
            if under_way is not None and not under_way.key_frame:
                self.finish_unit(out)
            self._thinned.add(out)
            return
        self._thinned.discard(out)
        if under_way is None or not under_way.key_frame:  # else the group that just begins goes on
            self._awaiting_key.add(out)

    def start_over(self, out: RtpOut, reason: str, *, every_s: float = _RESTART_EVERY_S) -> None:
        """Send the newest group of pictures again (a picture was lost for good), unless that was done less than `every_s` ago."""
        began_at = self._outs.get(out)
        if began_at is None or self._clock() - began_at < every_s:
            return
        metrics.GOP_RESTARTS.labels(reason).inc()
        self._outs[out] = self._clock()
        self._begin(out)

    def _begin(self, out: RtpOut) -> None:
        if not self._gop or self._collect_until is not None or self._clock() - self._arrived_at > _STALE_S:
            self._awaiting_key.add(out)  # never the middle of a group: it comes with the next key frame
            return
        if self._next_run:  # a picture is on its way in slices: nobody gets a part of one
            self._after_this_unit.add(out)
            if out in self._arriving:
                self._awaiting_key.add(out)
            return
        self._awaiting_key.discard(out)
        still_to_come = {unit for unit, _ in self._waiting}
        group = self._gop[:1] if out in self._thinned else self._gop
        units = [unit for unit in group if unit not in still_to_come]
        self._arrived(out)
        if out not in self._outs:
            return
        out.start_over(units)
        try:
            if not out.catch_up():
                self._lag(out)
        except ConnectionError:
            self.leave(out)

    def _begin_at_boundary(self) -> None:
        outs, self._after_this_unit = self._after_this_unit, set()
        for out in outs:
            self._begin(out)

    def _arrived(self, out: RtpOut) -> None:
        """This viewer's first packet is next: whoever sent to it until now is told, and it learns our clock."""
        on_begin = self._arriving.pop(out, None)
        if on_begin is not None:
            on_begin()
            if self.timeline.running:
                self.report_to(out)

    def finish_unit(self, out: RtpOut) -> None:
        """Send this viewer, before it leaves, the rest of a picture of which it has a part."""
        if self._next_run and out in self._outs and out not in self._awaiting_key:
            unit = self._waiting[0][0]
            for run_index in range(self._next_run, len(unit.run_sizes)):
                self._send(out, unit, run_index)

    # --- reports --------------------------------------------------------------------------------------------------

    def _report(self) -> None:
        """Sender reports (RFC 3550 §6.4.1) and what has been counted since the last ones."""
        self._report_timer = None
        self._tell_metrics()
        if not self._outs:
            return
        if self.timeline.running:
            for out in [out for out in self._outs if out not in self._arriving]:
                self.report_to(out)
        self._report_timer = asyncio.get_running_loop().call_later(_REPORT_EVERY_S, self._report)

    def report_to(self, out: RtpOut, *more: bytes) -> None:
        """A sender report now: which server time (of arrival at ingest) the RTP time stands for."""
        out.send_rtcp(b"".join((self.sender_report(out), *more)))

    def sender_report(self, out: RtpOut) -> bytes:
        """The report for this viewer, in its own timeline."""
        now_us = time.time_ns() // 1000
        rtp_time = self.timeline.at(now_us) + out.timeline_offset
        ssrc = self.ssrc if out.ssrc is None else out.ssrc
        return sender_report(ssrc, now_us, rtp_time, packets=out.packets, octets=out.octets)

    def _tell_metrics(self) -> None:
        """Counted apart: a counter with a lock, asked for each picture, costs more than the rest of the counting."""
        metrics.ACCESS_UNITS.inc(self._taken)
        metrics.RTP_PACKETS.inc(self._sent)
        for latency_s in self._latencies_s:
            metrics.SEND_LATENCY_S.observe(latency_s)
        self._taken = self._sent = 0
        self._latencies_s.clear()

    def close(self) -> None:
        """Stop every timer."""
        self._tell_metrics()
        for timer in (self._pump_timer, self._lag_timer, self._report_timer, self._collect_timer):
            if timer is not None:
                timer.cancel()
        self._outs.clear()

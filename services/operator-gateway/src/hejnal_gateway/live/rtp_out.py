"""One viewer's outgoing RTP: encryption in place, one system call per run, history for NACK, back-log for what cannot go yet."""

import socket
import struct
from collections import deque
from collections.abc import Callable, Iterable
from typing import Any, Protocol

from pylibsrtp import Session
from pylibsrtp._binding import ffi, lib

from hejnal_gateway import metrics
from hejnal_gateway.live.rtp_packing import PackedUnit, Run, readdress

_SOL_UDP, _UDP_SEGMENT = 17, 103
_SEGMENT = struct.Struct("=H")
HISTORY_PACKETS = 512
"""More than a second of a 4 Mbit/s stream: what a viewer far away asks for again is still there."""
MAX_BACKLOG_BYTES = 12 * 1024 * 1024
KEY_FRAME_PACKETS_PER_TICK = 32
CATCH_UP_PACKETS_PER_TICK = 16
TICK_S = 0.002
RESENT_PER_S = 2000
"""Packets sent again to one viewer: beyond this its path is too thin, and sending more makes it thinner."""
_SQUEEZED_TICKS = 90

Socket = socket.socket

# One scratch buffer for the process: everything here runs on the event loop, and a run is sent before the next is encrypted.
_scratch = ffi.new("char[]", 65536)
_scratch_view = memoryview(ffi.buffer(_scratch)).cast("B")
_length = ffi.new("int *")


class Gso:
    """Whether this machine's kernel takes many packets in one call; found out once, at the first refusal."""

    works = True


class Address(Protocol):
    """Where a viewer is; may change while it roams."""

    sock: Socket
    address: tuple[Any, ...] | None


class RtpOut:
    """Sends units to one viewer. While there is a back-log everything queues behind it, so order never changes.

    The viewer sees one source and one timeline whatever the units' own are: `ssrc` (that of its first unit when None), and
    times shifted by what `shift` says when it goes over to another stream.
    """

    def __init__(
        self,
        path: Address,
        srtp: Session,
        payload_type: int,
        tag_bytes: int,
        *,
        ssrc: int | None = None,
        on_first_picture: Callable[[], None] | None = None,
    ) -> None:
        self.payload_type = payload_type
        self.tag_bytes = tag_bytes
        self.ssrc = ssrc
        self.packets = 0
        self.octets = 0
        self._on_first_picture = on_first_picture
        self._path = path
        self._srtp = srtp
        self._raw = srtp._srtp[0]  # noqa: SLF001 pylibsrtp copies each packet twice; the library below works in place
        self._next_seq: int | None = None
        self._offset = 0
        self._newest: PackedUnit | None = None
        self._newest_time: int | None = None
        """Of the newest unit that is sent or queued."""
        self._sent_time: int | None = None
        self._open: PackedUnit | None = None
        """The unit of which only a part has been sent."""
        self._history: deque[tuple[int, int, int, bytes]] = deque()
        self._history_packets = 0
        self._backlog: deque[tuple[PackedUnit, int, int]] = deque()
        self._backlog_bytes = 0
        self._refused: tuple[bytes, int] | None = None
        self._resend_budget = float(RESENT_PER_S)
        self._resent_at = 0.0

    @property
    def behind(self) -> bool:
        """True while something waits to be sent."""
        return self._refused is not None or bool(self._backlog)

    @property
    def overflowed(self) -> bool:
        """True when so much waits that only a fresh start helps."""
        return self._backlog_bytes > MAX_BACKLOG_BYTES

    @property
    def timeline_offset(self) -> int:
        """What is added to a unit's RTP time for this viewer, modulo 2^32."""
        return self._offset

    def shift(self, ticks: int) -> None:
        """Units of another timeline come from now on: add this to their times, too."""
        self._offset = (self._offset + ticks) & 0xFFFFFFFF

    def send(self, unit: PackedUnit, run_index: int) -> None:
        """Send one run now, or queue it behind what waits."""
        if self._refused is not None or self._backlog:
            self._queue(unit, run_index, self._time_of(unit))
        elif not self._transmit(unit, run_index, self._time_of(unit)):
            metrics.RTP_UNSENT.inc(unit.run_sizes[run_index])

    def _time_of(self, unit: PackedUnit) -> int:
        """The unit's time here; never before what goes before it, however two streams' clocks differ."""
        if unit is not self._newest or self._newest_time is None:
            timestamp, before = (unit.timestamp + self._offset) & 0xFFFFFFFF, self._newest_time
            if before is not None and not 0 < (timestamp - before) & 0xFFFFFFFF < 1 << 31:
                timestamp = (before + 1) & 0xFFFFFFFF
            self._newest, self._newest_time = unit, timestamp
        return self._newest_time

    def start_over(self, units: Iterable[PackedUnit]) -> None:
        """Queue a group of pictures from its key frame.

        Their times are squeezed together just before the newest one: the viewer decodes them at once, shows the newest and
        goes on live. After an earlier picture they follow it by one tick each, so that time never runs backwards. A picture
        that has been sent in part is completed first: a viewer never gets a torn one.
        """
        self._backlog = deque(item for item in self._backlog if item[0] is self._open)
        self._backlog_bytes = sum(unit.run_sizes[run] * 1200 for unit, run, _ in self._backlog)
        fresh = list(units)
        if not fresh:
            return
        if self._next_seq is None:
            self._next_seq = fresh[0].seq
        before = self._sent_time
        if before is None:
            before = fresh[-1].timestamp + self._offset - (len(fresh) - 1) * _SQUEEZED_TICKS - 1
            step = _SQUEEZED_TICKS
        else:
            step = 1
        for index, unit in enumerate(fresh):
            self._newest, self._newest_time = unit, (before + 1 + index * step) & 0xFFFFFFFF
            for run_index in range(len(unit.run_sizes)):
                self._queue(unit, run_index, self._newest_time)

    def _queue(self, unit: PackedUnit, run_index: int, timestamp: int) -> None:
        self._backlog.append((unit, run_index, timestamp))
        self._backlog_bytes += unit.run_sizes[run_index] * 1200

    def catch_up(self) -> bool:
        """Send a tick's worth of what waits; True when nothing waits any more."""
        if self._refused is not None:
            data, stride = self._refused
            if not self._put(memoryview(data), stride):
                return False
            self._refused = None
        budget: int | None = None
        while self._backlog and (budget is None or budget > 0):
            unit, run_index, timestamp = self._backlog.popleft()
            size = unit.run_sizes[run_index]
            self._backlog_bytes -= size * 1200
            if budget is None:
                budget = KEY_FRAME_PACKETS_PER_TICK if unit.key_frame else CATCH_UP_PACKETS_PER_TICK
            budget -= size
            if not self._transmit(unit, run_index, timestamp):
                return False
        return not self._backlog

    def _transmit(self, unit: PackedUnit, run_index: int, timestamp: int) -> bool:
        run = unit.runs(self.payload_type, self.tag_bytes)[run_index]
        total = len(run.template)
        _scratch_view[:total] = run.template
        seq = (unit.seq + run.first) & 0xFFFF
        if self._next_seq is None:
            self._next_seq = seq
        if self.ssrc is None:
            self.ssrc = unit.ssrc
        if seq != self._next_seq or timestamp != unit.timestamp or unit.ssrc != self.ssrc:
            seq = self._next_seq
            readdress(_scratch_view, run, seq, timestamp, self.ssrc)
        self._protect(run)
        data = bytes(_scratch_view[:total])
        self._next_seq = (seq + run.count) & 0xFFFF
        self._sent_time = timestamp
        complete = run_index + 1 == len(unit.run_sizes)
        self._open = None if complete else unit
        self._remember(seq, run, data)
        self.packets += run.count
        self.octets += total - run.count * (12 + self.tag_bytes)
        if complete and unit.key_frame and self._on_first_picture is not None:
            self._on_first_picture()
            self._on_first_picture = None
        if self._put(data, run.stride):
            return True
        self._refused = (data, run.stride)
        return False

    def _protect(self, run: Run) -> None:
        raw, protect, stride, size, length = self._raw, lib.srtp_protect, run.stride, run.size, _length
        failed, packet = 0, _scratch
        for _ in range(run.count - 1):
            length[0] = size
            failed |= protect(raw, packet, length)
            packet += stride
        length[0] = run.last_size
        failed |= protect(raw, packet, length)
        if failed:
            raise ConnectionError("SRTP refused a packet")

    def _remember(self, seq: int, run: Run, data: bytes) -> None:
        self._history.append((seq, run.count, run.stride, data))
        self._history_packets += run.count
        while self._history_packets > HISTORY_PACKETS and len(self._history) > 1:
            self._history_packets -= self._history.popleft()[1]

    def _put(self, data: bytes | memoryview, stride: int) -> bool:
        address = self._path.address
        if address is None:
            return True  # nowhere to send: as good as lost on the way
        put = self._path.sock
        try:
            if len(data) <= stride:
                put.sendto(data, address)
            elif Gso.works:
                put.sendmsg((data,), ((_SOL_UDP, _UDP_SEGMENT, _SEGMENT.pack(stride)),), 0, address)
            else:
                view = memoryview(data)
                for start in range(0, len(data), stride):
                    put.sendto(view[start : start + stride], address)
        except BlockingIOError:
            return False
        except OSError as error:
            if Gso.works and len(data) > stride and error.errno in _NO_GSO:
                Gso.works = False
                return self._put(data, stride)
            # no route, refused by the far end: lost on the way like any packet; consent checks end the view
        return True

    def resend(self, seqs: Iterable[int], now_s: float) -> None:
        """Send lost packets again, byte for byte as before; those no longer remembered, or too many at once, stay lost."""
        self._resend_budget = min(RESENT_PER_S, self._resend_budget + (now_s - self._resent_at) * RESENT_PER_S)
        self._resent_at = now_s
        for seq in seqs:
            if self._resend_budget < 1:
                return
            for first, count, stride, data in reversed(self._history):
                index = (seq - first) & 0xFFFF
                if index < count:
                    self._resend_budget -= 1
                    metrics.RTP_RESENT.inc()
                    self._put(memoryview(data)[index * stride : (index + 1) * stride], stride)
                    break

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send an RTCP packet; one that cannot go now is not worth waiting for."""
        self._put(self._srtp.protect_rtcp(packet), 1 << 16)


_NO_GSO = frozenset((5, 22, 92, 95))  # EIO, EINVAL, ENOPROTOOPT, EOPNOTSUPP: no segmentation on this kernel or path

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
HISTORY_PACKETS = 256
MAX_BACKLOG_BYTES = 12 * 1024 * 1024
KEY_FRAME_PACKETS_PER_TICK = 32
CATCH_UP_PACKETS_PER_TICK = 16
TICK_S = 0.002
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
    """Sends units to one viewer. While there is a back-log everything queues behind it, so order never changes."""

    def __init__(
        self,
        path: Address,
        srtp: Session,
        payload_type: int,
        tag_bytes: int,
        *,
        on_first_picture: Callable[[], None] | None = None,
    ) -> None:
        self.payload_type = payload_type
        self.tag_bytes = tag_bytes
        self.packets = 0
        self.octets = 0
        self._on_first_picture = on_first_picture
        self._path = path
        self._srtp = srtp
        self._raw = srtp._srtp[0]  # noqa: SLF001 pylibsrtp copies each packet twice; the library below works in place
        self._next_seq: int | None = None
        self._last_timestamp: int | None = None
        self._history: deque[tuple[int, int, int, bytes]] = deque()
        self._history_packets = 0
        self._backlog: deque[tuple[PackedUnit, int, int]] = deque()
        self._backlog_bytes = 0
        self._refused: tuple[bytes, int] | None = None
        self._renamed: tuple[PackedUnit, int] | None = None

    @property
    def behind(self) -> bool:
        """True while something waits to be sent."""
        return self._refused is not None or bool(self._backlog)

    @property
    def overflowed(self) -> bool:
        """True when so much waits that only a fresh start helps."""
        return self._backlog_bytes > MAX_BACKLOG_BYTES

    def send(self, unit: PackedUnit, run_index: int) -> None:
        """Send one run now, or queue it behind what waits."""
        timestamp = self._renamed[1] if self._renamed is not None and self._renamed[0] is unit else unit.timestamp
        if self._refused is not None or self._backlog:
            self._queue(unit, run_index, timestamp)
        elif not self._transmit(unit, run_index, timestamp):
            metrics.RTP_UNSENT.inc(unit.run_sizes[run_index])

    def start_over(self, units: Iterable[tuple[PackedUnit, int]]) -> None:
        """Queue a group of pictures from its key frame: (unit, how many of its runs).

        Their times are squeezed together just before the newest one: the viewer decodes them at once, shows the newest and
        goes on live. After an earlier picture they follow it by one tick each, so that time never runs backwards.
        """
        fresh = list(units)
        self._backlog.clear()
        self._backlog_bytes = 0
        if not fresh:
            return
        if self._next_seq is None:
            self._next_seq = fresh[0][0].seq
        newest = fresh[-1][0].timestamp
        for index, (unit, runs) in enumerate(fresh):
            if self._last_timestamp is None:
                timestamp = newest - (len(fresh) - 1 - index) * _SQUEEZED_TICKS
            else:
                timestamp = self._last_timestamp + 1 + index
            self._renamed = (unit, timestamp & 0xFFFFFFFF)  # the rest of a picture that is half sent now keeps this time
            for run_index in range(runs):
                self._queue(unit, run_index, timestamp & 0xFFFFFFFF)

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
        seq = (unit.seq + run.first) & 0xFFFF
        total = len(run.template)
        _scratch_view[:total] = run.template
        if self._next_seq is None:
            self._next_seq = seq
        if seq != self._next_seq or timestamp != unit.timestamp:
            seq = self._next_seq
            readdress(_scratch_view, run, seq, timestamp)
        self._protect(run)
        data = bytes(_scratch_view[:total])
        self._next_seq = (seq + run.count) & 0xFFFF
        self._last_timestamp = timestamp
        self._remember(seq, run, data)
        self.packets += run.count
        self.octets += total - run.count * (12 + self.tag_bytes)
        if self._on_first_picture is not None and unit.key_frame and run.first + run.count == unit.packets:
            self._on_first_picture()
            self._on_first_picture = None
        if self._put(memoryview(data), run.stride):
            return True
        self._refused = (data, run.stride)
        return False

    def _protect(self, run: Run) -> None:
        raw, protect, stride, size = self._raw, lib.srtp_protect, run.stride, run.size
        failed = 0
        for index in range(run.count - 1):
            _length[0] = size
            failed |= protect(raw, _scratch + index * stride, _length)
        _length[0] = run.last_size
        failed |= protect(raw, _scratch + (run.count - 1) * stride, _length)
        if failed:
            raise ConnectionError("SRTP refused a packet")

    def _remember(self, seq: int, run: Run, data: bytes) -> None:
        self._history.append((seq, run.count, run.stride, data))
        self._history_packets += run.count
        while self._history_packets > HISTORY_PACKETS and len(self._history) > 1:
            self._history_packets -= self._history.popleft()[1]

    def _put(self, data: memoryview, stride: int) -> bool:
        address = self._path.address
        if address is None:
            return True  # nowhere to send: as good as lost on the way
        put = self._path.sock
        try:
            if len(data) <= stride:
                put.sendto(data, address)
            elif Gso.works:
                put.sendmsg([data], [(_SOL_UDP, _UDP_SEGMENT, _SEGMENT.pack(stride))], 0, address)
            else:
                for start in range(0, len(data), stride):
                    put.sendto(data[start : start + stride], address)
        except BlockingIOError:
            return False
        except OSError as error:
            if Gso.works and len(data) > stride and error.errno in _NO_GSO:
                Gso.works = False
                return self._put(data, stride)
            # no route, refused by the far end: lost on the way like any packet; consent checks end the view
        return True

    def resend(self, seqs: Iterable[int]) -> None:
        """Send lost packets again, byte for byte as before; those no longer remembered stay lost."""
        for seq in seqs:
            for first, count, stride, data in reversed(self._history):
                index = (seq - first) & 0xFFFF
                if index < count:
                    metrics.RTP_RESENT.inc()
                    self._put(memoryview(data)[index * stride : (index + 1) * stride], stride)
                    break

    def send_rtcp(self, packet: bytes) -> None:
        """Encrypt and send an RTCP packet; one that cannot go now is not worth waiting for."""
        self._put(memoryview(self._srtp.protect_rtcp(packet)), 1 << 16)


_NO_GSO = frozenset((5, 22, 92, 95))  # EIO, EINVAL, ENOPROTOOPT, EOPNOTSUPP: no segmentation on this kernel or path

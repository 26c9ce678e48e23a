"""One viewer's outgoing sound: a packet per frame (RFC 7587 Opus, RFC 3551 PCMU and PCMA)."""

import random
import struct

from pylibsrtp import Error, Session

from hejnal_gateway.live.rtp_out import Address
from hejnal_gateway.live.sender_report import sender_report
from hejnal_gateway.live.stream_clock import StreamClock

_HEADER = struct.Struct(">BBHII")
_MARKER = 0x80


class AudioOut:
    """Numbers, encrypts and sends; what cannot go now is lost, as on the way: sound does not wait."""

    def __init__(self, path: Address, srtp: Session, payload_type: int, ssrc: int) -> None:
        self._path = path
        self._srtp = srtp
        self._payload_type = payload_type
        self._ssrc = ssrc
        self._seq = random.randrange(1 << 15)
        self._offset = 0
        self._packets = 0
        self._octets = 0

    def shift(self, ticks: int) -> None:
        """Frames of another timeline come from now on: add this to their times, too."""
        self._offset = (self._offset + ticks) & 0xFFFFFFFF

    def send(self, payload: bytes, timestamp: int) -> None:
        """One frame. ConnectionError when it cannot be encrypted."""
        marker = _MARKER if self._packets == 0 else 0
        head = _HEADER.pack(0x80, self._payload_type | marker, self._seq, (timestamp + self._offset) & 0xFFFFFFFF, self._ssrc)
        try:
            data = self._srtp.protect(head + payload)
        except Error as error:
            raise ConnectionError("SRTP refused a packet") from error
        self._seq = (self._seq + 1) & 0xFFFF
        self._packets += 1
        self._octets += len(payload)
        self._put(data)

    def report(self, clock: StreamClock, now_us: int) -> None:
        """A sender report: which server time the frames' times stand for, as with the pictures, so that both go together."""
        rtp_time = clock.at(now_us) + self._offset
        report = sender_report(self._ssrc, now_us, rtp_time, packets=self._packets, octets=self._octets)
        self._put(self._srtp.protect_rtcp(report))

    def _put(self, data: bytes) -> None:
        if self._path.address is not None:
            try:
                self._path.sock.sendto(data, self._path.address)
            except OSError:
                return  # lost on the way like any packet

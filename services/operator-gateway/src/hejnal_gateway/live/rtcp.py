"""Reading a viewer's RTCP: what it received, what it misses, what it thinks its path can take.

Compound and reduced-size packets (RFC 3550 §6.1, RFC 5506). Bytes come from outside: whatever they are, the outcome is a list
of what was understood or RtcpError; nothing is trusted for its length.
"""

import struct
from dataclasses import dataclass

_HEADER = struct.Struct(">BBH")
_WORD = struct.Struct(">I")
_BLOCK = struct.Struct(">IBBHIIII")
_NACK = struct.Struct(">HH")
_TWCC = struct.Struct(">HHI")

SR, RR, SDES, BYE, APP, RTPFB, PSFB, XR = 200, 201, 202, 203, 204, 205, 206, 207
_NACK_FORMAT, _TWCC_FORMAT = 1, 15
_PLI_FORMAT, _FIR_FORMAT, _AFB_FORMAT = 1, 4, 15
_RRTR_BLOCK = 4
_NOT_RECEIVED, _SMALL_DELTA, _LARGE_DELTA = 0, 1, 2
_MAX_PACKETS = 64
_MAX_NACKED = 1024
_MAX_TWCC_PACKETS = 8192


class RtcpError(ValueError):
    """The bytes are not RTCP."""


@dataclass(frozen=True, slots=True)
class ReceptionReport:
    """How one source arrives at the viewer (RFC 3550 §6.4.1)."""

    reporter: int
    ssrc: int
    fraction_lost: float
    """0 to 1, since the report before."""
    packets_lost: int
    highest_seq: int
    jitter: int
    """In ticks of the source's RTP clock."""
    last_sr: int
    """Middle 32 bits of the newest sender report's NTP time; 0 when none has come."""
    delay_since_sr: int
    """In 1/65536 s."""


@dataclass(frozen=True, slots=True)
class Nack:
    """Packets that are missing (RFC 4585 §6.2.1)."""

    ssrc: int
    seqs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class KeyFrameWanted:
    """A picture is lost for good: PLI (RFC 4585 §6.3.1) or FIR (RFC 5104 §4.3.1)."""

    ssrc: int


@dataclass(frozen=True, slots=True)
class BitrateEstimate:
    """REMB (draft-alvestrand-rmcat-remb): what the viewer thinks its path takes."""

    bits_per_s: int
    ssrcs: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class TransportFeedback:
    """Transport-wide feedback (draft-holmer-rmcat-transport-wide-cc-extensions-01 §3.1): which packets came."""

    base_seq: int
    received: int
    lost: int


@dataclass(frozen=True, slots=True)
class ReferenceTime:
    """A receiver's clock (RFC 3611 §4.4); to be answered with DLRR."""

    ssrc: int
    middle_ntp: int


@dataclass(frozen=True, slots=True)
class Bye:
    """The viewer says it leaves (RFC 3550 §6.6)."""

    ssrcs: tuple[int, ...]


Message = ReceptionReport | Nack | KeyFrameWanted | BitrateEstimate | TransportFeedback | ReferenceTime | Bye


def read_rtcp(data: bytes) -> list[Message]:
    """What a compound packet says, in order; kinds that are of no use to a sender are left out. Raises RtcpError."""
    found: list[Message] = []
    position, packets = 0, 0
    while position < len(data):
        packets += 1
        if len(data) - position < _HEADER.size or packets > _MAX_PACKETS:
            raise RtcpError("a packet is cut off, or there are too many")
        first, kind, words = _HEADER.unpack_from(data, position)
        end = position + 4 + words * 4
        if first >> 6 != 2 or end > len(data):
            raise RtcpError("not version 2, or longer than the datagram")
        body = data[position + 4 : end]
        if first & 0x20:
            padding = body[-1] if body else 0
            if not 0 < padding <= len(body) or padding % 4:
                raise RtcpError("padding without measure")
            body = body[:-padding]
        try:
            _read_packet(kind, first & 0x1F, body, found)
        except (struct.error, IndexError) as error:
            raise RtcpError(f"packet type {kind} is cut off") from error
        position = end
    return found


def _read_packet(kind: int, count: int, body: bytes, found: list[Message]) -> None:
    if kind in (SR, RR):
        (reporter,) = _WORD.unpack_from(body)
        start = 24 if kind == SR else 4
        found.extend(_reception(reporter, body, start + index * _BLOCK.size) for index in range(count))
    elif kind == RTPFB and count == _NACK_FORMAT:
        found.append(_nack(body))
    elif kind == RTPFB and count == _TWCC_FORMAT:
        found.append(_transport_feedback(body))
    elif kind == PSFB:
        _read_picture_feedback(count, body, found)
    elif kind == XR:
        _read_extended(body, found)
    elif kind == BYE:
        found.append(Bye(tuple(_WORD.unpack_from(body, index * 4)[0] for index in range(count))))


def _reception(reporter: int, body: bytes, at: int) -> ReceptionReport:
    ssrc, fraction, lost_high, lost_low, highest, jitter, last_sr, delay = _BLOCK.unpack_from(body, at)
    lost = lost_high << 16 | lost_low
    return ReceptionReport(
        reporter, ssrc, fraction / 256, lost - (1 << 24) if lost & 0x800000 else lost, highest, jitter, last_sr, delay
    )


def _nack(body: bytes) -> Nack:
    (ssrc,) = _WORD.unpack_from(body, 4)
    seqs: list[int] = []
    for position in range(8, len(body), _NACK.size):
        first, mask = _NACK.unpack_from(body, position)
        seqs.append(first)
        seqs.extend((first + bit + 1) & 0xFFFF for bit in range(16) if mask >> bit & 1)
        if len(seqs) > _MAX_NACKED:
            break
    return Nack(ssrc, tuple(seqs[:_MAX_NACKED]))


def _read_picture_feedback(form: int, body: bytes, found: list[Message]) -> None:
    (media,) = _WORD.unpack_from(body, 4)
    if form == _PLI_FORMAT:
        found.append(KeyFrameWanted(media))
    elif form == _FIR_FORMAT:
        found.extend(KeyFrameWanted(_WORD.unpack_from(body, position)[0]) for position in range(8, len(body), 8))
    elif form == _AFB_FORMAT and body[8:12] == b"REMB":
        sources, packed = body[12], int.from_bytes(body[13:16], "big")
        ssrcs = tuple(_WORD.unpack_from(body, 16 + index * 4)[0] for index in range(sources))
        found.append(BitrateEstimate((packed & 0x3FFFF) << (packed >> 18), ssrcs))


def _read_extended(body: bytes, found: list[Message]) -> None:
    (ssrc,) = _WORD.unpack_from(body)
    position = 4
    while position < len(body):
        block, _, words = _HEADER.unpack_from(body, position)
        if block == _RRTR_BLOCK:
            seconds, fraction = struct.unpack_from(">II", body, position + 4)
            found.append(ReferenceTime(ssrc, (seconds & 0xFFFF) << 16 | fraction >> 16))
        position += 4 + words * 4


def _transport_feedback(body: bytes) -> TransportFeedback:
    base_seq, count, _ = _TWCC.unpack_from(body, 8)
    if count > _MAX_TWCC_PACKETS:
        raise RtcpError("feedback on too many packets")
    position, statuses = 16, list[int]()
    while len(statuses) < count:
        (chunk,) = struct.unpack_from(">H", body, position)
        position += 2
        if not chunk & 0x8000:  # run length
            statuses += [chunk >> 13 & 3] * min(chunk & 0x1FFF, count - len(statuses))
            if not chunk & 0x1FFF:
                raise RtcpError("a run of no packets")
        elif chunk & 0x4000:  # seven symbols of two bits
            statuses += [chunk >> shift & 3 for shift in range(12, -1, -2)]
        else:  # fourteen symbols of one bit
            statuses += [chunk >> shift & 1 for shift in range(13, -1, -1)]
    del statuses[count:]
    deltas_bytes = statuses.count(_SMALL_DELTA) + 2 * statuses.count(_LARGE_DELTA)
    if position + deltas_bytes > len(body):
        raise RtcpError("arrival times are cut off")
    lost = statuses.count(_NOT_RECEIVED)
    return TransportFeedback(base_seq, count - lost, lost)

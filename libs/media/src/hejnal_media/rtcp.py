"""RTCP over the interleaved channel: sender reports in (the camera's clock), receiver reports out (RFC 3550 §6.4)."""

import struct
from dataclasses import dataclass

SENDER_REPORT, RECEIVER_REPORT, SOURCE_DESCRIPTION, BYE = 200, 201, 202, 203
NTP_EPOCH_OFFSET_S = 2_208_988_800
"""Seconds from 1900-01-01 to 1970-01-01."""

_COMMON = struct.Struct(">BBH")
_SENDER = struct.Struct(">IQIII")
_MAX_LOSS = 0x7FFFFF


@dataclass(frozen=True, slots=True)
class SenderReport:
    """What the camera says its clock showed at an RTP time."""

    ssrc: int
    ntp: int
    """64-bit NTP time, 32.32 fixed point."""
    rtp_timestamp: int

    @property
    def unix_us(self) -> int:
        """Camera time in microseconds since the epoch; negative when the camera does not know the date."""
        return ((self.ntp >> 32) - NTP_EPOCH_OFFSET_S) * 1_000_000 + ((self.ntp & 0xFFFFFFFF) * 1_000_000 >> 32)


def parse_compound(packet: bytes) -> tuple[list[SenderReport], list[int]]:
    """The sender reports of a compound packet and the sources that say goodbye. Malformed parts end the reading, quietly."""
    reports: list[SenderReport] = []
    goodbyes: list[int] = []
    position = 0
    while len(packet) - position >= _COMMON.size:
        first, kind, words = _COMMON.unpack_from(packet, position)
        end = position + 4 * (words + 1)
        if first >> 6 != 2 or end > len(packet):
            break
        if kind == SENDER_REPORT and end - position >= 4 + _SENDER.size:
            ssrc, ntp, rtp_timestamp, _, _ = _SENDER.unpack_from(packet, position + 4)
            reports.append(SenderReport(ssrc, ntp, rtp_timestamp))
        elif kind == BYE:
            sources = min(first & 31, words)
            goodbyes += struct.unpack_from(f">{sources}I", packet, position + 4)
        position = end
    return reports, goodbyes


def goodbye(ssrc: int) -> bytes:
    """A camera's last packet (RFC 3550 §6.6)."""
    return _COMMON.pack(0x81, BYE, 1) + struct.pack(">I", ssrc)


def sender_report(ssrc: int, *, unix_us: int, rtp_timestamp: int, packets: int, octets: int, cname: str) -> bytes:
    """A compound packet a camera would send: sender report and source description."""
    ntp = ((unix_us // 1_000_000 + NTP_EPOCH_OFFSET_S) << 32) | ((unix_us % 1_000_000 << 32) // 1_000_000)
    body = _SENDER.pack(ssrc, ntp, rtp_timestamp & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return _COMMON.pack(0x80, SENDER_REPORT, 6) + body + _description(ssrc, cname)


def receiver_report(
    ssrc: int,
    *,
    source: int,
    fraction_lost: int,
    lost: int,
    highest_sequence: int,
    jitter: int,
    last_sender_report: SenderReport | None,
    delay_s: float,
    cname: str,
) -> bytes:
    """A compound packet for the camera: receiver report with one block and source description.

    `fraction_lost` is in 1/256, `highest_sequence` the extended 32-bit number, `delay_s` the time since the sender report.
    """
    middle = (last_sender_report.ntp >> 16) & 0xFFFFFFFF if last_sender_report else 0
    delay = int(delay_s * 65_536) & 0xFFFFFFFF if last_sender_report else 0
    block = struct.pack(
        ">IIIIII",
        source,
        (fraction_lost & 0xFF) << 24 | min(max(lost, 0), _MAX_LOSS),
        highest_sequence & 0xFFFFFFFF,
        jitter & 0xFFFFFFFF,
        middle,
        delay,
    )
    return _COMMON.pack(0x81, RECEIVER_REPORT, 7) + struct.pack(">I", ssrc) + block + _description(ssrc, cname)


def _description(ssrc: int, cname: str) -> bytes:
    name = cname.encode()[:255]
    items = struct.pack(">IBB", ssrc, 1, len(name)) + name + b"\0"
    items += b"\0" * (-len(items) % 4)
    return _COMMON.pack(0x81, SOURCE_DESCRIPTION, len(items) // 4) + items

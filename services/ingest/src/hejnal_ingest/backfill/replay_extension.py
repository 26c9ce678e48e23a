"""The RTP header extension that tells a recorded picture's time (ONVIF Streaming §6.5). Pure."""

from dataclasses import dataclass

from hejnal_media.onvif.names import REPLAY_EXTENSION
from hejnal_media.rtcp import NTP_EPOCH_OFFSET_S


@dataclass(frozen=True, slots=True)
class ReplayStamp:
    """What the extension says."""

    taken_at_us: int
    """By the camera's clock, microseconds since the epoch."""
    clean_point: bool
    section_ends: bool
    discontinuity: bool


def read_replay_extension(packet: memoryview) -> ReplayStamp | None:
    """The stamp in an RTP packet; None when it has none or is malformed. Other extensions before it are passed over."""
    if len(packet) < 12 or packet[0] >> 6 != 2 or not packet[0] & 0x10:
        return None
    at = 12 + 4 * (packet[0] & 15)
    if at + 4 > len(packet):
        return None
    profile = packet[at] << 8 | packet[at + 1]
    words = packet[at + 2] << 8 | packet[at + 3]
    if profile != REPLAY_EXTENSION or words < 3 or at + 4 + 4 * words > len(packet):
        return None
    body = packet[at + 4 : at + 16]
    seconds, fraction = int.from_bytes(body[:4], "big"), int.from_bytes(body[4:8], "big")
    if seconds < 1 << 31:
        seconds += 1 << 32  # from 2036 on NTP counts anew (RFC 4330 §3)
    flags = body[8]
    taken_us = (seconds - NTP_EPOCH_OFFSET_S) * 1_000_000 + (fraction * 1_000_000 + (1 << 31) >> 32)
    return ReplayStamp(taken_us, bool(flags & 0x80), bool(flags & 0x40), bool(flags & 0x20))

"""RTCP that a sender of media sends: which wall-clock time an RTP time stands for, and how much has been sent."""

import struct

_NTP_EPOCH_S = 2_208_988_800
_REPORT = struct.Struct(">BBHIQIII")
_XR_DLRR = struct.Struct(">BBHIBBHIII")
_SR, _SDES, _XR = 200, 202, 207
_CNAME_ITEM, _DLRR = 1, 5
_CNAME = b"hejnal"


def ntp_time(unix_us: int) -> int:
    """The 64-bit NTP time (RFC 3550 §4) of a Unix time in µs."""
    seconds, rest_us = divmod(unix_us, 1_000_000)
    return ((seconds + _NTP_EPOCH_S) << 32 | (rest_us << 32) // 1_000_000) & 0xFFFFFFFFFFFFFFFF


def sender_report(ssrc: int, now_us: int, rtp_time: int, *, packets: int, octets: int) -> bytes:
    """A compound packet of sender report and source description (RFC 3550 §6.4.1, §6.5). `now_us`: Unix time in µs."""
    report = _REPORT.pack(0x80, _SR, 6, ssrc, ntp_time(now_us), rtp_time & 0xFFFFFFFF, packets & 0xFFFFFFFF, octets & 0xFFFFFFFF)
    return report + _names(ssrc)


def _names(ssrc: int) -> bytes:
    items = struct.pack(">IBB", ssrc, _CNAME_ITEM, len(_CNAME)) + _CNAME
    items += bytes(4 - len(items) % 4)
    return struct.pack(">BBH", 0x81, _SDES, len(items) // 4) + items


def delay_since_reference(ssrc: int, viewer_ssrc: int, reference: int, delay_s: float) -> bytes:
    """The answer to a receiver's reference time (RFC 3611 §4.5). `reference`: the middle 32 bits of the NTP time it sent.

    From it the viewer knows its round-trip time, without which browsers do not translate our clock into theirs.
    """
    delay = int(delay_s * 65536) & 0xFFFFFFFF
    return _XR_DLRR.pack(0x80, _XR, 5, ssrc, _DLRR, 0, 3, viewer_ssrc, reference, delay)

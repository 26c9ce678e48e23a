"""RTCP sender reports: which wall-clock time an RTP time stands for, and how much has been sent."""

from aiortc import rtp

_NTP_EPOCH_S = 2_208_988_800
_CNAME_ITEM = 1


def sender_report(ssrc: int, now_s: float, rtp_time: int, *, packets: int, octets: int) -> bytes:
    """A compound packet of sender report and source description (RFC 3550 §6.4.1, §6.5). `now_s`: Unix time."""
    report = rtp.RtcpSrPacket(
        ssrc=ssrc,
        sender_info=rtp.RtcpSenderInfo(
            ntp_timestamp=int((now_s + _NTP_EPOCH_S) * (1 << 32)),
            rtp_timestamp=rtp_time,
            packet_count=packets & 0xFFFFFFFF,
            octet_count=octets & 0xFFFFFFFF,
        ),
    )
    names = rtp.RtcpSdesPacket(chunks=[rtp.RtcpSourceInfo(ssrc=ssrc, items=[(_CNAME_ITEM, b"hejnal")])])
    return bytes(report) + bytes(names)

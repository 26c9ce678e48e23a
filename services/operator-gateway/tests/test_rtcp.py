"""What viewers say: against aiortc's own writers, and any bytes at all."""

import os
import struct

import pytest
from aiortc import rtp
from hypothesis import given
from hypothesis import strategies as st

from hejnal_gateway.live.path_quality import PathQuality
from hejnal_gateway.live.rtcp import (
    BitrateEstimate,
    Bye,
    KeyFrameWanted,
    Nack,
    ReceptionReport,
    ReferenceTime,
    RtcpError,
    TransportFeedback,
    read_rtcp,
)
from hejnal_gateway.live.sender_report import delay_since_reference, ntp_time, sender_report

BLOCK = rtp.RtcpReceiverInfo(ssrc=7, fraction_lost=64, packets_lost=-3, highest_sequence=70_000, jitter=12, lsr=5, dlsr=6)


def test_a_compound_packet_is_understood_whole() -> None:
    remb = rtp.pack_remb_fci(2_500_000, [7])
    data = b"".join(
        bytes(packet)
        for packet in (
            rtp.RtcpRrPacket(ssrc=1, reports=[BLOCK]),
            rtp.RtcpSdesPacket(chunks=[rtp.RtcpSourceInfo(ssrc=1, items=[(1, b"x")])]),
            rtp.RtcpRtpfbPacket(fmt=rtp.RTCP_RTPFB_NACK, ssrc=1, media_ssrc=7, lost=[10, 11, 27, 65_535]),
            rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_PLI, ssrc=1, media_ssrc=7),
            rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_APP, ssrc=1, media_ssrc=0, fci=remb),
            rtp.RtcpPsfbPacket(fmt=rtp.RTCP_PSFB_FIR, ssrc=1, media_ssrc=0, fci=struct.pack(">IBxxx", 9, 1)),
            rtp.RtcpByePacket(sources=[1]),
        )
    )
    report, nack, pli, estimate, fir, bye = read_rtcp(data)
    assert report == ReceptionReport(1, 7, 0.25, -3, 70_000, 12, 5, 6)
    assert nack == Nack(7, (10, 11, 27, 65_535))
    assert pli == KeyFrameWanted(7)
    assert fir == KeyFrameWanted(9)
    assert isinstance(estimate, BitrateEstimate)
    assert abs(estimate.bits_per_s - 2_500_000) < 20
    assert bye == Bye((1,))


def test_a_sender_reports_blocks_are_read_too() -> None:
    info = rtp.RtcpSenderInfo(ntp_timestamp=1, rtp_timestamp=2, packet_count=3, octet_count=4)
    (report,) = read_rtcp(bytes(rtp.RtcpSrPacket(ssrc=1, sender_info=info, reports=[BLOCK])))
    assert isinstance(report, ReceptionReport)
    assert report.ssrc == 7


def test_transport_wide_feedback_counts_what_came() -> None:
    # a run of 5 received (small deltas), then a vector of two-bit symbols: large, lost, lost, small, and three beyond the count
    chunks = struct.pack(">HH", 1 << 13 | 5, 0xC000 | 2 << 12 | 1 << 6)
    deltas = bytes(5) + bytes(2) + bytes(1)
    body = struct.pack(">IIHHI", 1, 7, 100, 9, 0) + chunks + deltas
    body += bytes(-len(body) % 4)
    (feedback,) = read_rtcp(struct.pack(">BBH", 0x8F, 205, len(body) // 4) + body)
    assert feedback == TransportFeedback(base_seq=100, received=7, lost=2)


def test_a_receivers_clock_is_answered() -> None:
    now = ntp_time(1_700_000_000_500_000)
    block = struct.pack(">BBHIBBHQ", 0x80, 207, 4, 55, 4, 0, 2, now)
    (reference,) = read_rtcp(block)
    assert reference == ReferenceTime(55, now >> 16 & 0xFFFFFFFF)
    answer = delay_since_reference(7, 55, now >> 16 & 0xFFFFFFFF, 0.5)
    assert len(answer) == 24
    assert struct.unpack(">BBHIBBHIII", answer) == (0x80, 207, 5, 7, 5, 0, 3, 55, now >> 16 & 0xFFFFFFFF, 32768)


def test_our_sender_report_is_what_others_read() -> None:
    report, names = rtp.RtcpPacket.parse(sender_report(7, 1_700_000_000_250_000, 90, packets=3, octets=4))
    assert isinstance(report, rtp.RtcpSrPacket)
    assert isinstance(names, rtp.RtcpSdesPacket)
    assert report.sender_info.ntp_timestamp == (1_700_000_000 + 2_208_988_800) << 32 | 1 << 30
    assert (report.ssrc, report.sender_info.rtp_timestamp, report.sender_info.packet_count) == (7, 90, 3)
    assert names.chunks[0].items == [(1, b"hejnal")]


@given(st.binary(max_size=400))
def test_any_bytes_give_messages_or_a_named_error(data: bytes) -> None:
    try:
        read_rtcp(data)
    except RtcpError:
        return


@given(st.sampled_from([200, 201, 203, 205, 206, 207]), st.integers(0, 31), st.integers(0, 60), st.booleans())
def test_nearly_right_packets_give_messages_or_a_named_error(kind: int, count: int, words: int, remb: bool) -> None:
    body = os.urandom(8) + b"REMB" + os.urandom(400) if remb else os.urandom(412)
    try:
        messages = read_rtcp(struct.pack(">BBH", 0x80 | count, kind, words) + body[: words * 4])
    except RtcpError:
        return
    assert len(messages) <= 200


def test_a_flood_of_nacks_is_cut() -> None:
    body = struct.pack(">II", 1, 7) + struct.pack(">HH", 5, 0xFFFF) * 300
    (nack,) = read_rtcp(struct.pack(">BBH", 0x81, 205, len(body) // 4) + body)
    assert isinstance(nack, Nack)
    assert len(nack.seqs) == 1024


@pytest.mark.parametrize(("fraction", "last_sr_ago_s", "thin"), [(0.0, 0.05, False), (0.3, 0.05, True), (0.0, 2.5, True)])
def test_a_path_that_loses_or_delays_too_much_is_thin(fraction: float, last_sr_ago_s: float, thin: bool) -> None:
    quality, now = PathQuality(), 1_000_000
    for number in range(4):
        report = ReceptionReport(1, 7, fraction, 0, 0, 0, now - int(last_sr_ago_s * 65536), 0)
        quality.take_report(report, octets=number * 500_000, now_s=float(number), now_ntp_middle=now)
    assert quality.thin is thin
    for number in range(4, 30):
        report = ReceptionReport(1, 7, 0.0, 0, 0, 0, now - 3000, 0)
        quality.take_report(report, octets=number * 500_000, now_s=float(number), now_ntp_middle=now)
    assert not quality.thin


def test_an_estimate_below_what_is_sent_is_thin_too() -> None:
    quality = PathQuality()
    quality.take_estimate(BitrateEstimate(1_000_000, ()))
    for number in range(5):
        report = ReceptionReport(1, 7, 0.0, 0, 0, 0, 0, 0)
        quality.take_report(report, octets=number * 500_000, now_s=float(number), now_ntp_middle=0)
    assert quality.thin

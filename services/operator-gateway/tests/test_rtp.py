"""Packing, addressing, joining and pacing, without a network peer: what leaves the socket is decrypted and looked at."""

import asyncio
import contextlib
import itertools
import os
import socket
import struct
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor
from hypothesis import given
from hypothesis import strategies as st
from pylibsrtp import Policy, Session

from hejnal_gateway.live import rtp_out
from hejnal_gateway.live.rtp_out import RtpOut
from hejnal_gateway.live.rtp_packing import MAX_PAYLOAD_BYTES, MAX_RUN_PACKETS, PackedUnit, payloads_of
from hejnal_gateway.live.stream import LiveStream
from hejnal_media.access_unit import AccessUnit, MalformedAccessUnitError
from hejnal_media.relay import StreamInfo

SPS, PPS = b"\x67" + bytes(20), b"\x68" + bytes(4)
HEADER = struct.Struct(">BBHII")
INFO = StreamInfo(codec="avc1.42c01e", width=640, height=480, run_id="run-1")


def unit_of(*nals: bytes) -> bytes:
    return b"".join(len(nal).to_bytes(4, "big") + nal for nal in nals)


def key_unit(number: int, size: int = 30_000) -> AccessUnit:
    payload = unit_of(SPS, PPS, b"\x65" + os.urandom(size))
    return AccessUnit(number * 3600, number * 40_000 + 1, True, [payload], len(payload))


def delta_unit(number: int, size: int = 5_000) -> AccessUnit:
    payload = unit_of(b"\x41" + os.urandom(size))
    return AccessUnit(number * 3600, number * 40_000 + 1, False, [payload], len(payload))


@given(st.lists(st.tuples(st.sampled_from([1, 5, 6, 7, 8]), st.integers(1, 6000)), min_size=1, max_size=6))
def test_what_is_packed_can_be_put_together_again(shapes: list[tuple[int, int]]) -> None:
    nals = [bytes((0x60 | kind,)) + os.urandom(size) for kind, size in shapes]
    payloads = [prefix + bytes(body) for prefix, body in payloads_of(unit_of(*nals))]
    assert all(len(payload) <= MAX_PAYLOAD_BYTES for payload in payloads)
    again = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in payloads)
    assert again == b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)


@given(st.binary(max_size=200))
def test_any_bytes_give_payloads_or_a_named_error(data: bytes) -> None:
    with contextlib.suppress(MalformedAccessUnitError):
        payloads_of(data)


def test_runs_are_what_segmentation_offload_takes() -> None:
    unit = PackedUnit(key_unit(0, 100_000).payload, seq=65_530, timestamp=7, ssrc=9, key_frame=True)
    runs = unit.runs(102, 16)
    assert sum(run.count for run in runs) == unit.packets
    seq = 65_530
    for run in runs:
        assert run.count <= MAX_RUN_PACKETS
        assert run.last_size <= run.size
        assert len(run.template) == (run.count - 1) * run.stride + run.last_size + 16
        for index in range(run.count):
            head = HEADER.unpack_from(run.template, index * run.stride)
            assert head[2:] == (seq & 0xFFFF, 7, 9)
            assert head[1] & 0x7F == 102
            assert bool(head[1] & 0x80) == (seq - 65_530 == unit.packets - 1), "the marker is on the last packet only"
            seq += 1


class Wire:
    """Both ends of an SRTP session over a real socket pair."""

    def __init__(self) -> None:
        self.near = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.far.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
        for sock in (self.near, self.far):
            sock.bind(("127.0.0.1", 0))
            sock.setblocking(False)
        key, profile = os.urandom(28), Policy.SRTP_PROFILE_AEAD_AES_128_GCM
        self.out_policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_OUTBOUND, srtp_profile=profile)
        self.in_policy = Policy(key=key, ssrc_type=Policy.SSRC_ANY_INBOUND, srtp_profile=profile)
        self.unprotect = Session(self.in_policy).unprotect
        path = SimpleNamespace(sock=self.near, address=self.far.getsockname())
        self.out = RtpOut(path, Session(self.out_policy), 102, 16)
        self.raw: list[bytes] = []

    def read(self) -> list[tuple[int, int, bool, bytes]]:
        """(sequence number, time, marker, payload) of what has come."""
        found = []
        while True:
            try:
                data = self.far.recv(2048)
            except BlockingIOError:
                return found
            if 192 <= data[1] <= 223:
                continue  # RTCP (RFC 5761)
            self.raw.append(data)
            plain = self.unprotect(data)
            _, second, seq, timestamp, _ = HEADER.unpack_from(plain)
            found.append((seq, timestamp, bool(second & 0x80), plain[12:]))

    async def settled(self, pictures: int) -> list[tuple[int, int, bool, bytes]]:
        found: list[tuple[int, int, bool, bytes]] = []
        async with asyncio.timeout(5):
            while sum(marker for _, _, marker, _ in found) < pictures:
                found += self.read()
                await asyncio.sleep(0.002)
        return found


@pytest.fixture
def wire() -> Iterator[Wire]:
    wire = Wire()
    yield wire
    wire.near.close()
    wire.far.close()


def check_order(packets: list[tuple[int, int, bool, bytes]]) -> None:
    first = packets[0][0]
    assert [(seq - first) & 0xFFFF for seq, *_ in packets] == list(range(len(packets)))
    times = [timestamp for _, timestamp, _, _ in packets]
    assert all(0 <= (after - before) & 0xFFFFFFFF < 1 << 31 for before, after in itertools.pairwise(times))


async def _play(stream: LiveStream, first: int, count: int, *, key_every: int = 10, run: bool = False) -> None:
    if run:
        stream.begin_run(INFO, same_run=False)
    for number in range(first, first + count):
        stream.push(key_unit(number) if number % key_every == 0 else delta_unit(number))
    await asyncio.sleep(0.03)


@pytest.mark.parametrize("gso", [True, False])
async def test_a_joining_viewer_gets_the_newest_group_then_live(wire: Wire, gso: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtp_out.Gso, "works", gso)
    stream = LiveStream()
    await _play(stream, 0, 27, run=True)  # key frames 0, 10, 20: the newest group is 20..26
    stream.join(wire.out)
    packets = await wire.settled(7)
    assert packets[0][3][0] & 0x1F == 24, "begins with the parameter sets"
    times = sorted({timestamp for _, timestamp, _, _ in packets})
    assert len(times) == 7
    assert times[-1] - times[0] == 6 * 90
    stream.push(delta_unit(27))
    live = await wire.settled(1)
    assert (live[0][1] - times[-1]) & 0xFFFFFFFF == 3600
    check_order(packets + live)
    stream.close()


async def test_asking_for_a_key_frame_goes_on_in_sequence_and_time(wire: Wire) -> None:
    now = [100.0]
    stream = LiveStream(lambda: now[0])
    stream.begin_run(INFO, same_run=False)
    for number in range(5):
        stream.push(key_unit(number) if number == 0 else delta_unit(number))
    await asyncio.sleep(0.12)
    stream.join(wire.out)
    packets = await wire.settled(5)
    stream.start_over(wire.out, "asked")
    await asyncio.sleep(0.01)
    assert wire.read() == [], "not twice within a second"
    now[0] += 1.1
    stream.start_over(wire.out, "asked")
    packets += await wire.settled(5)
    stream.push(delta_unit(5))
    packets += await wire.settled(1)
    check_order(packets)
    assert sum(payload[0] & 0x1F == 24 for *_, payload in packets) == 2
    stream.close()


async def test_without_a_key_frame_nothing_is_sent(wire: Wire) -> None:
    stream = LiveStream()
    stream.join(wire.out)
    stream.begin_run(INFO, same_run=False)
    for number in range(1, 10):
        stream.push(delta_unit(number))
    await asyncio.sleep(0.05)
    assert wire.read() == []
    await _play(stream, 10, 3)
    check_order(await wire.settled(3))
    stream.push(delta_unit(13), after_skip=True)
    stream.push(delta_unit(14))
    await asyncio.sleep(0.02)
    assert wire.read() == [], "after a skip only a key frame helps"
    stream.close()


async def test_a_group_too_long_to_keep_makes_the_joining_wait_for_a_key_frame(
    wire: Wire, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hejnal_gateway.live.stream.MAX_GOP_BYTES", 40_000)
    stream = LiveStream()
    await _play(stream, 0, 8, run=True)
    stream.join(wire.out)
    stream.push(delta_unit(8))
    await asyncio.sleep(0.02)
    assert wire.read() == []
    await _play(stream, 10, 2)
    assert (await wire.settled(2))[0][3][0] & 0x1F == 24
    stream.close()


async def test_a_new_run_continues_the_timeline(wire: Wire) -> None:
    stream = LiveStream()
    await _play(stream, 0, 3, run=True)
    stream.join(wire.out)
    packets = await wire.settled(3)
    stream.end_run()
    stream.begin_run(INFO, same_run=False)
    payload = key_unit(0).payload
    stream.push(AccessUnit(0, 5_000_000, True, [payload], len(payload)))  # its clock begins anew, 4.92 s later
    await asyncio.sleep(0.03)
    packets += await wire.settled(1)
    check_order(packets)
    stream.close()


async def test_the_same_run_again_repeats_nothing(wire: Wire) -> None:
    stream = LiveStream()
    await _play(stream, 0, 5, run=True)
    stream.join(wire.out)
    packets = await wire.settled(5)
    stream.begin_run(INFO, same_run=True)
    for number in range(7):
        stream.push(key_unit(number) if number == 0 else delta_unit(number))
    packets += await wire.settled(2)
    check_order(packets)
    assert sum(marker for _, _, marker, _ in packets) == 7
    stream.close()


async def test_a_lost_packet_comes_again_byte_for_byte(wire: Wire) -> None:
    stream = LiveStream()
    await _play(stream, 0, 2, run=True)
    stream.join(wire.out)
    packets = await wire.settled(2)
    sent = list(wire.raw)
    wire.out.resend([packets[3][0], (packets[0][0] - 50) & 0xFFFF])
    again = wire.far.recv(2048)
    assert again == sent[3]
    with pytest.raises(BlockingIOError):
        wire.far.recv(2048)
    stream.close()


async def test_a_large_key_frame_is_spread_over_several_milliseconds(wire: Wire) -> None:
    stream = LiveStream()
    await _play(stream, 0, 1, run=True)
    stream.join(wire.out)
    await wire.settled(1)
    stream.push(key_unit(10, 130_000))
    at_once = len(wire.read())
    rest = await wire.settled(1)
    assert 0 < at_once <= 60
    assert at_once + len(rest) > 100
    stream.close()

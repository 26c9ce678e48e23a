"""Packing, addressing, joining and pacing, without a network peer: what leaves the socket is decrypted and looked at."""

import asyncio
import contextlib
import os
import time

import pytest
from aiortc.codecs.h264 import H264PayloadDescriptor
from gateway_wire import HEADER, INFO, Wire, check_order, delta_unit, key_unit, pictures, play, unit_of
from hypothesis import given
from hypothesis import strategies as st

from hejnal_gateway.live import rtp_out
from hejnal_gateway.live.rtp_packing import MAX_PAYLOAD_BYTES, MAX_RUN_PACKETS, PackedUnit
from hejnal_gateway.live.stream import LiveStream
from hejnal_gateway.live.stream_clock import StreamClock
from hejnal_media.access_unit import AccessUnit, MalformedAccessUnitError


def packets_of(unit: PackedUnit) -> list[bytes]:
    found = []
    for run in unit.runs(102, 16):
        for index in range(run.count):
            size = run.last_size if index == run.count - 1 else run.size
            found.append(run.template[index * run.stride : index * run.stride + size])
    return found


@given(st.lists(st.tuples(st.sampled_from([1, 5, 6, 7, 8]), st.integers(1, 40_000)), min_size=1, max_size=6))
def test_what_is_packed_can_be_put_together_again(shapes: list[tuple[int, int]]) -> None:
    nals = [bytes((0x60 | kind,)) + os.urandom(size) for kind, size in shapes]
    unit = PackedUnit(unit_of(*nals), seq=65_530, timestamp=7, ssrc=9, key_frame=True)
    packets = packets_of(unit)
    assert len(packets) == unit.packets == sum(unit.run_sizes)
    payloads = [packet[12:] for packet in packets]
    assert all(len(payload) <= MAX_PAYLOAD_BYTES for payload in payloads)
    again = b"".join(H264PayloadDescriptor.parse(payload)[1] for payload in payloads)
    assert again == b"".join(b"\x00\x00\x00\x01" + nal for nal in nals)
    assert [packet[1] >> 7 for packet in packets] == [0] * (len(packets) - 1) + [1]


@given(st.binary(max_size=200))
def test_any_bytes_give_packets_or_a_named_error(data: bytes) -> None:
    with contextlib.suppress(MalformedAccessUnitError):
        packets_of(PackedUnit(data, seq=0, timestamp=0, ssrc=1, key_frame=False))


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


@pytest.mark.parametrize("gso", [True, False])
async def test_a_joining_viewer_gets_the_newest_group_then_live(wire: Wire, gso: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtp_out.Gso, "works", gso)
    stream = LiveStream()
    await play(stream, 0, 27, run=True)  # key frames 0, 10, 20: the newest group is 20..26
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
    assert wire.read() == [], "not twice in so short a time"
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
    await play(stream, 10, 3)
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
    await play(stream, 0, 8, run=True)
    stream.join(wire.out)
    stream.push(delta_unit(8))
    await asyncio.sleep(0.02)
    assert wire.read() == []
    await play(stream, 10, 2)
    assert (await wire.settled(2))[0][3][0] & 0x1F == 24
    stream.close()


async def test_a_new_run_continues_the_timeline(wire: Wire) -> None:
    stream = LiveStream()
    await play(stream, 0, 3, run=True)
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
    await play(stream, 0, 5, run=True)
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
    await play(stream, 0, 2, run=True)
    stream.join(wire.out)
    packets = await wire.settled(2)
    sent = list(wire.raw)
    wire.out.resend([packets[3][0], (packets[0][0] - 50) & 0xFFFF], 10.0)
    again = wire.far.recv(2048)
    assert again == sent[3]
    with pytest.raises(BlockingIOError):
        wire.far.recv(2048)
    stream.close()


async def test_a_large_key_frame_is_spread_over_several_milliseconds(wire: Wire) -> None:
    stream = LiveStream()
    await play(stream, 0, 1, run=True)
    stream.join(wire.out)
    await wire.settled(1)
    stream.push(key_unit(10, 130_000))
    at_once = len(wire.read())
    rest = await wire.settled(1)
    assert 0 < at_once <= 60
    assert at_once + len(rest) > 100
    stream.close()


async def test_a_restart_in_the_middle_of_a_key_frame_tears_nothing(wire: Wire) -> None:
    now = [100.0]
    stream = LiveStream(lambda: now[0])
    stream.begin_run(INFO, same_run=False)
    for number in range(3):
        stream.push(key_unit(number) if number == 0 else delta_unit(number))
    await asyncio.sleep(0.12)
    stream.join(wire.out)
    packets = await wire.settled(3)
    now[0] += 1.1
    stream.push(key_unit(10, 130_000))  # its first slice has left, three are to come
    stream.push(delta_unit(11))
    stream.start_over(wire.out, "asked")
    late = Wire()
    stream.join(late.out)
    packets += await wire.settled(3)
    stream.push(delta_unit(12))
    packets += await wire.settled(1)
    check_order(packets)
    assert len(pictures(packets)) == 7, "the key frame, again the key frame, and what follows it once"
    joined = await late.settled(3)
    check_order(joined)
    assert len(pictures(joined)) == 3
    assert joined[0][3][0] & 0x1F == 24
    stream.close()
    late.near.close()
    late.far.close()


async def test_another_stream_takes_over_between_two_pictures(wire: Wire) -> None:
    main, sub = LiveStream(), LiveStream()
    wire.out.ssrc = main.ssrc
    started_us = time.time_ns() // 1000

    def units(stream: LiveStream, numbers: range, size: int, shift: int) -> None:
        for number in numbers:
            made = key_unit(number, size * 6) if number % 10 == 0 else delta_unit(number, size)
            stream.push(
                AccessUnit(made.ticks + shift, started_us + number * 40_000, made.key_frame, made.pieces, made.size_bytes)
            )

    main.begin_run(INFO, same_run=False)
    units(main, range(13), 5_000, 0)
    await asyncio.sleep(0.12)
    main.join(wire.out)
    packets = await wire.settled(3)
    sub.begin_run(INFO, same_run=False)
    taken_over = []

    def take_over() -> None:
        taken_over.append(True)
        main.finish_unit(wire.out)
        main.leave(wire.out)
        now_us = time.time_ns() // 1000
        wire.out.shift(main.timeline.at(now_us) - sub.timeline.at(now_us))

    sub.join(wire.out, take_over)
    units(main, range(13, 15), 5_000, 0)
    packets += await wire.settled(2)
    assert not taken_over, "the present stream goes on until the other can be shown"
    units(main, range(20, 21), 25_000, 0)  # a key frame in slices: a part of it has left when the other stream begins
    units(sub, range(21), 1_000, 777_777)
    async with asyncio.timeout(30):
        while not taken_over:
            await asyncio.sleep(0.01)
    units(main, range(21, 23), 5_000, 0)
    units(sub, range(21, 24), 1_000, 777_777)
    packets += await wire.settled(5)
    assert taken_over == [True]
    check_order(packets)
    assert {HEADER.unpack_from(wire.unprotected[index])[4] for index in range(len(packets))} == {main.ssrc}
    sizes = [len(picture) for picture in pictures(packets)]
    assert [size < 10_000 for size in sizes[-4:]] == [True] * 4
    assert sizes[-5] > 100_000
    step = (packets[-1][1] - next(time for _, time, marker, _ in reversed(packets[:-1]) if marker)) & 0xFFFFFFFF
    assert step == 3600
    main.close()
    sub.close()


def test_the_clock_of_a_stream_follows_the_earliest_arrivals_only() -> None:
    clock = StreamClock()
    for number in range(500):
        jitter_us = 0 if number % 7 == 0 else (number * 7919) % 60_000
        clock.take(number * 3600, 1_000_000_000 + number * 40_000 + jitter_us)
    expected_us = 1_000_000_000 + 499 * 40_000
    assert abs(clock.newest_at_us - expected_us) < 500
    assert abs(((clock.at(expected_us + 1_000_000) - clock.newest) & 0xFFFFFFFF) - 90_000) < 50
    clock.take(500 * 3600, 1_000_000_000 + 500 * 40_000 + 3_600_000_000)  # the server's clock has been set
    assert abs(clock.newest_at_us - (1_000_000_000 + 500 * 40_000 + 3_600_000_000)) < 500


def test_a_new_run_follows_after_the_time_that_has_passed() -> None:
    clock = StreamClock()
    before = clock.take(0, 1_000_000)
    clock.begin_run()
    assert (clock.take(123_456, 3_000_000) - before) & 0xFFFFFFFF == 180_000

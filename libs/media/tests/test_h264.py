import itertools
import re
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_media.access_unit import AccessUnit
from hejnal_media.h264 import BreakReason, H264Depacketizer, ParameterSetError, parse_sps
from hejnal_media.rtp import TimestampUnwrapper, payload_bounds
from hejnal_media.rtsp.errors import RtspError
from hejnal_media.rtsp.message import Request, Response
from hejnal_media.rtsp.transport import ReceiveBuffer, RtspConnection
from hejnal_media.simulator import Clip
from hejnal_media.simulator.packets import Packetization, packetize
from hejnal_media.testing import RecordingSink

SPS = bytes.fromhex("6764001facd9405005bb016a02020280000003008000001e078c18cb")
PPS = bytes.fromhex("68ebe3cb22c0")


def frame(payload: bytes, *, sequence: int, timestamp: int, marker: bool, channel: int = 0, first: int = 0x80) -> bytes:
    head = struct.pack(">BBHII", first, 0x80 * marker | 96, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, 7)
    return struct.pack(">BBH", 0x24, channel, len(head) + len(payload)) + head + payload


def feed(depacketizer: H264Depacketizer, stream: bytes) -> None:
    assert depacketizer.feed(memoryview(bytearray(stream)), 0, len(stream), 0) == len(stream)


def rbsp(max_size: int) -> st.SearchStrategy[bytes]:
    """Payload of a NAL unit: with emulation prevention, and without zeros at its end (ITU-T H.264 §7.4.1)."""
    escape = re.compile(rb"\0\0(?=[\0-\3])")
    return st.binary(min_size=1, max_size=max_size).map(lambda data: escape.sub(b"\0\0\3", data) + b"\x80")


sei = st.builds(lambda rest: b"\x06" + rest, rbsp(40))


@st.composite
def pictures(draw: st.DrawFn) -> list[list[bytes]]:
    found: list[list[bytes]] = []
    for number in range(draw(st.integers(1, 6))):
        key = number == 0 or draw(st.booleans())
        slices = [b"\x65" + bytes((0x80 if i == 0 else 0x20,)) + draw(rbsp(300)) for i in range(draw(st.integers(1, 3)))]
        if not key:
            slices = [b"\x41" + unit[1:] for unit in slices]
        units = [*draw(st.lists(sei, max_size=2)), *slices]
        found.append([SPS, PPS, *units] if key else units)
    return found


@settings(deadline=None)
@given(
    pictures(),
    st.sampled_from(list(Packetization)),
    st.integers(40, 400),
    st.integers(0, 0xFFFF),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_any_packetization_gives_the_pictures_back(
    sent: list[list[bytes]], how: Packetization, mtu: int, sequence: int, timestamp: int, markers: bool
) -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, now_us=lambda: 5)
    for number, units in enumerate(sent):
        payloads = packetize(units, mtu=mtu, packetization=how)
        for index, payload in enumerate(payloads):
            marker = markers and index + 1 == len(payloads)
            feed(depacketizer, frame(payload, sequence=sequence, timestamp=timestamp + 3600 * number, marker=marker))
            sequence += 1
    depacketizer.flush()
    assert [unit.nal_units() for unit in sink.units] == sent
    assert [unit.ticks for unit in sink.units] == [3600 * number for number in range(len(sent))]
    assert [unit.key_frame for unit in sink.units] == [units[0] == SPS for units in sent]
    assert all(unit.size_bytes == len(unit.payload) for unit in sink.units)
    assert not sink.breaks


@settings(deadline=None)
@given(pictures(), st.sets(st.integers(0, 10**6), max_size=5))
def test_lost_packets_never_give_a_wrong_picture(sent: list[list[bytes]], losses: set[int]) -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink)
    stream: list[bytes] = []
    for number, units in enumerate(sent):
        payloads = packetize(units, mtu=60)
        stream += [
            frame(payload, sequence=len(stream) + index, timestamp=3600 * number, marker=index + 1 == len(payloads))
            for index, payload in enumerate(payloads)
        ]
    lost = {number % len(stream) for number in losses}
    for number, packet in enumerate(stream):
        if number not in lost:
            feed(depacketizer, packet)
    slices = [[unit for unit in units if unit[0] & 31 in (1, 5)] for units in sent]
    for unit in sink.units:
        assert [nal for nal in unit.nal_units() if nal[0] & 31 in (1, 5)] in slices
    if sink.units:
        assert sink.units[0].key_frame


@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 65535), st.integers(0, 20000), st.booleans()), max_size=30))
def test_garbage_packets_never_raise(packets: list[tuple[bytes, int, int, bool]]) -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, parameter_sets=(SPS, PPS))
    for payload, sequence, timestamp, marker in packets:
        for first in (0x80, 0xB3):
            depacketizer_input = frame(payload, sequence=sequence, timestamp=timestamp, marker=marker, first=first) + b"\0" * 16
            depacketizer.feed(memoryview(bytearray(depacketizer_input)), 0, len(depacketizer_input) - 16, 0)
    depacketizer.flush()
    for unit in sink.units:
        assert unit.nal_units()


def run(packets: list[tuple[bytes, int, bool]], **options: tuple[bytes, ...]) -> RecordingSink:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, **options)
    for sequence, (payload, timestamp, marker) in enumerate(packets):
        feed(depacketizer, frame(payload, sequence=sequence, timestamp=timestamp, marker=marker))
    depacketizer.flush()
    return sink


def kinds(unit: AccessUnit) -> list[int]:
    return [nal[0] & 31 for nal in unit.nal_units()]


def test_sei_and_parameter_sets_with_a_marker_of_their_own_join_the_picture() -> None:
    sink = run([(SPS, 0, True), (PPS, 0, True), (b"\x06ab", 0, True), (b"\x65\x88x", 0, True), (b"\x41\x9ax", 3600, True)])
    assert [kinds(unit) for unit in sink.units] == [[7, 8, 6, 5], [1]]


def test_sets_from_the_description_are_put_before_the_key_frame_behind_a_delimiter() -> None:
    sink = run([(b"\x09\xf0", 0, False), (b"\x65\x88x", 0, True)], parameter_sets=(SPS, PPS))
    assert [kinds(unit) for unit in sink.units] == [[9, 7, 8, 5]]


def test_without_parameter_sets_nothing_is_given_out() -> None:
    assert not run([(b"\x65\x88x", 0, True), (b"\x41\x9ax", 3600, True)]).units


def test_a_marker_inside_pictures_is_not_trusted_again() -> None:
    first, second = b"\x65\x88aa", b"\x65\x22bb"
    packets = [(SPS, 0, False), (PPS, 0, False)]
    for number in range(4):
        packets += [(first, 3600 * number, True), (second, 3600 * number, True)]
    sink = run(packets)
    assert sink.breaks[0][0] is BreakReason.SPLIT
    assert [kinds(unit)[-2:] for unit in sink.units[1:]] == [[5, 5]] * 3


def test_changed_sets_are_announced_before_their_key_frame(clip: Clip) -> None:
    sink = run(
        [
            (SPS, 0, False),
            (PPS, 0, False),
            (b"\x65\x88x", 0, True),
            (clip.sps, 3600, False),
            (clip.pps, 3600, False),
            (b"\x65\x88x", 3600, True),
        ]
    )
    assert [(p.width, p.height) for p in sink.parameters] == [(1280, 720), (320, 180)]
    assert not sink.parameters[0].same_picture(sink.parameters[1])


def test_a_picture_larger_than_the_bound_is_dropped() -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, parameter_sets=(SPS, PPS))
    feed(depacketizer, frame(b"\x65\x88x", sequence=0, timestamp=0, marker=True))
    for number in range(150):
        head = bytes((0x7C, 0x81 if number == 0 else 0x01))
        feed(depacketizer, frame(head + b"\x88" * 65_000, sequence=number + 1, timestamp=3600, marker=False))
    assert sink.breaks[0][0] is BreakReason.TOO_LARGE
    feed(depacketizer, frame(b"\x65\x88x", sequence=151, timestamp=7200, marker=True))
    assert len(sink.units) == 2


def test_a_restarted_sequence_is_believed_after_a_while() -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, parameter_sets=(SPS, PPS))
    feed(depacketizer, frame(b"\x65\x88x", sequence=30_000, timestamp=0, marker=True))
    for number in range(80):
        feed(depacketizer, frame(b"\x65\x88x", sequence=10 + number, timestamp=3600 * (number + 1), marker=True))
    assert len(sink.units) > 10
    assert depacketizer.packets_lost == 0


def test_sps() -> None:
    found = parse_sps(SPS)
    assert (found.codec, found.width, found.height) == ("avc1.64001f", 1280, 720)


def test_sps_of_the_encoder(clip: Clip) -> None:
    found = parse_sps(clip.sps)
    assert (found.width, found.height) == (320, 180)


@given(st.binary(max_size=60))
def test_sps_garbage(garbage: bytes) -> None:
    for start in (b"\x67", b"\x67\x64\x00\x1f", b""):
        try:
            parse_sps(start + garbage)
        except ParameterSetError:
            continue


@given(st.lists(st.integers(-80_000, 800_000), max_size=40), st.integers(0, 2**32 - 1))
def test_ticks_follow_small_steps_through_the_wrap(steps: list[int], start: int) -> None:
    unwrapper = TimestampUnwrapper()
    assert unwrapper.unwrap(start) == (0, 0)
    true = highest = 0
    for step in steps:
        if true + step < max(0, highest - 90_000):
            continue
        true += step
        highest = max(highest, true)
        assert unwrapper.unwrap((start + true) % 2**32) == (true, 0)


@pytest.mark.parametrize("jump_s", [3600, -30, -3600, 11])
def test_jumps_are_seen(jump_s: int) -> None:
    unwrapper = TimestampUnwrapper()
    unwrapper.unwrap(1000)
    ticks, jump = unwrapper.unwrap((1000 + jump_s * 90_000) % 2**32)
    assert (ticks, jump) == (3600, jump_s * 90_000)
    assert unwrapper.unwrap((1000 + jump_s * 90_000 + 3600) % 2**32) == (7200, 0)


@given(st.binary(max_size=40))
def test_rtp_bounds_stay_inside(packet: bytes) -> None:
    bounds = payload_bounds(memoryview(packet), 0, len(packet))
    assert bounds is None or 12 <= bounds[0] < bounds[1] <= len(packet)


# --- the splitter in front of it


class Splitter:
    def __init__(self, *, speaks: bool = True) -> None:
        self.sink = RecordingSink()
        self.messages: list[Response | Request] = []
        self.control: list[bytes] = []
        self.errors: list[RtspError] = []
        self.connection = RtspConnection(
            ReceiveBuffer(),
            on_message=self.messages.append,
            on_control=lambda _channel, packet: self.control.append(packet),
            on_closed=self.errors.append,
        )
        if speaks:
            self.receive(b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
            self.connection.take_media(0, H264Depacketizer(self.sink))

    def receive(self, data: bytes) -> None:
        view = self.connection.get_buffer(-1)
        view[: len(data)] = data
        self.connection.buffer_updated(len(data))


@settings(deadline=None)
@given(pictures(), st.lists(st.integers(0, 3000), max_size=30))
def test_any_chunking_gives_the_same_pictures(sent: list[list[bytes]], cuts: list[int]) -> None:
    stream, sequence = b"", 0
    for number, units in enumerate(sent):
        payloads = packetize(units, mtu=100)
        for index, payload in enumerate(payloads):
            stream += frame(payload, sequence=sequence, timestamp=3600 * number, marker=index + 1 == len(payloads))
            sequence += 1
        stream += b"$\x01\x00\x04rtcp" + f"RTSP/1.0 200 OK\r\nCSeq: {number + 2}\r\nContent-Length: 3\r\n\r\nabc".encode()
    splitter = Splitter()
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    for start, end in itertools.pairwise(edges):
        splitter.receive(stream[start:end])
    assert [unit.nal_units() for unit in splitter.sink.units] == sent
    assert splitter.control == [b"rtcp"] * len(sent)
    assert [message.sequence for message in splitter.messages] == list(range(1, len(sent) + 2))
    assert not splitter.errors


@settings(deadline=None)
@given(st.lists(st.binary(max_size=200), max_size=10), st.booleans())
def test_the_splitter_takes_any_bytes(chunks: list[bytes], speaks: bool) -> None:
    splitter = Splitter(speaks=speaks)
    for chunk in chunks:
        if splitter.errors:
            break
        splitter.receive(chunk)


def test_the_splitter_finds_its_way_back() -> None:
    splitter = Splitter()
    good = frame(SPS, sequence=0, timestamp=0, marker=False) + frame(PPS, sequence=1, timestamp=0, marker=False)
    splitter.receive(good + b"\x00\x01garbage$\xffmore" + frame(b"\x65\x88x", sequence=2, timestamp=0, marker=True))
    assert len(splitter.sink.units) == 1


def test_endless_garbage_ends_the_connection() -> None:
    splitter = Splitter()
    for _ in range(10):
        splitter.receive(b"\x01" * 60_000)
        if splitter.errors:
            break
    assert splitter.errors[0].fault == "protocol"


def test_empty_packets_and_other_payload_types_take_a_number_and_nothing_else() -> None:
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, parameter_sets=(SPS, PPS))
    stream = frame(b"\x65\x88x", sequence=0, timestamp=0, marker=True)
    stream += frame(b"", sequence=1, timestamp=3600, marker=False)
    stream += frame(b"x", sequence=2, timestamp=3600, marker=False).replace(b"\x60", b"\x61", 1)
    stream += frame(b"\x0a", sequence=3, timestamp=3600, marker=False)
    stream += frame(b"\x41\x9ax", sequence=4, timestamp=3600, marker=True)
    feed(depacketizer, stream)
    assert [kinds(unit) for unit in sink.units] == [[7, 8, 5], [10, 1]]
    assert not sink.breaks


def test_fragments_of_changing_sizes() -> None:
    """The fast path for packets of equal length must not be taken for others that look alike."""
    body = bytes(range(256)) * 40
    payloads = packetize([b"\x65\x88" + body], mtu=700)
    payloads[3:5] = [payloads[3] + payloads[4][2:]]
    sink = RecordingSink()
    depacketizer = H264Depacketizer(sink, parameter_sets=(SPS, PPS))
    for picture in range(3):
        for number, payload in enumerate(payloads):
            sequence = picture * len(payloads) + number
            marker = number + 1 == len(payloads)
            feed(depacketizer, frame(payload, sequence=sequence, timestamp=picture * 3600, marker=marker))
    assert [unit.nal_units()[-1] for unit in sink.units] == [b"\x65\x88" + body] * 3

"""Any packetization of any stream gives the same access units back; with losses only whole beginnings of GOPs come out."""

from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_streams import H264, H265, STEP, Coded, Wire, any_packets, encode, feed, rtp_frame

from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_media.depacketizers import VideoDepacketizer
from hejnal_media.h264 import BreakReason, H264Depacketizer
from hejnal_media.h265 import H265Depacketizer

WIRES = {"h264": H264, "h265": H265}
MAKERS: dict[str, Any] = {"h264": H264Depacketizer, "h265": H265Depacketizer}
ENCODINGS = {
    "h264-plain": ("h264", "libx264", "keyint=12:min-keyint=12:scenecut=0:bframes=0"),
    "h264-b-frames": ("h264", "libx264", "keyint=12:min-keyint=12:scenecut=0:bframes=3:b-pyramid=normal:open-gop=0"),
    "h264-slices": ("h264", "libx264", "keyint=12:min-keyint=12:scenecut=0:bframes=2:slices=4:aud=1"),
    "h264-long-gop": ("h264", "libx264", "keyint=1000:min-keyint=1000:scenecut=0:bframes=2"),
    "h264-intra-refresh": ("h264", "libx264", "keyint=12:intra-refresh=1:bframes=0"),
    "h265-plain": ("h265", "libx265", "keyint=12:min-keyint=12:scenecut=0:bframes=0:open-gop=0"),
    "h265-b-frames": ("h265", "libx265", "keyint=12:min-keyint=12:scenecut=0:bframes=4:b-pyramid=1:open-gop=0:aud=1"),
    "h265-open-gop": ("h265", "libx265", "keyint=12:min-keyint=12:scenecut=0:bframes=4:open-gop=1"),
    "h265-slices": ("h265", "libx265", "keyint=12:min-keyint=12:scenecut=0:bframes=2:slices=2:open-gop=0"),
}


CHANCE = st.builds(Random, st.integers(0, 2**32))


@dataclass
class EventSink:
    """Keeps pictures and breaks in the order they came."""

    events: list[AccessUnit | None] = field(default_factory=list)
    parameters: list[CodecParameters] = field(default_factory=list)

    def codec_changed(self, parameters: CodecParameters) -> None:
        self.parameters.append(parameters)

    def access_unit(self, unit: AccessUnit) -> None:
        self.events.append(unit)

    def stream_broken(self, reason: BreakReason, detail: str) -> None:
        self.events.append(None)


def pictures_of(encoding: str) -> tuple[Wire, Any, tuple[Coded, ...]]:
    codec, encoder, parameters = ENCODINGS[encoding]
    return WIRES[codec], MAKERS[codec], encode(encoder, parameters, 40)


def slices(wire: Wire, units: list[bytes]) -> list[bytes]:
    return [unit for unit in units if (1 <= wire.kind(unit) <= 5 if wire is H264 else wire.kind(unit) <= 31)]


def packets_of(
    chance: Random, wire: Wire, pictures: list[list[bytes]], times: list[int], *, markers: bool, sequence: int
) -> list[bytes]:
    frames: list[bytes] = []
    for units, at in zip(pictures, times, strict=True):
        payloads = any_packets(units, wire, chance)
        for index, payload in enumerate(payloads):
            marker = markers and index + 1 == len(payloads)
            frames.append(rtp_frame(payload, sequence=sequence + len(frames), timestamp=at, marker=marker))
    return frames


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None, max_examples=12)
@given(chance=CHANCE, start=st.sampled_from([0, 2**32 - 10 * STEP, 12345]), markers=st.booleans())
def test_any_packetization_of_a_real_stream_gives_its_pictures_back(
    encoding: str, chance: Random, start: int, markers: bool
) -> None:
    wire, make, coded = pictures_of(encoding)
    times = [start + picture.pts * STEP for picture in coded]
    sink = EventSink()
    depacketizer: VideoDepacketizer = make(sink, now_us=lambda: 5)
    sent = [list(picture.units) for picture in coded]
    frames = packets_of(chance, wire, sent, times, markers=markers, sequence=chance.randint(0, 65535))
    stream = b"".join(frames)
    feed(depacketizer, stream)
    depacketizer.flush()
    assert None not in sink.events
    got = [unit for unit in sink.events if unit is not None]
    assert [unit.nal_units() for unit in got] == sent
    assert [unit.ticks for unit in got] == [(picture.pts - coded[0].pts) * STEP for picture in coded]
    assert [unit.key_frame for unit in got] == [picture.key for picture in coded]
    assert all(unit.size_bytes == len(unit.payload) for unit in got)
    assert len(sink.parameters) == 1
    assert (sink.parameters[0].width, sink.parameters[0].height) == (192, 108)


def made_up(data: st.DataObject, wire: Wire, sets: tuple[bytes, ...]) -> list[list[bytes]]:
    """Pictures with parameter sets, SEI and delimiters wherever they may stand."""
    head = b"" if wire is H264 else b"\x01"
    sei, delimiter = (b"\x06", b"\x09") if wire is H264 else (b"\x4e\x01", b"\x46\x01")
    key, plain = (b"\x65", b"\x41") if wire is H264 else (b"\x26", b"\x02")
    body = st.binary(min_size=1, max_size=200).filter(lambda rest: b"\0\0\1" not in b"\x88" + rest + b"\x80")
    found: list[list[bytes]] = []
    for number in range(data.draw(st.integers(1, 7))):
        is_key = number == 0 or data.draw(st.integers(0, 3)) == 0
        first = key if is_key else plain
        units = [delimiter + b"\x50"] if data.draw(st.booleans()) else []
        if is_key:
            units += sets
        elif data.draw(st.integers(0, 4)) == 0:
            units += data.draw(st.permutations(sets)) if wire is H265 else sets
        units += [sei + data.draw(body) + b"\x80" for _ in range(data.draw(st.integers(0, 2)))]
        for index in range(data.draw(st.integers(1, 3))):
            units.append(first + head + (b"\x88" if index == 0 else b"\x08") + data.draw(body) + b"\x80")
        found.append(units)
    return found


def sets_of(codec: str) -> tuple[bytes, ...]:
    wire = WIRES[codec]
    coded = encode("libx264" if codec == "h264" else "libx265", "bframes=0", 2)
    kinds = (7, 8) if codec == "h264" else (32, 33, 34)
    return tuple(unit for unit in coded[0].units if wire.kind(unit) in kinds)


@pytest.mark.parametrize("codec", WIRES)
@settings(deadline=None, max_examples=80)
@given(data=st.data(), chance=CHANCE, markers=st.booleans())
def test_any_packetization_of_any_stream_gives_its_pictures_back(
    codec: str, data: st.DataObject, chance: Random, markers: bool
) -> None:
    wire, sets = WIRES[codec], sets_of(codec)
    sent = made_up(data, wire, sets)
    sink = EventSink()
    depacketizer: VideoDepacketizer = MAKERS[codec](sink)
    times = [number * STEP for number in range(len(sent))]
    for frame in packets_of(chance, wire, sent, times, markers=markers, sequence=65_530):
        feed(depacketizer, frame)
    depacketizer.flush()
    assert [unit.nal_units() for unit in sink.events if unit is not None] == sent
    assert None not in sink.events


@pytest.mark.parametrize("encoding", ENCODINGS)
@settings(deadline=None, max_examples=15)
@given(chance=CHANCE, share=st.sampled_from([0.002, 0.01, 0.05, 0.3]))
def test_after_losses_only_whole_beginnings_of_gops_come_out(encoding: str, chance: Random, share: float) -> None:
    wire, make, coded = pictures_of(encoding)
    sent = [list(picture.units) for picture in coded]
    times = [picture.pts * STEP for picture in coded]
    frames = packets_of(chance, wire, sent, times, markers=True, sequence=0)
    sink = EventSink()
    depacketizer: VideoDepacketizer = make(sink)
    for frame in frames:
        if chance.random() >= share:
            feed(depacketizer, frame)
    depacketizer.flush()
    order = {tuple(slices(wire, units)): number for number, units in enumerate(sent)}
    rasl = {number for number, units in enumerate(sent) if wire is H265 and wire.kind(slices(wire, units)[0]) in (8, 9)}
    previous: int | None = None
    after_break = False
    for event in sink.events:
        if event is None:
            previous = None
            continue
        number = order[tuple(slices(wire, event.nal_units()))]  # KeyError: a picture that was never sent
        if previous is None:
            assert event.key_frame
            after_break = True
        else:
            left_out = set(range(previous + 1, number))
            assert left_out <= rasl
            assert not left_out or after_break
            after_break = after_break and not event.key_frame
        previous = number


@pytest.mark.parametrize("codec", WIRES)
@pytest.mark.parametrize("code", [b"\0\0\1", b"\0\0\0\1"])
@pytest.mark.parametrize("how", ["whole", "headless", "fragmented", "each", "sets-first"])
def test_start_codes_inside_payloads_are_taken_out(codec: str, code: bytes, how: str) -> None:
    """Annex B inside RTP, as some cameras send it: the whole picture as one NAL unit, in fragments, or each with its code."""
    wire, make = WIRES[codec], MAKERS[codec]
    encoder = "libx264" if codec == "h264" else "libx265"
    coded = encode(encoder, "keyint=4:min-keyint=4:scenecut=0:bframes=0:slices=2", 12)
    sink = EventSink()
    depacketizer: VideoDepacketizer = make(sink)
    sequence = 0
    for number, picture in enumerate(coded):
        whole = b"".join(code + unit for unit in picture.units)
        if how == "each":
            payloads = [code + unit for unit in picture.units]
        elif how == "fragmented":
            headless = whole[len(code) :]
            payloads = wire.fragments(headless, range(1000, len(headless) - wire.header_bytes, 1000))
        elif how == "sets-first":
            heads = slices(wire, list(picture.units))[0]
            at = picture.units.index(heads)
            together = code.join(picture.units[:at])
            payloads = [unit for unit in (together, *picture.units[at:]) if unit]
        else:
            payloads = [whole[len(code) :] if how == "headless" else whole]
        for index, payload in enumerate(payloads):
            frame = rtp_frame(payload, sequence=sequence, timestamp=number * STEP, marker=index + 1 == len(payloads))
            feed(depacketizer, frame)
            sequence += 1
    depacketizer.flush()
    got = [unit for unit in sink.events if unit is not None]
    assert [unit.nal_units() for unit in got] == [list(picture.units) for picture in coded]
    assert [unit.key_frame for unit in got] == [picture.key for picture in coded]
    assert None not in sink.events

"""Sound: against FFmpeg's own RTP packets, and packed in any way that the RFCs allow."""

import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from media_streams import rtp_frame

from hejnal_media.access_unit import AudioFrame, AudioParameters
from hejnal_media.audio import AudioDepacketizer, frame_ticks, parse_audio_specific_config
from hejnal_media.audio.aac import low_complexity_config, parse_stream_mux_config
from hejnal_media.depacketizers import UnsupportedCodecError, audio_depacketizer
from hejnal_media.nal import ParameterSetError
from hejnal_media.sdp import Media, parse_sdp
from hejnal_media.testing import RecordingSink

AAC = {"streamtype": "5", "mode": "AAC-hbr", "sizelength": "13", "indexlength": "3", "indexdeltalength": "3", "config": "1408"}


def open_depacketizer(media: Media, sink: RecordingSink) -> AudioDepacketizer:
    return audio_depacketizer(
        media.encoding,
        sink,
        payload_type=media.payload_type,
        clock_rate=media.clock_rate,
        channels=media.channels,
        parameters=media.parameters,
        now_us=lambda: 5,
    )


def make(
    encoding: str, sink: RecordingSink, rate: int = 16_000, channels: int = 1, parameters: dict[str, str] | None = None
) -> AudioDepacketizer:
    media = Media("audio", 96, encoding, rate, "", parameters or {}, channels)
    return open_depacketizer(media, sink)


def feed(depacketizer: AudioDepacketizer, stream: bytes) -> None:
    assert depacketizer.feed(memoryview(bytearray(stream)), 0, len(stream), 0) == len(stream)


# --- what FFmpeg sends


def sent_by_ffmpeg(folder: Path, codec: str, *options: str) -> tuple[list[bytes], Media, list[bytes]]:
    """RTP packets of two seconds, the session description, and the frames that were in them."""
    source = folder / "sound.nut"
    encode = ["ffmpeg", "-v", "error", "-f", "lavfi", "-i", "sine=frequency=700:sample_rate=48000:duration=2"]
    subprocess.run([*encode, "-c:a", codec, *options[:6], "-y", str(source)], check=True, timeout=60)
    with av.open(str(source)) as container:
        frames = [bytes(packet) for packet in container.demux(audio=0) if packet.size]
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 * 1024 * 1024)
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(0.5)
        port = receiver.getsockname()[1]
        send = ["ffmpeg", "-v", "error", "-i", str(source), "-c", "copy", *options[6:], "-f", "rtp"]
        description = folder / "sound.sdp"
        subprocess.run([*send, "-sdp_file", str(description), f"rtp://127.0.0.1:{port}"], check=True, timeout=60)
        packets: list[bytes] = []
        try:
            while True:
                packets.append(receiver.recv(65_536))
        except TimeoutError:
            pass
    return packets, parse_sdp(description.read_bytes()).media[0], frames


@pytest.mark.parametrize(
    ("codec", "options", "expected"),
    [
        ("aac", ("-ar", "16000", "-ac", "1", "-b:a", "32k"), AudioParameters("mp4a.40.2", 16_000, 1)),
        ("aac", ("-ar", "48000", "-ac", "2", "-b:a", "128k"), AudioParameters("mp4a.40.2", 48_000, 2)),
        ("aac", ("-ar", "44100", "-ac", "2", "-b:a", "96k", "-rtpflags", "latm"), AudioParameters("mp4a.40.2", 44_100, 2)),
        ("pcm_alaw", ("-ar", "8000", "-ac", "1", "-b:a", "64k"), AudioParameters("alaw", 8000, 1)),
        ("pcm_mulaw", ("-ar", "8000", "-ac", "1", "-b:a", "64k"), AudioParameters("ulaw", 8000, 1)),
        ("libopus", ("-ar", "48000", "-ac", "2", "-b:a", "64k"), AudioParameters("opus", 48_000, 2)),
    ],
)
def test_what_ffmpeg_sends_is_taken_apart(
    tmp_path: Path, codec: str, options: tuple[str, ...], expected: AudioParameters
) -> None:
    packets, media, frames = sent_by_ffmpeg(tmp_path, codec, *options)
    sink = RecordingSink()
    depacketizer = open_depacketizer(media, sink)
    feed(depacketizer, b"".join(b"$\0" + len(packet).to_bytes(2, "big") + packet for packet in packets))
    (parameters,) = sink.audio_parameters
    config = parameters.config
    assert AudioParameters(parameters.codec, parameters.sample_rate, parameters.channels) == expected
    if codec.startswith("pcm"):
        assert b"".join(frame.payload for frame in sink.audio) == b"".join(frames)
    else:
        # FFmpeg gathers AAC frames for a packet and forgets those of the last one
        assert [frame.payload for frame in sink.audio] == frames[: len(sink.audio)]
        assert len(sink.audio) > len(frames) - 8
    if config:
        assert parse_audio_specific_config(config).core_rate == expected.sample_rate
    lengths = [frame_ticks(parameters, frame.payload) for frame in sink.audio]
    assert [frame.ticks for frame in sink.audio] == [sum(lengths[:number]) for number in range(len(lengths))]
    assert 1.5 < sum(lengths) / expected.sample_rate < 2.2
    assert (depacketizer.packets_lost, depacketizer.frames_dropped) == (0, 0)


# --- any packets


def aac_packets(frames: list[bytes], chance: Random) -> list[tuple[bytes, int, bool]]:
    """Payload, time and marker of each packet: frames together or in parts."""
    packets: list[tuple[bytes, int, bool]] = []
    number = 0
    while number < len(frames):
        if chance.random() < 0.4 and len(frames[number]) > 1:
            frame = frames[number]
            step = chance.randint(1, len(frame) - 1)
            head = b"\0\x10" + (len(frame) << 3).to_bytes(2, "big")
            parts = [frame[at : at + step] for at in range(0, len(frame), step)]
            packets += [(head + part, number * 1024, index + 1 == len(parts)) for index, part in enumerate(parts)]
            number += 1
            continue
        group = frames[number : number + chance.randint(1, 5)]
        heads = b"".join((len(frame) << 3).to_bytes(2, "big") for frame in group)
        payload = (len(heads) * 8).to_bytes(2, "big") + heads + b"".join(group)
        packets.append((payload, number * 1024, True))
        number += len(group)
    return packets


CHANCE = st.builds(Random, st.integers(0, 2**32))


@settings(deadline=None)
@given(st.lists(st.binary(min_size=1, max_size=300), min_size=1, max_size=20), CHANCE, st.integers(0, 2**32 - 1))
def test_any_packetization_of_aac_gives_its_frames_back(frames: list[bytes], chance: Random, start: int) -> None:
    sink = RecordingSink()
    depacketizer = make("MPEG4-GENERIC", sink, parameters=AAC)
    for sequence, (payload, at, marker) in enumerate(aac_packets(frames, chance), 65_530):
        feed(depacketizer, rtp_frame(payload, sequence=sequence, timestamp=start + at, marker=marker))
    assert [frame.payload for frame in sink.audio] == frames
    assert [frame.ticks for frame in sink.audio] == [number * 1024 for number in range(len(frames))]


@settings(deadline=None)
@given(st.integers(1, 30), CHANCE, st.sampled_from([0.05, 0.3]))
def test_with_losses_only_whole_frames_come_at_their_own_time(count: int, chance: Random, share: float) -> None:
    frames = [bytes([number]) * chance.randint(1, 300) for number in range(count)]
    sink = RecordingSink()
    depacketizer = make("MPEG4-GENERIC", sink, parameters=AAC)
    first: int | None = None
    for sequence, (payload, at, marker) in enumerate(aac_packets(frames, chance)):
        if chance.random() >= share:
            feed(depacketizer, rtp_frame(payload, sequence=sequence, timestamp=at, marker=marker))
    for frame in sink.audio:
        number = frame.payload[0]
        assert frame.payload == frames[number]
        first = number * 1024 - frame.ticks if first is None else first
        assert frame.ticks == number * 1024 - first


MAKERS: dict[str, Callable[[RecordingSink], AudioDepacketizer]] = {
    "aac": lambda sink: make("MPEG4-GENERIC", sink, parameters=AAC),
    "aac-lbr": lambda sink: make("MPEG4-GENERIC", sink, parameters={"mode": "AAC-lbr", "config": "1408"}),
    "latm": lambda sink: make("MP4A-LATM", sink, 44_100, 2, {"cpresent": "0", "config": "400024203fc0"}),
    "alaw": lambda sink: make("PCMA", sink, 8000),
    "opus": lambda sink: make("OPUS", sink, 48_000, 2),
}


@pytest.mark.parametrize("kind", MAKERS)
@settings(deadline=None)
@given(st.lists(st.tuples(st.binary(max_size=60), st.integers(0, 65535), st.integers(0, 2**32 - 1), st.booleans()), max_size=30))
def test_garbage_never_raises(kind: str, packets: list[tuple[bytes, int, int, bool]]) -> None:
    sink = RecordingSink()
    depacketizer = MAKERS[kind](sink)
    for payload, sequence, timestamp, marker in packets:
        for first in (0x80, 0xB3):
            packet = rtp_frame(payload, sequence=sequence, timestamp=timestamp, marker=marker, first=first) + b"\0" * 16
            depacketizer.feed(memoryview(bytearray(packet)), 0, len(packet) - 16, 0)
    ticks = [frame.ticks for frame in sink.audio]
    assert ticks == sorted(set(ticks))
    assert all(frame_ticks(depacketizer.parameters, frame.payload) > 0 for frame in sink.audio)


@given(st.binary(max_size=12))
def test_config_garbage(garbage: bytes) -> None:
    for parse in (parse_audio_specific_config, parse_stream_mux_config):
        for start in (b"", b"\x14", b"\x40\x00\x24", b"\x2b"):
            try:
                parse(start + garbage)
            except ParameterSetError:
                continue


@pytest.mark.parametrize(
    ("config", "codec", "core_rate", "channels", "ticks"),
    [
        ("1408", "mp4a.40.2", 16_000, 1, 3072),
        ("1190", "mp4a.40.2", 48_000, 2, 1024),
        ("2b118800", "mp4a.40.5", 24_000, 2, 2048),  # HE-AAC: a core of 24 kHz
        ("1194", "mp4a.40.2", 48_000, 2, 960),
    ],
)
def test_audio_specific_configs(config: str, codec: str, core_rate: int, channels: int, ticks: int) -> None:
    found = parse_audio_specific_config(bytes.fromhex(config))
    assert (found.codec, found.core_rate, found.channels, found.frame_ticks(48_000)) == (codec, core_rate, channels, ticks)


def test_a_config_that_is_not_told_is_that_of_plain_aac() -> None:
    assert low_complexity_config(16_000, 1).hex() == "1408"
    sink = RecordingSink()
    depacketizer = make("MPEG4-GENERIC", sink, 48_000, 2, {"mode": "AAC-hbr"})
    assert depacketizer.parameters == AudioParameters("mp4a.40.2", 48_000, 2, bytes.fromhex("1190"))


@pytest.mark.parametrize(
    ("encoding", "parameters"),
    [
        ("G722", {}),
        ("", {}),
        ("MPEG4-GENERIC", {**AAC, "config": "zz"}),
        ("MPEG4-GENERIC", {**AAC, "config": "ff"}),
        ("MPEG4-GENERIC", {**AAC, "ctsdeltalength": "3"}),
        ("MP4A-LATM", {"config": "400024203fc0"}),
        ("MP4A-LATM", {"cpresent": "0", "config": "c0"}),
    ],
)
def test_what_is_not_taken_is_said(encoding: str, parameters: dict[str, str]) -> None:
    with pytest.raises(UnsupportedCodecError, match="sound"):
        make(encoding, RecordingSink(), parameters=parameters)


@pytest.mark.parametrize(
    ("toc", "ticks"), [(b"\x00", 480), (b"\x18", 2880), (b"\x68", 960), (b"\xf8", 960), (b"\xe1", 240), (b"\xfb\x03", 2880)]
)
def test_lengths_of_opus_packets(toc: bytes, ticks: int) -> None:
    assert frame_ticks(AudioParameters("opus", 48_000, 2), toc) == ticks


def test_packets_late_twice_and_of_another_source() -> None:
    sink = RecordingSink()
    depacketizer = make("PCMU", sink, 8000)
    for sequence, at in ((1, 0), (2, 160), (1, 0), (2, 160), (3, 320), (6, 800)):
        feed(depacketizer, rtp_frame(bytes(160), sequence=sequence, timestamp=at, marker=False))
    assert [frame.ticks for frame in sink.audio] == [0, 160, 320, 800]
    assert (depacketizer.packets_lost, depacketizer.frames, depacketizer.octets) == (2, 4, 640)
    for number in range(70):
        feed(depacketizer, rtp_frame(bytes(160), sequence=60_000 + number, timestamp=160 * number, marker=False))
    assert depacketizer.frames > 6
    assert sink.audio == sorted(sink.audio, key=lambda frame: frame.ticks)


def test_whole_frames_of_other_channels_are_left() -> None:
    sink = RecordingSink()
    depacketizer = make("PCMU", sink, 8000)
    mine = rtp_frame(bytes(160), sequence=1, timestamp=0, marker=False)
    other = rtp_frame(bytes(160), sequence=1, timestamp=0, marker=False, channel=2)
    stream = memoryview(bytearray(mine + other + mine[:50]))
    assert depacketizer.feed(stream, 0, len(stream), 0) == len(mine)
    assert depacketizer.feed(stream, len(mine) + len(other), len(stream), 0) == len(mine) + len(other)
    assert sink.audio == [AudioFrame(0, 5, bytes(160))]

"""Fragments of real encodings: files that FFmpeg reads without a complaint, every picture and sound at its own time."""

import itertools
import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_ingest.spool.decode_times import decode_times, next_decode_time
from hejnal_ingest.spool.fragments import Fragment, FragmentBuilder
from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_media.audio import frame_ticks
from hejnal_media.fmp4 import read_fragments
from hejnal_media.testing_streams import TICKS, Coded, encode_pictures, encode_sound, parameters_of

START_US = 1_767_225_600_000_000
ENCODINGS = {
    "h264": ("libx264", "keyint=20:min-keyint=20:scenecut=0:bframes=0"),
    "h264-b-frames": ("libx264", "keyint=20:min-keyint=20:scenecut=0:bframes=3:b-pyramid=normal"),
    "h264-long-gop": ("libx264", "keyint=1000:min-keyint=1000:scenecut=0:bframes=3"),
    "h264-intra-refresh": ("libx264", "keyint=20:intra-refresh=1:bframes=0"),
    "h264-slices": ("libx264", "keyint=20:min-keyint=20:scenecut=0:bframes=2:slices=4"),
    "h265": ("libx265", "keyint=20:min-keyint=20:scenecut=0:bframes=0:open-gop=0"),
    "h265-b-frames": ("libx265", "keyint=20:min-keyint=20:scenecut=0:bframes=4:b-pyramid=1:open-gop=0"),
    "h265-open-gop": ("libx265", "keyint=20:min-keyint=20:scenecut=0:bframes=4:open-gop=1"),
    "h265-long-gop": ("libx265", "keyint=1000:min-keyint=1000:scenecut=0:bframes=4"),
    "mjpeg": ("mjpeg", ""),
}


def units_of(coded: tuple[Coded, ...], start: int = 0) -> list[AccessUnit]:
    """As they arrive: evenly, and none before it was taken."""
    lag = max(picture.pts - number for number, picture in enumerate(coded))
    return [
        AccessUnit(
            start + picture.pts * TICKS,
            START_US + (number + lag) * 40_000,
            picture.key,
            [picture.payload],
            len(picture.payload),
        )
        for number, picture in enumerate(coded)
    ]


def builder(parameters: CodecParameters, *, segment_s: float = 60, split_s: float = 4) -> FragmentBuilder:
    ids = (f"segment-{number}" for number in itertools.count())
    return FragmentBuilder("cam-001", parameters, segment_s=segment_s, split_s=split_s, new_id=lambda: next(ids))


def build(made: FragmentBuilder, units: list[AccessUnit]) -> list[Fragment]:
    fragments = [done for one in units if (done := made.add(one))]
    last = made.finish()
    assert last is not None
    return [*fragments, last]


def write(path: Path, fragments: list[Fragment]) -> Path:
    path.write_bytes(fragments[0].init + b"".join(one.head + b"".join(one.pieces) for one in fragments))
    return path


def complaints(path: Path, *options: str) -> str:
    command = ["ffmpeg", "-v", "warning", "-i", str(path), "-map", "0", *options, "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    lines = [line for line in done.stderr.splitlines() if "Guessed Channel Layout" not in line and "EOI missing" not in line]
    return "\n".join(lines) + (f"exit code {done.returncode}" if done.returncode else "")


def picture_times(path: Path) -> list[Fraction]:
    with av.open(str(path)) as container:
        base = container.streams.video[0].time_base
        return sorted(packet.pts * base for packet in container.demux(video=0) if packet.size)


@pytest.mark.parametrize("split_s", [4.0, 0.3])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_files_are_read_without_a_complaint(tmp_path: Path, encoding: str, split_s: float) -> None:
    name, parameters = ENCODINGS[encoding]
    coded = encode_pictures(name, parameters, 70)
    fragments = build(builder(parameters_of(name, coded), split_s=split_s), units_of(coded, 50_000))
    path = write(tmp_path / "run.mp4", fragments)
    assert complaints(path) == ""
    assert complaints(path, "-c", "copy") == ""
    times = picture_times(path)
    assert [time - times[0] for time in times] == [Fraction(number, 25) for number in range(70)]
    # reordered pictures are shown later than they are decoded, all by the same time
    assert times[0] == 0 if name == "mjpeg" or "bframes=0" in parameters else 0 < times[0] < 0.15
    with av.open(str(path)) as container:
        decoded = [frame.pts for frame in container.decode(video=0)]
    assert len(decoded) == len(coded)
    assert decoded == sorted(decoded)
    for before, after in itertools.pairwise(fragments):
        assert before.ends_at_us == after.starts_at_us
        assert before.media_time + before.duration_ticks == after.media_time
    read = read_fragments(path).fragments
    assert [one.starts_with_key_frame for one in read] == [one.starts_with_key_frame for one in fragments]
    assert [one.media_time for one in fragments] == [one.decode_time_ticks for one in read]
    if split_s < 1 and name != "mjpeg":
        assert not all(one.starts_with_key_frame for one in fragments)
        assert max(one.duration_ticks for one in fragments) <= 90_000 * 0.7
    elif "long" not in encoding and "refresh" not in encoding:
        assert all(one.starts_with_key_frame for one in fragments)


def test_a_long_gop_is_split_by_time_and_its_segment_waits_for_the_key_frame(tmp_path: Path) -> None:
    coded = encode_pictures("libx264", "keyint=250:min-keyint=250:scenecut=0:bframes=2", 300)
    made = builder(parameters_of("libx264", coded), segment_s=5)
    fragments = build(made, units_of(coded))
    assert [one.starts_with_key_frame for one in fragments] == [True, False, False, True]
    assert [round(one.duration_ticks / 90_000) for one in fragments] == [4, 4, 2, 2]
    assert [one.starts_segment for one in fragments] == [True, False, False, True]
    assert complaints(write(tmp_path / "run.mp4", fragments[:3])) == ""


def test_a_gop_of_minutes_is_torn_at_last() -> None:
    coded = encode_pictures("libx264", "bframes=0", 2)
    units = units_of(coded[:1]) + [
        AccessUnit(TICKS * 25 * second, START_US + second * 1_000_000, False, [b"\0\0\0\2ab"], 6) for second in range(1, 200)
    ]
    fragments = build(builder(parameters_of("libx264", coded), segment_s=10), units)
    assert {one.duration_ticks for one in fragments[:-1]} == {4 * 90_000}
    starts = [one.starts_at_us for one in fragments if one.starts_segment]
    assert [90 <= (after - before) / 1e6 <= 110 for before, after in itertools.pairwise(starts)] == [True, True]


@settings(deadline=None)
@given(st.lists(st.integers(1, 40), min_size=1, max_size=30), st.data())
def test_composition_offsets_give_every_picture_its_time(steps: list[int], data: st.DataObject) -> None:
    in_order = list(itertools.accumulate(steps))
    ticks = data.draw(st.permutations(in_order))
    first = data.draw(st.integers(0, in_order[0]))
    decode, durations = decode_times(ticks, first, in_order[-1] + 5)
    assert decode[0] == first
    assert all(before < after for before, after in itertools.pairwise(decode))
    assert [after - before for before, after in itertools.pairwise([*decode, in_order[-1] + 5])] == durations
    assert next_decode_time(ticks, in_order[-1] + 1) == in_order[-1] + 1 or len(ticks) == 1


# --- sound


def with_sound(
    audio: AudioParameters,
    frames: tuple[bytes, ...],
    pictures: list[AccessUnit],
    made: FragmentBuilder,
    *,
    delay_us: int = 0,
    starts_at: int = 777,
    lost: frozenset[int] = frozenset(),
    rate_error: float = 0.0,
) -> list[Fragment]:
    """Pictures and sound in the order they arrive; the sound's clock begins anywhere."""
    assert made.begin_sound(audio, lambda _ticks: None)
    ticks = 0
    heard: list[tuple[float, AudioFrame]] = []
    for number, payload in enumerate(frames):
        at_us = START_US + ticks * 1_000_000 / audio.sample_rate
        if number not in lost:
            frame = AudioFrame(starts_at + round(ticks * (1 + rate_error)), int(at_us) + delay_us, payload)
            heard.append((at_us + delay_us, frame))
        ticks += frame_ticks(audio, payload)
    fragments: list[Fragment] = []
    for picture in pictures:
        while heard and heard[0][0] < picture.received_at_us:
            made.add_sound(heard.pop(0)[1])
        if done := made.add(picture):
            fragments.append(done)
    for _, frame in heard:
        made.add_sound(frame)
    last = made.finish()
    assert last is not None
    return [*fragments, last]


def sound_times(path: Path) -> list[float]:
    with av.open(str(path)) as container:
        base = container.streams.audio[0].time_base
        return [float(packet.pts * base) for packet in container.demux(audio=0) if packet.size]


SOUNDS = [("aac", 16_000, 1), ("aac", 44_100, 2), ("libopus", 48_000, 2), ("pcm_alaw", 8000, 1), ("pcm_mulaw", 8000, 1)]


@pytest.mark.parametrize("encoding", ["h264-b-frames", "h265-open-gop", "mjpeg"])
@pytest.mark.parametrize(("name", "rate", "channels"), SOUNDS)
def test_sound_lies_beside_its_pictures(tmp_path: Path, encoding: str, name: str, rate: int, channels: int) -> None:
    encoder, options = ENCODINGS[encoding]
    coded = encode_pictures(encoder, options, 70)
    audio, frames = encode_sound(name, rate, channels, 3.0)
    made = builder(parameters_of(encoder, coded), split_s=1)
    fragments = with_sound(audio, frames, units_of(coded, 50_000), made)
    path = write(tmp_path / "run.mp4", fragments)
    assert complaints(path) == ""
    assert complaints(path, "-c", "copy") == ""
    shown = picture_times(path)
    assert len(shown) == 70
    times = [time - float(shown[0]) for time in sound_times(path)]
    lengths = [frame_ticks(audio, payload) / rate for payload in frames]
    expected = list(itertools.accumulate(lengths, initial=0.0))[: len(times)]
    assert len(times) >= len(frames) - 3
    assert max(abs(time - at) for time, at in zip(times, expected, strict=True)) < 0.04
    assert {one.audio_codec for one in fragments} == {audio.codec}
    for one in read_fragments(path).fragments:
        assert one.duration_ticks / one.frames == TICKS


def test_the_sound_of_a_fragment_is_of_its_time(tmp_path: Path) -> None:
    coded = encode_pictures("libx264", "keyint=25:min-keyint=25:scenecut=0:bframes=0", 100)
    audio, frames = encode_sound("pcm_alaw", 8000, 1, 4.0)
    fragments = with_sound(audio, frames, units_of(coded), builder(parameters_of("libx264", coded)))
    for number, one in enumerate(fragments):
        path = write(tmp_path / f"{number}.mp4", [one])
        with av.open(str(path)) as container:
            times = [float(p.pts * p.time_base) for p in container.demux(audio=0) if p.size]
        assert number - 0.04 <= times[0] <= number + 0.04
        assert times[-1] <= number + 1.0


def test_lost_sound_leaves_the_rest_where_it_was(tmp_path: Path) -> None:
    coded = encode_pictures("libx264", "keyint=25:min-keyint=25:scenecut=0:bframes=0", 100)
    audio, frames = encode_sound("aac", 16_000, 1, 4.0)
    lost = frozenset({7, 8, 9, 20, 31, 32, 33, 34})
    fragments = with_sound(audio, frames, units_of(coded), builder(parameters_of("libx264", coded)), lost=lost)
    path = write(tmp_path / "run.mp4", fragments)
    assert complaints(path) == ""
    kept = [number for number in range(len(frames)) if number not in lost]
    for time, number in zip(sound_times(path), kept, strict=False):
        assert time == pytest.approx(number * 1024 / 16_000, abs=0.002)


@pytest.mark.parametrize("rate_error", [0.01, -0.01])
def test_a_wrong_sound_clock_does_not_run_away(tmp_path: Path, rate_error: float) -> None:
    coded = encode_pictures("libx264", "keyint=25:min-keyint=25:scenecut=0:bframes=0", 500)
    audio, frames = encode_sound("aac", 16_000, 1, 20.0)
    made = builder(parameters_of("libx264", coded))
    path = write(tmp_path / "run.mp4", with_sound(audio, frames, units_of(coded), made, rate_error=rate_error))
    assert complaints(path) == ""
    times = sound_times(path)
    assert times == sorted(times)
    assert abs(times[-1] - 20.0) < 0.15
    assert len(times) > 300


def test_sender_reports_place_the_sound_where_they_are_sane() -> None:
    coded = encode_pictures("libx264", "keyint=25:min-keyint=25:scenecut=0:bframes=0", 50)
    audio, frames = encode_sound("pcm_alaw", 8000, 1, 2.0)

    def first_sound(camera_lead_us: int) -> int:
        """Where the first frame lies when the camera says that it was heard so much after it came."""
        ids = (f"segment-{number}" for number in itertools.count())
        made = FragmentBuilder(
            "cam-001",
            parameters_of("libx264", coded),
            segment_s=60,
            new_id=lambda: next(ids),
            camera_time_us=lambda ticks: START_US + ticks * 100 // 9,
        )
        assert made.begin_sound(audio, lambda ticks: START_US + ticks * 125 + camera_lead_us)
        for number, payload in enumerate(frames):
            made.add_sound(AudioFrame(number * 160, START_US + number * 20_000, payload))
        fragment = next(done for one in units_of(coded) if (done := made.add(one)))
        at = fragment.head.rindex(b"tfdt")
        return int.from_bytes(fragment.head[at + 8 : at + 16], "big")

    assert first_sound(0) == 0
    assert first_sound(300_000) == pytest.approx(2400, abs=2)
    assert first_sound(5_000_000) == 0  # a lie


def test_sound_that_begins_after_the_first_fragment_asks_for_another_run() -> None:
    coded = encode_pictures("libx264", "keyint=25:min-keyint=25:scenecut=0:bframes=0", 60)
    audio, _ = encode_sound("pcm_alaw", 8000, 1, 1.0)
    made = builder(parameters_of("libx264", coded))
    units = units_of(coded)
    assert made.add(units[0]) is None
    assert made.begin_sound(audio, lambda _ticks: None)
    assert made.audio == audio
    fragments = [done for one in units[1:] if (done := made.add(one))]
    assert fragments[0].audio_codec == "alaw"
    assert made.begin_sound(audio, lambda _ticks: None)
    assert not made.begin_sound(AudioParameters("ulaw", 8000, 1), lambda _ticks: None)

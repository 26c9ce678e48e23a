"""Files of every codec, with and without sound: FFmpeg must read them without a single complaint."""

import subprocess
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st
from media_streams import STEP

from hejnal_media.access_unit import AudioParameters, CodecParameters
from hejnal_media.audio import frame_ticks
from hejnal_media.fmp4 import FragmentStamp, Sample, SoundTrack, fragment_head, init_segment, read_fragments, silent_init
from hejnal_media.mjpeg import JpegError, jpeg_parameters
from hejnal_media.testing_streams import encode_pictures, encode_sound, parameters_of

GOP = 10


def write(
    path: Path, parameters: CodecParameters, payloads: list[bytes], audio: AudioParameters | None, frames: Sequence[bytes]
) -> None:
    """One fragment a GOP, with the sound of the same time."""
    out = bytearray(init_segment(parameters, audio))
    told = 0
    sound_at = 0
    for sequence, start in enumerate(range(0, len(payloads), GOP)):
        group = payloads[start : start + GOP]
        track = None
        mine: list[bytes] = []
        if audio is not None:
            began = sound_at
            end = (start + len(group)) * STEP * audio.sample_rate // 90_000
            durations: list[int] = []
            while sound_at < end and told < len(frames):
                mine.append(frames[told])
                durations.append(frame_ticks(audio, frames[told]))
                sound_at += durations[-1]
                told += 1
            track = SoundTrack(began, list(map(len, mine)), durations) if mine else None
        samples = [Sample(len(payload), STEP, key_frame=index == 0) for index, payload in enumerate(group)]
        stamp = FragmentStamp(sequence, 1, 2)
        out += fragment_head(decode_time_ticks=start * STEP, samples=samples, stamp=stamp, sound=track)
        out += b"".join((*group, *mine))
    path.write_bytes(out)


def complaints(path: Path) -> str:
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0", "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return done.stderr + (f"exit code {done.returncode}" if done.returncode else "")


def pictures(name: str, parameters: str, frames: int = 30) -> tuple[CodecParameters, list[bytes]]:
    coded = encode_pictures(name, f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0:{parameters}", frames)
    return parameters_of(name, coded), [picture.payload for picture in coded]


def h265() -> tuple[CodecParameters, list[bytes]]:
    return pictures("libx265", "open-gop=0")


def h264() -> tuple[CodecParameters, list[bytes]]:
    return pictures("libx264", "slices=1")


def test_h265_is_read_by_ffmpeg(tmp_path: Path) -> None:
    parameters, payloads = h265()
    path = tmp_path / "h265.mp4"
    write(path, parameters, payloads, None, [])
    assert complaints(path) == ""
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.width, stream.height) == ("hevc", 192, 108)
        assert stream.codec_context.codec_tag == "hvc1"
        times = [frame.pts * stream.time_base for frame in container.decode(video=0)]
    assert times == [Fraction(number, 25) for number in range(30)]


def test_the_h265_configuration_is_the_one_that_ffmpeg_writes(tmp_path: Path) -> None:
    parameters, payloads = h265()
    ours, theirs = tmp_path / "ours.mp4", tmp_path / "theirs.mp4"
    write(ours, parameters, payloads, None, [])
    command = ["ffmpeg", "-v", "error", "-i", str(ours), "-c", "copy", "-tag:v", "hvc1", str(theirs)]
    subprocess.run(command, check=True, timeout=60)
    records = [data[data.index(b"hvcC") + 4 :][:23] for data in (theirs.read_bytes(), init_segment(parameters))]
    # FFmpeg works out two more hints, which may stay unknown: min_spatial_segmentation_idc and parallelismType
    for index in range(23):
        if index not in (13, 14, 15):
            assert records[0][index] == records[1][index], index


@pytest.mark.parametrize("video", ["h264", "h265"])
@pytest.mark.parametrize(
    ("name", "rate", "channels"),
    [("aac", 16_000, 1), ("aac", 48_000, 2), ("libopus", 48_000, 2), ("pcm_alaw", 8000, 1), ("pcm_mulaw", 8000, 2)],
)
def test_sound_beside_the_picture(tmp_path: Path, video: str, name: str, rate: int, channels: int) -> None:
    parameters, payloads = h264() if video == "h264" else h265()
    audio, frames = encode_sound(name, rate, channels, 1.2)
    path = tmp_path / "sound.mp4"
    write(path, parameters, payloads, audio, frames)
    assert complaints(path) == ""
    with av.open(str(path)) as container:
        stream = container.streams.audio[0]
        assert (stream.codec_context.name, stream.rate, stream.codec_context.channels) == (
            {"libopus": "opus"}.get(name, name),
            rate,
            channels,
        )
        pictures = sum(1 for _ in container.decode(video=0))
        container.seek(0)
        samples = sum(frame.samples for frame in container.decode(audio=0))
    assert pictures == 30
    assert samples / stream.rate == pytest.approx(1.2, abs=0.08)
    result = read_fragments(path)
    assert not result.torn
    assert [(one.frames, one.duration_ticks, one.starts_with_key_frame) for one in result.fragments] == [(10, 36_000, True)] * 3


def test_motion_jpeg_is_recorded_as_it_is(tmp_path: Path) -> None:
    coded = encode_pictures("mjpeg", frames=20, size=(160, 90))
    images = [picture.payload for picture in coded]
    parameters = parameters_of("mjpeg", coded)
    assert (parameters.codec, parameters.width, parameters.height) == ("mp4v.6c", 160, 90)
    audio, frames = encode_sound("pcm_alaw", 8000, 1, 0.8)
    path = tmp_path / "mjpeg.mp4"
    write(path, parameters, images, audio, frames)
    assert complaints(path) == ""
    with av.open(str(path)) as container:
        assert container.streams.video[0].codec_context.name == "mjpeg"
        assert [bytes(packet) for packet in container.demux(video=0) if packet.size] == images


@given(st.binary(max_size=60))
def test_jpeg_garbage(garbage: bytes) -> None:
    for start in (b"", b"\xff\xd8", b"\xff\xd8\xff\xe0\0\4ab\xff\xc0", b"\xff\xd8\xff\xff\xc0\0\x11"):
        try:
            jpeg_parameters(start + garbage)
        except JpegError:
            continue


def test_a_fragment_that_begins_inside_a_gop_says_so(tmp_path: Path) -> None:
    parameters, payloads = h264()
    path = tmp_path / "part.mp4"
    heads = b""
    for number, part in enumerate((payloads[:4], payloads[4:10])):
        samples = [Sample(len(one), STEP, key_frame=number == 0 and index == 0) for index, one in enumerate(part)]
        stamp = FragmentStamp(number, 1, 2)
        heads += fragment_head(decode_time_ticks=number * 4 * STEP, samples=samples, stamp=stamp) + b"".join(part)
    path.write_bytes(init_segment(parameters) + heads)
    assert [one.starts_with_key_frame for one in read_fragments(path).fragments] == [True, False]
    assert complaints(path) == ""


def test_sound_without_an_entry_is_refused() -> None:
    parameters, _ = h264()
    with pytest.raises(ValueError, match="no sample entry"):
        init_segment(parameters, AudioParameters("g722", 8000, 1))


@pytest.mark.parametrize("name", [None, "aac", "libopus", "pcm_alaw", "pcm_mulaw"])
def test_sound_can_be_hidden_from_browsers(tmp_path: Path, name: str | None) -> None:
    parameters, payloads = h264()
    audio, frames = encode_sound(name, 8000 if name.startswith("pcm") else 48_000, 1, 1.2) if name else (None, ())
    init = init_segment(parameters, audio)
    shown = silent_init(init)
    assert len(shown) == len(init)
    assert (shown == init) == (name is None)
    path = tmp_path / "hidden.mp4"
    write(path, parameters, payloads, audio, list(frames))
    path.write_bytes(shown + path.read_bytes()[len(init) :])
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == 30


@given(st.binary(max_size=200), st.integers(0, 2000))
def test_hiding_takes_any_bytes(garbage: bytes, cut: int) -> None:
    parameters, _ = h264()
    init = init_segment(parameters, AudioParameters("alaw", 8000, 1))
    for data in (garbage, init[:cut], init[: cut // 2] + garbage + init[cut // 2 :]):
        assert len(silent_init(data)) == len(data)

import subprocess
from fractions import Fraction
from pathlib import Path

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_media.access_unit import CodecParameters
from hejnal_media.fmp4 import FragmentStamp, Sample, cut_back, fragment_head, init_segment, read_fragments
from hejnal_media.h264 import parse_sps
from hejnal_media.simulator import Clip


def parameters_of(clip: Clip) -> CodecParameters:
    found = parse_sps(clip.sps)
    return CodecParameters(found.codec, found.width, found.height, clip.sps, (clip.pps,))


def fragments_of(clip: Clip) -> list[bytes]:
    fragments: list[bytes] = []
    gop = clip.spec.gop_frames
    for number in range(len(clip.pictures) // gop):
        pictures = clip.pictures[number * gop : (number + 1) * gop]
        payloads = [b"".join(len(unit).to_bytes(4, "big") + unit for unit in picture.nal_units) for picture in pictures]
        samples = [Sample(len(payload), 3600, key_frame=index == 0) for index, payload in enumerate(payloads)]
        stamp = FragmentStamp(number, 1_000_000 * number, 1_000_000 * (number + 1), 5)
        head = fragment_head(decode_time_ticks=number * gop * 3600, samples=samples, stamp=stamp)
        fragments.append(head + b"".join(payloads))
    return fragments


@pytest.fixture(scope="module")
def fragments(clip: Clip) -> list[bytes]:
    return fragments_of(clip)


@pytest.fixture
def path(tmp_path: Path, clip: Clip, fragments: list[bytes]) -> Path:
    path = tmp_path / "segment.mp4"
    path.write_bytes(init_segment(parameters_of(clip)) + b"".join(fragments))
    return path


def test_a_file_decodes_without_an_error(path: Path, clip: Clip) -> None:
    with av.open(str(path)) as container:
        stream = container.streams.video[0]
        assert (stream.width, stream.height) == (320, 180)
        times = [frame.pts * stream.time_base for frame in container.decode(video=0)]
    assert times == [Fraction(number, 25) for number in range(len(clip.pictures))]
    command = ["ffmpeg", "-v", "error", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_single_fragment_behind_the_init_decodes(tmp_path: Path, clip: Clip, fragments: list[bytes]) -> None:
    path = tmp_path / "one.mp4"
    path.write_bytes(init_segment(parameters_of(clip)) + fragments[2])
    with av.open(str(path)) as container:
        assert sum(1 for _ in container.decode(video=0)) == clip.spec.gop_frames


def test_reordered_pictures_keep_their_times(tmp_path: Path, clip: Clip) -> None:
    payloads = [b"".join(len(u).to_bytes(4, "big") + u for u in picture.nal_units) for picture in clip.pictures[:3]]
    offsets = (0, 3600, -3600)
    samples = [
        Sample(len(p), 3600, offset, key_frame=i == 0) for i, (p, offset) in enumerate(zip(payloads, offsets, strict=True))
    ]
    head = fragment_head(decode_time_ticks=9000, samples=samples, stamp=FragmentStamp(0, 0, 1))
    path = tmp_path / "b.mp4"
    path.write_bytes(init_segment(parameters_of(clip)) + head + b"".join(payloads))
    with av.open(str(path)) as container:
        times = [packet.pts for packet in container.demux(video=0) if packet.size]
    assert [time - times[0] for time in times] == [0, 7200, 3600]


def test_what_was_written_is_read_back(path: Path, fragments: list[bytes], clip: Clip) -> None:
    result = read_fragments(path)
    assert not result.torn
    assert result.init_size_bytes == len(init_segment(parameters_of(clip)))
    assert [f.size_bytes for f in result.fragments] == [len(f) for f in fragments]
    assert [f.decode_time_ticks for f in result.fragments] == [number * 36_000 for number in range(len(fragments))]
    assert {(f.frames, f.duration_ticks) for f in result.fragments} == {(10, 36_000)}
    assert [f.stamp for f in result.fragments] == [
        FragmentStamp(number, 1_000_000 * number, 1_000_000 * (number + 1), 5) for number in range(len(fragments))
    ]


@settings(deadline=None, max_examples=60, database=None)
@given(st.integers(0, 10**9), st.binary(max_size=20))
def test_a_torn_file_is_cut_back_to_its_last_whole_fragment(
    tmp_path_factory: pytest.TempPathFactory, clip: Clip, fragments: list[bytes], cut: int, tail: bytes
) -> None:
    init = init_segment(parameters_of(clip))
    whole = init + b"".join(fragments)
    cut %= len(whole) + 1
    path = tmp_path_factory.mktemp("torn") / "torn.mp4"
    path.write_bytes(whole[:cut] + tail)
    edges = [len(init)]
    for fragment in fragments:
        edges.append(edges[-1] + len(fragment))
    expected = max((edge for edge in edges if edge <= cut), default=0)
    result = cut_back(path)
    assert result.whole_bytes == path.stat().st_size == expected
    assert len(result.fragments) == max(0, sum(edge <= cut for edge in edges) - 1)
    assert not read_fragments(path).torn


@settings(deadline=None, max_examples=80, database=None)
@given(st.lists(st.tuples(st.integers(0, 10**9), st.integers(0, 255)), max_size=6), st.binary(max_size=50))
def test_the_reader_takes_any_bytes(
    tmp_path_factory: pytest.TempPathFactory, clip: Clip, fragments: list[bytes], changes: list[tuple[int, int]], tail: bytes
) -> None:
    content = bytearray(init_segment(parameters_of(clip)) + fragments[0][:400])
    for at, value in changes:
        content[at % len(content)] = value
    path = tmp_path_factory.mktemp("any") / "any.mp4"
    path.write_bytes(content + tail)
    result = read_fragments(path)
    assert 0 <= result.whole_bytes <= result.file_bytes


def test_empty_and_huge_fragments_are_refused() -> None:
    for samples in ([], [Sample(0xFFFF_0000, 1)]):
        with pytest.raises(ValueError, match="fragment of"):
            fragment_head(decode_time_ticks=0, samples=samples, stamp=FragmentStamp(0, 0, 0))

"""The first picture of a fragment, found and alone; strange heads; decoding processes that die."""

import asyncio
import contextlib
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hejnal_media.decoding_process import DecodingProcess, DecodingProcessDiedError
from hejnal_media.fmp4 import (
    FragmentStamp,
    Sample,
    SoundTrack,
    find_key_frame,
    fragment_head,
    head_size,
    lone_key_frame,
    read_fragments,
)

samples = st.lists(
    st.builds(Sample, st.integers(1, 2000), st.integers(1, 90_000), st.integers(0, 9000), st.booleans()), min_size=1, max_size=30
)


@given(samples, st.booleans(), st.integers(0, 2**40))
def test_the_first_picture_is_found_in_any_fragment(pictures: list[Sample], sound: bool, decode_time: int) -> None:
    track = SoundTrack(decode_time, [20, 30], [1024, 1024]) if sound else None
    head = fragment_head(decode_time_ticks=decode_time, samples=pictures, stamp=FragmentStamp(3, 1, 2), sound=track)
    moof = head[: head_size(head)]
    frame = find_key_frame(moof)
    assert frame.offset_bytes == len(head)
    assert frame.size_bytes == pictures[0].size_bytes
    assert frame.composition_offset_ticks == pictures[0].composition_offset_ticks


def test_a_lone_key_frame_is_a_whole_fragment(tmp_path) -> None:  # type: ignore[no-untyped-def]
    picture = os.urandom(500)
    head = fragment_head(decode_time_ticks=7, samples=[Sample(500, 40), Sample(9, 40)], stamp=FragmentStamp(3, 1, 2))
    frame = find_key_frame(head[: head_size(head)])
    lone = lone_key_frame(picture, frame, decode_time_ticks=7, duration_ticks=180_000, sequence=3)
    path = tmp_path / "lone.mp4"
    path.write_bytes(_init() + lone)
    [found] = read_fragments(path).fragments
    assert (found.decode_time_ticks, found.duration_ticks, found.frames, found.starts_with_key_frame) == (7, 180_000, 1, True)


def _init() -> bytes:
    return b"\0\0\0\x08ftyp\0\0\0\x08moov"


@given(st.binary(max_size=300), samples, st.integers(0, 400), st.integers(0, 255))
def test_strange_heads_are_refused_or_read_never_worse(noise: bytes, pictures: list[Sample], at: int, value: int) -> None:
    head = bytearray(fragment_head(decode_time_ticks=1, samples=pictures, stamp=FragmentStamp(3, 1, 2)))
    head[at % len(head)] = value
    for data in (noise, bytes(head), bytes(head[:at])):
        with contextlib.suppress(ValueError):
            head_size(data)
        with contextlib.suppress(ValueError):
            find_key_frame(data)


async def test_a_process_that_is_no_decoder_is_said_to_have_died_and_tried_again() -> None:
    process = DecodingProcess("this", time_limit_s=5)  # ends at once
    for _ in range(2):
        with pytest.raises(DecodingProcessDiedError):
            await process.ask(b"hello")
    await process.close()


async def test_a_process_that_does_not_answer_is_ended() -> None:
    process = DecodingProcess("http.server", time_limit_s=0.2)
    process_was = asyncio.create_task(process.ask(b"x"))
    await asyncio.sleep(1)
    process_was.cancel()
    with pytest.raises((asyncio.CancelledError, DecodingProcessDiedError)):
        await process_was
    assert process._process is None

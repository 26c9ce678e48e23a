"""Nonsense between frames: passed over, with bounded work."""

import tempfile
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hejnal_media.h264 import H264Depacketizer
from hejnal_media.rtsp import (
    ReceiveBuffer,
    RtspError,
)
from hejnal_media.rtsp.transport import RtspConnection
from hejnal_media.simulator import Clip, make_clip
from hejnal_media.simulator.packets import packetize_clip, stamp
from hejnal_media.testing import SMALL_MAIN, RecordingSink


def split(stream: bytes) -> list[bytes]:
    frames: list[bytes] = []
    while stream:
        end = 4 + int.from_bytes(stream[2:4], "big")
        frames.append(stream[:end])
        stream = stream[end:]
    return frames


def pictures_with_sets(clip: Clip) -> bytes:
    stream, sequence = b"", 0
    for number, picture in enumerate(packetize_clip(clip)):
        frames = stamp(picture, sequence=sequence, timestamp=3600 * number, ssrc=9, camera="x", frame=number, sent_at_us=0)
        for offset in picture.offsets:
            frames[offset + 5] = frames[offset + 5] & 0x80 | 99
        sequence += len(picture.offsets)
        stream += frames
    return stream


def feed(connection: RtspConnection, data: bytes) -> None:
    for start in range(0, len(data), 50_000):
        part = data[start : start + 50_000]
        connection.get_buffer(-1)[: len(part)] = part
        connection.buffer_updated(len(part))


def connected(sink: RecordingSink, errors: list[RtspError]) -> RtspConnection:
    connection = RtspConnection(
        ReceiveBuffer(), on_message=lambda _message: None, on_control=lambda _channel, _packet: None, on_closed=errors.append
    )
    connection.take_media(0, H264Depacketizer(sink, payload_type=99))
    feed(connection, b"RTSP/1.0 200 OK\r\nCSeq: 1\r\n\r\n")
    return connection


@settings(deadline=None, max_examples=60)
@given(st.binary(max_size=1500), st.integers(0, 39), st.integers(1, 30))
def test_nonsense_between_two_frames_costs_at_most_what_follows_it_closely(nonsense: bytes, at: int, more: int) -> None:
    clip = make_clip(SMALL_MAIN, Path(tempfile.gettempdir()) / "hejnal-clips")
    frames = split(pictures_with_sets(clip))
    at = at * len(frames) // 40
    sink, errors = RecordingSink(), []
    stream = b"".join(frames[:at]) + nonsense[:more] + b"$\0" + nonsense + b"".join(frames[at:]) + b"".join(frames) * 2
    feed(connected(sink, errors), stream)
    assert not errors
    # a false length may swallow 64 kB at most, and the next key frame comes after ten pictures
    assert sum(map(len, frames)) < 200_000
    assert len(sink.units) >= 20


@pytest.mark.parametrize("pattern", [b"$\0\0\0a", b"$\0\0\1", b"A" * 40, b"$\0\4\0" + b"b" * 60, b"RTSP/1.0 ", b"$"])
def test_hostile_nonsense_is_bounded_work(pattern: bytes) -> None:
    errors: list[RtspError] = []
    connection = connected(RecordingSink(), errors)
    began = time.process_time()
    for _ in range(8):
        feed(connection, pattern * (100_000 // len(pattern)))
        if errors:
            break
    assert time.process_time() - began < 3

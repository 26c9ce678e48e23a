"""The decoding process: figures, thumbnails, limits, hostile bytes."""

import asyncio
import contextlib
import io
import os
import random
import signal
import time
from collections.abc import AsyncIterator
from pathlib import Path

import av
import numpy as np
import pytest
from picture_scenes import encode, key_frame, night_of, street

from hejnal_ingest.picture.decoding.decoder import CpuShare, DecoderBusyError, PictureDecoder, UndecodableError, Urgency
from hejnal_ingest.picture.decoding.look import look
from hejnal_ingest.picture.decoding.wire import (
    LookRequest,
    PictureFigures,
    WireError,
    decode_answer,
    decode_request,
    encode_request,
)
from hejnal_ingest.picture.judgement import Habits, judge, relative_outline, relative_sharpness, usable_reference


def see(picture: np.ndarray, reference: bytes = b"", previous: bytes = b"", codec: str = "libx264"):
    kind = "h265" if codec == "libx265" else "h264"
    return look(LookRequest(kind, key_frame(picture, codec=codec).payload, reference, previous, 320))


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_look_measures_and_makes_a_thumbnail(codec: str) -> None:
    found = see(street(), codec=codec)
    assert (found.figures.width, found.figures.height) == (640, 360)
    assert usable_reference(found.figures)
    with av.open(io.BytesIO(found.jpeg)) as image:
        (frame,) = image.decode(video=0)
    assert (frame.width, frame.height) == (320, 180)
    small = frame.to_ndarray(format="rgb24").astype(float)
    wanted = street().reshape(180, 2, 320, 2, 3).mean(axis=(1, 3))
    assert np.abs(small - wanted).mean() < 8


def test_an_mjpeg_picture_is_looked_at_as_it_is() -> None:
    jpeg = see(street()).jpeg
    found = look(LookRequest("mjpeg", jpeg))
    assert (found.figures.width, found.figures.height) == (320, 180)
    assert found.jpeg == b""


def habits_of(figures: PictureFigures) -> Habits:
    return Habits(0.9, relative_sharpness(figures), relative_outline(figures), figures.noise)


def tampered(kind: str) -> np.ndarray:
    picture = street(passers_by=9)
    match kind:
        case "covered":
            picture[60:330, 80:560] = 110
        case "moved":
            picture = np.roll(picture, 45, axis=1)
        case "blinded":
            picture = (picture.astype(int) * 2 + 150).clip(0, 255).astype(np.uint8)
        case "defocused":
            soft = picture.astype(np.float32)
            for axis in (0, 1):
                for _ in range(3):
                    soft = np.mean([np.roll(soft, shift, axis) for shift in range(-7, 8)], axis=0)
            picture = soft.astype(np.uint8)
    return picture


@pytest.mark.parametrize("kind", ["covered", "moved", "blinded", "defocused"])
def test_tampering_is_judged_from_one_picture(kind: str) -> None:
    healthy = see(street())
    habits = habits_of(healthy.figures)
    verdict = judge(see(tampered(kind), healthy.luma).figures, habits, same_light=True, sun_up=True)
    assert verdict.kind == kind


def test_passers_by_gain_and_night_are_no_tampering() -> None:
    healthy = see(street())
    habits = habits_of(healthy.figures)
    for picture in (street(passers_by=4), (street() * 0.5).astype(np.uint8), (street() * 1.2).clip(0, 255).astype(np.uint8)):
        assert judge(see(picture, healthy.luma).figures, habits, same_light=True, sun_up=True).healthy
    night = see(night_of(street()), healthy.luma).figures
    assert night.chroma < 1
    assert judge(night, Habits(), same_light=False, sun_up=False).healthy


def test_a_black_picture_is_a_cover_by_day_and_missing_light_by_night() -> None:
    healthy = see(street())
    black = see((street() * 0.05).astype(np.uint8), healthy.luma).figures
    assert judge(black, Habits(), same_light=True, sun_up=True).kind == "covered"
    assert judge(black, Habits(), same_light=True, sun_up=False).kind == "ir_fault"


def test_messages_survive_the_pipe_and_lies_are_refused() -> None:
    request = LookRequest("h264", b"payload", b"r" * 14400, b"", 320)
    message = encode_request(request)
    assert decode_request(message) == request
    rng = random.Random(8)
    for _ in range(2_000):
        broken = bytearray(message[: rng.randrange(8, 200)] if rng.random() < 0.5 else message)
        for _ in range(rng.randrange(1, 6)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        for read in (decode_request, decode_answer):
            try:
                read(bytes(broken))
            except (WireError, KeyError, ValueError, TypeError):
                continue


def test_the_share_of_a_core_is_kept() -> None:
    now = 0.0
    share = CpuShare(0.05, lambda: now)
    assert not share.allows(Urgency.ROUTINE)  # nothing is saved at the start
    assert share.allows(Urgency.SUSPICION)
    share.used(3.1)
    assert not share.allows(Urgency.SUSPICION)
    now = 10.0
    assert share.allows(Urgency.ON_DEMAND)
    assert not share.allows(Urgency.ROUTINE)
    now = 80.0
    assert share.allows(Urgency.ROUTINE)


@pytest.fixture
async def decoder() -> AsyncIterator[PictureDecoder]:
    decoder = PictureDecoder(share=1.0, time_limit_s=3.0, monotonic=time.monotonic)
    task = asyncio.create_task(decoder.run())
    yield decoder
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_hostile_pictures_end_in_an_error_and_the_next_one_is_decoded(decoder: PictureDecoder) -> None:
    good = LookRequest("h264", key_frame(street()).payload, thumbnail_width=320)
    rng = random.Random(11)
    for _ in range(30):
        broken = bytearray(good.payload)
        for _ in range(rng.randrange(1, 40)):
            broken[rng.randrange(len(broken))] = rng.randrange(256)
        request = LookRequest(rng.choice(("h264", "h265", "mjpeg", "what")), bytes(broken[: rng.randrange(1, len(broken))]))
        with contextlib.suppress(UndecodableError):
            await decoder.look(request, Urgency.SUSPICION)
    async with asyncio.timeout(20):
        assert (await decoder.look(good, Urgency.SUSPICION)).figures.width == 640


async def test_a_decoder_that_dies_is_started_again(decoder: PictureDecoder) -> None:
    good = LookRequest("h264", key_frame(street()).payload)
    await decoder.look(good, Urgency.SUSPICION)
    pid = decoder.pid
    assert pid is not None
    assert os.getpriority(os.PRIO_PROCESS, pid) == min(19, os.getpriority(os.PRIO_PROCESS, 0) + 15)
    limits = Path(f"/proc/{pid}/limits").read_text()
    assert "Max address space         1610612736" in limits
    assert b"HEJNAL" not in Path(f"/proc/{pid}/environ").read_bytes()
    os.kill(pid, signal.SIGKILL)
    with contextlib.suppress(UndecodableError):  # unless its end was seen before this was asked
        await decoder.look(good, Urgency.SUSPICION)
    async with asyncio.timeout(20):
        assert (await decoder.look(good, Urgency.SUSPICION)).figures.width == 640
    assert decoder.pid != pid


async def test_a_full_queue_refuses() -> None:
    idle = PictureDecoder(share=1.0, time_limit_s=3.0, monotonic=time.monotonic)
    request = LookRequest("h264", b"")
    waiting = [asyncio.create_task(idle.look(request, Urgency.SUSPICION)) for _ in range(64)]
    await asyncio.sleep(0)
    with pytest.raises(DecoderBusyError):
        await idle.look(request, Urgency.SUSPICION)
    for task in waiting:
        task.cancel()


def test_frames_of_a_group_are_told_apart() -> None:
    assert [key for _, key in encode([street()] * 4, gop=2)] == [True, False, True, False]

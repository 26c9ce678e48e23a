"""Snapshots exact to the frame, key frames and their playlist, small pictures: over real files, decoded in the real process."""

import asyncio
import io
import os
import signal
from datetime import datetime, timedelta

import av
import numpy as np
import pytest
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from sqlalchemy import text

from hejnal_contracts.media import GapCause
from hejnal_media.fmp4 import find_key_frame, head_size
from hejnal_recorder.stills import stills as stills_module
from hejnal_recorder.stills.wire import StillRequest
from hejnal_runtime.errors import AppError

FRAME = timedelta(milliseconds=40)
CAMERA = "/internal/v1/cameras/cam-001"


@pytest.fixture
async def recorded(door: Door, room: Room, clip: Clip) -> None:
    """12:00:00 to 12:00:12 footage, a gap (stalled), 12:00:30 to 12:00:37 footage of a run that goes on."""
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=30), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(12), first.ended(GapCause.STALLED, after_s=10)])
    await room.takeover.take([second.started(), *second.fragments(7)])


def frame_number(data: bytes) -> int:
    """Which frame of the clip a picture is: its bar stands at twice its number, 150 wide; its ground says the rest."""
    with av.open(io.BytesIO(data)) as container:
        [picture] = [frame.to_ndarray(format="gray") for frame in container.decode(video=0)]
    row = picture.astype(int).mean(axis=0)
    ground = float(np.median(row))
    return min(range(30 * 25), key=lambda number: abs(number * 3 % 256 - ground) + (abs(_bar(row) - number * 2 % 150)) * 4)


def _bar(row: "np.ndarray[tuple[int], np.dtype[np.float64]]") -> int:
    width = row.shape[0]
    return max(range(width - 9), key=lambda left: float(row[left : left + 10].mean()))


async def test_a_snapshot_is_exact_to_the_frame(door: Door, recorded: None) -> None:
    for number in (0, 1, 24, 25, 57, 80):
        at = START + number * FRAME
        for instant in (at, at + timedelta(milliseconds=39) - timedelta(milliseconds=2), at - timedelta(milliseconds=1)):
            answer = await door.client.get(f"{CAMERA}/snapshot", params={"at": max(START, instant).isoformat(), "format": "png"})
            assert answer.status_code == 200, answer.text
            assert answer.headers["content-type"] == "image/png"
            assert datetime.fromisoformat(answer.headers["x-hejnal-frame-time"]) == at
        assert frame_number(answer.content) == number
    await door.resources.stills.close()


async def test_a_snapshot_as_jpeg_and_smaller(door: Door, recorded: None) -> None:
    query = {"at": (START + timedelta(seconds=31)).isoformat(), "width": "80"}
    answer = await door.client.get(f"{CAMERA}/snapshot", params=query)
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.headers["content-disposition"] == 'inline; filename="cam-001_2026-05-03T12-00-31.000000Z.jpg"'
    with av.open(io.BytesIO(answer.content)) as container:
        assert (container.streams.video[0].width, container.streams.video[0].height) == (80, 48)
    await door.resources.stills.close()


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        (START + timedelta(seconds=20), 404, "stalled"),
        (START - timedelta(seconds=20), 404, "not_recorded"),
        (START + timedelta(seconds=38), 404, "not_yet"),
        (NOW + timedelta(seconds=20), 422, "in-the-future"),
        (START.replace(tzinfo=None), 422, "no-offset"),
    ],
)
async def test_where_there_is_no_picture_the_cause_is_told(
    door: Door, recorded: None, at: datetime, status: int, code: str
) -> None:
    for path in ("snapshot", "thumbnail"):
        answer = await door.client.get(f"{CAMERA}/{path}", params={"at": at.isoformat()})
        assert answer.status_code == status
        assert answer.json()["errors"][0]["code"] == code
    answer = await door.client.get("/internal/v1/cameras/cam-009/snapshot", params={"at": START.isoformat()})
    assert answer.json()["type"].endswith("no-such-camera")


async def test_key_frames_are_told_spread_over_the_time(door: Door, room: Room, recorded: None) -> None:
    query = {"from": START.isoformat(), "to": (START + timedelta(seconds=40)).isoformat()}
    every = (await door.client.get(f"{CAMERA}/keyframes", params=query)).json()["items"]
    assert len(every) == 19
    few = (await door.client.get(f"{CAMERA}/keyframes", params=query | {"most": "8"})).json()["items"]
    assert [(datetime.fromisoformat(one["at"]) - START).total_seconds() for one in few] == [0, 5, 10, 30, 35]
    one = few[1]
    answer = await door.client.get(
        f"/internal/v1/segments/{one['segment_id']}/media",
        headers={"Range": f"bytes={one['offset_bytes']}-{one['offset_bytes'] + one['size_bytes'] - 1}"},
    )
    head = answer.content[: head_size(answer.content)]
    frame = find_key_frame(head)
    assert frame.offset_bytes == len(head) + 8
    assert frame.offset_bytes + frame.size_bytes < one["size_bytes"]


async def test_a_playlist_of_key_frames_decodes(door: Door, recorded: None) -> None:
    query = {"from": START.isoformat(), "to": (START + timedelta(seconds=40)).isoformat(), "keyframes": "1"}
    text = (await door.client.get(f"{CAMERA}/playlist.m3u8", params=query)).text
    assert "#EXT-X-I-FRAMES-ONLY" in text
    assert 'X-CAUSE="stalled"' in text
    uris = [line for line in text.splitlines() if line.startswith("../../segments/")]
    assert len(uris) == 19
    assert text.count("#EXT-X-DISCONTINUITY") == 1
    init = await door.client.get("/internal/v1/segments/run-1-s0/media", headers={"Range": "bytes=0-4095"})
    data = init.content[: init.content.index(b"moof") - 4]
    for uri in uris[:12]:
        answer = await door.client.get(uri.replace("../../", "/internal/v1/"))
        assert answer.status_code == 200, answer.text
        data += answer.content
    with av.open(io.BytesIO(data)) as container:
        frames = list(container.decode(video=0))
    assert [round(float(frame.pts * frame.time_base), 3) for frame in frames] == list(range(12))
    wrong = await door.client.get("/internal/v1/segments/run-1-s0/keyframe", params={"sequence": 77, "ticks": 1})
    assert wrong.json()["type"].endswith("no-such-key-frame")


async def test_small_pictures_are_remembered_but_not_longer_than_their_footage(door: Door, room: Room, recorded: None) -> None:
    query = {"at": (START + timedelta(seconds=3.7)).isoformat()}
    first = await door.client.get(f"{CAMERA}/thumbnail", params=query)
    assert datetime.fromisoformat(first.headers["x-hejnal-frame-time"]) == START + timedelta(seconds=3)
    await door.resources.stills.close()
    assert (await door.client.get(f"{CAMERA}/thumbnail", params=query)).content == first.content
    assert door.resources.stills._process._process is None, "nothing was decoded again"
    async with room.database.transaction() as session:
        await session.execute(text("update segments set state = 'garbage'"))
    assert (await door.client.get(f"{CAMERA}/thumbnail", params=query)).status_code == 404


async def test_hostile_bytes_end_the_process_and_nothing_else(door: Door, recorded: None) -> None:
    stills = door.resources.stills
    noise = os.urandom(5000)
    with pytest.raises(AppError, match="No picture"):
        await stills.make(StillRequest(noise, 0, 90_000, "jpeg", 0), None)
    query = {"at": START.isoformat()}
    assert (await door.client.get(f"{CAMERA}/snapshot", params=query)).status_code == 200
    process = stills._process._process
    assert process is not None
    os.kill(process.pid, signal.SIGKILL)
    await process.wait()
    assert (await door.client.get(f"{CAMERA}/snapshot", params=query)).status_code == 415
    assert (await door.client.get(f"{CAMERA}/snapshot", params=query)).status_code == 200
    await stills.close()


async def test_too_many_at_once_are_turned_away(door: Door, recorded: None) -> None:
    asked = [
        door.client.get(f"{CAMERA}/thumbnail", params={"at": (START + timedelta(seconds=number % 12)).isoformat()})
        for number in range(stills_module.MOST_SMALL_WAITING * 4)
    ]
    answers = await asyncio.gather(*asked)
    assert {answer.status_code for answer in answers} <= {200, 503}
    assert any(answer.status_code == 200 for answer in answers)
    assert all(answer.headers["retry-after"] == "1" for answer in answers if answer.status_code == 503)
    await door.resources.stills.close()

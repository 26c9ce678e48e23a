"""The internal API over real rows and files; the playlist is opened by FFmpeg."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta

import av
import httpx
import pytest
import uvicorn
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room

from hejnal_contracts.cameras import CameraRegistered
from hejnal_contracts.media import GapCause
from hejnal_recorder.registry import remember_camera


@pytest.fixture
async def recorded(room: Room, clip: Clip) -> list[SpoolRun]:
    """12:00:00 to 12:00:12 footage, a gap (stalled), 12:00:30 to 12:00:37 footage of a run that goes on."""
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=30), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(12), first.ended(GapCause.STALLED, after_s=10)])
    await room.takeover.take([second.started(), *second.fragments(7)])
    return [first, second]


def during(starts: float, ends: float) -> dict[str, str]:
    return {name: (START + timedelta(seconds=s)).isoformat() for name, s in (("from", starts), ("to", ends))}


def spans(answer: httpx.Response) -> list[tuple[str, float, float, str | None]]:
    body = answer.json()
    assert answer.status_code == 200, body
    listed = [(span["kind"], _seconds(span["from"]), _seconds(span["to"]), span["cause"]) for span in body["spans"]]
    reached = _seconds(body["from"])
    for _, starts, ends, _ in listed:
        assert starts == reached
        reached = ends
    assert not listed or reached == _seconds(body["to"])
    return listed


def _seconds(text: str) -> float:
    return (datetime.fromisoformat(text) - START).total_seconds()


async def test_the_timeline_tiles_with_causes(door: Door, recorded: list[SpoolRun]) -> None:
    answer = await door.client.get("/internal/v1/cameras/cam-001/timeline", params=during(-60, 36))
    assert spans(answer) == [
        ("gap", -60, 0, None),
        ("footage", 0, 12, None),
        ("gap", 12, 30, "stalled"),
        ("footage", 30, 36, None),
    ]
    assert answer.json()["completeness"] == pytest.approx(18 / 36)


async def test_the_end_of_an_open_run_is_cut_then_a_gap(door: Door, room: Room, recorded: list[SpoolRun]) -> None:
    room.clock.advance((START + timedelta(seconds=45) - NOW).total_seconds())
    answer = await door.client.get("/internal/v1/cameras/cam-001/timeline", params=during(30, 3600))
    assert spans(answer) == [("footage", 30, 37, None)]
    room.clock.advance(15)
    answer = await door.client.get("/internal/v1/cameras/cam-001/timeline", params=during(30, 3600))
    assert spans(answer) == [("footage", 30, 37, None), ("gap", 37, 60, "ingest_lost")]


async def test_an_open_gap_lasts_until_now(door: Door, room: Room, recorded: list[SpoolRun]) -> None:
    await room.takeover.take([recorded[1].ended(GapCause.REFUSED)])
    answer = await door.client.get("/internal/v1/cameras/cam-001/timeline", params=during(36, 7200))
    assert spans(answer) == [("footage", 36, 37, None), ("gap", 37, 3600, "refused")]


async def test_a_registered_camera_without_footage_has_a_gap_without_cause(door: Door, room: Room) -> None:
    camera = CameraRegistered(
        camera_id="cam-009", version=1, name="Rynek", place={"lat": 51, "lon": 21}, changed_at=START,
        streams=[{"name": "main", "url": "rtsp://127.0.0.1:1/x"}],
    )  # fmt: skip
    await remember_camera(room.database, camera)
    answer = await door.client.get("/internal/v1/cameras/cam-009/timeline", params=during(0, 60))
    assert spans(answer) == [("gap", 0, 60, None)]
    assert answer.json()["completeness"] is None
    missing = await door.client.get("/internal/v1/cameras/cam-404/timeline", params=during(0, 60))
    assert (missing.status_code, missing.json()["type"]) == (404, "urn:hejnal:problem:no-such-camera")


@pytest.mark.parametrize(
    ("params", "said"),
    [
        ({"from": "2026-05-03T12:00:00", "to": "2026-05-03T12:01:00Z"}, "offset"),
        ({"from": "2026-05-03T12:01:00Z", "to": "2026-05-03T12:01:00Z"}, "after"),
        ({"from": "2025-05-03T12:01:00Z", "to": "2026-05-03T12:01:00Z"}, "at most"),
        ({"from": "2026-05-03T13:01:00Z", "to": "2026-05-03T14:01:00Z"}, "future"),
        ({"from": "yesterday", "to": "2026-05-03T14:01:00Z"}, "form"),
        ({"from": "2026-05-03T12:01:00Z"}, "form"),
    ],
)
@pytest.mark.parametrize("what", ["timeline", "playlist.m3u8"])
async def test_a_bad_interval_is_told_so(door: Door, params: dict[str, str], said: str, what: str) -> None:
    answer = await door.client.get(f"/internal/v1/cameras/cam-001/{what}", params=params)
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    assert said in answer.json()["detail"]


async def test_only_the_gateway_may_ask(door: Door) -> None:
    for path in ("cameras/cam-001/timeline", "cameras/cam-001/playlist.m3u8", "segments/x/media"):
        answer = await door.client.get(f"/internal/v1/{path}", params=during(0, 9), headers={"Authorization": ""})
        assert answer.status_code == 401


async def test_the_playlist_names_ranges_gaps_and_times(door: Door, recorded: list[SpoolRun]) -> None:
    answer = await door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=during(8.5, 33))
    lines = answer.text.splitlines()
    assert answer.headers["content-type"].startswith("application/vnd.apple.mpegurl")
    assert lines[0] == "#EXTM3U"
    assert lines[-1] == "#EXT-X-ENDLIST"
    assert lines.count("#EXT-X-DISCONTINUITY") == 1
    assert [line for line in lines if line.startswith("#EXT-X-PROGRAM-DATE-TIME")] == [
        f"#EXT-X-PROGRAM-DATE-TIME:2026-05-03T12:00:{second:02}.000Z" for second in (8, 9, 10, 11, 30, 31, 32)
    ]
    assert sum(line.startswith("#EXTINF:1.000000") for line in lines) == 4 + 3
    assert sum(line.startswith("#EXT-X-MAP") for line in lines) == 2
    [gap] = [line for line in lines if line.startswith("#EXT-X-DATERANGE")]
    assert 'X-CAUSE="stalled"' in gap
    assert "DURATION=18.000" in gap
    assert "../../segments/run-1-s1/media" in lines


async def test_an_empty_playlist_says_why(door: Door, recorded: list[SpoolRun]) -> None:
    answer = await door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=during(15, 20))
    assert (answer.status_code, answer.json()["type"]) == (404, "urn:hejnal:problem:no-footage")
    assert "stalled" in answer.json()["detail"]
    answer = await door.client.get("/internal/v1/cameras/cam-404/playlist.m3u8", params=during(15, 20))
    assert answer.json()["type"] == "urn:hejnal:problem:no-such-camera"


async def test_media_in_ranges(door: Door, recorded: list[SpoolRun]) -> None:
    url = "/internal/v1/segments/run-1-s0/media"
    data = recorded[0].path(0).read_bytes()
    whole = await door.client.get(url)
    assert (whole.status_code, whole.content, whole.headers["content-type"]) == (200, data, "video/mp4")
    size = len(data)
    for wanted, status, first, end in (
        ("bytes=0-99", 206, 0, 100),
        ("bytes=100-", 206, 100, size),
        ("bytes=-50", 206, size - 50, size),
        (f"bytes=10-{size * 2}", 206, 10, size),
        ("bytes=5-4", 200, 0, size),
        ("bytes=0-1,5-6", 200, 0, size),
        ("lines=1-2", 200, 0, size),
    ):
        answer = await door.client.get(url, headers={"Range": wanted})
        assert (answer.status_code, answer.content) == (status, data[first:end]), wanted
        if status == 206:
            assert answer.headers["content-range"] == f"bytes {first}-{end - 1}/{size}"
            assert answer.headers["content-length"] == str(end - first)
    beyond = await door.client.get(url, headers={"Range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    etag = whole.headers["etag"]
    assert (await door.client.get(url, headers={"If-None-Match": etag})).status_code == 304
    assert (await door.client.get(url, headers={"Range": "bytes=0-9", "If-Range": '"other"'})).status_code == 200
    assert (await door.client.get("/internal/v1/segments/none/media")).status_code == 404


async def test_a_growing_segment_ends_at_its_last_announced_fragment(door: Door, recorded: list[SpoolRun]) -> None:
    path = recorded[1].path(1)
    announced = path.read_bytes()
    with path.open("ab") as file:
        file.write(b"a fragment in the making")
    answer = await door.client.get("/internal/v1/segments/run-2-s1/media")
    assert answer.content == announced
    assert (
        await door.client.get("/internal/v1/segments/run-2-s1/media", headers={"If-None-Match": '"run-2-s1-1"'})
    ).status_code == 200


async def test_a_missing_file_is_gone(door: Door, room: Room, recorded: list[SpoolRun]) -> None:
    (room.archive_dir / "cam-001/2026-05-03/run-1-s0.mp4").unlink()
    answer = await door.client.get("/internal/v1/segments/run-1-s0/media")
    assert (answer.status_code, answer.json()["type"]) == (410, "urn:hejnal:problem:segment-file-missing")


@pytest.fixture
async def door_url(door: Door) -> AsyncIterator[str]:
    server = uvicorn.Server(uvicorn.Config(door.app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


def _open_and_count(url: str, authorization: str) -> tuple[int, int]:
    # FFmpeg since 7.1 wants file extensions in addresses; ours name a resource.
    options = {"headers": f"Authorization: {authorization}\r\n", "extension_picky": "0", "allowed_extensions": "ALL"}
    with av.open(url, options=options, timeout=20) as container:
        frames = list(container.decode(video=0))
        return len(frames), frames[0].width


@pytest.mark.parametrize(("starts", "ends", "seconds"), [(0, 12, 12), (3, 8, 5), (30, 37, 7)])
async def test_ffmpeg_plays_a_stretch_from_end_to_end(
    door: Door, door_url: str, recorded: list[SpoolRun], starts: int, ends: int, seconds: int
) -> None:
    """FFmpeg knows no discontinuity in fMP4 playlists; playing over a gap is shown with hls.js."""
    url = f"{door_url}/internal/v1/cameras/cam-001/playlist.m3u8?{httpx.QueryParams(during(starts, ends))}"
    frames, width = await asyncio.to_thread(_open_and_count, url, door.headers["Authorization"])
    assert (frames, width) == (seconds * 25, 160)


async def test_ffprobe_reads_a_segment(door: Door, door_url: str, recorded: list[SpoolRun]) -> None:
    process = await asyncio.create_subprocess_exec(
        "ffprobe", "-v", "error", "-headers", f"Authorization: {door.headers['Authorization']}\r\n",
        "-show_entries", "stream=codec_name,width", "-of", "csv=p=0", f"{door_url}/internal/v1/segments/run-1-s1/media",
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    out, error = await asyncio.wait_for(process.communicate(), 20)
    assert (out.decode().strip(), error.decode()) == ("h264,160", "")


async def test_a_playlist_begins_with_a_key_frame(room: Room, door: Door, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    keys = {0, 3, 8}
    facts = [fact.model_copy(update={"starts_with_key_frame": fact.sequence in keys}) for fact in run.fragments(12)]
    await room.takeover.take([run.started(), *facts, run.ended()])

    async def sequences(starts: float, ends: float) -> tuple[list[int], bool]:
        answer = await door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=during(starts, ends))
        assert answer.status_code == 200, answer.text
        lines = answer.text.splitlines()
        found = []
        for number, line in enumerate(lines):
            if line.startswith("#EXT-X-BYTERANGE:"):
                size, _, offset = line.removeprefix("#EXT-X-BYTERANGE:").partition("@")
                segment = lines[number + 1].split("/")[-2]
                match = [f for f in facts if (f.segment_id, f.offset_bytes, f.size_bytes) == (segment, int(offset), int(size))]
                found.append(match[0].sequence)
        return found, "#EXT-X-INDEPENDENT-SEGMENTS" in lines

    assert await sequences(1.2, 1.8) == ([0, 1], False)
    assert await sequences(3, 4) == ([3], True)
    assert await sequences(6.5, 7.5) == ([3, 4, 5, 6, 7], False)  # its key frame lies in the file before
    assert await sequences(6.5, 9.5) == ([3, 4, 5, 6, 7, 8, 9], False)
    assert await sequences(8, 9) == ([8], True)

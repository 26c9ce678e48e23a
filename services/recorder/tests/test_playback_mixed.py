"""A mixed archive: other codecs and sound from one run to the next, played by FFmpeg and by hls.js in real Chromium."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from datetime import timedelta

import av
import httpx
import pytest
import uvicorn
from fastapi.responses import FileResponse, HTMLResponse
from playwright.async_api import async_playwright
from recorder_room import START, Door, Room
from test_playback_browser import HLS_JS, PAGE

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_local.chromium import launch_options
from hejnal_media.access_unit import AudioParameters
from hejnal_media.audio import frame_ticks
from hejnal_media.fmp4 import FragmentStamp, Sample, SoundTrack, fragment_head, init_segment
from hejnal_media.testing_streams import TICKS, Coded, encode_pictures, encode_sound, parameters_of

GOP = 25
OPTIONS = f"keyint={GOP}:min-keyint={GOP}:scenecut=0:bframes=0"


def written_run(
    room: Room, number: int, encoder: str, sound: tuple[str, int] | None, starts_s: float, gops: int = 3
) -> list[Fact]:
    """A run of one segment in the spool, and its facts."""
    coded = encode_pictures(encoder, OPTIONS + (":open-gop=0" if encoder == "libx265" else ""), gops * GOP)
    parameters = parameters_of(encoder, coded)
    audio: AudioParameters | None = None
    frames: tuple[bytes, ...] = ()
    if sound is not None:
        audio, frames = encode_sound(sound[0], sound[1], 1, gops + 0.2)
    run, camera = f"mixed-{number}", "cam-001"
    init = init_segment(parameters, audio)
    path = room.spool / camera / run / f"{run}-s.mp4"
    path.parent.mkdir(parents=True)
    content = bytearray(init)
    facts: list[Fact] = [
        RunStarted(
            camera_id=camera, run_id=run, epoch=number, ingest_id="ingest-a", stream="main", spool_url="",
            codec=parameters.codec, width=parameters.width, height=parameters.height, timescale=90_000,
            started_at=START + timedelta(seconds=starts_s), audio_codec=audio.codec if audio else None,
        )
    ]  # fmt: skip
    told = heard = 0
    for sequence, group in enumerate(batches(coded)):
        track, mine = None, []
        if audio is not None:
            began, durations = heard, []
            while heard < (sequence + 1) * audio.sample_rate and told < len(frames):
                mine.append(frames[told])
                durations.append(frame_ticks(audio, frames[told]))
                heard += durations[-1]
                told += 1
            track = SoundTrack(began, list(map(len, mine)), durations)
        samples = [Sample(len(picture.payload), TICKS, key_frame=index == 0) for index, picture in enumerate(group)]
        data = fragment_head(
            decode_time_ticks=sequence * 90_000, samples=samples, stamp=FragmentStamp(sequence, 1, 2), sound=track
        ) + b"".join([*(picture.payload for picture in group), *mine])
        at = START + timedelta(seconds=starts_s + sequence)
        facts.append(
            FragmentWritten(
                camera_id=camera, run_id=run, epoch=number, sequence=sequence, segment_id=f"{run}-s",
                segment_path=str(path.relative_to(room.spool)), init_size_bytes=len(init), offset_bytes=len(content),
                size_bytes=len(data), sha256=hashlib.sha256(data).hexdigest(), init_sha256=hashlib.sha256(init).hexdigest(),
                starts_at=at, ends_at=at + timedelta(seconds=1), media_time=sequence * 90_000, duration_ticks=90_000,
                frames=GOP, segment_ends=sequence == gops - 1,
            )
        )  # fmt: skip
        content += data
    path.write_bytes(content)
    ended = START + timedelta(seconds=starts_s + gops)
    facts.append(
        RunEnded(
            camera_id=camera, run_id=run, epoch=number, cause=GapCause.CAMERA_REBOOT, detail="", fragments=gops, ended_at=ended
        )
    )
    return facts


def batches(coded: tuple[Coded, ...]) -> list[tuple[Coded, ...]]:
    return [coded[at : at + GOP] for at in range(0, len(coded), GOP)]


async def playlist_url(room: Room, runs: list[tuple[str, tuple[str, int] | None]]) -> str:
    for number, (encoder, sound) in enumerate(runs, 1):
        await room.takeover.take(written_run(room, number, encoder, sound, (number - 1) * 3.0))
    query = httpx.QueryParams({"from": START.isoformat(), "to": (START + timedelta(seconds=60)).isoformat()})
    return f"/internal/v1/cameras/cam-001/playlist.m3u8?{query}"


@pytest.fixture
async def base(door: Door) -> AsyncIterator[str]:
    @door.app.get("/hls.js")
    async def script() -> FileResponse:
        return FileResponse(HLS_JS)

    server = uvicorn.Server(uvicorn.Config(door.app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    server.should_exit = True
    await serving


async def test_ffmpeg_plays_every_codec_of_a_mixed_archive(room: Room, door: Door, base: str) -> None:
    runs = [("libx264", None), ("libx265", None), ("libx265", ("aac", 16_000)), ("libx264", ("libopus", 48_000))]
    url = base + await playlist_url(room, runs)
    answer = await door.client.get(url.removeprefix(base))
    lines = answer.text.splitlines()
    assert lines.count("#EXT-X-DISCONTINUITY") == 3
    assert sum(line.startswith("#EXT-X-MAP") for line in lines) == 4

    def decoded() -> int:
        # FFmpeg since 7.1 wants file extensions in addresses; ours name a resource
        options = {"headers": f"Authorization: {door.headers['Authorization']}\r\n", "extension_picky": "0"}
        with av.open(url, options=options | {"allowed_extensions": "ALL"}, timeout=20) as container:
            return sum(1 for _ in container.demux(video=0))

    assert await asyncio.to_thread(decoded) >= 4 * 3 * GOP


@pytest.mark.browser
@pytest.mark.parametrize(
    "sounds",
    [
        [None, ("pcm_alaw", 8000), ("pcm_mulaw", 8000)],
        [("aac", 16_000), ("aac", 16_000)],
        [None, ("aac", 16_000), None],
        [("libopus", 48_000), None, ("aac", 16_000)],
    ],
)
async def test_hls_js_plays_through_changing_sound(
    room: Room, door: Door, base: str, sounds: list[tuple[str, int] | None]
) -> None:
    path = await playlist_url(room, [("libx264", sound) for sound in sounds])

    @door.app.get("/page")
    async def page() -> HTMLResponse:
        return HTMLResponse(PAGE.replace("AUTHORIZATION", repr(door.headers["Authorization"])).replace("PLAYLIST", repr(path)))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        tab = await browser.new_page()
        await tab.goto(f"{base}/page")
        await tab.wait_for_function("window.seen.ended || window.seen.errors.length > 0", timeout=30_000)
        seen = await tab.evaluate(
            "({...window.seen, frames: document.getElementById('v').getVideoPlaybackQuality().totalVideoFrames})"
        )
        await browser.close()
    assert seen["errors"] == []
    assert seen["ended"]
    assert seen["frames"] > len(sounds) * 3 * GOP * 0.8

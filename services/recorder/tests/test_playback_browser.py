"""hls.js in real Chromium plays a playlist over a gap, frame after frame."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest
import uvicorn
from fastapi import Request
from fastapi.responses import FileResponse, HTMLResponse
from playwright.async_api import async_playwright
from recorder_footage import Clip, SpoolRun
from recorder_room import START, Door, Room

from hejnal_local.chromium import launch_options

HLS_JS = Path(__file__).resolve().parents[3] / "web/node_modules/hls.js/dist/hls.min.js"

PAGE = """<!doctype html><video id="v" muted></video><script src="/hls.js"></script><script>
const video = document.getElementById("v"), seen = { dates: [], ranges: [], errors: [], ended: false };
window.seen = seen;
const hls = new Hls({ xhrSetup: (x) => x.setRequestHeader("Authorization", AUTHORIZATION) });
hls.on(Hls.Events.ERROR, (_, e) => { if (e.fatal) seen.errors.push(e.details + " " + (e.reason || "")); });
hls.on(Hls.Events.LEVEL_LOADED, (_, e) => { seen.ranges = Object.values(e.details.dateRanges).map((r) => r.attr["X-CAUSE"]); });
video.addEventListener("timeupdate", () => { if (hls.playingDate) seen.dates.push(hls.playingDate.toISOString()); });
video.addEventListener("ended", () => { seen.ended = true; });
hls.loadSource(PLAYLIST); hls.attachMedia(video); video.playbackRate = 4; video.play();
</script>"""


@pytest.fixture
async def page_url(door: Door, room: Room, clip: Clip) -> AsyncIterator[str]:
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=60), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(8), first.ended()])
    await room.takeover.take([second.started(), *second.fragments(9)])
    query = httpx.QueryParams({"from": START.isoformat(), "to": (START + timedelta(seconds=90)).isoformat()})
    playlist = f"/internal/v1/cameras/cam-001/playlist.m3u8?{query}"

    @door.app.get("/page")
    async def page(request: Request) -> HTMLResponse:
        del request
        html = PAGE.replace("AUTHORIZATION", repr(door.headers["Authorization"])).replace("PLAYLIST", repr(playlist))
        return HTMLResponse(html)

    @door.app.get("/hls.js")
    async def script() -> FileResponse:
        return FileResponse(HLS_JS)

    server = uvicorn.Server(uvicorn.Config(door.app, host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    yield f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/page"
    server.should_exit = True
    await serving


@pytest.mark.browser
async def test_hls_js_plays_over_a_gap(page_url: str) -> None:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        page = await browser.new_page()
        await page.goto(page_url)
        await page.wait_for_function("window.seen.ended || window.seen.errors.length > 0", timeout=40_000)
        seen = await page.evaluate("({...window.seen, duration: document.getElementById('v').duration})")
        await browser.close()
    assert seen["errors"] == []
    assert seen["duration"] == pytest.approx(17, abs=0.2)
    assert seen["ranges"] == ["link_down"]
    played = sorted((datetime.fromisoformat(date) - START).total_seconds() for date in seen["dates"])
    assert played[0] < 4
    assert played[-1] == pytest.approx(69, abs=1)
    assert not [second for second in played if 8.5 < second < 59.5]

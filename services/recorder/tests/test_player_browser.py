"""The console's own player in real Chromium, over the recorder's API: frame by frame, and at sixteen times the speed."""

import asyncio
import subprocess
from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import uvicorn
from fastapi.responses import FileResponse, HTMLResponse
from playwright.async_api import Page, async_playwright
from recorder_footage import Clip, SpoolRun
from recorder_room import START, Door, Room

from hejnal_local.chromium import launch_options

pytestmark = pytest.mark.browser


WEB = Path(__file__).resolve().parents[3] / "web"
START_MS = int(START.timestamp() * 1000)

PAGE = """<!doctype html><video id="v" muted></video><script src="/player.js"></script><script>
window.seen = { frames: [], states: [], playlists: [] };
const iso = (ms) => new Date(ms).toISOString();
window.player = new Playback.ArchivePlayer({
  video: document.getElementById("v"),
  playlistUrl: (from, to, keys) => {
    const url = `/internal/v1/cameras/cam-001/playlist.m3u8?from=${iso(from)}&to=${iso(to)}${keys ? "&keyframes=1" : ""}`;
    seen.playlists.push(url);
    return url;
  },
  now: () => NOW,
  onState: (state) => seen.states.push(state),
  onUnauthenticated: () => seen.states.push("unauthenticated"),
  onFrame: (at) => seen.frames.push(Math.round(at)),
});
</script>"""


TOGETHER = """<!doctype html><video id="a" muted></video><video id="b" muted></video><script src="/player.js"></script><script>
const iso = (ms) => new Date(ms).toISOString();
window.clock = new Playback.TogetherClock(FROM, () => performance.now());
window.cameras = [["a", "cam-001"], ["b", "cam-002"]].map(([element, id]) => {
  const camera = { id, state: "idle", spans: [], rate: 1, follower: new Playback.TogetherFollower(id, clock) };
  camera.player = new Playback.ArchivePlayer({
    video: document.getElementById(element),
    playlistUrl: (from, to) => `/internal/v1/cameras/${id}/playlist.m3u8?from=${iso(from)}&to=${iso(to)}`,
    now: () => NOW,
    onState: (state) => { camera.state = state; },
    onUnauthenticated: () => undefined,
  });
  camera.player.seek(FROM);
  fetch(`/internal/v1/cameras/${id}/timeline?from=${iso(FROM - 60000)}&to=${iso(FROM + 120000)}`).then((answer) => answer.json())
    .then((body) => { camera.spans = Playback.joinSpans(Playback.parseTimeline(body).spans); });
  return camera;
});
window.strays = [];
setInterval(() => {
  for (const camera of cameras) camera.follower.tick(camera, performance.now());
  const shown = cameras.map((one) => one.player.atMs());
  strays.push({ at: clock.atMs(), moving: clock.moving, shown, states: cameras.map((one) => one.state) });
}, 100);
</script>"""


class Trusted:
    """Hands requests of the browser on with the gateway's token."""

    def __init__(self, door: Door) -> None:
        self._door = door

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            token = self._door.headers["Authorization"].encode()
            scope = {**scope, "headers": [*scope["headers"], (b"authorization", token)]}
        await self._door.app(scope, receive, send)


@pytest.fixture(scope="session")
def player_js(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The console's player as one script."""
    folder = tmp_path_factory.mktemp("player")
    target, source = folder / "player.js", folder / "entry.ts"
    rooms = ("archive-player", "together", "together-follower", "timeline")
    source.write_text("".join(f"export * from '{WEB}/operator/src/playback/{room}.ts';\n" for room in rooms))
    command = [WEB / "node_modules/.bin/rolldown", source, "--format", "iife", "--name", "Playback", "--file", target]
    subprocess.run([str(part) for part in command], cwd=WEB, check=True, timeout=60, capture_output=True)
    return target


@pytest.fixture
async def page(door: Door, room: Room, clip: Clip, player_js: Path) -> AsyncIterator[Page]:
    """Footage 0 s to 28 s and 60 s to 69 s after the start; the player has not begun."""
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=60), run="run-2", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(28), first.ended()])
    await room.takeover.take([second.started(), *second.fragments(9)])

    @door.app.get("/page")
    async def html() -> HTMLResponse:
        return HTMLResponse(PAGE.replace("NOW", str(int(door.resources.clock.now().timestamp() * 1000))))

    @door.app.get("/together")
    async def together() -> HTMLResponse:
        now = str(int(door.resources.clock.now().timestamp() * 1000))
        return HTMLResponse(TOGETHER.replace("NOW", now).replace("FROM", str(START_MS + 1000)))

    @door.app.get("/player.js")
    async def script() -> FileResponse:
        return FileResponse(player_js)

    server = uvicorn.Server(uvicorn.Config(Trusted(door), host="127.0.0.1", port=0, lifespan="off", log_config=None))
    serving = asyncio.create_task(server.serve())
    while not server.started:
        await asyncio.sleep(0.02)
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        opened = await browser.new_page()
        await opened.goto(f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/page")
        yield opened
        await browser.close()
    server.should_exit = True
    await serving
    await door.resources.stills.close()


async def _shown_ms(page: Page) -> float:
    return float(await page.evaluate("player.atMs()")) - START_MS


async def _until(page: Page, condition: str) -> None:
    await page.wait_for_function(condition, timeout=30_000)


async def test_steps_are_one_frame_long_and_snapshots_show_the_same_frame(page: Page, door: Door) -> None:
    await page.evaluate(f"player.seek({START_MS + 4500})")
    await _until(page, f"player.atMs() >= {START_MS + 5200}")
    await page.evaluate("player.pause()")
    await page.wait_for_timeout(300)
    at = await _shown_ms(page)
    assert at % 40 == pytest.approx(0, abs=0.01)
    for by in (1, 1, -1, -1, -1, 1):
        at += 40 * by
        await page.evaluate(f"player.step({by})")
        await _until(page, f"Math.abs(player.atMs() - {START_MS + at}) < 1")
    await page.evaluate(f"player.seek({START_MS + 7000})")  # the first frame of a group of pictures: back over its edge
    await _until(page, f"Math.abs(player.atMs() - {START_MS + 7000}) < 1")
    await page.evaluate("player.step(-1)")
    await _until(page, f"Math.abs(player.atMs() - {START_MS + 6960}) < 1")
    told = await page.evaluate("new Date(Math.floor(player.atMs())).toISOString()")
    answer = await door.client.get("/internal/v1/cameras/cam-001/snapshot", params={"at": told})
    assert datetime.fromisoformat(answer.headers["x-hejnal-frame-time"]) == START + timedelta(milliseconds=6960)


async def test_sixteen_times_the_speed_shows_key_frames_and_goes_over_a_gap(page: Page) -> None:
    await page.evaluate(f"player.seek({START_MS + 500})")
    await _until(page, f"player.atMs() >= {START_MS + 1200}")
    await page.evaluate("player.setRate(16)")
    await _until(page, "seen.states.at(-1) === 'ended'")
    seen = await page.evaluate("seen")
    assert "failed" not in seen["states"]
    assert seen["playlists"][-1].endswith("&keyframes=1")
    fast = [at - START_MS for at in seen["frames"] if at - START_MS > 2000]
    assert fast, "key frames were shown"
    assert all(at % 1000 == 0 for at in fast)
    assert fast == sorted(fast)
    assert any(at >= 60_000 for at in fast), "over the gap"
    assert not [at for at in fast if 28_000 <= at < 60_000]


async def test_back_from_key_frames_to_all_frames(page: Page) -> None:
    await page.evaluate(f"player.setRate(8), player.seek({START_MS})")
    await _until(page, f"player.atMs() >= {START_MS + 2000}")
    await page.evaluate("player.setRate(1)")
    await _until(page, f"seen.frames.some((at) => at > {START_MS + 2000} && (at - {START_MS}) % 1000 !== 0)")
    await page.evaluate("player.close()")


async def test_two_cameras_are_in_step_to_a_frame_and_one_waits_in_its_gap(page: Page, room: Room, clip: Clip) -> None:
    """The second camera has a gap from 6 s to 10 s: the first goes on meanwhile, and both are in step again after it."""
    first = SpoolRun(room.spool, clip, START, camera="cam-002", run="run-3")
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=10), camera="cam-002", run="run-4", epoch=2)
    await room.takeover.take([first.started(), *first.fragments(6), first.ended()])
    await room.takeover.take([second.started(), *second.fragments(15)])
    await page.goto(page.url.replace("/page", "/together"))
    await _until(page, f"clock.atMs() >= {START_MS + 14_000}")
    strays = await page.evaluate("strays")
    calm = [one for one in strays if one["moving"] and one["states"] == ["playing", "playing"]]
    before = [one["shown"] for one in calm if 3500 <= one["at"] - START_MS < 5500]
    after = [one["shown"] for one in calm if one["at"] - START_MS >= 12_500]
    assert before, strays
    assert after, strays
    for shown in (before[-1], after[-1]):
        assert abs(shown[0] - shown[1]) <= 40.5
    alone = [one["shown"][0] - START_MS for one in strays if 7000 <= one["at"] - START_MS < 9500]
    assert max(alone) - min(alone) > 1500, "the other one goes on"
    await page.evaluate("clock.setRunning(false)")
    await page.wait_for_timeout(1500)
    held = await page.evaluate("cameras.map((one) => one.player.atMs()).concat(clock.atMs())")
    assert max(held) - min(held) <= 40.5


async def test_the_browser_shows_small_pictures_and_snapshots(page: Page) -> None:
    """The strip's pictures are 160 wide; a snapshot has the recorded size, as PNG and as JPEG."""
    sizes = await page.evaluate(
        """async (at) => {
            const size = async (url) => {
                const picture = await createImageBitmap(await (await fetch(url)).blob());
                return [picture.width, picture.height];
            };
            const camera = "/internal/v1/cameras/cam-001";
            const query = `from=${at}&to=${new Date(Date.parse(at) + 60000).toISOString()}&most=5`;
            const { items } = await (await fetch(`${camera}/keyframes?${query}`)).json();
            const thumbnail = (one) => `${camera}/thumbnail?at=${encodeURIComponent(one.at)}`;
            const snapshots = ["format=png", "width=96"].map((wish) => `${camera}/snapshot?at=${at}&${wish}`);
            return await Promise.all([...items.slice(0, 3).map(thumbnail), ...snapshots].map(size));
        }""",
        START.isoformat().replace("+00:00", "Z"),
    )
    assert sizes == [[160, 96]] * 4 + [[96, 58]]

"""The console's pages in Chromium: nothing that axe finds, nothing the policy forbids, at the sizes a watch room has."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from gateway_console import answer_as_services, build_console, chromium, console_of, hang_cameras, violations
from gateway_house import Gateway, Upstream
from gateway_relay import FakeIngest, encode, fake_ingest
from gateway_streams import B_FRAMES, coded_ingest
from playwright.async_api import Browser, Page

from hejnal_gateway.accounts.roles import Role

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

ROOT = Path(__file__).parents[3]
CAMERAS = 4
PLAYBACK = "/playback/cam-001?ago=600"
PAGES: list[tuple[str, Role, str]] = [
    ("wall", Role.OPERATOR, "/wall"),
    ("playback", Role.OPERATOR, PLAYBACK),
    ("playback-together", Role.OPERATOR, PLAYBACK + "&cameras=cam-001,cam-002"),
    ("playback-restricted", Role.OPERATOR, "/playback/cam-004"),
    ("exports", Role.DPO, "/exports?camera=cam-001"),
]


@pytest.fixture(scope="module")
def console_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_console(tmp_path_factory.mktemp("console"))


@pytest.fixture
async def town(gateway: Gateway, upstream: Upstream, console_files: Path) -> AsyncIterator[FakeIngest]:
    """A gateway with the console, three cameras with moving pictures, and a restricted one."""
    object.__setattr__(gateway.settings, "static_dir", console_files)
    answer_as_services(upstream)
    async with fake_ingest(gateway, encode(width=640, height=360, bit_rate=600_000)) as ingest:
        await hang_cameras(gateway, ingest, CAMERAS - 1)
        await gateway.add_camera("cam-004", name="Komisariat", restricted=True)
        yield ingest


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def _picture(page: Page, name: str) -> None:
    folder = ROOT / "test-results" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"console-{name}.png")


async def _settled(page: Page) -> None:
    """The page stands: its heading is there, and nothing is drawn as waiting any more."""
    await page.locator("h1").first.wait_for(state="attached")
    await page.wait_for_timeout(800)


@pytest.mark.parametrize(("width", "height", "scheme"), [(1366, 768, "light"), (1920, 1080, "dark")])
async def test_pages_are_accessible(
    gateway: Gateway, town: FakeIngest, browser: Browser, width: int, height: int, scheme: Any
) -> None:
    found: dict[str, list[str]] = {}
    for role in (Role.OPERATOR, Role.DPO):
        options = {"viewport": {"width": width, "height": height}, "color_scheme": scheme}
        async with console_of(gateway, browser, role, **options) as page:
            for name, whose, path in PAGES:
                if whose is not role:
                    continue
                await page.goto(gateway.url + path)
                await _settled(page)
                found[name] = await violations(page)
                wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
                assert not wide, f"{name} is wider than the window"
                await _picture(page, f"{name}-{width}-{scheme}")
    assert {name: said for name, said in found.items() if said} == {}


async def test_what_opens_on_the_wall_is_accessible_too(gateway: Gateway, town: FakeIngest, browser: Browser) -> None:
    async with console_of(gateway, browser, Role.OPERATOR) as page:
        await page.goto(gateway.url + "/wall")
        await page.get_by_role("button", name="Wypełnij puste").click()
        await page.locator('[data-tile="1"][data-state="live"]').wait_for(timeout=60_000)
        found = {"four tiles": await violations(page)}
        await _picture(page, "wall-four")
        await page.get_by_role("button", name="Podaj powód").click()
        await page.get_by_role("dialog").wait_for()
        found["reason"] = await violations(page)
        await _picture(page, "wall-reason")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Widoki").click()
        await page.get_by_role("button", name="Zapisz widok").click()
        await page.get_by_role("textbox", name="Nazwa", exact=True).fill("Noc")
        found["saving a view"] = await violations(page)
        await _picture(page, "wall-save-view")
        await page.get_by_role("button", name="Zapisz", exact=True).click()
        await page.get_by_role("dialog").wait_for(state="detached")
        await page.get_by_role("radio", name="1 kafelek").click()
        await page.keyboard.type("w1")
        await page.keyboard.press("Enter")
        await page.locator('[data-tile="4"]').wait_for()
    assert {name: said for name, said in found.items() if said} == {}


async def test_each_tile_tells_its_age_and_a_picture_that_stands_is_noticed(
    gateway: Gateway, town: FakeIngest, browser: Browser
) -> None:
    """The age comes from the browser's own knowledge of when a frame was taken; a camera that falls silent is late in 2 s."""
    async with console_of(gateway, browser, Role.OPERATOR) as page:
        await page.goto(gateway.url + "/wall")
        await page.get_by_role("button", name="Wypełnij puste").click()
        tile = page.locator('[data-tile="1"]')
        await tile.and_(page.locator('[data-state="live"]')).wait_for()
        await page.wait_for_timeout(3000)
        age = await tile.locator(".tile-age").inner_text()
        assert float(age.removesuffix(" s").replace(",", ".")) < 1.5, age
        known = await page.evaluate(
            "() => new Promise((r) => document.querySelector('[data-tile=\"1\"] video')"
            ".requestVideoFrameCallback((now, m) => r(now - (m.captureTime ?? NaN))))"
        )
        assert 0 <= known < 1500, "the browser knows when the frame was taken"
        town.up = False  # the line stands, and nothing comes over it: no run has ended
        await page.evaluate("window.began = performance.now()")
        await tile.and_(page.locator('[data-state="late"]')).wait_for(timeout=10_000)
        noticed_ms = await page.evaluate("performance.now() - window.began")
        print(f"a picture that stands is noticed after {noticed_ms:.0f} ms")
        assert noticed_ms < 4000  # two seconds on a machine that has nothing else to do


AT_EDGE = """() => {
  const video = document.querySelector('video[data-carrier="mse"]');
  const {buffered, currentTime, paused} = video;
  const {totalVideoFrames} = video.getVideoPlaybackQuality();
  return {behind: buffered.length ? buffered.end(buffered.length - 1) - currentTime : null, paused, frames: totalVideoFrames};
}"""


async def test_what_webrtc_cannot_carry_is_played_at_the_live_edge(
    gateway: Gateway, upstream: Upstream, console_files: Path, browser: Browser
) -> None:
    """H.264 with B-frames over the WebSocket into MSE: moving, never far behind, and back by itself after a camera's drop."""
    object.__setattr__(gateway.settings, "static_dir", console_files)
    answer_as_services(upstream)
    async with (
        coded_ingest(gateway, "libx264", B_FRAMES, camera_id="cam-001") as ingest,
        console_of(gateway, browser, Role.OPERATOR) as page,
    ):
        await page.goto(gateway.url + "/wall")
        await page.get_by_role("button", name="Wypełnij puste").click()
        tile = page.locator('[data-tile="1"]')
        picture = tile.locator('video.live-video:not(.live-video-next)[data-carrier="mse"]')
        await picture.wait_for(timeout=60_000)
        live = tile.and_(page.locator('[data-state="live"]'))
        await live.wait_for(timeout=60_000)
        seen = [await page.evaluate(AT_EDGE)]
        for _ in range(6):
            await page.wait_for_timeout(500)
            seen.append(await page.evaluate(AT_EDGE))
        assert seen[-1]["frames"] > seen[0]["frames"] + 20, seen
        assert sorted(one["behind"] for one in seen)[3] < 1.5, seen

        ingest.drop()
        await tile.and_(page.locator('[data-state="late"], [data-state="gone"]')).wait_for(timeout=15_000)
        ingest.bring_back()
        await live.wait_for(timeout=30_000)

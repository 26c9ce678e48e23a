"""One view goes on through everything: main to sub and back, and a camera that comes back as another one."""

import asyncio
import itertools
from collections.abc import AsyncIterator

import aiohttp
import pytest
from gateway_house import Gateway
from gateway_relay import FPS, FakeIngest, encode, fake_ingest
from gateway_whep import WhepClient, whep


@pytest.fixture(scope="module")
def main() -> list[tuple[bytes, bool]]:
    return encode(width=640, height=480)


@pytest.fixture(scope="module")
def sub() -> list[tuple[bytes, bool]]:
    return encode(width=320, height=240)


@pytest.fixture
async def ingest(gateway: Gateway, main: list[tuple[bytes, bool]], sub: list[tuple[bytes, bool]]) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(gateway, main, sub) as running:
        streams = [{"name": name, "url": f"rtsp://127.0.0.1/{name}"} for name in ("main", "sub")]
        await gateway.add_camera("cam-1", streams=streams)
        await gateway.publish(running.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        yield running


async def frames_until(view: WhepClient, width: int, *, most: int = 150) -> list[tuple[int, int]]:
    """(width, time) of each picture up to the tenth of that width."""
    seen: list[tuple[int, int]] = []
    while sum(one == width for one, _ in seen) < 10:
        frame = await view.frame()
        seen.append((frame.width, frame.pts))
        assert len(seen) < most
    return seen


async def choose(browser: aiohttp.ClientSession, view: WhepClient, stream: str, **more: str) -> None:
    async with browser.put(f"{view.location}/stream", json={"stream": stream, **more}) as answer:
        assert answer.status == 204, await answer.text()


async def pace(view: WhepClient, ticks: range, *, width: int, steps: int = 2, most: int = 150) -> list[int]:
    """Times of pictures until so many steps in a row are of that length, between pictures of that width."""
    seen, fitting = [await view.frame()], 0
    while fitting < steps:
        seen.append(await view.frame())
        fits = seen[-1].pts - seen[-2].pts in ticks and {seen[-1].width, seen[-2].width} == {width}
        fitting = fitting + 1 if fits else 0
        assert len(seen) < most, [frame.pts for frame in seen]
    return [frame.pts for frame in seen]


def check_timeline(seen: list[tuple[int, int]]) -> None:
    times = [time for _, time in seen]
    assert times == sorted(set(times)), "time goes on"
    longest = max(after - before for before, after in itertools.pairwise(times))
    assert longest < 90_000, f"a hole of {longest / 90_000:.2f} s in the pictures' times"


async def test_main_and_sub_change_places_in_one_track(gateway: Gateway, ingest: FakeIngest) -> None:
    assert ingest.sub is not None
    async with gateway.signed_in() as browser, whep(browser) as view:
        seen = await frames_until(view, 640)
        for stream, width in (("sub", 320), ("main", 640), ("sub", 320)):
            await choose(browser, view, stream)
            seen += await frames_until(view, width)
        widths = [width for width, _ in seen]
        changes = sum(before != after for before, after in itertools.pairwise(widths))
        assert changes == 3, "no picture of the stream before after one of the next"
        check_timeline(seen)
        await choose(browser, view, "sub")  # the one that is shown already
        await frames_until(view, 320)
        await gateway.eventually(lambda: ingest.open == 0)
        assert ingest.sub.open == 1
    await gateway.eventually(lambda: ingest.sub is not None and ingest.sub.open == 0)


async def test_the_present_stream_goes_on_until_the_other_can_be_shown(gateway: Gateway, ingest: FakeIngest) -> None:
    assert ingest.sub is not None
    ingest.sub.drop()
    async with gateway.signed_in() as browser, whep(browser) as view:
        await frames_until(view, 640)
        await choose(browser, view, "sub")
        for _ in range(FPS):
            assert (await view.frame()).width == 640
        ingest.sub.bring_back()
        check_timeline(await frames_until(view, 320))


EACH, ONE_A_SECOND = range(1, 30_000), range(60_000, 120_000)


async def test_who_cannot_decode_all_is_sent_key_frames_only(gateway: Gateway, ingest: FakeIngest) -> None:
    assert ingest.sub is not None
    async with gateway.signed_in() as browser, whep(browser) as view:
        times = await pace(view, EACH, width=640, steps=5)
        await choose(browser, view, "main", pictures="key-frames")
        times += await pace(view, ONE_A_SECOND, width=640)
        await choose(browser, view, "sub")  # what is left out stays left out
        times += await pace(view, ONE_A_SECOND, width=320)
        await choose(browser, view, "sub", pictures="all")
        times += await pace(view, EACH, width=320, steps=FPS)
        assert times == sorted(set(times)), "time goes on"
        async with browser.put(f"{view.location}/stream", json={"stream": "sub", "pictures": "few"}) as answer:
            assert answer.status == 422


async def test_a_camera_that_comes_back_with_another_picture_is_shown(
    gateway: Gateway, ingest: FakeIngest, sub: list[tuple[bytes, bool]]
) -> None:
    async with gateway.signed_in() as browser, whep(browser) as view:
        seen = await frames_until(view, 640)
        ingest.drop()
        ingest.clip = sub  # other parameter sets, another size
        await asyncio.sleep(1.0)
        ingest.bring_back()
        seen += await frames_until(view, 320)
        times = [time for _, time in seen]
        assert times == sorted(set(times))

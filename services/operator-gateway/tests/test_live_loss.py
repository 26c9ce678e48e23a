"""A bad path: 5 % of the datagrams lost and 50 ms of jitter, both ways; every picture shown is whole, and they go on."""

import time
from collections.abc import AsyncIterator

import av
import pytest
from gateway_house import Gateway
from gateway_relay import FPS, GOP, FakeIngest, encode, fake_ingest
from gateway_whep import WhepClient

from hejnal_gateway import metrics
from hejnal_local.bad_path import bad_path


def decoded(clip: list[tuple[bytes, bool]]) -> dict[int, int]:
    """Hash of each picture of the clip, as any right decoder gives it → its number."""
    decoder = av.CodecContext.create("h264", "r")
    found: dict[int, int] = {}
    for payload, _ in clip:
        units, position = b"", 0
        while position < len(payload):
            size = int.from_bytes(payload[position : position + 4], "big")
            units += b"\0\0\0\1" + payload[position + 4 : position + 4 + size]
            position += 4 + size
        for frame in decoder.decode(av.Packet(units)):
            found[hash(frame.to_ndarray().tobytes())] = len(found)
    for frame in decoder.decode(None):
        found[hash(frame.to_ndarray().tobytes())] = len(found)
    return found


@pytest.fixture(scope="module")
def clip() -> list[tuple[bytes, bool]]:
    return encode(width=640, height=480, bit_rate=2_000_000)


@pytest.fixture
async def ingest(gateway: Gateway, clip: list[tuple[bytes, bool]]) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(gateway, clip) as running:
        await gateway.add_camera("cam-1")
        await gateway.publish(running.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        yield running


async def test_pictures_stay_whole_and_go_on(gateway: Gateway, ingest: FakeIngest, clip: list[tuple[bytes, bool]]) -> None:
    right = decoded(clip)
    assert len(right) == len(clip)
    async with gateway.signed_in() as browser:
        view = WhepClient(browser)
        try:
            await view.ask()
            async with bad_path(view.answer, seed=7) as (answer, path):
                await view.accept(answer)
                # aiortc begins with whatever packet comes first, be it the middle of a picture: the path turns bad after that
                while hash((await view.frame(30)).to_ndarray().tobytes()) not in right:
                    pass
                path.worsen(loss=0.05, jitter_s=0.05)
                asked_before = metrics.GOP_RESTARTS.labels("asked")._value.get()
                torn, gaps_s, last = 0, [], time.monotonic()
                until = time.monotonic() + 10
                while time.monotonic() < until:
                    picture = hash((await view.frame(5)).to_ndarray().tobytes())
                    if picture not in right:
                        torn += 1
                        continue
                    gaps_s.append(time.monotonic() - last)
                    last = time.monotonic()
        finally:
            await view.close()
    share = path.lost / (path.lost + path.passed)
    asked = metrics.GOP_RESTARTS.labels("asked")._value.get() - asked_before
    print(f"lost {share:.1%}; {len(gaps_s)} whole, {torn} torn; longest wait {max(gaps_s) * 1000:.0f} ms; asked {asked:.0f}")
    assert share > 0.03
    assert len(gaps_s) > 2 * FPS
    # A client that is kept from its packets for long (a busy machine) gives some up by itself, says so, and shows what it has.
    assert torn <= asked * GOP
    if not asked:
        assert sorted(gaps_s)[-2] < 0.5

"""A bad path: 5 % of the datagrams lost and 50 ms of jitter, both ways; every picture shown is whole, and they go on."""

import asyncio
import random
import re
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import av
import pytest
from gateway_house import Gateway
from gateway_relay import FPS, FakeIngest, encode, fake_ingest
from gateway_whep import WhepClient

Address = tuple[str, int]


class BadPath(asyncio.DatagramProtocol):
    """A relay of datagrams between one viewer and the gateway that loses and delays (and so reorders) them."""

    def __init__(self, gateway: Address, *, loss: float, jitter_s: float, seed: int) -> None:
        self.lost = self.passed = 0
        self._gateway = gateway
        self._loss, self._jitter_s = loss, jitter_s
        self._random = random.Random(seed)
        self._viewer: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: Any) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        if address != self._gateway:
            self._viewer = address
        target = self._viewer if address == self._gateway else self._gateway
        media = 127 < data[0] < 192  # the handshake is spared: what is shown here is how pictures do
        if target is None or (media and self._random.random() < self._loss):
            self.lost += 1
            return
        self.passed += 1
        delay_s = self._random.random() * self._jitter_s if media else 0.0
        asyncio.get_running_loop().call_later(delay_s, self._send, data, target)

    def _send(self, data: bytes, target: Address) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, target)


@asynccontextmanager
async def bad_path(answer: str, **options: Any) -> AsyncIterator[tuple[str, BadPath]]:
    """The answer as if the gateway were behind the path."""
    found = re.search(r"a=candidate:1 1 udp \d+ (\S+) (\d+) typ host", answer)
    assert found is not None
    gateway = (found[1], int(found[2]))
    transport, path = await asyncio.get_running_loop().create_datagram_endpoint(
        lambda: BadPath(gateway, **options), local_addr=("127.0.0.1", 0)
    )
    try:
        yield (
            answer.replace(f" {found[1]} {found[2]} typ host", f" 127.0.0.1 {transport.get_extra_info('sockname')[1]} typ host"),
            path,
        )
    finally:
        transport.close()


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
            async with bad_path(view.answer, loss=0.05, jitter_s=0.05, seed=7) as (answer, path):
                await view.accept(answer)
                await view.frame()
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
    print(f"lost {share:.1%}; {len(gaps_s)} whole pictures, {torn} torn; longest wait {max(gaps_s) * 1000:.0f} ms")
    assert share > 0.03
    assert torn == 0
    assert len(gaps_s) > 6 * FPS
    assert sorted(gaps_s)[-2] < 0.5

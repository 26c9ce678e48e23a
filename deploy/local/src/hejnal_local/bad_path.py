"""A bad network path for datagrams, for tests and benches: loses, delays and so reorders what passes between two ends."""

import asyncio
import random
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

Address = tuple[str, int]


class BadPath(asyncio.DatagramProtocol):
    """Passes datagrams between one viewer and the gateway. RTP and RTCP suffer once it is `worsen`ed; the handshake is spared."""

    def __init__(self, gateway: Address, *, seed: int) -> None:
        self.lost = self.passed = 0
        self._gateway = gateway
        self._loss = self._jitter_s = 0.0
        self._random = random.Random(seed)
        self._viewer: Address | None = None
        self._transport: asyncio.DatagramTransport | None = None

    def worsen(self, *, loss: float, jitter_s: float) -> None:
        """From now on lose this share of the datagrams and delay each by up to this long, each way."""
        self._loss, self._jitter_s = loss, jitter_s
        self.lost = self.passed = 0

    def connection_made(self, transport: Any) -> None:
        """Ready."""
        self._transport = transport

    def datagram_received(self, data: bytes, address: Address) -> None:
        """Pass on, later, or not at all."""
        if address != self._gateway:
            self._viewer = address
        target = self._viewer if address == self._gateway else self._gateway
        media = 127 < data[0] < 192  # RFC 7983
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
    """A WHEP answer (SDP) as if the gateway were behind the path, and the path. ValueError without a candidate in it."""
    found = re.search(r"a=candidate:1 1 udp \d+ (\S+) (\d+) typ host", answer)
    if found is None:
        raise ValueError("the answer has no host candidate")
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

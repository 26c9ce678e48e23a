"""The source of bench-live: one 4 Mbit/s camera as relay records over HTTP, in a process of its own.

Pictures are of the right sizes and otherwise random; those of a second camera, cam-2, can be decoded.
`GET /times` gives when each unit of the first was written, by its number.
`python tests/bench/live_feed.py PORT`
"""

import asyncio
import os
import sys
import time
from collections import deque

import live_real
from aiohttp import web

from hejnal_media.access_unit import AccessUnit
from hejnal_media.relay import StreamInfo, encode_access_unit, encode_stream_info

FPS, GOP = 25, 50
TICKS = 90_000 // FPS
BYTES_PER_GOP = 1_000_000
KEY_FRAME_BYTES = 130_000
SPS = bytes.fromhex("67640028acd940780227e5c044000003000400000300c83c60c658")
PPS = bytes.fromhex("68ebe3cb22c0")


def nal(kind: int, size: int) -> bytes:
    """A length-prefixed NAL unit of random bytes."""
    return size.to_bytes(4, "big") + bytes((kind,)) + os.urandom(size - 1)


def clip() -> list[tuple[bytes, bool]]:
    """One group of pictures."""
    head = b"".join(len(item).to_bytes(4, "big") + item for item in (SPS, PPS))
    rest = (BYTES_PER_GOP - KEY_FRAME_BYTES) // (GOP - 1)
    return [(head + nal(0x65, KEY_FRAME_BYTES), True)] + [(nal(0x41, rest), False) for _ in range(GOP - 1)]


class Feed:
    """Plays a clip in real time to every reader."""

    def __init__(self, pictures: list[tuple[bytes, bool]]) -> None:
        self.pictures = pictures
        self.times: deque[tuple[int, int]] = deque(maxlen=20_000)
        self.gop: list[bytes] = []
        self.readers: set[web.StreamResponse] = set()

    async def play(self) -> None:
        """Write unit after unit, each at its time."""
        pictures, started, number = self.pictures, time.monotonic(), 0
        while True:
            await asyncio.sleep(max(0.0, started + number / FPS - time.monotonic()))
            payload, key = pictures[number % len(pictures)]
            now_us = time.time_ns() // 1000
            record = encode_access_unit(AccessUnit(number * TICKS, now_us, key, [payload], len(payload)))
            self.times.append((number, now_us))
            self.gop = [record] if key else [*self.gop, record]
            for reader in list(self.readers):
                try:
                    await reader.write(record)
                except ConnectionError:
                    self.readers.discard(reader)
            number += 1

    async def relay(self, request: web.Request) -> web.StreamResponse:
        """The relay stream: information, the newest group of pictures, then what comes."""
        answer = web.StreamResponse()
        await answer.prepare(request)
        info = encode_stream_info(StreamInfo(codec="avc1.640028", width=1920, height=1080, run_id="bench"))
        await answer.write(info + b"".join(self.gop))
        self.readers.add(answer)
        try:
            while request.transport is not None and not request.transport.is_closing():
                await asyncio.sleep(0.2)
        finally:
            self.readers.discard(answer)
        return answer


async def serve(port: int) -> None:
    """Serve for ever."""
    feed, real = Feed(clip()), Feed(live_real.clip())

    async def times(_request: web.Request) -> web.Response:
        return web.json_response(list(feed.times))

    app = web.Application()
    app.router.add_get("/internal/v1/relay/cam-2/{stream}", real.relay)
    app.router.add_get("/internal/v1/relay/{camera}/{stream}", feed.relay)
    app.router.add_get("/times", times)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.gather(feed.play(), real.play())


if __name__ == "__main__":
    import uvloop

    uvloop.run(serve(int(sys.argv[1])))

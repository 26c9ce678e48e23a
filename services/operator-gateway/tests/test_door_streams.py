"""Streaming through the door: ranges and conditions pass, a broken answer stays broken, nobody is waited for without end."""

import asyncio
import time

import aiohttp
import pytest
from aiohttp import web
from gateway_house import Gateway, Keys, Upstream, running_app, running_gateway

from hejnal_gateway.doors.upstreams import LONGEST_REST_ALONE_S, OPENS_AFTER, Upstreams
from hejnal_gateway.settings import GatewaySettings
from hejnal_runtime.clock import ManualClock, SystemClock

MEDIA = bytes(range(256)) * 40
URL = "/api/v1/archive/segments/s1/media"


def recorder_like(request: web.Request) -> web.Response:
    """Ranges and conditions of RFC 9110, as the recorder has them."""
    head = {"ETag": '"s1-10240"', "Accept-Ranges": "bytes"}
    if request.headers.get("If-None-Match") == head["ETag"]:
        return web.Response(status=304, headers=head)
    part = request.http_range
    if part.start is None or request.headers.get("If-Range") not in (None, head["ETag"]):
        return web.Response(body=MEDIA, content_type="video/mp4", headers=head)
    if part.start >= len(MEDIA):
        return web.Response(status=416, headers={"Content-Range": f"bytes */{len(MEDIA)}"})
    stop = part.stop or len(MEDIA)
    head["Content-Range"] = f"bytes {part.start}-{stop - 1}/{len(MEDIA)}"
    return web.Response(status=206, body=MEDIA[part.start : stop], content_type="video/mp4", headers=head)


async def test_ranges_conditions_and_heads_pass(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/segments/s1/media"] = recorder_like
    wanted = {"Range": "bytes=100-199"}
    async with gateway.signed_in() as browser:
        for headers, status, length in (
            (wanted, 206, 100),
            (wanted | {"If-Range": '"s1-10240"'}, 206, 100),
            (wanted | {"If-Range": '"another"'}, 200, len(MEDIA)),
            ({"If-None-Match": '"s1-10240"'}, 304, 0),
            ({"Range": "bytes=99999-"}, 416, 0),
            ({}, 200, len(MEDIA)),
        ):
            async with browser.get(URL, headers=headers) as answer:
                body = await answer.read()
                assert (answer.status, len(body)) == (status, length), headers
                if status == 206:
                    assert answer.headers["Content-Range"] == f"bytes 100-199/{len(MEDIA)}"
                    assert body == MEDIA[100:200]
                elif status == 416:
                    assert answer.headers["Content-Range"] == f"bytes */{len(MEDIA)}"
        async with browser.head(URL) as answer:
            assert (answer.status, answer.headers["Content-Length"]) == (200, str(len(MEDIA)))
            assert (answer.headers["ETag"], await answer.read()) == ('"s1-10240"', b"")


class Trouble:
    """An upstream that does what it is told to."""

    def __init__(self) -> None:
        self.mode = ""
        self.asked = 0
        self.left = asyncio.Event()

    async def handle(self, request: web.Request) -> web.StreamResponse:
        self.asked += 1
        if self.mode == "slow":
            await asyncio.sleep(30)
        answer = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        if self.mode == "dies":
            answer.content_length = 10 * len(MEDIA)
        await answer.prepare(request)
        await answer.write(MEDIA)
        if self.mode == "dies":
            assert request.transport is not None
            request.transport.abort()
            return answer
        try:
            while self.mode == "endless":
                await answer.write(MEDIA)
                await asyncio.sleep(0.01)
        except (ConnectionError, asyncio.CancelledError):
            self.left.set()
            raise
        return answer


async def test_slow_dying_and_deserted_answers(settings: GatewaySettings, keys: Keys) -> None:
    trouble = Trouble()
    async with running_app(trouble.handle) as url:
        changed = settings.model_copy(update={"recorder_url": url, "upstream_timeout_s": 1.0})
        async with running_gateway(changed, keys) as gateway, gateway.signed_in() as browser:
            trouble.mode = "dies"
            with pytest.raises(aiohttp.ClientPayloadError):
                async with browser.get(URL) as answer:
                    assert answer.status == 200
                    await answer.read()
            trouble.mode = "endless"
            async with browser.get(URL) as answer:
                await answer.content.readexactly(len(MEDIA))
                answer.close()
            await asyncio.wait_for(trouble.left.wait(), 10)
            trouble.mode = "slow"
            began = time.monotonic()
            async with browser.get(URL) as answer:
                assert (answer.status, answer.content_type) == (503, "application/problem+json")
            assert time.monotonic() - began < 15
            await _is_left_alone(gateway, browser, trouble)


async def _is_left_alone(gateway: Gateway, browser: aiohttp.ClientSession, trouble: Trouble) -> None:
    """After some failures in a row nobody waits for it; and it is found again when it works."""
    for _ in range(OPENS_AFTER - 1):
        async with browser.get(URL) as answer:
            assert answer.status == 503
    asked = trouble.asked
    async with browser.get(URL) as answer:
        assert answer.status == 503
        assert 1 <= int(answer.headers["Retry-After"]) <= LONGEST_REST_ALONE_S
    assert trouble.asked == asked, "it was not asked"
    trouble.mode = ""

    async def works() -> bool:
        async with browser.get(URL) as answer:
            return answer.status == 200

    await gateway.eventually(works, 20)


def test_a_lone_address_rests_after_failures_in_a_row_and_one_request_tries() -> None:
    clock = ManualClock(SystemClock().now())
    lone = Upstreams(["http://a"], clock)
    for _ in range(OPENS_AFTER - 1):
        lone.failed("http://a")
    assert lone.rest_of_first_s() == 0
    lone.answered("http://a")
    for _ in range(OPENS_AFTER):
        lone.failed("http://a")
    assert 0 < lone.rest_of_first_s() <= LONGEST_REST_ALONE_S
    for _ in range(50):
        lone.failed("http://a")
    clock.advance(LONGEST_REST_ALONE_S)
    assert lone.rest_of_first_s() == 0, "one tries"
    assert lone.rest_of_first_s() > 0, "the others wait for what it finds"
    lone.answered("http://a")
    assert lone.rest_of_first_s() == 0

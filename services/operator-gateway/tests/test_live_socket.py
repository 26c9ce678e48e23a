"""The live view as fMP4 over WebSocket, checked by a decoder that is not ours."""

import asyncio
import io
import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import av
import pytest
from gateway_house import Gateway
from gateway_streams import B_FRAMES, NO_B_FRAMES, coded_ingest
from sqlalchemy import select

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.live.tables import live_views
from hejnal_gateway.tables import audit_entries


class Watching:
    """A WebSocket that keeps what it is sent."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.texts: list[dict[str, Any]] = []
        self.binaries: list[bytes] = []

    async def until(self, binaries: int, timeout_s: float = 30) -> "Watching":
        async with asyncio.timeout(timeout_s):
            while len(self.binaries) < binaries:
                assert await self.next(), (self.socket.close_code, self.texts)
        return self

    async def next(self, timeout_s: float = 30) -> bool:
        message = await self.socket.receive(timeout_s)
        if message.type is aiohttp.WSMsgType.TEXT:
            self.texts.append(json.loads(message.data))
        elif message.type is aiohttp.WSMsgType.BINARY:
            self.binaries.append(message.data)
        else:
            return False
        return True

    async def end(self) -> int | None:
        while await self.next():
            pass
        return self.socket.close_code

    def decoded(self) -> list[av.VideoFrame]:
        with av.open(io.BytesIO(b"".join(self.binaries)), format="mp4") as container:
            return list(container.decode(video=0))


@asynccontextmanager
async def watching(browser: aiohttp.ClientSession, camera_id: str = "cam-1", **query: str) -> AsyncIterator[Watching]:
    async with browser.ws_connect(f"/api/v1/live/{camera_id}", params=query, max_msg_size=0) as socket:
        yield Watching(socket)


@pytest.mark.parametrize(
    ("encoder", "parameters", "mime"), [("libx265", "keyint=25:bframes=0", "hvc1."), ("libx264", B_FRAMES, "avc1.")]
)
async def test_the_newest_pictures_come_at_once_and_go_on(gateway: Gateway, encoder: str, parameters: str, mime: str) -> None:
    async with coded_ingest(gateway, encoder, parameters) as ingest, gateway.signed_in() as browser:
        await ingest.hold()  # a server that kept nothing would wait for the next group
        async with watching(browser) as view:
            await view.until(2)
            ingest.held = False
            await view.until(30)
        assert view.texts[0]["mime"].startswith(f'video/mp4; codecs="{mime}')
        assert view.binaries[0][4:8] == b"ftyp"
        assert all(piece[4:8] == b"moof" for piece in view.binaries[1:])
        frames = view.decoded()
        assert len(frames) > 30
        shown = [frame.pts for frame in frames]
        assert shown == sorted(set(shown))


def _decode_times(view: Watching) -> list[tuple[int, int]]:
    with av.open(io.BytesIO(b"".join(view.binaries)), format="mp4") as container:
        return [(packet.dts, packet.duration) for packet in container.demux(video=0) if packet.dts is not None]


async def test_a_camera_that_drops_is_gone_and_comes_back_on_the_same_timeline(gateway: Gateway) -> None:
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES) as ingest, gateway.signed_in() as browser, watching(browser) as view:
        await view.until(10)
        ingest.drop()
        while {"gone": True} not in view.texts:
            assert await view.next()
        before = len(view.binaries)
        ingest.bring_back()
        await view.until(before + 10)
        assert view.texts[-1] == {"back": True}
        assert sum("mime" in text for text in view.texts) == 1
        times = _decode_times(view)
        for (earlier, duration), (later, _) in itertools.pairwise(times):
            assert 0 < later - earlier <= 2 * max(duration, 180), "a player would drop pictures here"
        assert len(view.decoded()) >= len(view.binaries) - 1


async def test_a_slow_line_skips_to_the_newest_group_and_is_never_torn(gateway: Gateway) -> None:
    heavy = "bframes=0:keyint=25:min-keyint=25:scenecut=0:qp=1"
    async with coded_ingest(gateway, "libx264", heavy, size=(640, 360)) as ingest, gateway.signed_in() as browser:
        async with watching(browser) as view:
            await view.until(3)
            viewers = gateway.resources.viewers
            socket_view: Any = next(iter(viewers._looks.values()))[1]
            await gateway.eventually(lambda: socket_view._behind, 60)  # nothing is read meanwhile
            sent_before = ingest.sent
            await view.until(len(view.binaries) + 60)
        frames = view.decoded()
        assert len(frames) > 60
        assert sent_before > 0
        assert not any(frame.is_corrupt for frame in frames)


async def test_who_may_not_is_told_so(gateway: Gateway) -> None:
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES, restricted=True):
        async with aiohttp.ClientSession(gateway.url) as nobody:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await nobody.ws_connect("/api/v1/live/cam-1")
            assert refused.value.status == 401
        async with gateway.signed_in(Role.DPO) as browser:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.ws_connect("/api/v1/live/cam-1")
            assert refused.value.status == 403
        async with gateway.signed_in() as browser:
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.ws_connect("/api/v1/live/cam-1", origin="https://elsewhere.example")
            assert refused.value.status == 403
            async with watching(browser) as view:
                assert await view.end() == 4422
                assert view.texts[0]["problem"]["type"].endswith(":reason-required")
            async with watching(browser, stream="main", reason="order 7") as view:
                await view.until(2)
        assert await gateway.eventually(lambda: _actions(gateway, "order 7")) == ["footage.live", "footage.live-ended"]


async def _actions(gateway: Gateway, reason: str) -> list[str] | None:
    query = select(audit_entries.c.action).where(audit_entries.c.reason == reason).order_by(audit_entries.c.position)
    async with gateway.resources.database.read() as session:
        found = list((await session.execute(query)).scalars())
        open_views = (await session.execute(select(live_views))).all()
    return found if len(found) == 2 and not open_views else None


async def test_the_view_ends_with_the_session(gateway: Gateway) -> None:
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES), gateway.signed_in() as browser, watching(browser) as view:
        await view.until(2)
        async with browser.delete("/api/v1/session") as answer:
            assert answer.status < 300
        assert await view.end() == 1000


async def test_what_carries_a_camera_is_said(gateway: Gateway) -> None:
    kinds = [
        ("cam-plain", "libx264", NO_B_FRAMES, True, True),
        ("cam-reordered", "libx264", B_FRAMES, False, True),
        ("cam-h265", "libx265", "keyint=25:bframes=0", False, True),
        ("cam-mjpeg", "mjpeg", "", False, False),
    ]
    async with gateway.signed_in() as browser:
        for camera_id, encoder, parameters, whep, mse in kinds:
            async with coded_ingest(gateway, encoder, parameters, camera_id=camera_id):
                async with browser.get(f"/api/v1/cameras/{camera_id}/live") as answer:
                    found = await answer.json()
                assert (found["whep"], found["mse"], found["transcode"]) == (whep, mse, True), found
                assert (found["mime"] is not None) == mse
        async with browser.get("/api/v1/cameras/cam-none/live") as answer:
            assert answer.status == 404

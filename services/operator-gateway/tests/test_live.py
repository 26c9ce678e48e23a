import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from gateway_house import Gateway
from gateway_relay import GOP, FakeIngest, encode, fake_ingest
from sqlalchemy import select

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.tables import audit_entries


@pytest.fixture(scope="module")
def clip() -> list[tuple[bytes, bool]]:
    return encode()


@pytest.fixture
async def ingest(gateway: Gateway, clip: list[tuple[bytes, bool]]) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(gateway, clip) as running:
        await gateway.add_camera("cam-1")
        await gateway.publish(running.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        yield running


class Watching:
    """A real WebRTC client; `frames` are decoded pictures."""

    def __init__(self, browser: aiohttp.ClientSession) -> None:
        self.browser = browser
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self.peer.addTransceiver("video", direction="recvonly")
        self.track: Any = None
        self.location = ""
        self.answer = ""

        @self.peer.on("track")
        def on_track(track: Any) -> None:
            self.track = track

    async def start(self, camera_id: str = "cam-1", stream: str = "main", **query: str) -> "Watching":
        await self.peer.setLocalDescription(await self.peer.createOffer())
        headers = {"Content-Type": "application/sdp"}
        url = f"/api/v1/whep/{camera_id}"
        sdp = self.peer.localDescription.sdp
        async with self.browser.post(url, params={"stream": stream} | query, data=sdp, headers=headers) as answer:
            self.answer = await answer.text()
            assert answer.status == 201, self.answer
            assert answer.content_type == "application/sdp"
            self.location, self.etag = answer.headers["Location"], answer.headers["ETag"]
        await self.peer.setRemoteDescription(RTCSessionDescription(self.answer, "answer"))
        return self

    async def frame(self, timeout_s: float = 30) -> Any:
        return await asyncio.wait_for(self.track.recv(), timeout_s)

    async def close(self) -> None:
        await self.peer.close()


@asynccontextmanager
async def watching(browser: aiohttp.ClientSession, *args: str, **query: str) -> AsyncIterator[Watching]:
    client = Watching(browser)
    try:
        yield await client.start(*args, **query)
    finally:
        await client.close()


async def test_first_picture_comes_at_once_and_pictures_move(gateway: Gateway, ingest: FakeIngest) -> None:
    await ingest.hold()  # a server that kept nothing would wait for the next group
    async with gateway.signed_in() as browser, watching(browser) as view:
        assert "H264/90000" in view.answer
        assert "VP8" not in view.answer
        assert "a=ice-lite" in view.answer
        first = await view.frame()
        ingest.held = False
        assert (first.width, first.height) == (320, 240)
        pictures = {hash((await view.frame()).to_ndarray().tobytes()) for _ in range(40)}
        assert len(pictures) > 30


async def test_the_viewer_that_opens_the_relay_is_not_behind_either(gateway: Gateway, ingest: FakeIngest) -> None:
    """The relay begins with up to a second of pictures; played at their own times they would leave the viewer that far behind."""
    await asyncio.sleep(0.8)
    async with gateway.signed_in() as browser, watching(browser) as view:
        before_live = [await view.frame()]
        async with asyncio.timeout(30):
            while (frame := await view.frame()).pts - before_live[-1].pts < 1800:
                before_live.append(frame)
        assert before_live[-1].pts - before_live[0].pts <= 90 * (GOP + 1)


async def test_all_viewers_share_one_relay_that_closes_after_them(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser:
        async with watching(browser) as one, watching(browser) as two, watching(browser) as three:
            for view in (one, two, three):
                await view.frame()
            assert ingest.connections == 1
        await gateway.eventually(lambda: ingest.open == 0)
        async with watching(browser) as again:
            await again.frame()
        assert ingest.connections == 2


async def test_a_view_survives_the_cameras_drop(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser, watching(browser) as view:
        await view.frame()
        ingest.drop()
        await asyncio.sleep(1.2)
        ingest.bring_back()
        before = ingest.sent
        await gateway.eventually(lambda: ingest.sent > before + 2 * GOP)
        seen = 0
        async with asyncio.timeout(30):
            while seen < 2 * GOP:
                await view.frame()
                seen += 1


async def test_a_view_survives_the_relays_break_without_repeating_pictures(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser, watching(browser) as view:
        await view.frame()
        ingest.break_connections()
        await gateway.eventually(lambda: ingest.connections == 2)
        times = [(await view.frame()).pts for _ in range(2 * GOP)]
        assert times == sorted(set(times))


async def test_pli_brings_the_newest_key_frame(gateway: Gateway, ingest: FakeIngest) -> None:
    async with gateway.signed_in() as browser, watching(browser) as view:
        await view.frame()
        await asyncio.sleep(1.1)  # restarts are limited to one a second
        await ingest.hold()  # no key frame comes unless it is asked for
        receiver = view.peer.getReceivers()[0]
        router = receiver.transport._rtp_router
        ssrc = next(iter(router.ssrc_table))
        key_frames = 0
        handle = receiver._handle_rtp_packet

        async def counting(packet: Any, arrival_time_ms: int) -> None:
            nonlocal key_frames
            key_frames += packet.payload[0] & 0x1F == 24
            await handle(packet, arrival_time_ms)

        receiver._handle_rtp_packet = counting
        await receiver._send_rtcp_pli(ssrc)
        await gateway.eventually(lambda: key_frames >= 1)
        ingest.held = False
        for _ in range(GOP):
            await view.frame()


async def test_the_end_frees_the_view_however_it_comes(gateway: Gateway, ingest: FakeIngest) -> None:
    viewers = gateway.resources.viewers
    async with gateway.signed_in() as browser:
        async with watching(browser) as view:
            await view.frame()
            await view.peer.close()  # DTLS close
            await gateway.eventually(lambda: not viewers._viewers)
        async with watching(browser) as view:
            await view.frame()
            async with browser.patch(
                view.location,
                data="a=ice-ufrag:other\r\na=ice-pwd:xxxxxxxxxxxxxxxxxxxxxx\r\n",
                headers={"Content-Type": "application/trickle-ice-sdpfrag", "If-Match": view.etag},
            ) as answer:
                assert answer.status == 422
            async with browser.delete(view.location) as answer:
                assert answer.status == 204
            await gateway.eventually(lambda: not viewers._viewers)
            async with browser.delete(view.location) as answer:
                assert answer.status == 404
            with pytest.raises((MediaStreamError, TimeoutError)):
                while True:
                    await view.frame(5)
        async with watching(browser) as view:
            await view.frame()
            async with browser.delete("/api/v1/session") as answer:
                assert answer.status == 204
            await gateway.eventually(lambda: not viewers._viewers)


async def test_every_look_is_on_record_with_its_duration(gateway: Gateway, ingest: FakeIngest) -> None:
    await gateway.add_camera("cam-secret", restricted=True)
    async with gateway.signed_in() as browser:
        async with watching(browser) as view:
            await view.frame()
        offer = await _offer()
        headers = {"Content-Type": "application/sdp"}
        async with browser.post("/api/v1/whep/cam-secret", data=offer, headers=headers) as answer:
            assert answer.status == 422
            assert (await answer.json())["type"].endswith("reason-required")
        async with browser.post("/api/v1/whep/cam-secret?reason=RSOW 12/26", data=offer, headers=headers) as answer:
            assert answer.status == 201

    async def looks() -> Any:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action.startswith("footage.")).order_by(audit_entries.c.position)
            rows = (await session.execute(query)).mappings().all()
        return rows if len(rows) >= 3 else None

    rows = await gateway.eventually(looks)
    assert [row["action"] for row in rows[:2]] == ["footage.live", "footage.live-ended"]
    assert rows[0]["object_id"] == rows[1]["object_id"]
    assert rows[0]["camera_id"] == "cam-1"
    assert rows[1]["footage_until"] > rows[1]["footage_from"]
    assert rows[2]["reason"] == "RSOW 12/26"


async def _offer() -> str:
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    await peer.setLocalDescription(await peer.createOffer())
    sdp: str = peer.localDescription.sdp
    await peer.close()
    return sdp


async def test_refusals_say_what_is_wrong(gateway: Gateway, ingest: FakeIngest) -> None:
    await gateway.add_camera("cam-off", enabled=False)
    headers = {"Content-Type": "application/sdp"}
    offer = await _offer()
    no_h264 = "\r\n".join(line for line in offer.splitlines() if "H264" not in line and "apt=" not in line) + "\r\n"
    expected = [
        ("cam-1", "hello", 422, "offer-invalid"),
        ("cam-1", no_h264, 422, "no-h264"),
        ("cam-none", offer, 404, "camera-unknown"),
        ("cam-off", offer, 409, "camera-off"),
        ("cam-1", "v=0\r\n" + "a=x\r\n" * 40_000, 413, "offer-too-large"),
    ]
    async with gateway.signed_in() as browser:
        for camera_id, body, status, slug in expected:
            async with browser.post(f"/api/v1/whep/{camera_id}", data=body, headers=headers) as answer:
                problem = await answer.json()
                assert (answer.status, problem["type"].rsplit(":", 1)[1]) == (status, slug)


async def test_the_number_of_viewers_is_bounded(gateway: Gateway, ingest: FakeIngest) -> None:
    gateway.resources.viewers._limit = 1
    async with gateway.signed_in(Role.DISPATCHER) as browser, watching(browser) as view:
        await view.frame()
        async with browser.post("/api/v1/whep/cam-1", data=await _offer(), headers={"Content-Type": "application/sdp"}) as answer:
            assert answer.status == 503
            assert (await answer.json())["type"].endswith("viewers-full")
            assert answer.headers["Retry-After"] == "5"


async def test_a_viewer_that_stays_silent_is_freed(gateway: Gateway, ingest: FakeIngest) -> None:
    port = gateway.resources.viewers._port
    async with gateway.signed_in() as browser, watching(browser) as view:
        await view.frame()
        viewer = next(iter(gateway.resources.viewers._viewers.values()))
        viewer.path.last_check -= port._consent_s + 1
        await gateway.eventually(lambda: not gateway.resources.viewers._viewers)


async def test_a_view_opened_while_the_camera_is_down_begins_when_it_is_live(
    gateway: Gateway, clip: list[tuple[bytes, bool]]
) -> None:
    async with fake_ingest(gateway, clip) as ingest, gateway.signed_in() as browser:
        await gateway.add_camera("cam-2")
        async with watching(browser, "cam-2") as view:  # nobody has reported on this camera yet
            await asyncio.sleep(1.5)
            await gateway.publish(ingest.status("cam-2"), "ingest")
            await view.frame()

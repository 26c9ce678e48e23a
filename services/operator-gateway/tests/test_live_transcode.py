"""Pictures made anew: codecs that WebRTC does not carry, and private parts covered for everybody who must not see them."""

import io
import os
import signal
import time
from typing import Any

import av
import numpy as np
import pytest
from gateway_house import Gateway
from gateway_streams import B_FRAMES, NO_B_FRAMES, coded_ingest
from gateway_whep import WhepRefusedError, whep
from test_live_socket import watching

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.live.transcode.messages import Order, made_message, read_made
from hejnal_gateway.live.transcode.process import Maker
from hejnal_media.testing_streams import TICKS, encode_pictures, parameters_of

H265 = "keyint=25:bframes=0"
LEFT_HALF = [{"name": "window", "points": [{"x": 0, "y": 0}, {"x": 0.5, "y": 0}, {"x": 0.5, "y": 1}, {"x": 0, "y": 1}]}]


def _made(encoder: str, parameters: str, order: dict[str, Any]) -> list[av.VideoFrame]:
    coded = encode_pictures(encoder, parameters, 50, (320, 180))
    maker = Maker(Order(parameters_of(encoder, coded).codec, **{"max_height": 1080, "max_fps": 60.0} | order))
    pieces = []
    for number, picture in enumerate(coded):
        made = maker.make(memoryview(picture.payload), picture.pts * TICKS, shown=True)
        for item in read_made(made_message(made)):
            assert item.key_frame or pieces, f"picture {number} cannot be decoded without a key frame"
            pieces.append(b"\0\0\0\1" + item.payload[4:] if len(item.payload) < 4 else _annex_b(item.payload))
    with av.open(io.BytesIO(b"".join(pieces)), format="h264") as container:
        return list(container.decode(video=0))


def _annex_b(payload: bytes) -> bytes:
    found, position = b"", 0
    while position < len(payload):
        size = int.from_bytes(payload[position : position + 4], "big")
        found += b"\0\0\0\1" + payload[position + 4 : position + 4 + size]
        position += 4 + size
    return found


@pytest.mark.parametrize(("encoder", "parameters"), [("libx265", H265), ("mjpeg", ""), ("libx264", B_FRAMES)])
def test_every_codec_becomes_plain_h264(encoder: str, parameters: str) -> None:
    frames = _made(encoder, parameters, {})
    assert len(frames) >= 45
    assert (frames[0].width, frames[0].height) == (320, 180)


def test_size_and_rate_are_bounded() -> None:
    frames = _made("libx264", NO_B_FRAMES, {"max_height": 90, "max_fps": 10.0})
    assert (frames[0].width, frames[0].height) == (160, 90)
    assert 18 <= len(frames) <= 22


def test_what_is_covered_is_black_and_the_rest_is_not() -> None:
    triangle = ((0.25, 0.25), (0.75, 0.25), (0.5, 0.9))
    covered, clear = (_made("libx264", NO_B_FRAMES, {"masks": masks}) for masks in ((triangle,), ()))
    for frame, other in zip(covered, clear, strict=True):
        picture, before = frame.to_ndarray(format="gray"), other.to_ndarray(format="gray")
        assert picture[60:70, 130:190].max() < 30
        assert picture[143:149, 156:164].max() < 30
        assert np.abs(picture[:30].astype(int) - before[:30]).mean() < 6
        assert before[60:70, 130:190].max() > 60


@pytest.mark.parametrize(("encoder", "parameters"), [("libx265", H265), ("mjpeg", "")])
async def test_webrtc_viewers_share_one_transcode(gateway: Gateway, encoder: str, parameters: str) -> None:
    async with coded_ingest(gateway, encoder, parameters) as ingest, gateway.signed_in() as browser:
        async with whep(browser) as one, whep(browser) as two:
            for view in (one, two):
                frame = await view.frame()
                assert (frame.width, frame.height) == (192, 108)
                for _ in range(10):
                    await view.frame()
            transcodes: Any = gateway.resources.room.transcodes
            assert len(transcodes._channels) == ingest.open == 1
            pid = next(iter(transcodes._channels.values())).pid
            os.kill(pid, signal.SIGKILL)
            killed_at = time.monotonic()
            for _ in range(40):  # what was on its way, and then what a new process makes
                await one.frame()
            assert next(iter(transcodes._channels.values())).pid != pid
            print(f"40 pictures {time.monotonic() - killed_at:.1f} s after the kill")
        await gateway.eventually(lambda: not transcodes._channels)
        await gateway.eventually(lambda: not transcodes._tasks)


async def test_private_parts_are_covered_on_every_way_for_who_must_not_see_them(gateway: Gateway) -> None:
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES, privacy_masks=LEFT_HALF):
        async with gateway.signed_in(Role.OPERATOR) as browser:
            async with browser.get("/api/v1/cameras/cam-1/live") as answer:
                found = await answer.json()
            assert (found["masked"], found["whep"], found["mse"], found["transcode"]) == (True, False, False, True)
            async with whep(browser) as view, watching(browser) as socket:
                picture = (await view.frame()).to_ndarray(format="gray")
                assert picture[:, :90].max() < 40
                assert picture[:, 110:].max() > 60
                await socket.until(12)
                for frame in socket.decoded():
                    assert frame.to_ndarray(format="gray")[:, :90].max() < 40
        async with gateway.signed_in(Role.ADMIN) as browser, whep(browser) as view:
            assert (await view.frame()).to_ndarray(format="gray")[:, :90].max() > 60


async def test_without_a_place_nothing_is_shown_and_that_is_said(gateway: Gateway) -> None:
    transcodes: Any = gateway.resources.room.transcodes
    transcodes._limit = 0
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES, privacy_masks=LEFT_HALF), gateway.signed_in() as browser:
        with pytest.raises(WhepRefusedError) as refused:
            async with whep(browser):
                pass
        assert (refused.value.status, refused.value.slug) == (503, "transcodes-full")
        async with watching(browser) as socket:
            assert await socket.end() == 4503
            assert not socket.binaries
        assert not gateway.resources.viewers._looks


async def test_masks_that_are_drawn_later_end_the_views_without_them(gateway: Gateway) -> None:
    async with (
        coded_ingest(gateway, "libx264", NO_B_FRAMES),
        gateway.signed_in(Role.OPERATOR) as browser,
        watching(browser) as view,
    ):
        await view.until(3)
        async with gateway.signed_in(Role.ADMIN) as admin:
            async with admin.get("/api/v1/cameras/cam-1") as answer:
                state = await answer.json()
            wanted = ("name", "place", "streams")
            body = {key: state[key] for key in wanted} | {"version": state["version"], "privacy_masks": LEFT_HALF}
            async with admin.put("/api/v1/cameras/cam-1", json=body, headers={"If-Match": f'"{state["version"]}"'}) as answer:
                assert answer.status == 200, await answer.text()
        assert await view.end() == 1001


async def test_a_role_has_a_limit_of_its_own(gateway: Gateway) -> None:
    admission: Any = gateway.resources.viewers._admission
    admission._limits_of_roles = {Role.OPERATOR: 1}
    async with coded_ingest(gateway, "libx264", NO_B_FRAMES):
        async with gateway.signed_in(Role.OPERATOR) as browser, watching(browser) as view:
            await view.until(2)
            with pytest.raises(WhepRefusedError) as refused:
                async with whep(browser):
                    pass
            assert (refused.value.status, refused.value.slug) == (429, "own-viewers-full")
            async with watching(browser) as another:
                assert await another.end() == 4429
        async with gateway.signed_in(Role.DISPATCHER) as browser, whep(browser) as one, whep(browser) as two:
            await one.frame()
            await two.frame()

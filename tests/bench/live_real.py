"""Lines of bench-live that need pictures a decoder takes: the first one drawn in Chromium, and a path that loses packets.

The source is a second camera of the feed: 720p25, numbered by what its pictures are.
"""

import asyncio
import time
from fractions import Fraction
from typing import Any

import aiohttp
import av
import numpy as np
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from playwright.async_api import async_playwright

from hejnal_local.bad_path import bad_path
from hejnal_local.chromium import launch_options
from hejnal_media.nal import split_start_codes

FPS, GOP = 25, 50
WIDTH, HEIGHT, BIT_RATE = 1280, 720, 3_000_000

WATCH = """async () => {
  const peer = new RTCPeerConnection({iceServers: []});
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; video.playsInline = true;
  document.body.append(video);
  peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
  await peer.setLocalDescription(await peer.createOffer());
  const asked = performance.now();
  const drawn = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - asked)));
  const answer = await fetch('/api/v1/whep/cam-2?stream=main',
    {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const sdp = await answer.text();
  if (answer.status !== 201) throw new Error(sdp);
  await peer.setRemoteDescription({type: 'answer', sdp});
  const late = new Promise((_, reject) => setTimeout(() => reject(new Error('no picture')), 60000));
  const first = await Promise.race([drawn, late]);
  await fetch(answer.headers.get('Location'), {method: 'DELETE'});
  peer.close(); video.remove();
  return first;
}"""


def clip() -> list[tuple[bytes, bool]]:
    """One group of pictures, length-prefixed: a moving bar over noise."""
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = WIDTH, HEIGHT, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, FPS), Fraction(FPS, 1)
    encoder.gop_size, encoder.bit_rate = GOP, BIT_RATE
    parameters = "scenecut=0:threads=1:repeat-headers=1"
    encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "x264-params": parameters}
    noise = np.random.default_rng(1).integers(0, 64, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    packets: list[Any] = []
    for number in range(GOP):
        picture = np.roll(noise, number * 4, axis=1)
        picture[:, number * 20 : number * 20 + 40] = 255
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    made = [(split_start_codes(bytes(packet)), packet.is_keyframe) for packet in packets]
    return [(b"".join(len(unit).to_bytes(4, "big") + unit for unit in units), key) for units, key in made]


async def chromium_joins(door: str, sign_in: dict[str, str], joins: int) -> list[float]:
    """From the offer to the first picture drawn, in ms, `joins` times in one page; the first, which opens all, left out."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        try:
            page = await browser.new_page()
            await page.goto(door + "/api/v1/session")
            await page.evaluate(
                """async (body) => { const answer = await fetch('/api/v1/session',
                  {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
                  if (!answer.ok) throw new Error(await answer.text()); }""",
                sign_in,
            )
            took = []
            for _ in range(joins + 1):
                took.append(float(await page.evaluate(WATCH)))
                await page.wait_for_timeout(150)
            return took[1:]
        finally:
            await browser.close()


def decoded() -> set[int]:
    """Hashes of the pictures, as any right decoder gives them."""
    decoder = av.CodecContext.create("h264", "r")
    found: set[int] = set()
    units = [payload for payload, _ in clip()]
    for payload in units:
        packet, position = b"", 0
        while position < len(payload):
            size = int.from_bytes(payload[position : position + 4], "big")
            packet += b"\0\0\0\1" + payload[position + 4 : position + 4 + size]
            position += 4 + size
        found |= {hash(frame.to_ndarray().tobytes()) for frame in decoder.decode(av.Packet(packet))}
    return found | {hash(frame.to_ndarray().tobytes()) for frame in decoder.decode(None)}


async def over_a_bad_path(
    session: aiohttp.ClientSession, door: str, *, loss: float, jitter_s: float, seconds: float
) -> dict[str, Any]:
    """Watch with a stock client through a path that loses and delays both ways: every picture compared with what was sent."""
    right = await asyncio.to_thread(decoded)
    peer = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    peer.addTransceiver("video", direction="recvonly")
    tracks: list[Any] = []
    peer.on("track", tracks.append)
    await peer.setLocalDescription(await peer.createOffer())
    headers = {"Content-Type": "application/sdp"}
    url = f"{door}/api/v1/whep/cam-2?stream=main"
    async with session.post(url, data=peer.localDescription.sdp, headers=headers) as answer:
        answer.raise_for_status()
        sdp = await answer.text()
    try:
        async with bad_path(sdp, seed=7) as (behind, path):
            await peer.setRemoteDescription(RTCSessionDescription(behind, "answer"))
            # aiortc begins with whatever packet comes first, be it the middle of a picture: the path turns bad after that
            while hash((await asyncio.wait_for(tracks[0].recv(), 60)).to_ndarray().tobytes()) not in right:
                pass
            path.worsen(loss=loss, jitter_s=jitter_s)
            torn, waits_ms, last = 0, list[float](), time.monotonic()
            until = last + seconds
            while time.monotonic() < until:
                frame = await asyncio.wait_for(tracks[0].recv(), 30)
                if hash(frame.to_ndarray().tobytes()) not in right:
                    torn += 1
                    continue
                waits_ms.append((time.monotonic() - last) * 1000)
                last = time.monotonic()
    finally:
        await peer.close()
    longest = round(max(waits_ms), 1)
    return {
        "loss": loss,
        "jitter_ms": jitter_s * 1000,
        "datagrams_lost": path.lost,
        "pictures": len(waits_ms),
        "torn": torn,
        "longest_wait_ms": longest,
        "met": torn == 0 and longest <= 500,
    }

"""The live view in real Chromium: drawn pictures that change, soon after the offer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from gateway_console import signed_in_page
from gateway_house import Gateway
from gateway_relay import FakeIngest, encode, fake_ingest
from playwright.async_api import Page

pytestmark = pytest.mark.browser

WATCH = """async (camera) => {
  const peer = new RTCPeerConnection({iceServers: []});
  const transceiver = peer.addTransceiver('video', {direction: 'recvonly'});
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; video.playsInline = true;
  document.body.append(video);
  peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
  await peer.setLocalDescription(await peer.createOffer());
  const asked = performance.now();
  const firstFrame = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(performance.now() - asked)));
  const answer = await fetch(`/api/v1/whep/${camera}`,
    {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const sdp = await answer.text();
  if (answer.status !== 201) throw new Error(sdp);
  await peer.setRemoteDescription({type: 'answer', sdp});
  window.peer = peer; window.video = video; window.location_ = answer.headers.get('Location');
  const timeout = new Promise((_, reject) => setTimeout(() => reject(new Error('no frame: ' + peer.iceConnectionState)), 15000));
  return {first: await Promise.race([firstFrame, timeout]), width: video.videoWidth, height: video.videoHeight, sdp};
}"""

PICTURE = """() => {
  const canvas = document.createElement('canvas'); canvas.width = 64; canvas.height = 48;
  const context = canvas.getContext('2d'); context.drawImage(window.video, 0, 0, 64, 48);
  return Array.from(context.getImageData(0, 0, 64, 48).data).join(',');
}"""

STATS = """async () => {
  for (const report of (await window.peer.getStats()).values())
    if (report.type === 'inbound-rtp') return {
      decoded: report.framesDecoded, lost: report.packetsLost, keys: report.keyFramesDecoded, freezes: report.freezeCount,
      delay: report.jitterBufferDelay / report.jitterBufferEmittedCount, buffered: report.jitterBufferDelay,
      emitted: report.jitterBufferEmittedCount, decoder: report.decoderImplementation};
}"""


@pytest.fixture
async def page(gateway: Gateway) -> AsyncIterator[Page]:
    async with signed_in_page(gateway) as page:
        yield page


@pytest.fixture
async def ingest(gateway: Gateway) -> AsyncIterator[FakeIngest]:
    async with fake_ingest(gateway, encode(width=640, height=480, bit_rate=2_000_000)) as running:
        await gateway.add_camera("cam-1")
        await gateway.publish(running.status("cam-1"), "ingest")
        await gateway.eventually(lambda: gateway.resources.board.report("cam-1"))
        yield running


async def test_chromium_draws_moving_pictures_soon(gateway: Gateway, ingest: FakeIngest, page: Page) -> None:
    shown: dict[str, Any] = await page.evaluate(WATCH, "cam-1")
    assert shown["first"] < 1000, f"first picture after {shown['first']:.0f} ms"
    assert (shown["width"], shown["height"]) == (640, 480)
    assert "VP8" not in shown["sdp"]
    pictures = set()
    for _ in range(10):
        pictures.add(await page.evaluate(PICTURE))
        await page.wait_for_timeout(100)
    assert len(pictures) >= 8
    stats = await page.evaluate(STATS)
    print(shown["first"], stats)
    assert stats["decoded"] > 20
    assert stats["lost"] <= 0

    ingest.drop()
    await page.wait_for_timeout(1500)
    ingest.bring_back()
    await gateway.eventually(lambda: ingest.open == 1)
    await page.wait_for_function(
        "async (before) => { for (const r of (await peer.getStats()).values())"
        " if (r.type === 'inbound-rtp') return r.framesDecoded > before + 30; }",
        arg=stats["decoded"],
        timeout=15_000,
    )
    assert await page.evaluate("peer.connectionState") == "connected"


AGES = """() => new Promise((resolve) => {
  const canvas = document.createElement('canvas'); canvas.width = 640; canvas.height = 1;
  const context = canvas.getContext('2d', {willReadFrequently: true}), seen = [];
  const take = (_, metadata) => {
    context.drawImage(window.video, 0, 240, 640, 1, 0, 0, 640, 1);
    const data = context.getImageData(0, 0, 640, 1).data;
    let bar = 0; while (bar < 640 && data[bar * 4] < 160) bar++;
    seen.push({bar, capture: metadata.captureTime && metadata.captureTime + performance.timeOrigin,
               now: performance.now() + performance.timeOrigin});
    if (seen.length < 40) window.video.requestVideoFrameCallback(take); else resolve(seen);
  };
  window.video.requestVideoFrameCallback(take);
})"""


async def test_the_age_of_each_picture_is_known_to_the_browser(gateway: Gateway, ingest: FakeIngest, page: Page) -> None:
    """`captureTime` of the frame callback is the time at which ingest had the picture; the bar in it says which one it is."""
    ingest.late_s = 0.7
    await page.wait_for_timeout(2200)  # only pictures with this delay are in the newest group
    await page.evaluate(WATCH, "cam-1")
    await page.wait_for_timeout(2500)
    stream = next(iter(gateway.resources.viewers._viewers.values())).channel.stream
    waited_s = []
    for restarted in (False, True):
        if restarted:  # the newest group again, its times squeezed: the clock must not be upset
            for out in stream._outs:
                stream._outs[out] = 0.0
                stream.start_over(out, "asked")
            await page.wait_for_timeout(300)
        before = await page.evaluate(STATS)
        errors_ms, ages_ms = [], []
        for seen in await page.evaluate(AGES):
            if not seen["capture"] or seen["bar"] >= 250:
                continue
            number = next(n for n in range(len(ingest.sent_at_us) - 1, -1, -1) if n % 50 == round(seen["bar"] / 5))
            errors_ms.append(abs(seen["capture"] - ingest.sent_at_us[number] / 1000))
            ages_ms.append(seen["now"] - seen["capture"])
        print(f"restarted: {restarted}; error {sorted(errors_ms)[len(errors_ms) // 2]:.0f} ms, ages {min(ages_ms):.0f} ms up")
        assert len(errors_ms) > 20, "the browser knows the time of capture"
        assert sorted(errors_ms)[len(errors_ms) * 9 // 10] < 300
        assert min(ages_ms) > 650
        after = await page.evaluate(STATS)
        waited_s.append((after["buffered"] - before["buffered"]) / (after["emitted"] - before["emitted"]))
        print(f"in the jitter buffer: {waited_s[-1] * 1000:.0f} ms")
    assert waited_s[1] < waited_s[0] + 0.3, "sending the group again must not make the browser wait longer with each picture"

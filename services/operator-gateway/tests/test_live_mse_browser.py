"""fMP4 over WebSocket in real Chromium: Media Source Extensions play what WebRTC does not carry."""

from typing import Any

import pytest
from gateway_house import Gateway
from gateway_streams import B_FRAMES, coded_ingest
from test_live_paths import signed_in_page

pytestmark = pytest.mark.browser

PLAY = """async (camera) => {
  const ways = await (await fetch(`/api/v1/cameras/${camera}/live`)).json();
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; document.body.append(video);
  const source = new MediaSource();
  video.src = URL.createObjectURL(source);
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve, {once: true}));
  const texts = [], waiting = [], asked = performance.now();
  let buffer = null, shown = 0, first = null;
  const feed = () => { if (buffer && !buffer.updating && waiting.length) buffer.appendBuffer(waiting.shift()); };
  const count = () => { shown += 1; first ??= performance.now() - asked; video.requestVideoFrameCallback(count); };
  video.requestVideoFrameCallback(count);
  const socket = new WebSocket(`/api/v1/live/${camera}`);
  socket.binaryType = 'arraybuffer';
  socket.onmessage = ({data}) => {
    if (typeof data !== 'string') { waiting.push(data); feed(); return; }
    const text = JSON.parse(data); texts.push(text);
    if (text.mime && !buffer) { buffer = source.addSourceBuffer(text.mime); buffer.addEventListener('updateend', feed); }
  };
  window.state = () => ({shown, first, texts, error: video.error?.message ?? null, stalled: video.readyState < 2,
    ranges: buffer ? buffer.buffered.length : 0, now: video.currentTime, paused: video.paused, left: waiting.length,
    spans: buffer
      ? Array.from({length: buffer.buffered.length}, (_, i) => [buffer.buffered.start(i), buffer.buffered.end(i)])
      : [],
    width: video.videoWidth, closed: socket.readyState === WebSocket.CLOSED,
    behind: buffer && buffer.buffered.length ? buffer.buffered.end(buffer.buffered.length - 1) - video.currentTime : null,
    total: video.getVideoPlaybackQuality().totalVideoFrames});
  window.stop = () => socket.close();
  return {ways, supported: MediaSource.isTypeSupported(ways.mime)};
}"""


async def test_b_frames_play_in_chromium_without_a_hole(gateway: Gateway) -> None:
    async with coded_ingest(gateway, "libx264", B_FRAMES, size=(320, 180)) as ingest, signed_in_page(gateway) as page:
        found: dict[str, Any] = await page.evaluate(PLAY, "cam-1")
        assert (found["ways"]["whep"], found["ways"]["mse"], found["supported"]) == (False, True, True), found
        await page.wait_for_function("() => state().shown > 60", timeout=40_000)
        state = await page.evaluate("state()")
        print({name: state[name] for name in ("first", "behind", "shown", "total")})
        assert state["error"] is None
        assert state["ranges"] == 1
        assert state["width"] == 320
        assert state["behind"] < 1.5, "the newest picture is shown, not the oldest of the group"
        ingest.drop()
        await page.wait_for_function("() => state().texts.some((text) => text.gone)", timeout=20_000)
        ingest.bring_back()
        try:
            await page.wait_for_function("(before) => state().shown > before + 25", arg=state["shown"], timeout=15_000)
        finally:
            state = await page.evaluate("state()")
            print(state)
        assert state["error"] is None
        assert state["ranges"] == 1
        assert {"back": True} in state["texts"]

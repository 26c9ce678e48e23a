"""The ways a viewer's datagrams can take: through a TURN server that is not ours, and over IPv6."""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aioice.ice
import pytest
from gateway_console import signed_in_page
from gateway_house import Keys, running_gateway
from gateway_streams import NO_B_FRAMES, coded_ingest
from gateway_whep import whep
from pydantic import SecretStr

from hejnal_gateway.settings import GatewaySettings

SECRET = "shared with the TURN server"

WATCH_RELAYED = """async (camera) => {
  const options = await fetch(`/api/v1/whep/${camera}`, {method: 'OPTIONS'});
  if (options.headers.get('Accept-Post') !== 'application/sdp') throw new Error('no Accept-Post');
  const quoted = (link, name) => (link.match(new RegExp(`${name}="([^"]*)"`)) ?? [])[1];
  const iceServers = options.headers.get('Link').split(/,\\s*(?=<)/).map((link) => (
    {urls: link.match(/<([^>]*)>/)[1], username: quoted(link, 'username'), credential: quoted(link, 'credential')}));
  const peer = new RTCPeerConnection({iceServers, iceTransportPolicy: 'relay'});
  const errors = [];
  peer.onicecandidateerror = (event) => errors.push(`${event.errorCode} ${event.errorText}`);
  peer.addTransceiver('video', {direction: 'recvonly'});
  const video = document.createElement('video');
  video.muted = true; video.autoplay = true; video.playsInline = true;
  document.body.append(video);
  peer.ontrack = (event) => { video.srcObject = new MediaStream([event.track]); };
  const first = new Promise((resolve) => video.requestVideoFrameCallback(() => resolve(true)));
  const gathered = new Promise((resolve) => {
    peer.onicegatheringstatechange = () => { if (peer.iceGatheringState === 'complete') resolve(); };
  });
  await peer.setLocalDescription(await peer.createOffer());
  await gathered;
  const answer = await fetch(`/api/v1/whep/${camera}`,
    {method: 'POST', headers: {'Content-Type': 'application/sdp'}, body: peer.localDescription.sdp});
  const sdp = await answer.text();
  if (answer.status !== 201) throw new Error(sdp);
  await peer.setRemoteDescription({type: 'answer', sdp});
  const late = new Promise((resolve) => setTimeout(() => resolve(false), 12000));
  const shown = await Promise.race([first, late]);
  const types = [];
  for (let tries = 0; shown && !types.length && tries < 50; tries++) {  // the first picture may be there before the figures
    const reports = await peer.getStats();
    for (const {type, selectedCandidatePairId: chosen} of reports.values())
      if (type === 'transport' && chosen) types.push(reports.get(reports.get(chosen).localCandidateId).candidateType);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  const offered = [...peer.localDescription.sdp.matchAll(/typ (\\w+)/g)].map((match) => match[1]);
  peer.close();
  return {shown, types, offered, errors};
}"""


@asynccontextmanager
async def turn_server(folder: Path, secret: str) -> AsyncIterator[int]:
    """coturn on loopback, with credentials of `use-auth-secret` only; its port."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        port = int(sock.getsockname()[1])
    options = {
        "listening-ip": "127.0.0.1",
        "relay-ip": "127.0.0.1",
        "listening-port": str(port),
        "realm": "hejnal.test",
        "static-auth-secret": secret,
        "pidfile": str(folder / "turn.pid"),
        "userdb": str(folder / "turn.db"),
        "log-file": "stdout",
    }
    flags = ["-n", "--use-auth-secret", "--allow-loopback-peers", "--no-cli", "--no-tls", "--no-dtls", "--fingerprint"]
    process = await asyncio.create_subprocess_exec(
        "turnserver", *flags, *(f"--{name}={value}" for name, value in options.items()), stdout=asyncio.subprocess.DEVNULL
    )
    try:
        await _answers(port)
        yield port
    finally:
        process.terminate()
        await process.wait()


async def _answers(port: int) -> None:
    loop = asyncio.get_running_loop()
    request = b"\x00\x01\x00\x00\x21\x12\xa4\x42" + bytes(12)  # STUN binding
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.setblocking(False)
        sock.connect(("127.0.0.1", port))
        async with asyncio.timeout(20):
            while True:
                try:
                    sock.send(request)
                    await asyncio.wait_for(loop.sock_recv(sock, 200), 0.3)
                except (ConnectionRefusedError, TimeoutError):
                    await asyncio.sleep(0.1)
                else:
                    return


@pytest.mark.browser
async def test_chromium_watches_through_turn_and_nothing_else(settings: GatewaySettings, keys: Keys, tmp_path: Path) -> None:
    async with turn_server(tmp_path, SECRET) as port:
        urls = (f"turn:127.0.0.1:{port}?transport=udp",)
        relayed = settings.model_copy(update={"turn_urls": urls, "turn_secret": SecretStr(SECRET)})
        async with (
            running_gateway(relayed, keys) as gateway,
            coded_ingest(gateway, "libx264", NO_B_FRAMES),
            signed_in_page(gateway) as page,
        ):
            found: dict[str, Any] = await page.evaluate(WATCH_RELAYED, "cam-1")
            assert found["shown"], found
            assert set(found["offered"]) == {"relay"}
            assert found["types"] == ["relay"]
            gateway.resources.ice_servers._secret = "another"
            refused: dict[str, Any] = await page.evaluate(WATCH_RELAYED, "cam-1")
            assert not refused["shown"]
            assert not refused["offered"]


async def test_a_viewer_over_ipv6_gets_pictures(settings: GatewaySettings, keys: Keys, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["::1"])  # the client has no other address
    both = settings.model_copy(update={"rtc_hosts": ("127.0.0.1", "::1")})
    async with (
        running_gateway(both, keys) as gateway,
        coded_ingest(gateway, "libx264", NO_B_FRAMES),
        gateway.signed_in() as browser,
        whep(browser) as view,
    ):
        for _ in range(5):
            await view.frame()
        (viewer,) = gateway.resources.viewers._viewers.values()
        assert viewer.path.address is not None
        assert viewer.path.address[0] == "::1"
        candidates = [line.split()[4] for line in view.answer.splitlines() if line.startswith("a=candidate:")]
        assert candidates == ["127.0.0.1", "::1"]

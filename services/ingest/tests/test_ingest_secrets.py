"""A camera's password is told to the camera and to nobody else, whatever goes wrong."""

import asyncio
import base64
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import aiohttp
import pytest
from aiohttp import web

from hejnal_contracts.cameras import CameraCondition
from hejnal_local.ports import free_ports
from hejnal_media.rtsp import Credentials
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB

USER, PASSWORD = "viewer", "right-Horse/9 %"
WRONG = "wrong-Horse/7 %"


def forms(password: str) -> list[bytes]:
    """How the password could show."""
    pair = f"{USER}:{password}".encode()
    return [
        password.encode(),
        quote(password, safe="").encode(),
        quote(password).encode(),
        base64.b64encode(pair),
        password.encode().hex().encode(),
        password[6:11].encode(),
    ]


@contextlib.asynccontextmanager
async def gateway(port: int) -> AsyncIterator[dict[str, str]]:
    """The door from which ingest fetches passwords; gives what it answers, by camera (`*` is all others)."""
    answers = {"*": WRONG}

    async def credentials(request: web.Request) -> web.Response:
        password = answers.get(request.match_info["camera"], answers["*"])
        if password == "broken":
            return web.Response(text='{"username": "viewer", "password": 7, "was": "' + WRONG + '"}')
        return web.json_response({"username": USER, "password": password})

    app = web.Application()
    app.router.add_get("/internal/v1/cameras/{camera}/credentials", credentials)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    yield answers
    await runner.cleanup()


@contextlib.asynccontextmanager
async def web_cameras() -> AsyncIterator[str]:
    """Cameras that speak HTTP and are wrong in several ways."""

    async def refuse(_request: web.Request) -> web.Response:
        return web.Response(status=401, headers={"WWW-Authenticate": 'Basic realm="c"'})

    async def garbage(_request: web.Request) -> web.Response:
        return web.Response(body=b"\x00\x01garbage" * 2000, content_type="video/mp2t")

    async def away(request: web.Request) -> web.Response:
        raise web.HTTPFound(f"http://localhost:1/elsewhere?from={request.path}")

    async def playlist(_request: web.Request) -> web.Response:
        return web.Response(text="#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile:///etc/passwd\n#EXT-X-ENDLIST\n")

    async def hang(_request: web.Request) -> web.Response:
        await asyncio.sleep(60)
        return web.Response()

    app = web.Application()
    for path, handler in (("/401", refuse), ("/junk", garbage), ("/302", away), ("/list.m3u8", playlist), ("/hang", hang)):
        app.router.add_get(path, handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    assert site._server is not None
    yield f"127.0.0.1:{site._server.sockets[0].getsockname()[1]}"  # type: ignore[attr-defined]
    await runner.cleanup()


@pytest.mark.slow
async def test_a_password_shows_nowhere(town: Any, clips: Path, eventually: Any, ingest: Any, tmp_path: Path) -> None:
    simulator = CameraSimulator(
        town_mounts(2, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB), credentials=Credentials(USER, PASSWORD)
    )
    await simulator.start()
    (unused,) = free_ports(1)
    output = tmp_path / "output"
    port = int(town.settings.gateway_url.rsplit(":", 1)[1])
    async with gateway(port) as answers, web_cameras() as site:
        answers |= {"good": PASSWORD, "unreadable": "broken"}
        faults = {
            "wrong": simulator.url("cam-002/main"),
            "unreadable": simulator.url("cam-002/main"),
            "refused": f"rtsp://127.0.0.1:{unused}/main",
            "secure": f"rtsps://{site}/main",
            "udp": f"rtsp+udp://127.0.0.1:{unused}/main",
            "rtmp": f"rtmp://127.0.0.1:{unused}/live/x",
            "rtmp-http": f"rtmp://{site}/live/x",
            "srt": f"srt://127.0.0.1:{unused}",
            "no-name": "http://no-such-camera.invalid/x",
            "missing": f"http://{site}/404",
            **{
                f"web-{number}": f"http://{site}/{path}"
                for number, path in enumerate(("401", "junk", "302", "list.m3u8", "hang"))
            },
        }
        await town.register(simulator.url("cam-001/main"), "good", has_credentials=True)
        for camera, url in faults.items():
            await town.register(url, camera, has_credentials=True)
        settings = {"LOG_LEVEL": "debug", "NO_VIDEO_S": "2", "CONNECT_TIMEOUT_S": "1", "RESPONSE_TIMEOUT_S": "1"}
        async with ingest(town, output=output, **settings) as process, aiohttp.ClientSession(town.url) as http:
            await eventually(lambda: (s := town.facts.last_status("good")) and s.condition is CameraCondition.LIVE, 60)
            await eventually(lambda: all(town.facts.causes(camera) for camera in faults), 60)
            shown = []
            for path in ("/metrics", "/readyz", "/healthz"):
                async with http.get(path) as answer:
                    shown.append(await answer.read())
            for camera in faults:
                headers = town.headers("operator-gateway")
                async with http.get(f"/internal/v1/relay/{camera}/main", headers=headers) as answer:
                    assert answer.status == 409
                    shown.append(await answer.read() + str(answer.headers).encode())
            simulator.mounts["cam-001/main"].drop_all()
            await asyncio.sleep(1)
            proc = Path(f"/proc/{process.pid}")
            shown += [(proc / name).read_bytes() for name in ("cmdline", "environ", "status")]
            shown += [(task / "comm").read_bytes() for task in (proc / "task").iterdir()]
    await simulator.stop()
    shown += [fact.model_dump_json().encode() for fact in [*town.facts.media, *town.facts.status]]
    shown.append(output.read_bytes())
    held = [path for path in town.settings.spool_dir.rglob("*") if path.is_file()]
    shown += [path.read_bytes() for path in held]
    assert held
    assert b"camera_fault" in shown[-1 - len(held)]
    for password in (PASSWORD, WRONG):
        for form in forms(password):
            for text in shown:
                assert form not in text, text[max(0, text.find(form) - 200) : text.find(form) + 50]

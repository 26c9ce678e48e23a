"""Forty live tiles in real Chromium: painted pictures per tile, stalls, ages, and what it costs.

Simulated cameras (sub streams) over real RTSP → `hejnal_ingest serve` → `hejnal_gateway serve` with the built console → one
window of the wall in Chromium. Where the machine cannot decode and draw all, the console has the gateway thin out tiles; it is
watched once it has settled. A stall is a tile without a new picture for more than three times its own interval (and more than
a second): the camera's for a tile that gets all pictures, the group's for one that gets key frames. A picture counts as new
when its RTP time has moved on, so that a repeated one hides nothing. Chromium decodes in software here.
`python tests/bench/bench_wall.py [--tiles 40] [--seconds 60]`
"""

import argparse
import asyncio
import base64
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pyotp
from bench_ingest import simulated_cameras
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from processes import cpu_s, end_children_with_us, family, running
from servers import kafka_and_postgres

from hejnal_contracts.topics import BY_NAME
from hejnal_local.chromium import launch_options
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.tokens import TokenIssuer

ROOT = Path(__file__).parents[2]
LAYOUTS = (1, 4, 6, 9, 12, 16, 25, 36, 40)
STALL_MS = 1_000
STALL_INTERVALS = 3
SETTLES_WITHIN_S = 180.0
STEADY_S = 20.0

THINNED = "() => document.querySelectorAll('[data-tile] video[data-every-ms]').length"

# Each video is watched from its next picture on; the longest pause counts to the end of the measurement. A tile that is
# thinned or comes back meanwhile may take the longer of both intervals.
WATCH = """([leastMs, intervals]) => {
  const shown = [...document.querySelectorAll('[data-tile] video.live-video:not(.live-video-next)')];
  const newer = (rtp, before) => before === null || rtp === undefined || (rtp - before + 2 ** 32) % 2 ** 32 > 450;
  window.seen = shown.map((video) => {
    const from = video.getVideoPlaybackQuality();
    const one = {frames: 0, last: performance.now(), longest: 0, stalls: 0, rtp: null, ages: [], everyMs: 0};
    const look = () => {
      const everyMs = Number(video.dataset.everyMs ?? 0);
      one.bound = Math.max(leastMs, intervals * Math.max(everyMs, one.everyMs));
      one.everyMs = everyMs;
    };
    look();
    setInterval(look, 1000);
    const take = (now, metadata) => {
      if (newer(metadata.rtpTimestamp, one.rtp)) {
        const pause = now - one.last;
        one.longest = Math.max(one.longest, pause);
        if (pause > one.bound) one.stalls += 1;
        one.frames += 1;
        one.last = now;
        one.rtp = metadata.rtpTimestamp ?? null;
        if (metadata.captureTime !== undefined) one.ages.push(now - metadata.captureTime);
      }
      video.requestVideoFrameCallback(take);
    };
    video.requestVideoFrameCallback(take);
    one.quality = () => {
      const {totalVideoFrames, droppedVideoFrames} = video.getVideoPlaybackQuality();
      return {decoded: totalVideoFrames - from.totalVideoFrames, dropped: droppedVideoFrames - from.droppedVideoFrames};
    };
    return one;
  });
  return window.seen.length;
}"""

READ = """() => window.seen.map((one) => {
  const pause = performance.now() - one.last;
  const age = [...one.ages].sort((a, b) => a - b)[Math.floor(one.ages.length / 2)] ?? null;
  const stalls = one.stalls + (pause > one.bound ? 1 : 0);
  const {frames, everyMs} = one;
  return {frames, everyMs, longest: Math.max(one.longest, pause), stalls, age, ...one.quality()};
})"""


def write_keys(folder: Path) -> None:
    """Keys of both services, and the list in which each finds the other's."""
    documents: list[Any] = []
    for service in ("operator-gateway", "ingest"):
        key = Ed25519PrivateKey.generate()
        (folder / f"{service}.pem").write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        documents += TokenIssuer(service, key).jwks()["keys"]
    (folder / "jwks.json").write_text(json.dumps({"keys": documents}))
    (folder / "at-rest.key").write_text(base64.b64encode(os.urandom(32)).decode())


def environment_of(service: str, folder: Path, **values: object) -> dict[str, str]:
    """The process environment of a service."""
    common = {
        "TOKEN_KEY_FILE": folder / f"{service}.pem",
        "TRUSTED_JWKS_FILE": folder / "jwks.json",
        "LOG_LEVEL": "WARNING",
    }
    prefix = {"operator-gateway": "HEJNAL_GATEWAY_", "ingest": "HEJNAL_INGEST_"}[service]
    return os.environ | {prefix + name: str(value) for name, value in (common | values).items()}


def build_console(folder: Path) -> Path:
    """The console's files, built from its sources."""
    command = ["npx", "vite", "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "error"]
    subprocess.run(command, cwd=ROOT / "web" / "operator", check=True, stdout=sys.stderr)
    return folder


def camera(base: str, number: int) -> dict[str, Any]:
    """A camera of the simulator as the registry takes it."""
    camera_id = f"cam-{number:03d}"
    streams = [{"name": name, "url": f"{base}/{camera_id}/{name}"} for name in ("main", "sub")]
    recording = {"enabled": False}
    return {
        "camera_id": camera_id,
        "name": f"Kamera {number}",
        "place": {"lat": 51.05, "lon": 20.94},
        "streams": streams,
        "recording": recording,
    }


@contextmanager
def services(
    folder: Path, base: str, count: int, bootstrap: str, prefix: str, database_url: str
) -> Iterator[tuple[str, str, int]]:
    """Ingest and gateway with the cameras: (address of the console, account as JSON, process of the gateway)."""
    public, internal, ingest_port = free_ports(3)
    kafka = {"KAFKA_BOOTSTRAP": bootstrap, "TOPIC_PREFIX": prefix}
    gateway = environment_of(
        "operator-gateway",
        folder,
        **kafka,
        DATABASE_URL=database_url,
        PUBLIC_PORT=public,
        INTERNAL_PORT=internal,
        PUBLIC_URL=f"http://127.0.0.1:{public}",
        CREDENTIALS_KEY_FILE=folder / "at-rest.key",
        STATIC_DIR=build_console(folder / "console"),
    )
    ingest = environment_of("ingest", folder, **kafka, INTERNAL_PORT=ingest_port, SPOOL_DIR=folder / "spool")

    def command(*arguments: str) -> str:
        full = [sys.executable, "-m", "hejnal_gateway", *arguments]
        return subprocess.run(full, env=gateway, check=True, capture_output=True, text=True).stdout

    command("migrate")
    account = command("create-account", "--login", "bench", "--role", "operator", "--name", "Bench")
    (folder / "cameras.json").write_text(json.dumps([camera(base, number) for number in range(1, count + 1)]))
    command("import-cameras", str(folder / "cameras.json"))
    serve = [sys.executable, "-m", "hejnal_gateway", "serve"]
    with (
        running([sys.executable, "-m", "hejnal_ingest", "serve"], env=ingest, stdout=sys.stderr),
        running(serve, env=gateway, stdout=sys.stderr) as process,
    ):
        yield f"http://127.0.0.1:{public}", account, process.pid


async def wait_for_cameras(context: BrowserContext, door: str, count: int) -> None:
    """Until all cameras are live."""
    async with asyncio.timeout(120):
        while True:
            answer = await context.request.get(door + "/api/v1/cameras")
            items = (await answer.json())["items"]
            if sum(item["status"]["condition"] == "live" for item in items) == count:
                return
            await asyncio.sleep(0.5)


async def sign_in(context: BrowserContext, door: str, account: str) -> None:
    """The context holds the session from now on."""
    known = json.loads(account)
    body = {"login": "bench", "password": known["password"], "code": pyotp.TOTP(known["totp_secret"]).now()}
    answer = await context.request.post(door + "/api/v1/session", data=body)
    if not answer.ok:
        raise RuntimeError(await answer.text())


async def hang(context: BrowserContext, address: str, count: int) -> Page:
    """The wall with these cameras, a picture in each tile, thinned as far as it has to be."""
    page = await context.new_page()
    layout = next(layout for layout in LAYOUTS if layout >= count)
    tiles = json.dumps({"layout": layout, "tiles": [f"cam-{number:03d}" for number in range(1, count + 1)], "focused": 0})
    await page.add_init_script(f"localStorage.setItem('hejnal.operator.wall.v1', {json.dumps(tiles)})")
    await page.goto(address)
    shown = "(count) => document.querySelectorAll('[data-tile]:is([data-state=live], [data-state=paced])').length >= count"
    clock = asyncio.get_running_loop()
    begun = steady_since = clock.time()
    thinned = -1
    await page.wait_for_function(shown, arg=count, timeout=SETTLES_WITHIN_S * 1000)
    while clock.time() - steady_since < STEADY_S and clock.time() - begun < SETTLES_WITHIN_S:
        await asyncio.sleep(1)
        now = int(await page.evaluate(THINNED))
        if now != thinned:
            thinned, steady_since = now, clock.time()
    return page


def browser_processes() -> list[int]:
    """Chromium with all its children: descendants of ours that run it."""
    found, pending = list[int](), family(os.getpid())[1:]
    while pending:
        pid = pending.pop()
        try:
            name = Path(f"/proc/{pid}/comm").read_text()
            pending += family(pid)[1:]
        except OSError:
            continue
        if "chrom" in name:
            found.append(pid)
    return found


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """The browser of the watch room."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


async def measure(door: str, account: str, gateway: int, tiles: int, seconds: float) -> dict[str, Any]:
    """The wall, watched for a while."""
    async with chromium() as browser:
        context = await browser.new_context(viewport={"width": 1920, "height": 1080}, locale="pl-PL")
        await sign_in(context, door, account)
        await wait_for_cameras(context, door, tiles)
        page = await hang(context, door + "/wall", tiles)
        watched = int(await page.evaluate(WATCH, [STALL_MS, STALL_INTERVALS]))
        pids = browser_processes()
        before, own = cpu_s(pids), cpu_s([gateway])
        began = asyncio.get_running_loop().time()
        await asyncio.sleep(seconds)
        elapsed = asyncio.get_running_loop().time() - began
        used, served = cpu_s(pids) - before, cpu_s([gateway]) - own
        seen = await page.evaluate(READ)
    rates = [one["frames"] / elapsed for one in seen]
    ages = [one["age"] for one in seen if one["age"] is not None]
    return {
        "tiles": watched,
        "seconds": round(elapsed, 1),
        "tiles_thinned": sum(one["everyMs"] > 0 for one in seen),
        "interval_ms_of_thinned": max((one["everyMs"] for one in seen), default=0),
        "painted_per_s": sorted(round(rate, 1) for rate in rates),
        "painted_per_s_least": round(min(rates), 2),
        "painted_per_s_median": round(statistics.median(rates), 2),
        "decoded": sum(one["decoded"] for one in seen),
        "dropped": sum(one["dropped"] for one in seen),
        "stalls": sum(one["stalls"] for one in seen),
        "stalled_tiles": sum(one["stalls"] > 0 for one in seen),
        "longest_pause_ms": round(max(one["longest"] for one in seen)),
        "age_ms_median": round(statistics.median(ages)) if ages else None,
        "chromium_core_percent": round(100 * used / elapsed, 1),
        "gateway_core_percent": round(100 * served / elapsed, 1),
    }


async def bench(tiles: int, seconds: float) -> None:
    """One line."""
    name, prefix = "hejnal_bench_wall", f"bench{os.getpid()}-"
    with (
        kafka_and_postgres() as (bootstrap, admin_url),
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as place,
        simulated_cameras(tiles) as base,
    ):
        folder = Path(place)
        await drop_database(admin_url, name)
        await create_database(admin_url, name)
        await create_topics(bootstrap, list(BY_NAME.values()), prefix=prefix, partitions=3)
        write_keys(folder)
        url = url_of(admin_url, database=name, driver="+asyncpg")
        with services(folder, base, tiles, bootstrap, prefix, url) as (door, account, gateway):
            await answers(door)
            figures = await measure(door, account, gateway, tiles, seconds)
        await drop_database(admin_url, name)
    load = round(os.getloadavg()[0], 2)
    met = figures["tiles"] == tiles and figures["stalls"] == 0
    print(json.dumps({"bench": "wall", "system": "hejnal", **figures, "load": load, "met": met}), flush=True)


async def answers(door: str) -> None:
    """Wait until the gateway serves."""
    async with aiohttp.ClientSession() as session, asyncio.timeout(180):
        while True:
            try:
                async with session.get(door + "/api/v1/session") as answer:
                    if answer.status == 401:
                        return
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(0.1)


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tiles", type=int, default=40)
    parser.add_argument("--seconds", type=float, default=60)
    arguments = parser.parse_args()
    end_children_with_us()
    asyncio.run(bench(arguments.tiles, arguments.seconds))


if __name__ == "__main__":
    main()

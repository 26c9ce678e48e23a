"""P1: cameras received and recorded, with hash, sync and facts on; per camera, in % of one core.

The real `hejnal_ingest serve` against simulated 1080p25 cameras (4 Mbit/s, GOP 2 s) and a real Kafka. Peers in the same run, on
the same cameras, without hash, sync and facts: `ffmpeg -c copy` into the segment muxer, a process each; GStreamer into fragmented
MP4, thirty in a process. Prints one JSON line per size and system; `rss_mb` is memory of
the processes alone. Ours counts with its child that decodes suspicious pictures.
`python tests/bench/bench_ingest.py [--sizes 10,60,120,190] [--seconds 20] [--no-peer]`
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer
from ingest_peers import PEERS, measure_peers
from processes import cpu_s, end_children_with_us, family, rss_mb, running

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, StreamSource
from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_contracts.topics import BY_NAME
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE, a_broker
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.bus.topics import create_topics

BOUND_PERCENT = {20: 1.0, 190: 0.15}
BOUND_RATIO = {190: 0.5}
BOUND_MB_PER_CAMERA = {190: 2.0}
FRAME_TICKS = 3600


@dataclass
class Told:
    """What ingest has told in Kafka, per camera."""

    runs: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    frames: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    ticks: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    paths: dict[str, str] = field(default_factory=dict)

    def lost(self, since: "Told") -> int:
        """Pictures that are missing: between two fragments of a run, or between two runs (at least one each)."""
        missing = 0
        for camera, ticks in self.ticks.items():
            missing += (ticks - since.ticks[camera]) // FRAME_TICKS - (self.frames[camera] - since.frames[camera])
            missing += self.runs[camera] - max(1, since.runs[camera])
        return missing

    def copy(self) -> "Told":
        """As it stands now."""
        return Told(*(defaultdict(int, one) for one in (self.runs, self.frames, self.ticks)), dict(self.paths))


@contextlib.contextmanager
def simulated_cameras(count: int) -> Iterator[str]:
    """Base URL of so many cameras."""
    command = [sys.executable, "-m", "hejnal_media.simulator", "--port", "0", "--cameras", str(count), "--variants", "2"]
    with running([*command, "--cache", str(CACHE / "clips")], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        found = re.search(r"rtsp://\S+?(?=/cam-)", process.stdout.readline())
        if found is None:
            raise RuntimeError("the simulator did not start")
        yield found[0]


@contextlib.asynccontextmanager
async def facts(bootstrap: str, prefix: str) -> AsyncIterator[Told]:
    """Counts what is told on `camera-media`."""
    told = Told()
    consumer = AIOKafkaConsumer(prefix + "camera-media", bootstrap_servers=bootstrap, auto_offset_reset="earliest")

    async def read() -> None:
        async for record in consumer:
            fact = decode(record, prefix).fact
            if isinstance(fact, RunStarted):
                told.runs[fact.camera_id] += 1
            elif isinstance(fact, FragmentWritten):
                told.frames[fact.camera_id] += fact.frames
                told.ticks[fact.camera_id] += fact.duration_ticks
                told.paths[fact.camera_id] = fact.segment_path

    await consumer.start()
    reading = asyncio.create_task(read())
    try:
        yield told
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


async def register(producer: Producer, base: str, count: int) -> None:
    """Puts the cameras into the registry's topic."""
    for number in range(1, count + 1):
        camera = f"cam-{number:03d}"
        state = CameraRegistered(
            camera_id=camera,
            version=1,
            name=camera,
            place=Point(lat=51.05, lon=20.94),
            streams=(StreamSource(name="main", url=f"{base}/{camera}/main"),),
            changed_at=datetime.now(UTC),
        )
        await producer.send_fact(state, "operator-gateway")


async def measure_ingest(bootstrap: str, base: str, count: int, seconds: float, folder: Path) -> dict[str, Any]:
    """One size of ours."""
    prefix = f"bench-{secrets.token_hex(3)}-"
    names = ("cameras", "camera-status", "camera-media")
    await create_topics(bootstrap, [BY_NAME[name] for name in names], prefix=prefix)
    producer = Producer(bootstrap, prefix)
    await register(producer, base, count)
    (port,) = free_ports(1)
    settings = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "INTERNAL_PORT": str(port),
        "SPOOL_DIR": str(folder / "spool"),
        "LOG_LEVEL": "WARNING",
    }
    environment = {**os.environ, **{f"HEJNAL_INGEST_{name}": value for name, value in settings.items()}}
    with running([sys.executable, "-m", "hejnal_ingest", "serve"], env=environment) as process:
        async with facts(bootstrap, prefix) as told, aiohttp.ClientSession() as http:
            async with asyncio.timeout(60 + count / 4):
                while len(told.frames) < count or min(told.frames.values()) < 100:
                    await asyncio.sleep(0.2)
            before, cpu_before = told.copy(), cpu_s(family(process.pid))
            began = asyncio.get_running_loop().time()
            await asyncio.sleep(seconds)
            elapsed = asyncio.get_running_loop().time() - began
            used = cpu_s(family(process.pid)) - cpu_before
            memory = rss_mb(family(process.pid))
            await asyncio.sleep(0.5)
            after = told.copy()
            async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                text = await answer.text()
    await producer.stop()
    writes = re.search(r"^hejnal_ingest_fragment_write_seconds_sum (\S+)$", text, re.MULTILINE)
    written = re.search(r"^hejnal_ingest_fragment_write_seconds_count (\S+)$", text, re.MULTILINE)
    frames = sum(after.frames.values()) - sum(before.frames.values())
    return {
        "core_percent_per_camera": round(100 * used / elapsed / count, 4),
        "rss_mb": memory,
        "frames_lost": after.lost(before) + max(0, int(0.9 * elapsed * 25 * count) - frames),
        "frames": frames,
        "write_ms_mean": round(1000 * float(writes[1]) / float(written[1]), 2) if writes and written else None,
        "file_errors": decode_errors(folder / "spool" / after.paths["cam-001"]),
    }


def decode_errors(path: Path) -> int:
    """Lines ffmpeg complains with when it decodes a recorded file."""
    command = ["ffmpeg", "-v", "error", "-threads", "1", "-t", "4", "-i", str(path), "-f", "null", "-"]
    done = subprocess.run(command, check=False, capture_output=True, text=True)
    return len(done.stderr.splitlines()) + (done.returncode != 0)


def is_met(line: dict[str, Any], count: int) -> bool:
    """Whether a measurement keeps the bars of its size; one that missed pictures never does."""
    ratios = [value for name, value in line.items() if name.startswith("ratio_")]
    return (
        line["frames_lost"] == 0
        and line["core_percent_per_camera"] <= BOUND_PERCENT[count]
        and line["rss_mb"] <= BOUND_MB_PER_CAMERA.get(count, 1e9) * count
        and all(ratio <= BOUND_RATIO.get(count, 1) for ratio in ratios)
    )


async def bench(sizes: list[int], seconds: float, *, peer: bool, folder: Path) -> None:
    """All sizes."""
    with a_broker() as bootstrap:
        for count in sizes:
            place = Path(tempfile.mkdtemp(prefix=f"hejnal-ingest-{count}-", dir=folder))
            try:
                with simulated_cameras(count) as base:
                    ours = await measure_ingest(bootstrap, base, count, seconds, place)
                    theirs = await measure_peers(base, count, seconds, place) if peer else {}
            finally:
                shutil.rmtree(place, ignore_errors=True)
            load = round(os.getloadavg()[0], 2)
            line: dict[str, Any] = {"bench": "ingest", "system": "hejnal", "cameras": count, **ours, "load": load}
            for name, figures in theirs.items():
                line[f"ratio_{name}"] = round(ours["core_percent_per_camera"] / figures["core_percent_per_camera"], 3)
            if count in BOUND_PERCENT:
                line["met"] = is_met(line, count)
            print(json.dumps(line), flush=True)
            for name, figures in theirs.items():
                print(
                    json.dumps({"bench": "ingest", "system": PEERS[name], "cameras": count, **figures, "load": load}), flush=True
                )


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="10,60,120,190", help="numbers of cameras")
    parser.add_argument("--seconds", type=float, default=20)
    parser.add_argument("--no-peer", action="store_true")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where footage is written meanwhile")
    arguments = parser.parse_args()
    end_children_with_us()
    sizes = [int(text) for text in arguments.sizes.split(",")]
    asyncio.run(bench(sizes, arguments.seconds, peer=not arguments.no_peer, folder=arguments.dir))
    return 0


if __name__ == "__main__":
    sys.exit(main())

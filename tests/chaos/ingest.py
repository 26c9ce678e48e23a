"""The real ingest against cameras to which something happens all the time; at the end every frame is asked for.

`python -m tests.chaos.ingest --cameras 24 --minutes 10 [--seed N]` prints one JSON line; exit code 1 if not all is accounted for.
Needs a Kafka: HEJNAL_TEST_KAFKA or HEJNAL_BENCH_KAFKA names one, else it starts its own.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import random
import secrets
import signal
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer

from hejnal_contracts.base import Fact, Point
from hejnal_contracts.cameras import CameraCondition, CameraRegistered, CameraStatusReported, StreamSource
from hejnal_contracts.cameras import FaultCause as Cause
from hejnal_contracts.topics import BY_NAME
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE, a_broker
from hejnal_media.simulator import CameraSimulator, ClipSpec
from hejnal_media.simulator.knobs import ControlPanel
from hejnal_media.simulator.town import camera_name, town_mounts
from hejnal_media.simulator.wardrobe import CLIPS, Wardrobe, variant
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.bus.topics import create_topics
from tests.chaos.account import Account, Turned, account_for, runs_of
from tests.chaos.faults import FAULTS, Fault

CLIP = ClipSpec(width=480, height=270, gop_frames=10, frames=100, bitrate_bps=400_000, preset="ultrafast")
TOPICS = ("cameras", "camera-status", "camera-media", "camera-events")
STATUS_BOUND_S = 10.0
_LIVE_S = 90.0
_SETTLE_S = 4.0


@dataclass
class Told:
    """What ingest has said so far."""

    media: list[Fact] = field(default_factory=list)
    status: dict[str, CameraStatusReported] = field(default_factory=dict)
    changed: asyncio.Condition = field(default_factory=asyncio.Condition)

    async def until(self, camera: str, wanted: Any, timeout_s: float) -> bool:
        """Waits until `wanted(status)` holds for the camera's newest status; False when it did not in time."""
        try:
            async with asyncio.timeout(timeout_s), self.changed:
                await self.changed.wait_for(lambda: camera in self.status and wanted(self.status[camera]))
            return True
        except TimeoutError:
            return False


@dataclass
class Chaos:
    """One run: what is on, what has been on, and how long it took to be told."""

    simulator: CameraSimulator
    panel: ControlPanel
    told: Told
    producer: Producer
    chance: random.Random
    status_bound_s: float = STATUS_BOUND_S
    turned: dict[str, list[Turned]] = field(default_factory=lambda: defaultdict(list))
    latencies_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late: list[str] = field(default_factory=list)
    never_live: list[str] = field(default_factory=list)
    versions: dict[str, int] = field(default_factory=lambda: defaultdict(int))

    async def register(self, camera: str) -> None:
        """A new version of the camera's registration: ingest tries it again at once."""
        self.versions[camera] += 1
        state = CameraRegistered(
            camera_id=camera,
            version=self.versions[camera],
            name=camera,
            place=Point(lat=51.05, lon=20.94),
            streams=(StreamSource(name="main", url=self.simulator.url(f"{camera}/main")),),
            changed_at=datetime.now(UTC),
        )
        await self.producer.send_fact(state, "operator-gateway")

    async def live(self, camera: str) -> bool:
        """Waits until the camera is live; after a while the registry speeds it up."""
        is_live = lambda status: status.condition is CameraCondition.LIVE  # noqa: E731
        if await self.told.until(camera, is_live, 4):
            return True
        for _ in range(3):
            await self.register(camera)
            if await self.told.until(camera, is_live, _LIVE_S / 3):
                return True
        status = self.told.status.get(camera)
        last = self.turned[camera][-1].name if self.turned[camera] else "nothing"
        what = f"{status.condition.value} {status.cause}: {status.detail} at {status.observed_at}" if status else "never told of"
        self.never_live.append(f"{camera}: after {last} not live again: {what}")
        return False

    async def trouble(self, camera: str, deck: Iterator[Fault], every_s: float, until_s: float) -> None:
        """Fault after fault, with pauses in between."""
        while time.monotonic() < until_s:
            await asyncio.sleep(self.chance.uniform(0.5, 1.5) * every_s)
            if not await self.live(camera):
                return
            if time.monotonic() < until_s:
                await self.turn(camera, next(deck))

    async def turn(self, camera: str, fault: Fault) -> None:
        """One fault: on, told, off."""
        began_us, began_s = time.time_ns() // 1000, time.monotonic()
        for knob in fault.knobs:
            await self.panel.turn(camera, knob)
        if "drop" in fault.knobs and Cause.CLOSED not in fault.statuses:
            await asyncio.sleep(0.3)
            await self.register(camera)  # what is wrong now is seen with the next try, so that one comes at once
        if fault.statuses:
            told = await self.told.until(
                camera,
                lambda status: status.condition is not CameraCondition.LIVE and status.cause in fault.statuses,
                2 * self.status_bound_s,
            )
            latency_s = time.monotonic() - began_s
            self.latencies_s[fault.name].append(latency_s)
            if not told or latency_s > self.status_bound_s:
                self.late.append(f"{camera}: {fault.name} was {'told after' if told else 'not told in'} {latency_s:.1f} s")
        await asyncio.sleep(
            max(0.0, fault.hold_s - (time.monotonic() - began_s)) if not fault.statuses or fault.hold_s > 3 else 0
        )
        for knob in ("reset", *fault.after):
            await self.panel.turn(camera, knob)
        mount = self.simulator.mounts[f"{camera}/main"]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(12):
                while mount.clip.spec != CLIP:  # the usual clip comes back with the next key frame
                    await asyncio.sleep(0.1)
        self.turned[camera].append(Turned(fault.name, began_us, time.time_ns() // 1000 + 1_000_000, fault.gaps))


@contextlib.asynccontextmanager
async def listening(bootstrap: str, prefix: str) -> AsyncIterator[Told]:
    """Reads media and status facts from the beginning."""
    told = Told()
    topics = (prefix + "camera-media", prefix + "camera-status")
    consumer = AIOKafkaConsumer(*topics, bootstrap_servers=bootstrap, auto_offset_reset="earliest")

    async def read() -> None:
        async for record in consumer:
            fact = decode(record, prefix).fact
            if isinstance(fact, CameraStatusReported):
                async with told.changed:
                    told.status[fact.camera_id] = fact
                    told.changed.notify_all()
            elif fact is not None:
                told.media.append(fact)

    await consumer.start()
    reading = asyncio.create_task(read())
    try:
        yield told
    finally:
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
        await consumer.stop()


@contextlib.asynccontextmanager
async def real_ingest(bootstrap: str, prefix: str, folder: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """`hejnal_ingest serve`, ended as by an operator."""
    (port,) = free_ports(1)
    settings = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "INTERNAL_PORT": str(port),
        "SPOOL_DIR": str(folder / "spool"),
        "INGEST_ID": "ingest-chaos",
        "NO_KEYFRAME_S": "8.6",
        "LOG_LEVEL": "INFO",
    }
    environment = {**os.environ, **{f"HEJNAL_INGEST_{name}": value for name, value in settings.items()}}
    with (folder / "ingest.log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hejnal_ingest", "serve", env=environment, stdout=log, stderr=log
        )
        try:
            yield process
        finally:
            if process.returncode is None:
                process.send_signal(signal.SIGTERM)
                try:
                    async with asyncio.timeout(30):
                        await process.wait()
                except TimeoutError:
                    process.kill()
                    await process.wait()


def rss_kb(pid: int) -> int:
    """Resident memory."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1])
    return 0


async def watch_memory(pid: int, samples: list[int]) -> None:
    """A sample a second, until cancelled."""
    while True:
        with contextlib.suppress(OSError):
            samples.append(rss_kb(pid))
        await asyncio.sleep(1)


async def run(
    cameras: int,
    seconds: float,
    *,
    seed: int,
    every_s: float,
    folder: Path,
    bootstrap: str,
    status_bound_s: float = STATUS_BOUND_S,
) -> dict[str, Any]:
    """The whole run; the line that is printed."""
    chance = random.Random(seed)
    prefix = f"chaos-{secrets.token_hex(3)}-"
    await create_topics(bootstrap, [BY_NAME[name] for name in TOPICS if name in BY_NAME], prefix=prefix)
    wardrobe = Wardrobe(CACHE / "clips")
    for kind in CLIPS:
        await asyncio.to_thread(wardrobe.get, variant(CLIP, kind))
    mounts = town_mounts(cameras, CACHE / "clips", variants=1, main=CLIP, sub=CLIP, wardrobe=wardrobe)
    simulator = CameraSimulator([mount for mount in mounts if mount.path.endswith("/main")])
    for mount in simulator.mounts.values():
        mount.ledger = []
    await simulator.start()
    producer = Producer(bootstrap, prefix)
    names = [camera_name(number) for number in range(1, cameras + 1)]
    memory: list[int] = []
    began_s = time.monotonic()
    async with listening(bootstrap, prefix) as told:
        chaos = Chaos(simulator, ControlPanel(simulator, wardrobe), told, producer, chance, status_bound_s)
        async with real_ingest(bootstrap, prefix, folder) as process:
            for name in names:
                await chaos.register(name)
            for name in names:
                await chaos.live(name)
            watching = asyncio.create_task(watch_memory(process.pid, memory))
            deck = itertools.chain.from_iterable(chance.sample(FAULTS, len(FAULTS)) for _ in itertools.count())
            until_s = time.monotonic() + seconds
            async with asyncio.TaskGroup() as group:
                for name in names:
                    group.create_task(chaos.trouble(name, deck, every_s, until_s))
            for name in names:
                await chaos.live(name)
            await asyncio.sleep(_SETTLE_S)
            watching.cancel()
            survived = process.returncode is None
        await asyncio.sleep(1)
        media = list(told.media)
    await simulator.stop()
    await producer.stop()
    total = Account()
    cameras_runs = runs_of(media)
    for name in names:
        mount = simulator.mounts[f"{name}/main"]
        runs, ledger = cameras_runs.get(name, []), mount.ledger or []
        total.add(account_for(name, runs, folder / "spool", ledger, mount.spoiled, chaos.turned[name]))
    return report(chaos, total, memory, survived, cameras, seed, time.monotonic() - began_s)


def report(
    chaos: Chaos, total: Account, memory: list[int], survived: bool, cameras: int, seed: int, elapsed_s: float
) -> dict[str, Any]:
    """What is printed."""
    fifth = max(1, len(memory) // 5)
    early, late = sorted(memory[fifth : 2 * fifth] or [0]), sorted(memory[-fifth:] or [0])
    early_kb, late_kb = early[len(early) // 2], late[len(late) // 2]
    flat = late_kb - early_kb <= 8192 + 256 * cameras
    latencies = sorted(itertools.chain.from_iterable(chaos.latencies_s.values()))
    faults = sum(map(len, chaos.turned.values()))
    met = survived and total.clean and flat and not chaos.late and not chaos.never_live and total.recorded > 0
    return {
        "chaos": "ingest",
        "cameras": cameras,
        "seed": seed,
        "elapsed_s": round(elapsed_s, 1),
        "faults": faults,
        "frames_sent": total.sent,
        "frames_recorded": total.recorded,
        "frames_in_gaps": total.in_gaps,
        "frames_unexplained": total.unexplained,
        "frames_twice": total.twice,
        "frames_unknown": total.unknown,
        "frames_mended": total.mended,
        "fragments_wrong": total.wrong_files,
        "gaps": total.gaps,
        "gap_causes": dict(sorted(total.causes.items())),
        "gaps_wrong_cause": total.wrong_causes,
        "gaps_wrong_time": total.outside_times,
        "camera_times": total.camera_times,
        "camera_times_wrong": total.wrong_camera_times,
        "status_s_p50": round(latencies[len(latencies) // 2], 2) if latencies else None,
        "status_s_max": round(latencies[-1], 2) if latencies else None,
        "status_s_max_by_fault": {name: round(max(values), 2) for name, values in sorted(chaos.latencies_s.items())},
        "status_late": len(chaos.late),
        "never_live_again": len(chaos.never_live),
        "rss_early_mb": round(early_kb / 1024, 1),
        "rss_late_mb": round(late_kb / 1024, 1),
        "ingest_survived": survived,
        "notes": [*chaos.late, *chaos.never_live, *total.notes][:20],
        "met": met,
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.ingest", description=__doc__)
    parser.add_argument("--cameras", type=int, default=24)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--every", type=float, default=5, help="seconds between two faults of a camera")
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where footage is written meanwhile")
    parser.add_argument("--keep", action="store_true", help="leave the footage and ingest's log there")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hejnal-chaos-", dir=arguments.dir))
    try:
        with a_broker() as bootstrap:
            line = asyncio.run(
                run(
                    arguments.cameras,
                    60 * arguments.minutes,
                    seed=arguments.seed,
                    every_s=arguments.every,
                    folder=folder,
                    bootstrap=bootstrap,
                )
            )
    finally:
        if arguments.keep:
            print(f"kept {folder}", file=sys.stderr)
        else:
            for path in sorted(folder.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
            folder.rmdir()
    print(json.dumps(line))
    return 0 if line["met"] else 1


if __name__ == "__main__":
    sys.exit(main())

"""P1, fail-over: one of two ingest processes is killed (kill -9); how long until its cameras are recorded again.

A broker and simulated cameras of its own. The time runs from the kill to the first picture of the camera's next run, as the
run's own fact tells it (server time). Each round kills one process, measures, and starts it again. There is no peer: no
open-source recorder hands cameras over. Prints one JSON line per round and a summary.
`python tests/bench/bench_failover.py [--cameras 40] [--rounds 3] [--lease 3]`
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from aiokafka import AIOKafkaConsumer

from hejnal_contracts.base import Point
from hejnal_contracts.cameras import CameraRegistered, RecordingPlan, StreamSource
from hejnal_contracts.media import RunStarted
from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.bus.topics import create_topics

LIMIT_S = 8.0
TOPICS = ("cameras", "camera-status", "camera-media", "camera-events", "recordings")


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "failover", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


@dataclass
class Runs:
    """The newest run of each camera, as told to Kafka."""

    newest: dict[str, RunStarted] = field(default_factory=dict)

    async def follow(self, bootstrap: str) -> None:
        """For ever."""
        consumer = AIOKafkaConsumer("camera-media", bootstrap_servers=bootstrap, auto_offset_reset="earliest")
        await consumer.start()
        try:
            async for record in consumer:
                fact = decode(record, "").fact
                if not isinstance(fact, RunStarted):
                    continue
                before = self.newest.get(fact.camera_id)
                if before is None or fact.epoch >= before.epoch:  # what a restarted process tells again is older
                    self.newest[fact.camera_id] = fact
        finally:
            await consumer.stop()

    def of(self, ingest_id: str) -> set[str]:
        """Cameras whose newest run is this process's."""
        return {camera for camera, run in self.newest.items() if run.ingest_id == ingest_id}


@dataclass
class Process:
    """An ingest process that can be killed and started again."""

    name: str
    bootstrap: str
    folder: Path
    lease_s: float
    running: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        """Starts it on a port of its own."""
        values = {
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "INTERNAL_PORT": str(free_ports(1)[0]),
            "SPOOL_DIR": str(self.folder / self.name),
            "INGEST_ID": self.name,
            "LEASE_TIMEOUT_S": str(self.lease_s),
            "LOG_LEVEL": "error",
        }
        environment = {**os.environ, **{f"HEJNAL_INGEST_{key}": value for key, value in values.items()}}
        self.running = await asyncio.create_subprocess_exec(sys.executable, "-m", "hejnal_ingest", "serve", env=environment)

    async def end(self, number: int) -> float:
        """Sends a signal, waits for the end; gives the time of the signal."""
        assert self.running is not None
        at = time.time()
        self.running.send_signal(number)
        await self.running.wait()
        return at


async def until(condition: object, timeout_s: float) -> bool:
    """Polls a condition; False when it does not come true in time."""
    deadline_s = time.monotonic() + timeout_s
    assert callable(condition)
    while not condition():
        if time.monotonic() > deadline_s:
            return False
        await asyncio.sleep(0.05)
    return True


async def register(bootstrap: str, simulator: CameraSimulator, count: int) -> None:
    """Puts the cameras into the registry's topic."""
    producer = Producer(bootstrap)
    for number in range(1, count + 1):
        camera = f"cam-{number:03d}"
        state = CameraRegistered(
            camera_id=camera,
            version=1,
            name=camera,
            place=Point(lat=51.0, lon=20.9),
            streams=(StreamSource(name="main", url=simulator.url(f"{camera}/main")),),
            recording=RecordingPlan(),
            changed_at=datetime.now(UTC),
        )
        await producer.send_fact(state, "operator-gateway")
    await producer.stop()


async def measure(bootstrap: str, folder: Path, cameras: int, rounds: int, lease_s: float) -> bool:
    """All rounds; True when each camera was back in time in each."""
    await create_topics(bootstrap, [BY_NAME[name] for name in TOPICS], partitions=8)
    simulator = CameraSimulator(town_mounts(cameras, folder / "clips", variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await simulator.start()
    await register(bootstrap, simulator, cameras)
    runs = Runs()
    following = asyncio.create_task(runs.follow(bootstrap))
    pair = [Process(name, bootstrap, folder, lease_s) for name in ("one", "two")]
    took: list[float] = []
    complete = True
    try:
        for process in pair:
            await process.start()
        for number in range(rounds):
            victim, heir = pair[number % 2], pair[1 - number % 2]
            shared = await until(lambda: all(runs.of(p.name) for p in pair) and len(runs.newest) == cameras, 90)
            await asyncio.sleep(5)
            orphans = runs.of(victim.name)
            killed = await victim.end(signal.SIGKILL)
            back = await until(lambda orphans=orphans, heir=heir: orphans <= runs.of(heir.name), 40)
            seconds = sorted(runs.newest[c].started_at.timestamp() - killed for c in orphans if c in runs.of(heir.name))
            complete = complete and shared and back and bool(seconds)
            took += seconds
            if seconds:
                line(
                    round=number + 1,
                    cameras=cameras,
                    orphans=len(orphans),
                    back=len(seconds),
                    lease_s=lease_s,
                    first_s=round(seconds[0], 2),
                    median_s=round(statistics.median(seconds), 2),
                    last_s=round(seconds[-1], 2),
                )
            await victim.start()
    finally:
        for process in pair:
            if process.running is not None and process.running.returncode is None:
                await process.end(signal.SIGTERM)
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await simulator.stop()
    if not took:
        return False
    good = complete and max(took) <= LIMIT_S
    line(measure="summary", rounds=rounds, cameras=cameras, worst_s=round(max(took), 2), limit_s=LIMIT_S, good=good)
    return good


def main() -> int:
    """Exit code 1 when a camera was not back in time."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cameras", type=int, default=40)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--lease", type=float, default=3.0, help="seconds of silence after which a process loses its cameras")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hejnal-bench-", ignore_cleanup_errors=True)))
        installation = kafka.Installation(CACHE / "kafka")
        installation.install()
        broker = kafka.Broker(installation, folder / "kafka", *free_ports(2))
        broker.start()
        stack.callback(broker.stop)
        good = asyncio.run(measure(broker.bootstrap, folder, arguments.cameras, arguments.rounds, arguments.lease))
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""P1r: take-over of ingest's facts on the same file system, at the pace of real cameras (a fragment every 2 s, 60 s segments).

The recorder runs as its own process on real Kafka and PostgreSQL; its CPU is user + system time from /proc. Spool files are
made to their full length without content: a take-over by hard link reads none of it. A run that lacks a fragment has failed.
Prints one JSON line per measurement. `python tests/bench/bench_recorder.py [--cameras 10 60 120 190] [--seconds 30]`
"""

import argparse
import asyncio
import json
import os
import signal
import socket
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

import asyncpg
from servers import kafka_and_postgres

from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_contracts.topics import BY_NAME
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_runtime import migrations
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.ids import new_id

CLOCK = SystemClock()
GOP_S, GOPS_PER_SEGMENT = 2.0, 30
FRAGMENT_BYTES, INIT_BYTES = 1_000_000, 800
BOUND_PERCENT = 0.05
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


class Camera:
    """One camera's story as ingest tells it; segments rotate at a moment of the camera's own."""

    def __init__(self, number: int, spool: Path) -> None:
        self.camera_id = f"bench-{number:03d}"
        self.run_id = new_id()
        self.spool = spool
        self.sequence = 0
        self.segment_id = ""
        self.left = 1 + (number * 7) % GOPS_PER_SEGMENT
        self.at = CLOCK.now() - timedelta(seconds=GOP_S)

    def started(self) -> RunStarted:
        """The run's announcement."""
        return RunStarted(
            camera_id=self.camera_id,
            run_id=self.run_id,
            epoch=1,
            ingest_id="bench",
            stream="main",
            spool_url="http://127.0.0.1:1",
            codec="avc1.64001f",
            width=1920,
            height=1080,
            timescale=90_000,
            started_at=self.at,
        )

    def fragment(self) -> FragmentWritten:
        """The next two seconds, in the spool and announced."""
        if not self.segment_id:
            self.segment_id, self.offset = new_id(), INIT_BYTES
        path = self.spool / self.camera_id / self.run_id / f"{self.segment_id}.mp4"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            file.truncate(self.offset + FRAGMENT_BYTES)
        self.left -= 1
        ends_at = self.at + timedelta(seconds=GOP_S)
        fact = FragmentWritten(
            camera_id=self.camera_id,
            run_id=self.run_id,
            epoch=1,
            sequence=self.sequence,
            segment_id=self.segment_id,
            segment_path=str(path.relative_to(self.spool)),
            init_size_bytes=INIT_BYTES,
            offset_bytes=self.offset,
            size_bytes=FRAGMENT_BYTES,
            sha256="0" * 64,
            init_sha256="0" * 64,
            starts_at=self.at,
            ends_at=ends_at,
            media_time=int(self.sequence * GOP_S * 90_000),
            duration_ticks=int(GOP_S * 90_000),
            frames=50,
            segment_ends=self.left == 0,
        )
        self.offset += FRAGMENT_BYTES
        self.sequence += 1
        self.at = ends_at
        if self.left == 0:
            self.segment_id, self.left = "", GOPS_PER_SEGMENT
        return fact


def cpu_s(pid: int) -> float:
    """User + system time of a process so far."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / TICKS_PER_S


def rss_mb(pid: int) -> float:
    """Resident memory of a process."""
    return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "recorder", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def free_port() -> int:
    """A port that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


async def stored(connection: asyncpg.Connection) -> int:
    """Fragments in the index."""
    return int(await connection.fetchval("select coalesce(sum(fragment_count), 0) from recorder.segments"))


async def until_stored(connection: asyncpg.Connection, wanted: int, timeout_s: float) -> bool:
    """Whether so many fragments are in the index in time."""
    deadline = time.monotonic() + timeout_s
    while await stored(connection) < wanted:
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    return True


async def measure(bootstrap: str, admin_url: str, cameras: int, seconds: float) -> None:
    """One size: a warm-up, a steady stretch, then a backlog."""
    name, prefix = f"bench_recorder_{new_id()[-12:]}", f"bench-{new_id()[-8:]}-"
    await create_topics(
        bootstrap, [BY_NAME[topic] for topic in ("camera-media", "cameras", "camera-events", "recordings")], prefix=prefix
    )
    await create_database(admin_url, name)
    url = url_of(admin_url, database=name, driver="+asyncpg")
    await asyncio.to_thread(migrations.upgrade, url, "hejnal_recorder", "recorder")
    connection = await asyncpg.connect(url_of(admin_url, database=name))
    producer = Producer(bootstrap, prefix)
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-") as folder:
        spool, archive = Path(folder) / "spool", Path(folder) / "archive"
        spool.mkdir()
        environment = os.environ | {
            "HEJNAL_RECORDER_DATABASE_URL": url,
            "HEJNAL_RECORDER_KAFKA_BOOTSTRAP": bootstrap,
            "HEJNAL_RECORDER_TOPIC_PREFIX": prefix,
            "HEJNAL_RECORDER_ARCHIVE_DIR": str(archive),
            "HEJNAL_RECORDER_SPOOL_DIR": str(spool),
            "HEJNAL_RECORDER_INTERNAL_PORT": str(free_port()),
            "HEJNAL_RECORDER_LOG_LEVEL": "ERROR",
        }
        child = await asyncio.create_subprocess_exec(sys.executable, "-m", "hejnal_recorder", "serve", env=environment)
        try:
            told = [Camera(number, spool) for number in range(cameras)]
            await asyncio.gather(*(producer.send_fact(camera.started(), "ingest") for camera in told))
            sent = await tell(producer, told, 6)
            ready = await until_stored(connection, sent, 60)
            before, started = cpu_s(child.pid), time.monotonic()
            sent += await tell(producer, told, seconds)
            complete = ready and await until_stored(connection, sent, 20)
            percent = 100 * (cpu_s(child.pid) - before) / (time.monotonic() - started) / cameras
            line(
                measure="take-over at the pace of the cameras",
                cameras=cameras,
                core_percent_per_camera=round(percent, 4),
                fragments=sent,
                fragments_lost=sent - await stored(connection),
                rss_mb=round(rss_mb(child.pid), 1),
                bound=BOUND_PERCENT,
                met=complete and percent <= BOUND_PERCENT,
            )
            child.send_signal(signal.SIGSTOP)
            backlog = await tell(producer, told, 60, pace=False)
            child.send_signal(signal.SIGCONT)
            resumed = time.monotonic()
            caught_up = await until_stored(connection, sent + backlog, 120)
            line(
                measure="catching up after standing still",
                cameras=cameras,
                fragments=backlog,
                fragments_lost=sent + backlog - await stored(connection),
                per_second=round(backlog / (time.monotonic() - resumed)) if caught_up else 0,
            )
        finally:
            if child.returncode is None:
                child.kill()
            await child.wait()
            await producer.stop()
            await connection.close()
            await drop_database(admin_url, name)


async def tell(producer: Producer, cameras: list[Camera], seconds: float, *, pace: bool = True) -> int:
    """Announce `seconds` of each camera, evenly spread; gives the number of fragments."""
    rounds, sent = int(seconds / GOP_S), 0
    begun = time.monotonic()
    for number in range(rounds):
        sending = []
        for place, camera in enumerate(cameras):
            if pace:
                due = begun + (number + place / len(cameras)) * GOP_S
                await asyncio.sleep(max(0.0, due - time.monotonic()))
            sending.append(asyncio.create_task(producer.send_fact(camera.fragment(), "ingest")))
        await asyncio.gather(*sending)
        sent += len(cameras)
    return sent


async def main() -> None:
    """All sizes, one after the other."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[10, 60, 120, 190])
    parser.add_argument("--seconds", type=float, default=30)
    arguments = parser.parse_args()
    with kafka_and_postgres() as (bootstrap, admin_url):
        for cameras in arguments.cameras:
            await measure(bootstrap, admin_url, cameras, arguments.seconds)


if __name__ == "__main__":
    asyncio.run(main())

"""Ingest and recorder as real processes with a Kafka and a PostgreSQL of their own, each of which can be killed and revived."""

import asyncio
import contextlib
import os
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import asyncpg
from aiokafka import AIOKafkaConsumer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from hejnal_contracts.base import Fact, Point
from hejnal_contracts.cameras import CameraCondition, CameraRegistered, CameraStatusReported, StreamSource
from hejnal_contracts.media import FragmentWritten
from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka, postgres
from hejnal_local.database_roles import create_database, url_of
from hejnal_local.kafka_cluster import Cluster
from hejnal_local.keys import KeyRing
from hejnal_local.ports import free_ports
from hejnal_local.small_disk import small_disk
from hejnal_local.testing import CACHE
from hejnal_media.simulator import CameraSimulator
from hejnal_recorder.fragments import Fragment, unpack
from hejnal_recorder.holds import store as holds
from hejnal_recorder.holds.hold import LegalBasis, NewHold
from hejnal_runtime import migrations
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.message import decode
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError
from tests.chaos import stepped_clock
from tests.chaos.archive_account import Gap, microseconds
from tests.chaos.blows import kill_server, kill_service, start_again
from tests.chaos.stepped_clock import SteppedClock

TOPICS = ("cameras", "camera-status", "camera-media", "camera-events", "recordings")
DATABASE = "hejnal_kills"
_DISK_BYTES = 1024**3
_DISK_BYTES_PER_KILL = 3 * 1024**2
"""And camera: all of a run's footage fits, as it is held."""
_LIVE_S = 300.0
_CATCH_UP_S = 300.0
_ON_THE_WAY_US = 500_000
_ENDS_WITH_US = ("setpriv", "--pdeathsig=KILL")


@dataclass
class House:
    """`open` starts everything; `kill` and `revive` take a part's name."""

    folder: Path
    broker: kafka.Broker | Cluster
    server: postgres.Server
    cameras: Sequence[str]
    environment: dict[str, str]
    clock: SteppedClock
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    ended_us: int = 1 << 62

    @classmethod
    @contextlib.asynccontextmanager
    async def open(
        cls, folder: Path, simulator: CameraSimulator, cameras: Sequence[str], kills: int, *, brokers: int = 1
    ) -> AsyncIterator["House"]:
        """Starts it, with the cameras registered and a disk for so many kills; ends it again. Three brokers keep three copies."""
        installation = kafka.Installation(CACHE / "kafka")
        await asyncio.to_thread(installation.install)
        broker: kafka.Broker | Cluster = kafka.Broker(installation, folder / "kafka", *free_ports(2))
        if brokers > 1:
            broker = Cluster(installation, folder / "kafka", brokers=brokers)
        server = postgres.Server(folder / "postgres", free_ports(1)[0])
        house = cls(folder, broker, server, cameras, {}, SteppedClock(folder / "clock"))
        with small_disk(folder / "disk", _DISK_BYTES + _DISK_BYTES_PER_KILL * len(cameras) * kills):
            try:
                await asyncio.to_thread(broker.start)
                await asyncio.to_thread(server.start)
                await create_topics(broker.bootstrap, [BY_NAME[name] for name in TOPICS], replication_factor=brokers)
                if brokers == 1:
                    await house._let_time_differ()
                await create_database(server.admin_url, DATABASE)
                url = url_of(server.admin_url, database=DATABASE, driver="+asyncpg")
                await asyncio.to_thread(migrations.upgrade, url, "hejnal_recorder", "recorder")
                house.environment = house._settings(url)
                await house._register(simulator)
                for service in ("ingest", "recorder"):
                    await house._serve(service)
                await house._secure(url)
                yield house
            finally:
                for process in house.processes.values():
                    if process.returncode is None:
                        process.kill()
                        await process.wait()
                await asyncio.to_thread(server.stop)
                await asyncio.to_thread(broker.stop)

    @property
    def archive(self) -> Path:
        """The recorder's files."""
        return self.folder / "disk" / "archive"

    # --- blows

    async def kill(self, victim: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill -9, or SIGTERM to a service. Raises EndedByItselfError."""
        if not await kill_server(victim, self.broker, self.server):
            await kill_service(self.processes[victim], self.folder / f"{victim}.log", how)

    async def revive(self, victim: str) -> None:
        """Starts it again. Raises NotRevivedError."""
        if victim in self.processes:
            await self._serve(victim)
            return
        await start_again(victim, self.broker.start if victim == "kafka" else self.server.start)

    async def fill_disk(self, seconds: float) -> None:
        """Not a byte is left where footage is written, for so long."""
        ballast = self.folder / "disk" / "ballast"
        with ballast.open("wb") as file:
            at = 0
            for step in (64 << 20, 1 << 20, 4096):
                with contextlib.suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), at, step)
                        at += step
            await asyncio.sleep(seconds)
        ballast.unlink()

    async def empty_spool(self) -> None:
        """Somebody takes all files away from under ingest's feet."""
        spool = self.folder / "disk" / "spool"
        for path in await asyncio.to_thread(lambda: list(spool.iterdir())):
            if path.is_dir():
                await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)  # files come while it goes through them
            else:
                path.unlink(missing_ok=True)

    # --- what is asked of it

    async def all_live(self) -> None:
        """Waits until the newest status of each camera says live, and was given lately. Raises TimeoutError."""
        since = datetime.now(UTC) + timedelta(microseconds=self.clock.offset_us)
        async with asyncio.timeout(_LIVE_S):
            while True:
                newest = {
                    fact.camera_id: fact for fact in await self._facts("camera-status") if isinstance(fact, CameraStatusReported)
                }
                fresh = [one for one in newest.values() if one.observed_at >= since and one.condition is CameraCondition.LIVE]
                if len(fresh) == len(self.cameras):
                    return
                await asyncio.sleep(1)

    async def announced(self) -> list[FragmentWritten]:
        """Every fragment that ingest has told of, in order; told twice counts once."""
        facts = [fact for fact in await self._facts("camera-media") if isinstance(fact, FragmentWritten)]
        return list({(fact.run_id, fact.sequence): fact for fact in facts}.values())

    async def until_taken(self) -> bool:
        """Whether the recorder has dealt, in time, with all that ingest had told when this was asked."""
        told, taken = await self._offsets()
        deadline = time.monotonic() + _CATCH_UP_S
        while time.monotonic() < deadline:
            if all(one >= other for one, other in zip(taken, told, strict=True)):
                return True
            await asyncio.sleep(0.5)
            _, taken = await self._offsets()
        return False

    async def timeline(self, camera: str) -> tuple[list[tuple[Path, str, Fragment]], list[Gap]]:
        """The camera's fragments (file, run, record) and its gaps."""
        connection = await self._connect()
        try:
            rows = await connection.fetch("select path, run_id, fragments from recorder.segments where camera_id = $1", camera)
            gaps = await connection.fetch(
                "select starts_at, ends_at, cause, detail from recorder.gaps where camera_id = $1 order by starts_at", camera
            )
        finally:
            await connection.close()
        stored = [(self.archive / row["path"], row["run_id"], one) for row in rows for one in unpack(row["fragments"])]
        found = [
            Gap(
                microseconds(row["starts_at"]),
                microseconds(row["ends_at"]) if row["ends_at"] is not None else 1 << 62,
                row["cause"],
                row["detail"],
            )
            for row in gaps
        ]
        return stored, found

    async def end_ingest(self) -> None:
        """As an operator does: SIGTERM; what is told then is no trouble."""
        self.ended_us = time.time_ns() // 1000 - _ON_THE_WAY_US
        await self._end("ingest")

    async def end_recorder(self) -> None:
        """As an operator does."""
        await self._end("recorder")

    async def check(self) -> str:
        """What `hejnal_recorder check --hashes` complains of; empty when the archive is clean."""
        command = self._under_clock("hejnal_recorder", "check", "--hashes", "--orphans-older-than-s", "0")
        process = await asyncio.create_subprocess_exec(
            sys.executable, *command, env=self.environment, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
        )
        output, _ = await process.communicate()
        return "" if process.returncode == 0 else f"exit code {process.returncode}: {output.decode()}"

    # --- inside

    def _settings(self, url: str) -> dict[str, str]:
        ingest_port, recorder_port = free_ports(2)
        keys = KeyRing(self.folder / "keys")
        keys.ensure()
        disk = self.folder / "disk"
        ingest = {
            "KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "INTERNAL_PORT": str(ingest_port),
            "SPOOL_DIR": str(disk / "spool"),
            "SPOOL_MIN_FREE_BYTES": "0",
            "INGEST_ID": "ingest-kills",
            "SEGMENT_S": "10",
            "DISK_RETRY_S": "2",
        }
        recorder = {
            "KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "DATABASE_URL": url,
            "INTERNAL_PORT": str(recorder_port),
            "SPOOL_DIR": str(disk / "spool"),
            "ARCHIVE_DIR": str(disk / "archive"),
            "EXPORTS_DIR": str(disk / "exports"),
            "RETENTION_INTERVAL_S": "86400",
        }
        for name, of_service in (("ingest", ingest), ("recorder", recorder)):
            of_service |= {"TOKEN_KEY_FILE": str(keys.service(name)), "TRUSTED_JWKS_FILE": str(keys.jwks)}
        return {
            **os.environ,
            **{f"HEJNAL_INGEST_{name}": value for name, value in ingest.items()},
            **{f"HEJNAL_RECORDER_{name}": value for name, value in recorder.items()},
        }

    async def _let_time_differ(self) -> None:
        """A broker refuses what is an hour ahead of its own clock, which is not the one that is set here."""
        admin = AIOKafkaAdminClient(bootstrap_servers=self.broker.bootstrap)
        await admin.start()
        try:
            for name in TOPICS:
                configs = BY_NAME[name].config() | {"message.timestamp.after.max.ms": str(24 * 3600 * 1000)}
                await admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, name, configs=configs)])
        finally:
            await admin.close()

    async def _secure(self, url: str) -> None:
        """All footage of this run is held, so a full disk may not delete the oldest of it: whatever is missing was lost."""
        database = Database(url, schema="recorder")
        now = datetime.now(UTC)
        hold = NewHold(
            cameras=tuple(self.cameras),
            starts_at=now - timedelta(days=1),
            ends_at=now + timedelta(days=2),
            legal_basis=LegalBasis.OTHER,
            basis_text="every frame is asked for at the end",
            case_number="KILLS/1",
            owner="chaos",
            expires_at=now + timedelta(days=30),
        )
        deadline = time.monotonic() + _LIVE_S
        try:
            while True:
                try:
                    async with database.transaction() as session:
                        await holds.place(session, hold, now=now)
                    return
                except AppError as error:
                    if error.slug != "no-such-camera" or time.monotonic() > deadline:
                        raise
                await asyncio.sleep(0.5)  # the recorder has not heard of all cameras yet
        finally:
            await database.close()

    async def _register(self, simulator: CameraSimulator) -> None:
        producer = Producer(self.broker.bootstrap, "")
        for camera in self.cameras:
            state = CameraRegistered(
                camera_id=camera,
                version=1,
                name=camera,
                place=Point(lat=51.05, lon=20.94),
                streams=(StreamSource(name="main", url=simulator.url(f"{camera}/main")),),
                changed_at=datetime.now(UTC),
            )
            await producer.send_fact(state, "operator-gateway")
        await producer.stop()

    async def _serve(self, service: str) -> None:
        with (self.folder / f"{service}.log").open("ab") as log:
            self.processes[service] = await asyncio.create_subprocess_exec(
                *_ENDS_WITH_US,
                sys.executable,
                *self._under_clock(f"hejnal_{service}", "serve"),
                env=self.environment,
                stdout=log,
                stderr=log,
            )

    def _under_clock(self, *command: str) -> tuple[str, ...]:
        return (str(Path(stepped_clock.__file__)), str(self.clock.path), *command)

    async def _end(self, service: str) -> None:
        process = self.processes[service]
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(40):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    async def _connect(self) -> asyncpg.Connection:
        return await asyncpg.connect(url_of(self.server.admin_url, database=DATABASE), timeout=10)

    async def _offsets(self) -> tuple[list[int], list[int]]:
        """Of each partition of the topic: where it ends, and up to where the recorder has dealt with it."""
        partitions = [TopicPartition("camera-media", number) for number in range(BY_NAME["camera-media"].partitions)]
        consumer = AIOKafkaConsumer(bootstrap_servers=self.broker.bootstrap, group_id="recorder", enable_auto_commit=False)
        await consumer.start()
        try:
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            committed = {one: await consumer.committed(one) or 0 for one in partitions}
        finally:
            await consumer.stop()
        return [ends[one] for one in partitions], [committed[one] for one in partitions]

    async def _facts(self, topic: str) -> list[Fact]:
        """All facts of a topic as it stands now."""
        consumer = AIOKafkaConsumer(
            bootstrap_servers=self.broker.bootstrap, auto_offset_reset="earliest", enable_auto_commit=False
        )
        await consumer.start()
        found: list[Fact] = []
        try:
            partitions = [TopicPartition(topic, number) for number in range(BY_NAME[topic].partitions)]
            consumer.assign(partitions)
            ends = await consumer.end_offsets(partitions)
            await consumer.seek_to_beginning(*partitions)
            left = {one for one in partitions if ends[one] > 0}
            while left:
                batches = await consumer.getmany(timeout_ms=1000)
                for records in batches.values():
                    found += [fact for record in records if (fact := decode(record, "").fact) is not None]
                left = {one for one in left if await consumer.position(one) < ends[one]}
        finally:
            await consumer.stop()
        return found

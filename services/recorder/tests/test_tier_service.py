"""The whole recorder with a second tier: killed while it moves footage, it loses and doubles nothing."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import aiohttp
from recorder_footage import Clip, SpoolRun
from recorder_process import Process, eventually, free_port
from recorder_room import Room, write_keys
from store_server import StoreServer

from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.bus.producer import Producer


async def test_killed_while_it_moves_it_moves_all_of_it(
    room: Room, clip: Clip, tmp_path: Path, kafka_bootstrap: str, make_topics: Callable[..., Awaitable[str]],
    store_server: StoreServer, http: aiohttp.ClientSession,
) -> None:  # fmt: skip
    prefix = await make_topics("camera-media", "cameras", "camera-events", "recordings")
    issuer = write_keys(tmp_path, "operator-gateway")
    port = free_port()
    named = {
        "DATABASE_URL": room.url, "KAFKA_BOOTSTRAP": kafka_bootstrap, "TOPIC_PREFIX": prefix, "SPOOL_DIR": str(room.spool),
        "ARCHIVE_DIR": str(room.archive_dir), "INTERNAL_PORT": str(port), "TRUSTED_JWKS_FILE": str(tmp_path / "jwks.json"),
        "BATCH_LINGER_S": "0.05", "TIER_ENABLED": "true", "TIER_AFTER_DAYS": "0.01", "TIER_INTERVAL_S": "0.5",
    }  # fmt: skip
    environment = {f"HEJNAL_RECORDER_{name}": value for name, value in named.items()} | store_server.environment()
    process = Process(environment, port, tmp_path / "recorder.log")
    producer = Producer(kafka_bootstrap, prefix)
    start = datetime.now(UTC) - timedelta(minutes=30)
    runs = [SpoolRun(room.spool, clip, start, camera=f"cam-{n:03}", run=f"run-{n}", segment_s=2) for n in range(3)]
    for run in runs:
        for fact in [run.started(), *run.fragments(40), run.ended()]:
            await producer.send_fact(fact, "ingest")
    await producer.stop()

    async def tiers(*wanted: str) -> int:
        rows = await room.rows("select tier from segments")
        return sum(row.tier in wanted for row in rows)

    async def moving() -> bool:
        return await tiers("copying", "leaving", "store") > 0

    async def all_moved() -> bool:
        return await tiers("store") == 60

    chance = random.Random(3)
    try:
        for _ in range(3):
            await process.start()
            await eventually(moving, "nothing moved")
            await asyncio.sleep(chance.uniform(0.05, 0.4))
            await process.end(signal.SIGKILL)
        await process.start()
        await eventually(all_moved, "not everything moved")
        assert not list(room.archive_dir.rglob("*.mp4"))
        [name] = [row.archive_id for row in await room.rows("select archive_id from archives")]
        assert await room.check(store=ObjectStore.open(store_server.place, name)) == []
        assert sum(path.startswith(name) for path in store_server.objects()) == 60
        headers = issuer.headers("recorder", subject="staff-1", role="operator") | {"Range": "bytes=100-2999"}
        url = f"http://127.0.0.1:{port}/internal/v1/segments/run-1-s7/media"
        async with http.get(url, headers=headers) as answer:
            assert (answer.status, await answer.read()) == (206, runs[1].path(7).read_bytes()[100:3000])

        async def measured() -> bool:
            async with http.get(f"http://127.0.0.1:{port}/metrics") as answer:
                shown = await answer.text()
            return 'hejnal_recorder_tier_bytes{tier="local"} 0.0' in shown and "hejnal_recorder_store_up 1.0" in shown

        await eventually(measured, "the metrics do not say so")
        assert await process.end(signal.SIGTERM) == 0
    finally:
        await process.end()
    for more, code, said in (
        ((), 0, "all fits"),
        (("HEJNAL_RECORDER_STORE_ENDPOINT", "http://127.0.0.1:1"), 3, "does not answer"),
    ):
        changed = os.environ | environment | (dict([more]) if more else {})
        child = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "hejnal_recorder", "check", "--hashes", env=changed, stderr=asyncio.subprocess.PIPE
        )
        _, error = await asyncio.wait_for(child.communicate(), 90)
        assert (child.returncode, said in error.decode()) == (code, True), error.decode()

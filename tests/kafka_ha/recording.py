"""Ingest, recorder and cameras on three brokers: one is killed, then two; every frame is asked for, as in `tests.chaos.kills`."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from hejnal_contracts.media import FragmentWritten
from hejnal_local.kafka_cluster import Cluster
from hejnal_local.testing import CACHE
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import camera_name, town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe
from tests.chaos.archive_account import ArchiveAccount, Trouble, account_archive, microseconds
from tests.chaos.house import House
from tests.chaos.ingest import CLIP

CAMERAS = 4
ONE_AWAY_S = 10.0
TWO_AWAY_S = 20.0
TOLD_S = 150.0
MARGIN = timedelta(seconds=2)
"""Between the time that a camera's clock shows and ours."""


async def record(folder: Path) -> dict[str, Any]:
    """The whole run; its figures."""
    wardrobe = Wardrobe(CACHE / "clips")
    mounts = town_mounts(CAMERAS, CACHE / "clips", variants=1, main=CLIP, sub=CLIP, wardrobe=wardrobe)
    simulator = CameraSimulator([mount for mount in mounts if mount.path.endswith("/main")])
    for mount in simulator.mounts.values():
        mount.ledger = []
    await simulator.start()
    names = [camera_name(number) for number in range(1, CAMERAS + 1)]
    folder.mkdir(mode=0o755)
    try:
        async with House.open(folder, simulator, names, kills=2, brokers=3) as house:
            await house.all_live()
            troubles = [await _away(house, (0,), ONE_AWAY_S), await _away(house, (1, 2), TWO_AWAY_S)]
            asked_at = await _told(house)
            await house.end_ingest()
            house.ended_us = min(house.ended_us, microseconds(asked_at - MARGIN))
            announced: list[FragmentWritten] = await house.announced()
            caught_up = await house.until_taken()
            await house.end_recorder()
            complaint = await house.check()
            total = ArchiveAccount()
            for name in names:
                ledger = simulator.mounts[f"{name}/main"].ledger or []
                total.add(await account_archive(house, name, announced, ledger, troubles))
    finally:
        await simulator.stop()
    return {
        "step": "recording",
        "cameras": CAMERAS,
        "frames_sent": total.sent,
        "frames_archived": total.archived,
        "lost": total.lost,
        "doubled": total.doubled,
        "frames_in_gaps": total.in_gaps,
        "gaps": dict(sorted(total.causes.items())),
        "unexplained": total.unexplained,
        "notes": total.notes[:10],
        "check": complaint or "clean",
        "met": caught_up and complaint == "" and total.clean and total.archived > 0,
    }


async def _told(house: House) -> datetime:
    """Wait until ingest has told of all that was sent before this was asked; when that was. Raises TimeoutError."""
    asked_at = datetime.now(UTC)
    async with asyncio.timeout(TOLD_S):
        while True:
            newest = {fact.camera_id: fact.ends_at for fact in await house.announced()}
            if all(camera in newest and newest[camera] > asked_at for camera in house.cameras):
                return asked_at
            await asyncio.sleep(1)


async def _away(house: House, victims: tuple[int, ...], seconds: float) -> Trouble:
    """Kills brokers, lets cameras send meanwhile, starts the brokers again, and waits until all cameras are told of as live."""
    assert isinstance(house.broker, Cluster)
    began_us = time.time_ns() // 1000
    for victim in victims:
        await asyncio.to_thread(house.broker.brokers[victim].kill)
    await asyncio.sleep(seconds)
    await asyncio.to_thread(house.broker.start)
    await house.all_live()
    return Trouble("kafka", began_us, time.time_ns() // 1000, frozenset({"ingest_failover"}))

"""Kill -9 of ingest, recorder, Kafka and PostgreSQL at random moments, a full disk too; then every frame is asked for.

`python -m tests.chaos.kills --cameras 20 --kills 100 [--seed N]` prints one JSON line; exit code 1 if anything is not accounted
for. Everything is its own: broker, database server, cameras, both services. What is shown at the end (bar P5):

* each frame of each fragment that ingest has announced lies in the archive exactly once, and no other frame does;
* each frame that a camera has sent and the archive lacks lies inside a gap that the timeline states, with the true cause;
* `hejnal_recorder check --hashes` finds nothing.
"""

import argparse
import asyncio
import contextlib
import json
import os
import random
import secrets
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from hejnal_contracts.media import FragmentWritten
from hejnal_local.testing import CACHE
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import camera_name, town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe
from tests.chaos.archive_account import ArchiveAccount, Trouble, account_archive
from tests.chaos.house import House
from tests.chaos.ingest import CLIP

VICTIMS = {"recorder": 3, "ingest": 2, "kafka": 2, "postgres": 3, "full disk": 1}
"""What is hit, and how often compared to the others."""
CAUSES = {"ingest": {"ingest_lost", "ingest_failover"}, "kafka": {"ingest_failover"}, "full disk": {"disk_full"}}
"""Kafka gone for long ends leases: runs go on without a hole, unless the disk is full at that moment."""
_LONGEST_DOWN_S = 4.0
_LONGEST_PAUSE_S = 5.0
_FULL_FOR_S = 6.0
_SETTLE_S = 8.0


async def strike(house: House, victim: str, chance: random.Random) -> Trouble:
    """Hits one part, and sees to it that it works again."""
    began_us = time.time_ns() // 1000
    if victim == "full disk":
        await house.fill_disk(_FULL_FOR_S)
    else:
        await house.kill(victim)
        await asyncio.sleep(chance.uniform(0, _LONGEST_DOWN_S))
        await house.revive(victim)
    return Trouble(victim, began_us, time.time_ns() // 1000, frozenset(CAUSES.get(victim, ())))


async def run(cameras: int, kills: int, *, seed: int, folder: Path, pause_s: float = _LONGEST_PAUSE_S) -> dict[str, Any]:
    """The whole run; the line that is printed."""
    chance = random.Random(seed)
    wardrobe = Wardrobe(CACHE / "clips")
    mounts = town_mounts(cameras, CACHE / "clips", variants=1, main=CLIP, sub=CLIP, wardrobe=wardrobe)
    simulator = CameraSimulator([mount for mount in mounts if mount.path.endswith("/main")])
    for mount in simulator.mounts.values():
        mount.ledger = []
    await simulator.start()
    names = [camera_name(number) for number in range(1, cameras + 1)]
    began_s = time.monotonic()
    troubles: list[Trouble] = []
    victims, weights = list(VICTIMS), list(VICTIMS.values())
    async with House.open(folder, simulator, names) as house:
        await house.all_live()
        while len(troubles) < kills:
            await asyncio.sleep(chance.uniform(0.2, pause_s))
            # the first ones hit each part once, so that a short run has seen all
            victim = victims[len(troubles)] if len(troubles) < len(victims) else chance.choices(victims, weights)[0]
            troubles.append(await strike(house, victim, chance))
        await house.all_live()
        await asyncio.sleep(_SETTLE_S)
        await house.end_ingest()
        announced: list[FragmentWritten] = await house.announced()
        caught_up = await house.until_stored(announced)
        await house.end_recorder()
        check = await house.check()
        total = ArchiveAccount()
        for name in names:
            ledger = simulator.mounts[f"{name}/main"].ledger or []
            total.add(await account_archive(house, name, announced, ledger, troubles))
    await simulator.stop()
    return {
        "chaos": "kills",
        "cameras": cameras,
        "seed": seed,
        "kills": len(troubles),
        "kills_by_victim": {name: sum(one.victim == name for one in troubles) for name in victims},
        "elapsed_s": round(time.monotonic() - began_s, 1),
        "frames_sent": total.sent,
        "frames_announced": total.announced,
        "frames_archived": total.archived,
        "lost": total.lost,
        "doubled": total.doubled,
        "strangers": total.strangers,
        "wrong_bytes": total.wrong_bytes,
        "frames_in_gaps": total.in_gaps,
        "unexplained": total.unexplained,
        "gaps": dict(sorted(total.causes.items())),
        "gaps_wrong_cause": total.wrong_causes,
        "caught_up": caught_up,
        "check": "clean" if check == "" else check[-600:],
        "notes": total.notes[:20],
        "load": round(os.getloadavg()[0], 2),
        "met": caught_up and check == "" and total.clean and total.archived > 0,
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.kills", description=__doc__)
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where footage is written meanwhile")
    parser.add_argument("--keep", action="store_true", help="leave footage, database and logs there")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix="hejnal-kills-", dir=arguments.dir))
    folder.chmod(0o755)
    try:
        line = asyncio.run(run(arguments.cameras, arguments.kills, seed=arguments.seed, folder=folder))
    finally:
        if arguments.keep:
            print(f"kept {folder}", file=sys.stderr)
        else:
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
    print(json.dumps(line))
    return 0 if line["met"] else 1


if __name__ == "__main__":
    sys.exit(main())

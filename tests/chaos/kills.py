"""Kill -9 of ingest, recorder, Kafka, PostgreSQL; full disks, a spool taken away, a clock that is set: every frame is asked for.

`python -m tests.chaos.kills --cameras 20 --kills 100 [--seed N]` prints one JSON line, also when a part does not come back or the
time is over (`error`, `met` false); exit code 1 if anything is not accounted for. Everything is its own: broker, database
server, cameras, both services. What is shown at the end (bar P5):

* each frame of each fragment that ingest has announced lies in the archive exactly once, and no other frame does (but for
  fragments whose file was taken away before the recorder had it: their time is stated as lost);
* footage never overlaps, whatever the clock of ingest and recorder was set to;
* each frame that a camera has sent and the archive lacks lies inside a gap that the timeline states, with the true cause;
* `hejnal_recorder check --hashes` finds nothing.
"""

import asyncio
import os
import random
import signal
import sys
import time
from pathlib import Path
from typing import Any

from hejnal_contracts.media import FragmentWritten
from hejnal_local.testing import CACHE
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import camera_name, town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe
from tests.chaos.archive_account import ArchiveAccount, Trouble, account_archive
from tests.chaos.command import command
from tests.chaos.house import House
from tests.chaos.ingest import CLIP

VICTIMS = {"recorder": 3, "ingest": 2, "kafka": 2, "postgres": 3, "full disk": 1, "spool": 1, "clock": 1}
"""What is hit, and how often compared to the others."""
CAUSES = {
    "ingest": {"ingest_lost", "ingest_failover"},
    "kafka": {"ingest_failover"},
    "full disk": {"disk_full"},
    "spool": {"ingest_lost", "ingest_failover"},
    "clock": {"clock_step"},
}
"""Kafka gone for long ends leases: runs go on without a hole, unless the disk is full at that moment."""
CLOCK_STEPS_S = ((3600, -90, 120), (-3600, 3630), (120,), (-4, 10))
"""In turn: each ends beyond the latest time that was shown, so that what is hit next has time of its own."""
_LONGEST_DOWN_S = 4.0
_LONGEST_PAUSE_S = 5.0
_FULL_FOR_S = 6.0
_SETTLE_S = 8.0
_NEW_TIME_S = 6.0
"""Footage comes in for so long after a step."""


async def strike(house: House, victim: str, chance: random.Random, number: int, *, gentle: bool = False) -> Trouble:
    """Hits one part, and sees to it that it works again. `number`: how often that part has been hit before."""
    began_us = time.time_ns() // 1000
    if victim == "full disk":
        await house.fill_disk(_FULL_FOR_S)
    elif victim == "clock":
        for step_s in CLOCK_STEPS_S[number % len(CLOCK_STEPS_S)]:
            house.clock.step(step_s * 1_000_000)
            await asyncio.sleep(_NEW_TIME_S)
    else:
        process = victim
        if victim == "spool":  # under a running ingest, and under one that is down
            process = "ingest"
            await house.empty_spool()
            await asyncio.sleep(chance.uniform(1, _LONGEST_DOWN_S))
        await house.kill(process, signal.SIGTERM if gentle else signal.SIGKILL)
        await asyncio.sleep(chance.uniform(0, 0 if gentle else _LONGEST_DOWN_S))
        if victim == "spool":
            await house.empty_spool()
        await house.revive(process)
    return Trouble(victim, began_us, time.time_ns() // 1000, frozenset(CAUSES.get(victim, ())), takes_files=victim == "spool")


async def run(
    cameras: int, kills: int, /, *, seed: int, folder: Path, pause_s: float = _LONGEST_PAUSE_S, gentle: bool = False
) -> dict[str, Any]:
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
    if gentle:
        victims, weights = ["recorder", "ingest"], [1, 1]
    async with House.open(folder, simulator, names, kills) as house:
        await house.all_live()
        while len(troubles) < kills:
            await asyncio.sleep(chance.uniform(0.2, pause_s))
            # the first ones hit each part once, so that a short run has seen all
            victim = victims[len(troubles)] if len(troubles) < len(victims) else chance.choices(victims, weights)[0]
            if victim == "spool":  # what the blows before it have held up is taken over first, or it would count as taken away
                await house.until_taken()
            troubles.append(await strike(house, victim, chance, sum(one.victim == victim for one in troubles), gentle=gentle))
        await house.all_live()
        await asyncio.sleep(_SETTLE_S)
        await house.end_ingest()
        announced: list[FragmentWritten] = await house.announced()
        caught_up = await house.until_taken()
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
        "gentle": gentle,
        "kills_by_victim": {name: sum(one.victim == name for one in troubles) for name in victims},
        "elapsed_s": round(time.monotonic() - began_s, 1),
        "frames_sent": total.sent,
        "frames_announced": total.announced,
        "frames_archived": total.archived,
        "lost": total.lost,
        "vanished_with_the_spool": total.vanished,
        "doubled": total.doubled,
        "out_of_order": total.disordered,
        "strangers": total.strangers,
        "wrong_bytes": total.wrong_bytes,
        "frames_in_gaps": total.in_gaps,
        "missing_from_repeated_time": total.in_repeated_time,
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
    return command("kills", __doc__, "cameras", 20, run)


if __name__ == "__main__":
    sys.exit(main())

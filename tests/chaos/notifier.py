"""Kill -9 of notifier, Kafka and PostgreSQL while messages go out: every resident's device is asked what it shows.

`python -m tests.chaos.notifier --kills 100 [--residents 60] [--seed N]` prints one JSON line, also when a part does not come back
(`error`, `met` false); exit code 1 if a device shows too little or too much. Everything is its own: broker, database server,
providers. Announcements come in by Kafka all the time and go over web push, e-mail (SMTP), and SMS by SMPP and by HTTP: each time
the notifier starts, the order of its two SMS providers is another one. What is shown at the end (P7):

* each announcement is shown once on each device, in each mailbox and on each phone: `lost` and `doubled` are 0;
* what went over the wire again is counted. After a kill the provider may have what we do not know to be sent. Where a repeat is
  harmless it is made: a push has the same topic and text, an e-mail its Message-ID (`repeats_on_the_wire`), the HTTP gateway
  refuses an `idx` that it has (`refused_by_the_gateway`). SMPP has no such key: what the journal of submissions does not name was
  never written and goes again, what it names waits for the receipt and is not repeated (`in_doubt`, `unknown_at_end`).

Emergencies are not among them: those are sent again over SMPP too when their answer is missing, because silence would be worse.
"""

import asyncio
import contextlib
import os
import random
import re
import signal
import sys
import time
from collections import Counter
from datetime import timedelta
from pathlib import Path
from typing import Any

import asyncpg
from aiokafka.errors import KafkaError

from hejnal_contracts.announcements import AnnouncementIssued, Text
from hejnal_contracts.base import Language, Severity
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.ids import new_id
from tests.chaos.command import command
from tests.chaos.notifier_house import CATEGORY, CHANNELS, NotifierHouse

VICTIMS = {"notifier": 5, "postgres": 3, "kafka": 2}
"""What is hit, and how often compared to the others."""
_LONGEST_DOWN_S = 2.0
_LONGEST_PAUSE_S = 4.0
_BETWEEN_S = (0.8, 2.5)
"""Between two announcements."""
_STILL_S = 60.0
_FINISH_S = 300.0
_RECEIPTS_S = 150.0
"""A message in doubt waits for its receipt; one whose id was never learnt is settled a minute after it came."""
_MARK = re.compile(r"\bK(\d{5})\b")
_OPEN = {"queued", "sending"}


class Feeder:
    """Issues announcements until it is told to stop; one that Kafka has not confirmed is given again."""

    def __init__(self, house: NotifierHouse, chance: random.Random) -> None:
        self._house = house
        self._chance = chance
        self._stop = asyncio.Event()
        self.issued = 0

    def stop(self) -> None:
        """No more new ones."""
        self._stop.set()

    async def run(self) -> None:
        """Issue them."""
        while not self._stop.is_set():
            fact = self._announcement(self.issued)
            while True:
                try:
                    await self._house.producer.send_fact(fact, "citizen-api")
                    break
                except (KafkaError, TimeoutError, OSError):
                    await asyncio.sleep(0.5)
            self.issued += 1
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._stop.wait(), self._chance.uniform(*_BETWEEN_S))

    def _announcement(self, number: int) -> AnnouncementIssued:
        now = SystemClock().now()
        long = "Woda z beczkowozów stoi na rynku i przy szkole. " * 4 if number % 3 == 0 else ""  # SMS in several parts
        words = Text(title=f"Nie ma wody K{number:05}", body=f"Pękła rura. {long}".strip())
        return AnnouncementIssued(
            announcement_id=new_id(),
            version=1,
            category=CATEGORY,
            severity=self._chance.choice([Severity.NOTICE, Severity.WARNING]),
            texts={Language.PL: words},
            valid_from=now,
            valid_until=now + timedelta(hours=6),
            channels=CHANNELS,
            page_url="http://localhost:8080/komunikaty/1",
            issued_at=now,
            issued_by="chaos",
        )


async def run(
    residents: int, kills: int, /, *, seed: int, folder: Path, pause_s: float = _LONGEST_PAUSE_S, gentle: bool = False
) -> dict[str, Any]:
    """The whole run; the line that is printed."""
    chance = random.Random(seed)
    began_s = time.monotonic()
    struck: list[str] = []
    victims, weights = (["notifier"], [1]) if gentle else (list(VICTIMS), list(VICTIMS.values()))
    async with NotifierHouse.open(folder, residents, chance) as house:
        feeder = Feeder(house, random.Random(seed + 1))
        feeding = asyncio.create_task(feeder.run(), name="feeder")
        try:
            while len(struck) < kills:
                await asyncio.sleep(chance.uniform(0.2, pause_s))
                # the first ones hit each part once, so that a short run has seen all
                victim = victims[len(struck)] if len(struck) < len(victims) else chance.choices(victims, weights)[0]
                await house.kill(victim, signal.SIGTERM if gentle else signal.SIGKILL)
                await asyncio.sleep(chance.uniform(0, 0 if gentle else _LONGEST_DOWN_S))
                await house.revive(victim)
                struck.append(victim)
        finally:
            feeder.stop()
            if len(struck) < kills:
                feeding.cancel()
        await asyncio.wait_for(feeding, 120)
        await house.ready()
        finished = await _until_finished(house, feeder.issued * residents * len(CHANNELS))
        account = _account(house, await house.arrived(), feeder.issued)
        states, counts, doubt = await house.states(), await house.counts(), await house.in_doubt()
    return {
        "chaos": "notifier",
        "residents": residents,
        "seed": seed,
        "kills": len(struck),
        "gentle": gentle,
        "kills_by_victim": {name: struck.count(name) for name in victims},
        "elapsed_s": round(time.monotonic() - began_s, 1),
        "announcements": feeder.issued,
        "expected": feeder.issued * residents * len(CHANNELS),
        **account,
        "repeats_on_the_wire": {channel: one["repeats"] for channel, one in counts.items() if one["repeats"]},
        "refused_by_the_gateway": counts["sms"]["refused"].get("repeat", 0),
        "in_doubt": doubt,
        "unknown_at_end": sum(count for (_, state), count in states.items() if state == "unknown"),
        "states": {f"{channel} {state}": count for (channel, state), count in sorted(states.items())},
        "finished": finished,
        "load": round(os.getloadavg()[0], 2),
        "met": finished and account["lost"] == account["doubled"] == account["strangers"] == 0,
    }


def _account(house: NotifierHouse, arrived: list[dict[str, Any]], announcements: int) -> dict[str, Any]:
    """What the devices show against what they should: a repeat under the same key shows nothing new."""
    shown: Counter[tuple[int, str, str]] = Counter()
    strangers = 0
    for message in arrived:
        mark = _MARK.search(f"{message['subject']} {message['text']}")
        resident = house.addresses.get((message["channel"], message["to"]))
        if mark is None or resident is None or int(mark[1]) >= announcements:
            strangers += 1
        elif not message["repeat"]:
            shown[int(mark[1]), message["channel"], resident] += 1
    wanted = [
        (number, channel.value, resident)
        for number in range(announcements)
        for channel in CHANNELS
        for resident in sorted(set(house.addresses.values()))
    ]
    lost = [one for one in wanted if not shown[one]]
    doubled = [one for one, times in shown.items() if times > 1]
    return {
        "shown": sum(shown.values()),
        "lost": len(lost),
        "doubled": sum(shown[one] - 1 for one in doubled),
        "strangers": strangers,
        "notes": [f"lost {one}" for one in lost[:5]] + [f"doubled {one}" for one in doubled[:5]],
    }


async def _until_finished(house: NotifierHouse, expected: int) -> bool:
    """Whether every delivery has come to an end; waited for as long as fewer are open than before, and for receipts in doubt."""
    deadline, settled_by = time.monotonic() + _FINISH_S, None
    fewest = expected
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError, TimeoutError, asyncpg.PostgresError):
            states = await house.states()
            still_open = sum(count for (_, state), count in states.items() if state in _OPEN)
            if still_open < fewest:
                fewest, deadline = still_open, max(deadline, time.monotonic() + _STILL_S)
            if sum(states.values()) == expected and not any(state in _OPEN for _, state in states):
                settled_by = settled_by or time.monotonic() + _RECEIPTS_S
                if time.monotonic() > settled_by or not any(state == "unknown" for _, state in states):
                    return True
        await asyncio.sleep(1)
    return False


def main() -> int:
    """The command."""
    return command("notifier", __doc__, "residents", 60, run)


if __name__ == "__main__":
    sys.exit(main())

"""kill -9 in mid-send: nothing is lost, and no device shows a message twice."""

import asyncio
import os
import signal
from typing import Any

import pytest
from notifier_town import Town, announcement, contact, push_contact, subscription, until

from hejnal_local.ports import free_ports

RESIDENTS = 40


async def _counts(town: Town) -> dict[str, Any]:
    return await town.sinks.get("/api/counts")


def _shown(counts: dict[str, Any]) -> int:
    return sum(channel["shown"] for channel in counts.values())


@pytest.mark.slow
async def test_kill_nine_in_mid_send_neither_loses_nor_doubles(town: Town) -> None:
    """Every kill leaves messages that the provider has and the database does not know of: the doubt that policy settles."""
    town.extra |= {"PUSH_CONCURRENCY": "4", "EMAIL_CONCURRENCY": "2", "SMS_CONCURRENCY": "2", "BATCH_SIZE": "20"}
    facts = []
    for number in range(RESIDENTS):
        device = await town.sinks.device(label=f"R{number}")
        facts.append(
            subscription(
                f"r{number}",
                push_contact(device),
                contact("email", f"r{number}@example.pl"),
                contact("sms", f"+4850010{number:04d}9"),
            )
        )
    await town.send(*facts)
    fact = announcement()
    town.start()
    await town.ready()
    await town.send(fact)
    kills = 0
    for goal in (1, 15, 40, 70, 100):

        async def reached(goal: int = goal) -> bool:
            return _shown(await _counts(town)) >= goal

        await until(reached, 30, f"{goal} arrivals")
        os.kill(town.processes[-1].pid, signal.SIGKILL)
        town.processes[-1].wait(5)
        kills += 1
        town.start()

    async def finished() -> bool:
        states = await town.states(fact.announcement_id)
        return len(states) == 3 * RESIDENTS and set(states) <= {"sent", "delivered"}

    await town.ready()
    await until(finished, 40, "the end of all deliveries")
    await asyncio.sleep(0.5)
    counts = await _counts(town)
    assert {channel: counts[channel]["shown"] for channel in ("push", "email", "sms")} == {
        "push": RESIDENTS,
        "email": RESIDENTS,
        "sms": RESIDENTS,
    }
    repeats = {channel: count["repeats"] for channel, count in counts.items()}
    assert repeats["sms"] == 0  # the gateway refuses a second one by its idx
    print({"kills": kills, "repeats_on_the_wire": repeats, "refused_by_gateway": counts["sms"]["refused"]})


async def test_what_waits_survives_and_a_late_subscription_is_not_forgotten(town: Town) -> None:
    """A notifier that starts with everything still to be read plans with the whole town, not with the part read so far."""
    fact = announcement()
    await town.send(fact)
    await town.send(*(subscription(f"r{number}", contact("email", f"r{number}@example.pl")) for number in range(300)))
    town.start()
    await town.ready()

    async def finished() -> bool:
        return await town.states(fact.announcement_id) == ["sent"] * 300

    await until(finished, 40, "300 e-mails")


async def test_sigterm_gives_back_what_was_not_tried(town: Town) -> None:
    town.extra |= {"EMAIL_CONCURRENCY": "1"}
    await town.send(*(subscription(f"r{number}", contact("email", f"r{number}+slow-{number}@example.pl")) for number in range(6)))
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def one_came() -> bool:
        return bool(await town.sinks.messages(channel="email"))

    await until(one_came, 20, "the first e-mail")
    process = town.processes[-1]
    process.terminate()
    process.wait(20)
    assert process.returncode == 0
    before = await _counts(town)
    town.extra["EMAIL_CONCURRENCY"] = "8"
    town.start()
    await town.ready()

    async def finished() -> bool:
        return await town.states(fact.announcement_id) == ["sent"] * 6

    await until(finished, 30, "the rest")
    after = await _counts(town)
    assert after["email"] == {"shown": 6, "repeats": 0, "refused": {}}, before


async def test_a_second_replica_takes_over_from_a_dead_one(town: Town) -> None:
    """Two replicas share the queue; when one is killed, its leases end and the other sends what was in doubt."""
    town.extra |= {"EMAIL_CONCURRENCY": "1", "BATCH_SIZE": "10", "LEASE_S": "6"}
    town.extra |= {"EMAIL_TIMEOUT_S": "3", "PUSH_TIMEOUT_S": "3", "SMS_TIMEOUT_S": "3"}
    await town.send(*(subscription(f"r{number}", contact("email", f"r{number}@example.pl")) for number in range(80)))
    town.start()
    await town.ready()
    (other_port,) = free_ports(1)
    town.start(INSTANCE="test-1", INTERNAL_PORT=str(other_port))
    await town.ready(other_port)
    fact = announcement()
    await town.send(fact)

    async def begun() -> bool:
        return _shown(await _counts(town)) >= 20

    await until(begun, 40, "the first arrivals")
    os.kill(town.processes[1].pid, signal.SIGKILL)

    async def finished() -> bool:
        return await town.states(fact.announcement_id) == ["sent"] * 80

    await until(finished, 60, "all deliveries")
    counts = await _counts(town)
    assert counts["email"]["shown"] == 80

"""Several SMS providers in the running service: fail-over, kill -9 with an SMSC that answers nothing, STOP."""

import asyncio
import json
import os
import signal
from typing import Any

import pytest
from notifier_town import Town, announcement, contact, subscription, until

from hejnal_contracts.base import Severity
from hejnal_local.ports import free_ports

RESIDENTS = 30
CONCURRENCY = 4


def _smpp(port: int, **more: Any) -> dict[str, Any]:
    return {"kind": "smpp", "name": "operator", "host": "127.0.0.1", "port": port, "system_id": "miasto", "password": "x", **more}


def _use(town: Town, *providers: dict[str, Any]) -> None:
    path = town.folder / "sms-providers.json"
    path.write_text(json.dumps(providers))
    town.extra |= {"SMS_PROVIDERS_FILE": str(path)}


async def _residents(town: Town, count: int = RESIDENTS) -> None:
    await town.send(*(subscription(f"r{number}", contact("sms", f"+4850010{number:04d}9")) for number in range(count)))


async def _texts(town: Town) -> list[str]:
    return sorted(message["to"] for message in await town.sinks.messages(channel="sms"))


@pytest.mark.slow
async def test_when_the_first_choice_is_away_the_next_takes_over_and_nobody_is_told_twice(town: Town) -> None:
    (nobody,) = free_ports(1)
    second = {"kind": "smsapi", "name": "backup", "url": f"{town.sinks.url}/sms.do"}
    _use(town, _smpp(nobody, timeout_s=2), second)
    await _residents(town)
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def finished() -> bool:
        return await town.states(fact.announcement_id) == ["sent"] * RESIDENTS

    await until(finished, 90, "the second provider's sending")
    texts = await _texts(town)
    assert len(texts) == len(set(texts)) == RESIDENTS


@pytest.mark.slow
async def test_kill_nine_while_an_smsc_answers_nothing_leaves_a_doubt_and_repeats_nothing(town: Town) -> None:
    """SMPP has no key that makes a repeat harmless: what was in flight is unknown, and only an emergency is sent again."""
    _use(town, _smpp(town.sinks.smpp_port, window=4))
    town.extra |= {"SMS_CONCURRENCY": str(CONCURRENCY), "LEASE_S": "45"}
    await _residents(town)
    town.start()
    await town.ready()
    fact = announcement()
    await town.send(fact)

    async def some() -> bool:
        return len(await _texts(town)) >= 5

    await until(some, 30, "five messages")
    await town.sinks.post("/api/smsc", {"silent": True})
    await asyncio.sleep(0.7)
    os.kill(town.processes[-1].pid, signal.SIGKILL)
    town.processes[-1].wait(5)
    await town.sinks.post("/api/smsc", {"silent": False})
    town.start()
    await town.ready()

    async def settled() -> bool:
        states = await town.states(fact.announcement_id)
        return len(states) == RESIDENTS and set(states) <= {"delivered", "sent", "unknown"}

    await until(settled, 60, "the rest")
    texts = await _texts(town)
    assert len(texts) == len(set(texts)), "somebody was told twice"
    states = await town.states(fact.announcement_id)
    in_doubt = states.count("unknown")
    assert RESIDENTS - in_doubt <= len(texts) <= RESIDENTS, "nobody is lost but those in doubt"
    assert in_doubt <= CONCURRENCY, "the doubt is what was in the provider's hands, not what waited for it"


@pytest.mark.slow
async def test_stop_by_sms_ends_sms_before_the_next_announcement(town: Town) -> None:
    _use(town, _smpp(town.sinks.smpp_port))
    await _residents(town, 2)
    town.start()
    await town.ready()
    first = announcement()
    await town.send(first)

    async def delivered() -> bool:
        return await town.states(first.announcement_id) == ["delivered"] * 2

    await until(delivered, 30, "the first announcement")
    kept = await town.sinks.post("/api/sms", {"from": "+4850010" + "0000" + "9", "text": "stop"})
    assert kept == {"kept": True}
    second = announcement(severity=Severity.EMERGENCY)
    await town.send(second)

    async def told() -> bool:
        return await town.states(second.announcement_id) == ["delivered"]

    await until(told, 30, "the second announcement")
    assert (await _texts(town)).count("+485001000009") == 1

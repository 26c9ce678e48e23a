"""The chain of the audit log: grows at its end only, shows every change, and can be checked by whoever holds a file of it."""

import asyncio
import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from gateway_house import Gateway
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hejnal_contracts.audit import Actor, AuditHeadRecorded, AuditRecorded
from hejnal_gateway import metrics
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.audit.chain import GENESIS, link
from hejnal_gateway.audit.exporting import check_file
from hejnal_gateway.audit.log import AuditLog
from hejnal_gateway.tables import audit_entries, audit_heads
from hejnal_runtime.bus import Message
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)


def entry(number: int, **changes: Any) -> AuditRecorded:
    actor = Actor(kind="staff", id="staff-1", role="operator")
    values: dict[str, Any] = {
        "entry_id": new_id(), "actor_id": "staff-1", "actor": actor, "action": "footage.live", "camera_id": "cam-1",
        "reason": f"powód nr {number} – „zażółć”\t\\", "at": AT + timedelta(seconds=number),
    }  # fmt: skip
    return AuditRecorded(**values | changes)


def message(fact: AuditRecorded | AuditHeadRecorded) -> Message:
    return Message(
        topic="audit", partition=0, offset=0, key=fact.actor_id, type=fact.TYPE, id=new_id(), source="operator-gateway",
        time=AT, traceparent=None, fact=fact,
    )  # fmt: skip


async def chain_of(database: Database) -> list[dict[str, Any]]:
    async with database.read() as session:
        return [dict(row) for row in (await session.execute(select(audit_entries).order_by("position"))).mappings()]


async def intact(gateway: Gateway) -> list[tuple[str, int | None]]:
    chain = await gateway.resources.audit_checks.check()
    return [(one.problem, one.position) for one in chain.findings]


async def test_entries_are_linked_whatever_comes_twice_and_whoever_writes(gateway: Gateway) -> None:
    database, clock = gateway.resources.database, gateway.resources.clock
    writers = [AuditLog(database, clock) for _ in range(4)]
    batches = [[message(entry(10 * number + one)) for one in range(10)] for number in range(20)]
    await asyncio.gather(*(writers[number % 4].store(batch) for number, batch in enumerate(batches)))
    await asyncio.gather(*(writers[number % 4].store(batch + batch[:3]) for number, batch in enumerate(batches[:8])))
    await writers[0].store([message(entry(1, reason="nul \x00", entry_id="nul"))])
    rows = await chain_of(database)
    own = [row for row in rows if row["actor_id"] == "staff-1"]
    assert len(own) == len({row["entry_id"] for row in own}) == 201
    previous = GENESIS
    for row in rows:
        assert row["previous_hash"] == previous
        assert row["hash"] == link(row, previous)
        previous = row["hash"]
    assert await intact(gateway) == []


CHANGES = (
    "update audit_entries set reason = 'another' where position = 3",
    "delete from audit_entries where position = 3",
    "truncate audit_entries",
    "delete from audit_heads",
    "insert into audit_entries select {columns} from audit_entries where position = 5",
)


async def test_the_database_refuses_what_is_no_new_end_of_the_chain(gateway: Gateway) -> None:
    await gateway.resources.audit_log.store([message(entry(number)) for number in range(8)])
    names = [column.name for column in audit_entries.columns]

    def copied(**changes: str) -> str:
        return ", ".join(changes.get(name, name) for name in names)

    between = copied(position="-position", entry_id="'new'")
    unlinked = copied(position="position + 100", entry_id="'new'")
    for statement in (*CHANGES[:4], CHANGES[4].format(columns=between), CHANGES[4].format(columns=unlinked)):
        with pytest.raises(DBAPIError, match=r"append-only|grows at its end|carry the hash"):
            async with gateway.resources.database.transaction() as session:
                await session.execute(text(statement))
    assert await intact(gateway) == []


@pytest.mark.parametrize(
    ("statement", "found"),
    [
        ("update audit_entries set reason = 'another' where position = 3", [("altered", 3)]),
        ("update audit_entries set at = at + interval '1 microsecond' where position = 3", [("altered", 3)]),
        ("delete from audit_entries where position = 3", [("broken", 4)]),
        ("delete from audit_entries where position > 6", [("cut-short", 8)]),
        ("delete from audit_entries", [("cut-short", 8)]),
        ("update audit_heads set hash = sha256('x') where position = 8", [("unsigned", 8)]),
    ],
)
async def test_a_check_finds_what_was_changed_with_the_triggers_off(
    gateway: Gateway, statement: str, found: list[tuple[str, int]]
) -> None:
    await gateway.resources.audit_log.store([message(entry(number)) for number in range(8)])
    head = await gateway.resources.audit_heads.record()
    assert head is not None
    assert head.position == 8
    assert await gateway.resources.audit_heads.record() is None, "nothing is new"
    assert await intact(gateway) == []
    async with gateway.resources.database.transaction() as session:
        await session.execute(text("alter table audit_entries disable trigger user"))
        await session.execute(text("alter table audit_heads disable trigger user"))
        await session.execute(text(statement))
    assert await intact(gateway) == found
    chain = await gateway.resources.audit_checks.check()
    assert chain.findings[0].detail


async def test_a_head_on_the_bus_is_compared_with_the_log(gateway: Gateway) -> None:
    await gateway.resources.audit_log.store([message(entry(number)) for number in range(3)])
    head = await gateway.resources.audit_heads.record()
    assert head is not None
    async with gateway.resources.database.read() as session:
        kept = (await session.execute(select(audit_heads))).mappings().one()
    assert kept["statement"] == head.statement
    before = metrics.AUDIT_BROKEN._value.get()
    told = AuditHeadRecorded(
        actor_id="operator-gateway", position=head.position, hash=head.hash.hex(), at=head.at, statement=head.statement
    )
    await gateway.resources.audit_log.store([message(told)])
    assert metrics.AUDIT_BROKEN._value.get() == before
    await gateway.resources.audit_log.store([message(told.model_copy(update={"position": 99}))])
    assert metrics.AUDIT_BROKEN._value.get() == before + 1


async def exported(gateway: Gateway, browser: Any) -> list[str]:
    query = {"from": AT.isoformat(), "to": (AT + timedelta(hours=1)).isoformat()}
    async with browser.get("/api/v1/audit/export", params=query) as answer:
        assert answer.status == 200, await answer.text()
        assert answer.headers["Content-Disposition"] == 'attachment; filename="hejnal-audit_20261122-20261122.jsonl"'
        return (await answer.text()).splitlines()


async def test_an_exported_file_is_checked_without_us_and_every_change_of_it_shows(gateway: Gateway, tmp_path: Any) -> None:
    await gateway.resources.audit_log.store([message(entry(number)) for number in range(6)])
    verifier = gateway.resources.verifier
    async with gateway.signed_in(Role.DPO) as browser:
        lines = await exported(gateway, browser)
    found, hashes = check_file(lines, verifier)
    assert (found.intact, found.entries, found.head_signed, found.findings) == (True, 6, True, [])
    assert (found.first_position, found.last_position, len(hashes)) == (1, 6, 6)

    def problems(changed: list[str]) -> set[str]:
        return {one.problem for one in check_file(changed, verifier)[0].findings}

    third = json.loads(lines[3])
    third["entry"]["reason"] = "another"
    assert problems([*lines[:3], json.dumps(third), *lines[4:]]) == {"altered"}
    assert problems([*lines[:3], *lines[4:]]) == {"broken"}
    assert problems(lines[:-1]) == {"cut-short"}
    assert problems([*lines[:5], lines[-1]]) == {"cut-short"}
    assert problems([lines[0], lines[2], lines[1], *lines[3:]]) == {"broken", "out-of-order"}
    assert problems([*lines[:2], "no JSON", *lines[2:]]) == {"unreadable"}
    assert problems(lines[1:]) == {"unreadable"}
    head = json.loads(lines[-1])
    head["head"]["statement"] = head["head"]["statement"][:-8] + "AAAAAAAA"
    assert problems([*lines[:-1], json.dumps(head)]) == {"unsigned"}
    await _by_command(gateway, lines, tmp_path)


async def _by_command(gateway: Gateway, lines: list[str], folder: Any) -> None:
    file = folder / "audit.jsonl"
    file.write_text("\n".join(lines) + "\n")
    environment = os.environ | {
        "HEJNAL_GATEWAY_DATABASE_URL": gateway.resources.database.url,
        "HEJNAL_GATEWAY_TRUSTED_JWKS_FILE": str(gateway.keys.jwks_file),
    }

    async def run(*arguments: str) -> tuple[int, Any]:
        command = [sys.executable, "-m", "hejnal_gateway", "audit-check", *arguments]
        done = await asyncio.to_thread(
            subprocess.run, command, env=environment, capture_output=True, text=True, check=False, timeout=60
        )
        return done.returncode, json.loads(done.stdout) if done.stdout else done.stderr

    code, said = await run()
    assert (code, said["intact"]) == (0, True), said
    code, said = await run(str(file), "--against-database")
    assert (code, said["intact"], said["entries"], said["head_signed"]) == (0, True, 6, True), said
    async with gateway.resources.database.transaction() as session:
        await session.execute(text("alter table audit_entries disable trigger user"))
        await session.execute(text("delete from audit_entries where position >= 4"))
    code, said = await run(str(file), "--against-database")
    assert code == 1
    assert {(one["problem"], one["position"]) for one in said["findings"]} == {("cut-short", n) for n in (4, 5, 6)}
    file.write_text("\n".join(lines[:-1]))
    code, said = await run(str(file))
    assert (code, said["intact"]) == (1, False)


async def test_a_check_is_a_job_that_runs_once_at_a_time(gateway: Gateway) -> None:
    await gateway.resources.audit_log.store([message(entry(number)) for number in range(50)])
    async with gateway.signed_in(Role.DPO) as browser:
        async with browser.get("/api/v1/audit/checks/last") as answer:
            assert (answer.status, (await answer.json())["type"]) == (404, "urn:hejnal:problem:audit-not-checked")
        async with browser.post("/api/v1/audit/checks") as answer:
            assert answer.status == 202, await answer.text()
            started = await answer.json()
        assert (started["state"], started["intact"]) == ("running", None)

        async def done() -> Any:
            async with browser.get("/api/v1/audit/checks/last") as answer:
                found = await answer.json()
            return found if found["state"] == "done" else None

        found = await gateway.eventually(done)
    assert (found["check_id"], found["intact"], found["findings"]) == (started["check_id"], True, [])
    assert found["checked"] >= found["entries"] >= 50

"""Checking the whole log in the database: a job of some minutes for millions of entries, one at a time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

import structlog
from pydantic import BaseModel, Field
from sqlalchemy import func, insert, select, text, update
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.audit.chain import plain
from hejnal_gateway.audit.heads import STATEMENT
from hejnal_gateway.audit.verifying import ChainCheck, Finding
from hejnal_gateway.tables import audit_checks, audit_entries, audit_heads
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenVerifier

log = structlog.get_logger()

_PAGE = 1_000
_TELL_EVERY = 10_000
_LOST_AFTER = timedelta(minutes=2)


class AuditCheck(BaseModel):
    """A check of the log, running or done."""

    check_id: str
    state: Literal["running", "done", "failed", "interrupted"] = Field(
        description="interrupted: the process that ran it has gone; failed: the database went away; start another one"
    )
    intact: bool | None = Field(description="Whether every entry is as it was recorded and none is missing; null until done")
    started_by: str
    started_at: datetime
    finished_at: datetime | None
    entries: int = Field(description="Entries there were at its beginning")
    checked: int
    findings: list[Finding]


class AuditChecks:
    """Starts checks, keeps their results."""

    def __init__(self, database: Database, verifier: TokenVerifier, clock: Clock) -> None:
        self._database = database
        self._verifier = verifier
        self._clock = clock
        self._task: asyncio.Task[None] | None = None

    async def start(self, *, by: str) -> AuditCheck:
        """A new check, or the one that runs already."""
        async with self._database.transaction() as session:
            await session.execute(text("lock table audit_checks in share row exclusive mode"))
            row = (await session.execute(_newest())).mappings().first()
            if row is not None and self._state(dict(row)) == "running":
                return self._told(dict(row))
            entries = (await session.execute(select(func.count()).select_from(audit_entries))).scalar_one()
            now = self._clock.now()
            values = {
                "check_id": new_id(), "started_by": by, "started_at": now, "seen_at": now, "finished_at": None,
                "entries": entries, "checked": 0, "failed": False, "findings": [],
            }  # fmt: skip
            await session.execute(insert(audit_checks).values(**values))
        self._task = asyncio.create_task(self._run(str(values["check_id"])), name="audit check")
        return self._told(values)

    async def last(self) -> AuditCheck:
        """The newest check; AppError(NOT_FOUND) when there has been none."""
        async with self._database.read() as session:
            row = (await session.execute(_newest())).mappings().first()
        if row is None:
            raise AppError(Kind.NOT_FOUND, "audit-not-checked", "The audit log has not been checked yet; start a check.")
        return self._told(dict(row))

    async def close(self) -> None:
        """Give up what runs."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=5)

    async def check(self, tell: Callable[[ChainCheck], Awaitable[None]] | None = None) -> ChainCheck:
        """Follow the whole chain, and compare it with every head that was signed."""
        chain = ChainCheck(from_the_beginning=True)
        await self._expect_heads(chain)
        after = -1
        while rows := await self._page(after):
            await asyncio.to_thread(_take, chain, rows)
            after = rows[-1]["position"]
            if tell is not None and chain.checked % _TELL_EVERY < _PAGE:
                await tell(chain)
        chain.end()
        return chain

    async def _expect_heads(self, chain: ChainCheck) -> None:
        async with self._database.read() as session:
            heads = (await session.execute(select(audit_heads).order_by(audit_heads.c.position))).mappings().all()
        for head in heads:
            try:
                claims = self._verifier.statement(head["statement"], STATEMENT)
                signed = (claims.get("position"), claims.get("hash")) == (head["position"], head["hash"].hex())
            except ValueError:
                signed = False
            if signed:
                chain.expect(head["position"], head["hash"].hex())
            else:
                chain.find("unsigned", head["position"])

    async def _page(self, after: int) -> Sequence[Mapping[str, Any]]:
        query = select(audit_entries).where(audit_entries.c.position > after).order_by(audit_entries.c.position).limit(_PAGE)
        async with self._database.read() as session:
            return [dict(row) for row in (await session.execute(query)).mappings()]

    async def _run(self, check_id: str) -> None:
        async def tell(chain: ChainCheck) -> None:
            await self._note(check_id, chain, checked=chain.checked)

        try:
            chain = await self.check(tell)
            await self._note(check_id, chain, checked=chain.checked, finished_at=self._clock.now())
            log.info("audit_checked", entries=chain.checked, findings=len(chain.findings))
        except (SQLAlchemyError, OSError, TimeoutError) as error:
            log.warning("audit_not_checked", error=repr(error))
            try:
                await self._note(check_id, None, failed=True, finished_at=self._clock.now())
            except (SQLAlchemyError, OSError, TimeoutError):
                log.warning("audit_check_failure_not_noted", check_id=check_id)

    async def _note(self, check_id: str, chain: ChainCheck | None, **values: Any) -> None:
        if chain is not None:
            values["findings"] = [finding.model_dump() for finding in chain.findings]
        values["seen_at"] = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(update(audit_checks).where(audit_checks.c.check_id == check_id).values(**values))

    def _state(self, row: Mapping[str, Any]) -> Literal["running", "done", "failed", "interrupted"]:
        if row["failed"]:
            return "failed"
        if row["finished_at"] is not None:
            return "done"
        return "running" if self._clock.now() - row["seen_at"] < _LOST_AFTER else "interrupted"

    def _told(self, row: Mapping[str, Any]) -> AuditCheck:
        state = self._state(row)
        intact = not row["findings"] if state == "done" else None
        return AuditCheck(state=state, intact=intact, **{name: row[name] for name in _SHOWN})


_SHOWN = ("check_id", "started_by", "started_at", "finished_at", "entries", "checked", "findings")


def _newest() -> Any:
    return select(audit_checks).order_by(audit_checks.c.started_at.desc(), audit_checks.c.check_id.desc()).limit(1)


def _take(chain: ChainCheck, rows: Sequence[Mapping[str, Any]]) -> None:
    for row in rows:
        chain.take(plain(row, row["previous_hash"]), row["hash"])

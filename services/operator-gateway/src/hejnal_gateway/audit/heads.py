"""The head of the audit log, signed and told where its keeper cannot take it back: as a fact on Kafka, and in the service's log.

Whoever can write to the database could cut the log short and nobody would see it from the entries alone. Against a head that
was told before, the missing end shows.
"""

import asyncio
import random
from dataclasses import dataclass
from datetime import datetime

import structlog
from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.audit import AuditHeadRecorded
from hejnal_gateway.audit.chain import FORMAT, instant_text
from hejnal_gateway.audit.facts import SOURCE
from hejnal_gateway.tables import audit_entries, audit_heads
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.outbox import publish
from hejnal_runtime.tokens import TokenIssuer

log = structlog.get_logger()

STATEMENT = "hejnal-audit-head"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest entry at some moment."""

    position: int
    hash: bytes
    at: datetime
    statement: str


class AuditHeads:
    """Signs the newest entry now and then. `run()` lasts until cancelled."""

    def __init__(self, database: Database, issuer: TokenIssuer, clock: Clock, *, every_s: float) -> None:
        self._database = database
        self._issuer = issuer
        self._clock = clock
        self._every_s = every_s

    async def run(self) -> None:
        """A head per interval in which the log has grown; of several processes one records it."""
        while True:
            await asyncio.sleep(self._every_s * random.uniform(0.9, 1.1))
            try:
                await self.record()
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("audit_head_not_recorded", error=repr(error))

    async def record(self) -> Head | None:
        """Sign and tell the newest entry; None when that has been done before, or the log is empty."""
        async with self._database.transaction() as session:
            head = await self.sign(session)
            if head is None:
                return None
            values = {"position": head.position, "hash": head.hash, "at": head.at, "statement": head.statement}
            added = insert(audit_heads).values(**values).on_conflict_do_nothing().returning(audit_heads.c.position)
            if (await session.execute(added)).scalar() is None:
                return None
            fact = AuditHeadRecorded(
                actor_id=SOURCE, position=head.position, hash=head.hash.hex(), at=head.at, statement=head.statement
            )
            await publish(session, fact, source=SOURCE)
        log.info("audit_head", position=head.position, hash=head.hash.hex())
        return head

    async def sign(self, session: AsyncSession) -> Head | None:
        """The newest entry, signed and not kept."""
        entries = audit_entries.c
        query = select(entries.position, entries.hash).order_by(entries.position.desc()).limit(1)
        row = (await session.execute(query)).first()
        return None if row is None else self.vouch(row.position, row.hash)

    def vouch(self, position: int, digest: bytes) -> Head:
        """A signed statement that the entry at `position` had this hash."""
        now = self._clock.now()
        statement = self._issuer.state(STATEMENT, format=FORMAT, position=position, hash=digest.hex(), at=instant_text(now))
        return Head(position, digest, now, statement)

"""Carries imports out: one at a time, each in one transaction, its progress told beside it."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.resident_imports.store import KNOWN
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.secrets import new_token
from hejnal_citizen.sql import command, query
from hejnal_contracts.audit import Actor, AuditRecorded
from hejnal_contracts.base import Channel
from hejnal_contracts.residents import ContactPoint, SubscriptionChanged, SubscriptionFilter
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish
from hejnal_runtime.periodic import PeriodicLoop

log = structlog.get_logger()

IDLE_S = 1.0
CHUNK_ROWS = 200
TEXT_VERSION = "import"

# Not a row lock: the progress is written by transactions of its own meanwhile.
_HOLD_IMPORTS = query("select pg_try_advisory_xact_lock(hashtextextended('resident-imports', 7))")
_NEXT = query("select * from resident_imports where state = 'waiting' order by created_at limit 1")
_HOLD_ADDRESSES = query(
    "select pg_advisory_xact_lock(hashtextextended('sms:' || phone, 7)) from unnest(cast(:phones as text[])) "
    "as phone order by phone"
)
_RESIDENT = command(
    """
    insert into residents (id, kind, version, language, created_at, changed_at)
    values (:resident_id, 'account', 1, :language, :now, :now)
    """
)
_CONTACT = command(
    """
    insert into contacts (id, resident_id, channel, address, verified_at, consent_id, consented_at, unsubscribe_token)
    values (:contact_id, :resident_id, 'sms', :phone, :now, :consent_id, :consented_at, :unsubscribe_token)
    """
)
_CONSENT = command(
    """
    insert into consents (id, resident_id, contact_id, action, text, text_version, language, way, legal_basis, at, proof)
    values (:consent_id, :resident_id, :contact_id, 'granted', :consent_text, :text_version, :language, :way, :legal_basis,
        :consented_at, :proof)
    """
)
_FILTER = command(
    """
    insert into filters (resident_id, position, wish, categories, min_severity, channels, label)
    values (:resident_id, 0, 0, :categories, 'info', '{sms}', '')
    """
)
_PROGRESS = command("update resident_imports set imported = :imported where id = :id")
_DONE = command(
    """
    update resident_imports set state = 'done', imported = :imported, known = known + :known, rows = null, finished_at = :now
    where id = :id
    """
)


class ImportWorker:
    """Looks for an import that waits and carries it out; a process that dies in the middle leaves nothing half done."""

    def __init__(self, res: Resources, *, idle_s: float = IDLE_S) -> None:
        self._res = res
        self._idle_s = idle_s

    async def run(self) -> None:
        """Work until cancelled; survives the database being away."""
        await PeriodicLoop("resident_import_postponed", self.once, every_s=self._idle_s).run()

    async def once(self) -> bool:
        """Carry the oldest one out; False when none waits."""
        async with self._res.database.transaction() as session:
            if not (await session.execute(_HOLD_IMPORTS)).scalar_one():
                return False  # another replica is at it
            row = (await session.execute(_NEXT)).first()
            if row is None:
                return False
            await self._carry_out(session, row)
        log.info("resident_import_done", import_id=row.id, rows=len(row.rows))
        return True

    async def _carry_out(self, session: AsyncSession, job: Any) -> None:
        now = self._res.clock.now()
        phones = [row["phone"] for row in job.rows]
        await session.execute(_HOLD_ADDRESSES, {"phones": phones})
        # Somebody may have signed in with a number since the file was judged: theirs stays as it is.
        taken = {row.address for row in await session.execute(KNOWN, {"phones": phones})}
        rows = [row for row in job.rows if row["phone"] not in taken]
        for start in range(0, len(rows), CHUNK_ROWS):
            await self._add(session, job, rows[start : start + CHUNK_ROWS], now)
            async with self._res.database.transaction() as beside:
                await beside.execute(_PROGRESS, {"id": job.id, "imported": min(len(rows), start + CHUNK_ROWS)})
        await session.execute(_DONE, {"id": job.id, "imported": len(rows), "known": len(taken), "now": now})
        entry = AuditRecorded(
            entry_id=new_id(),
            actor_id=SERVICE,
            actor=Actor(kind="service", id=SERVICE),
            action="resident-import.done",
            object_id=job.id,
            reason=f"{len(rows)} residents, ordered by {job.created_by}",
            at=now,
        )
        await publish(session, entry, source=SERVICE)

    async def _add(self, session: AsyncSession, job: Any, rows: Sequence[dict[str, Any]], now: datetime) -> None:
        common = {"now": now, "consent_text": job.consent_text, "legal_basis": job.legal_basis, "text_version": TEXT_VERSION}
        common["way"] = f"import {job.id}"
        new = [
            row
            | common
            | {name: new_id() for name in ("resident_id", "contact_id", "consent_id")}
            | {"unsubscribe_token": new_token(), "consented_at": datetime.fromisoformat(row["consented_at"])}
            for row in rows
        ]
        for statement in (_RESIDENT, _CONTACT, _CONSENT, _FILTER):
            await session.execute(statement, new)
        await publish(session, *(self._fact(row, now) for row in new), source=SERVICE)

    def _fact(self, row: dict[str, Any], now: datetime) -> SubscriptionChanged:
        contact = ContactPoint(
            contact_id=row["contact_id"],
            channel=Channel.SMS,
            address=row["phone"],
            verified_at=now,
            consent_id=row["consent_id"],
            unsubscribe_url=self._res.settings.unsubscribe_url(row["unsubscribe_token"]),
        )
        wish = SubscriptionFilter(categories=tuple(row["categories"]), channels=(Channel.SMS,))
        return SubscriptionChanged(
            resident_id=row["resident_id"],
            version=1,
            language=row["language"],
            contacts=(contact,),
            filters=(wish,),
            changed_at=now,
        )

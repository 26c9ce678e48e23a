"""The audit log: facts of all services, kept in order of arrival as one chain, never changed."""

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import select, text, tuple_
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.audit import AuditHeadRecorded, AuditRecorded
from hejnal_gateway import metrics
from hejnal_gateway.audit.chain import GENESIS, link
from hejnal_gateway.tables import audit_entries
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

# One statement, so that the trigger that looks at the links runs once for all of them.
_INSERT = text(
    """
    insert into audit_entries (
        position, entry_id, actor_id, actor_kind, actor_role, action, object_id, camera_id, footage_from, footage_until,
        reason, source_ip, outcome, at, recorded_at, source, previous_hash, hash)
    select * from unnest(
        cast(:position as bigint[]), cast(:entry_id as text[]), cast(:actor_id as text[]), cast(:actor_kind as text[]),
        cast(:actor_role as text[]), cast(:action as text[]), cast(:object_id as text[]), cast(:camera_id as text[]),
        cast(:footage_from as timestamptz[]), cast(:footage_until as timestamptz[]), cast(:reason as text[]),
        cast(:source_ip as text[]), cast(:outcome as text[]), cast(:at as timestamptz[]), cast(:recorded_at as timestamptz[]),
        cast(:source as text[]), cast(:previous_hash as bytea[]), cast(:hash as bytea[]))
    """
)
SENSITIVE = frozenset(
    {
        "account.created",
        "account.changed",
        "account.reset",
        "alert-rule.removed",
        "api-key.created",
        "back-office.changed",
        "camera.credentials-changed",
        "hold.released",
        "keys.secrets-resealed",
        "privacy-deletion.approved",
        "resident.erased",
        "webhook.added",
        "webhook.secret-changed",
    }
)
"""Acts after which somebody may do more than before, or something is gone for good: counted, so that an alert can tell."""
_CHAIN_LOCK = zlib.crc32(b"gateway.audit_entries")


@dataclass(frozen=True, slots=True)
class Question:
    """What entries are looked for; None: whatever it is. `action` may end in `.` to mean all that begin so."""

    actor_id: str | None = None
    action: str | None = None
    camera_id: str | None = None
    object_id: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page ended: entries are sorted by the time of the deed, then by arrival."""

    at: datetime
    position: int


class AuditLog:
    """Takes audit facts in (each once, by its entry id), links them into the chain and finds them again."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        for action in SENSITIVE:  # a counter that begins at its first increase hides it from whoever asks for increases
            metrics.SENSITIVE_ACTS.labels(action)

    async def store(self, messages: list[Message]) -> None:
        """Write a batch of audit facts; facts already written are left alone.

        Of all processes one writes at a time (advisory lock), so that each entry has one predecessor. A head that comes by is
        compared with the entry it tells of.
        """
        rows: dict[str, dict[str, Any]] = {}
        heads: list[AuditHeadRecorded] = []
        for message in messages:
            match message.fact:
                case AuditHeadRecorded() as head:
                    heads.append(head)
                case AuditRecorded() as fact:
                    rows.setdefault(fact.entry_id, _row(fact, message.source))
                case _:
                    detail = f"{message.type or 'a tombstone'} does not belong on this topic."
                    raise AppError(Kind.INVALID, "not-an-audit-fact", detail)
        if rows:
            async with self._database.transaction() as session:
                await session.execute(text("select pg_advisory_xact_lock(:key)"), {"key": _CHAIN_LOCK})
                known = select(audit_entries.c.entry_id).where(audit_entries.c.entry_id.in_(rows))
                for entry_id in (await session.execute(known)).scalars().all():
                    del rows[entry_id]
                await self._append(session, list(rows.values()))
            metrics.AUDIT_ENTRIES.inc(len(rows))
            for row in rows.values():
                if row["action"] in SENSITIVE and row["outcome"] == "allowed":
                    metrics.SENSITIVE_ACTS.labels(row["action"]).inc()
        for head in heads:
            await self._compare(head)

    async def _append(self, session: AsyncSession, rows: list[dict[str, Any]]) -> None:
        if not rows:
            return
        entries = audit_entries.c
        last = select(entries.position, entries.hash).order_by(entries.position.desc()).limit(1)
        found = (await session.execute(last)).first()
        position, previous = (found.position, found.hash) if found is not None else (0, GENESIS)
        now = self._clock.now()
        for row in rows:
            position += 1
            row |= {"position": position, "recorded_at": now, "previous_hash": previous}
            previous = row["hash"] = link(row, previous)
        await session.execute(_INSERT, {column.name: [row[column.name] for row in rows] for column in audit_entries.columns})

    async def _compare(self, head: AuditHeadRecorded) -> None:
        async with self._database.read() as session:
            query = select(audit_entries.c.hash).where(audit_entries.c.position == head.position)
            found = (await session.execute(query)).scalar()
        if found is None or found.hex() != head.hash:
            metrics.AUDIT_BROKEN.inc()
            log.error("audit_log_differs_from_its_head", position=head.position, told=head.hash, told_at=head.at.isoformat())

    async def find(self, question: Question, *, before: Place | None, limit: int) -> Sequence[Mapping[str, Any]]:
        """The newest that fit, at most `limit`, older than `before`."""
        entries = audit_entries.c
        query = select(audit_entries).order_by(entries.at.desc(), entries.position.desc()).limit(limit)
        if question.actor_id is not None:
            query = query.where(entries.actor_id == question.actor_id)
        if question.action is not None:
            wanted = question.action
            query = query.where(
                entries.action.startswith(wanted, autoescape=True) if wanted.endswith(".") else entries.action == wanted
            )
        if question.camera_id is not None:
            query = query.where(entries.camera_id == question.camera_id)
        if question.object_id is not None:
            query = query.where(entries.object_id == question.object_id)
        if question.since is not None:
            query = query.where(entries.at >= question.since)
        if question.until is not None:
            query = query.where(entries.at < question.until)
        if before is not None:
            query = query.where(
                entries.at <= before.at,  # what the index can use
                tuple_(entries.at, entries.position) < tuple_(before.at, before.position),
            )
        async with self._database.read() as session:
            return [dict(row) for row in (await session.execute(query)).mappings()]


def _row(fact: AuditRecorded, source: str) -> dict[str, Any]:
    return {
        "entry_id": _text(fact.entry_id),
        "actor_id": _text(fact.actor.id),
        "actor_kind": fact.actor.kind,
        "actor_role": _text(fact.actor.role),
        "action": fact.action,
        "object_id": _text(fact.object_id),
        "camera_id": fact.camera_id,
        "footage_from": fact.footage_from,
        "footage_until": fact.footage_until,
        "reason": _text(fact.reason),
        "source_ip": _text(fact.source_ip),
        "outcome": fact.outcome,
        "at": fact.at,
        "source": source,
    }


def _text(value: str) -> str:
    """PostgreSQL keeps no NUL, and an entry must not be lost for one."""
    return value.replace("\x00", "\N{REPLACEMENT CHARACTER}")

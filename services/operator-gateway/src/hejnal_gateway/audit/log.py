"""The audit log: facts of all services, kept in order of arrival, never changed."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from hejnal_contracts.audit import AuditRecorded
from hejnal_gateway import metrics
from hejnal_gateway.tables import audit_entries
from hejnal_runtime.bus import Message
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind


class AuditLog:
    """Takes audit facts in (each once, by its entry id) and finds them again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, messages: list[Message]) -> None:
        """Write a batch of audit facts; facts already written are left alone."""
        rows = [self._row(message) for message in messages]
        async with self._database.transaction() as session:
            statement = insert(audit_entries).values(rows).on_conflict_do_nothing(index_elements=["entry_id"])
            written = await session.execute(statement.returning(audit_entries.c.position))
            metrics.AUDIT_ENTRIES.inc(len(written.all()))

    def _row(self, message: Message) -> dict[str, Any]:
        fact = message.fact
        if not isinstance(fact, AuditRecorded):
            raise AppError(Kind.INVALID, "not-an-audit-fact", f"{message.type or 'a tombstone'} does not belong on this topic.")
        return {
            "entry_id": fact.entry_id,
            "actor_id": fact.actor.id,
            "actor_kind": fact.actor.kind,
            "actor_role": fact.actor.role,
            "action": fact.action,
            "object_id": fact.object_id,
            "camera_id": fact.camera_id,
            "footage_from": fact.footage_from,
            "footage_until": fact.footage_until,
            "reason": fact.reason,
            "source_ip": fact.source_ip,
            "outcome": fact.outcome,
            "at": fact.at,
            "source": message.source,
        }

    async def find(
        self,
        *,
        actor_id: str | None,
        action: str | None,
        camera_id: str | None,
        since: datetime | None,
        until: datetime | None,
        before_position: int | None,
        limit: int,
    ) -> Sequence[Mapping[str, Any]]:
        """Newest first, at most `limit`, below `before_position`. `action` may end in `.` to mean all that begin so."""
        entries = audit_entries.c
        query = select(audit_entries).order_by(entries.position.desc()).limit(limit)
        if actor_id is not None:
            query = query.where(entries.actor_id == actor_id)
        if action is not None:
            query = query.where(
                entries.action.startswith(action, autoescape=True) if action.endswith(".") else entries.action == action
            )
        if camera_id is not None:
            query = query.where(entries.camera_id == camera_id)
        if since is not None:
            query = query.where(entries.at >= since)
        if until is not None:
            query = query.where(entries.at < until)
        if before_position is not None:
            query = query.where(entries.position < before_position)
        async with self._database.read() as session:
            return [dict(row) for row in (await session.execute(query)).mappings()]

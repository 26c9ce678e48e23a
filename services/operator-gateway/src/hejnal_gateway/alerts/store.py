"""Rows of alerts: found, locked, written, with the entry of their log and the fact that tells of the change."""

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any, Literal

from sqlalchemy import Row, Text, and_, any_, cast, exists, func, insert, or_, select, tuple_, update
from sqlalchemy import text as sql
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Point, Severity
from hejnal_gateway.alerts.alert import AlertRow, AlertState
from hejnal_gateway.alerts.rule import EscalationLevel
from hejnal_gateway.alerts.tables import alert_entries, alert_requests_seen, alerts, deferred_alerts
from hejnal_gateway.tables import cameras
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

EntryKind = Literal[
    "raised", "repeated", "cleared", "acknowledged", "assigned", "escalated", "resolved", "note", "joined", "left"
]  # fmt: skip
OPEN_STATES = tuple(state for state in AlertState if state is not AlertState.RESOLVED)
_OPEN = alerts.c.state != AlertState.RESOLVED.value


async def find(session: AsyncSession, alert_id: str, *, lock: bool = False) -> AlertRow:
    """One alert; AppError(NOT_FOUND) when there is none."""
    query = select(alerts).where(alerts.c.alert_id == alert_id)
    row = (await session.execute(query.with_for_update() if lock else query)).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "alert-unknown", "There is no such alert.")
    return _alert(row)


async def find_many(session: AsyncSession, alert_ids: Sequence[str]) -> list[AlertRow]:
    """Those that there are, oldest change first."""
    query = select(alerts).where(alerts.c.alert_id.in_(alert_ids)).order_by(alerts.c.changed_at)
    return [_alert(row) for row in await session.execute(query)]


async def changed_since(session: AsyncSession, since: datetime, limit: int) -> list[AlertRow]:
    """Alerts changed at or after an instant, oldest change first."""
    query = select(alerts).where(alerts.c.changed_at >= since).order_by(alerts.c.changed_at).limit(limit)
    return [_alert(row) for row in await session.execute(query)]


async def open_with_key(session: AsyncSession, dedup_key: str, since: datetime) -> AlertRow | None:
    """The newest open alert of this kind and object that was noticed since then; locked. Others with the key wait for us."""
    await _hold(session, dedup_key)
    query = (
        select(alerts)
        .where(alerts.c.dedup_key == dedup_key, _OPEN, alerts.c.last_at >= since)
        .order_by(alerts.c.raised_at.desc())
        .limit(1)
        .with_for_update()
    )
    row = (await session.execute(query)).first()
    return None if row is None else _alert(row)


async def raised_since(session: AsyncSession, dedup_key: str, since: datetime) -> bool:
    """Whether this was raised or noticed since then, open or not. Others with the key wait for us."""
    await _hold(session, dedup_key)
    query = select(alerts.c.alert_id).where(alerts.c.dedup_key == dedup_key, alerts.c.last_at >= since).limit(1)
    return (await session.execute(query)).first() is not None


async def open_of_trigger(session: AsyncSession, prefix: str) -> list[AlertRow]:
    """Open alerts whose key begins so and whose cause is not over."""
    query = select(alerts).where(alerts.c.dedup_key.startswith(prefix, autoescape=True), _OPEN, alerts.c.cleared_at.is_(None))
    return [_alert(row) for row in await session.execute(query)]


async def due(session: AsyncSession, now: datetime, limit: int) -> list[AlertRow]:
    """Alerts that nobody took in time; locked, those that another process has in hand left out."""
    query = (
        select(alerts)
        .where(alerts.c.escalate_at <= now)
        .order_by(alerts.c.escalate_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    return [_alert(row) for row in await session.execute(query)]


_NEXT_DUE = select(
    func.least(  # of those that there are: it leaves nulls out
        select(func.min(alerts.c.escalate_at)).scalar_subquery(), select(func.min(deferred_alerts.c.due_at)).scalar_subquery()
    )
)


async def next_due(session: AsyncSession) -> datetime | None:
    """When the next alert escalates, or is raised after quiet hours."""
    found: datetime | None = (await session.execute(_NEXT_DUE)).scalar()
    return found


async def page(
    session: AsyncSession,
    *,
    states: Sequence[AlertState],
    severities: Sequence[Severity],
    camera_id: str | None,
    incident_id: str | None,
    groups: frozenset[str] | None,
    cursor: str | None,
    limit: int,
) -> tuple[list[AlertRow], str | None]:
    """Newest raise first, with the cursor of the next page. `groups`: camera groups of who asks, None for all cameras."""
    query = select(alerts).order_by(alerts.c.raised_at.desc(), alerts.c.alert_id.desc()).limit(limit + 1)
    if states:
        query = query.where(alerts.c.state.in_([state.value for state in states]))
    if severities:
        query = query.where(alerts.c.severity.in_([severity.value for severity in severities]))
    if camera_id is not None:
        query = query.where(alerts.c.camera_ids.any(camera_id))
    if incident_id is not None:
        query = query.where(alerts.c.incident_id == incident_id)
    if groups is not None:
        shown = cameras.c.state["groups"].has_any(cast(sorted(groups), ARRAY(Text)))
        seen = exists().where(cameras.c.camera_id == any_(alerts.c.camera_ids), shown)
        query = query.where(or_(alerts.c.camera_ids == cast([], ARRAY(Text)), seen))
    if cursor is not None:
        query = query.where(tuple_(alerts.c.raised_at, alerts.c.alert_id) < tuple_(*open_cursor(cursor)))
    rows = [_alert(row) for row in await session.execute(query)]
    more = len(rows) > limit
    return rows[:limit], seal_cursor(rows[limit - 1].raised_at, rows[limit - 1].alert_id) if more else None


async def add(session: AsyncSession, alert: AlertRow) -> None:
    """A new alert."""
    await session.execute(insert(alerts).values(_values(alert)))


async def replace_row(session: AsyncSession, alert: AlertRow) -> None:
    """The next version of an alert that is locked here."""
    where = and_(alerts.c.alert_id == alert.alert_id, alerts.c.version == alert.version - 1)
    done = await session.execute(update(alerts).where(where).values(_values(alert)).returning(alerts.c.alert_id))
    if done.first() is None:
        raise RuntimeError(f"alert {alert.alert_id} was not locked")


async def note(
    session: AsyncSession,
    alert_id: str,
    kind: EntryKind,
    at: datetime,
    *,
    by: str | None = None,
    text: str = "",
    entry_id: str | None = None,
) -> bool:
    """An entry of the alert's log. False when an entry with this id is there already."""
    values = {"entry_id": entry_id or new_id(), "alert_id": alert_id, "kind": kind, "by": by, "text": text, "at": at}
    statement = upsert(alert_entries).values(values).on_conflict_do_nothing().returning(alert_entries.c.entry_id)
    return (await session.execute(statement)).first() is not None


async def entries(session: AsyncSession, alert_id: str) -> Sequence[Row[Any]]:
    """The log, oldest first; at most 1000."""
    query = select(alert_entries).where(alert_entries.c.alert_id == alert_id)
    return (await session.execute(query.order_by(alert_entries.c.at, alert_entries.c.entry_id).limit(1000))).all()


async def forget_old(session: AsyncSession, before: datetime) -> int:
    """Drop resolved alerts that belong to no incident and have not changed since then; how many."""
    gone = alerts.delete().where(
        alerts.c.state == AlertState.RESOLVED.value, alerts.c.incident_id.is_(None), alerts.c.changed_at < before
    )
    return len((await session.execute(gone.returning(alerts.c.alert_id))).all())


async def forget_requests(session: AsyncSession, before: datetime) -> None:
    """Requests so old are not asked for again."""
    await session.execute(alert_requests_seen.delete().where(alert_requests_seen.c.seen_at < before))


async def _hold(session: AsyncSession, dedup_key: str) -> None:
    await session.execute(sql("select pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": f"alert:{dedup_key}"})


def _values(alert: AlertRow) -> dict[str, Any]:
    values = asdict(alert)
    place: Point | None = alert.place
    del values["place"]
    return values | {
        "lat": place.lat if place else None,
        "lon": place.lon if place else None,
        "state": alert.state.value,
        "severity": alert.severity.value,
        "camera_ids": list(alert.camera_ids),
        "told": list(alert.told),
        "escalation": [level.model_dump(mode="json") for level in alert.escalation],
    }


def _alert(row: Row[Any]) -> AlertRow:
    values = dict(row._mapping)  # noqa: SLF001 SQLAlchemy's public name for it
    lat, lon = values.pop("lat"), values.pop("lon")
    return AlertRow(
        **values
        | {
            "place": None if lat is None else Point(lat=lat, lon=lon),
            "state": AlertState(values["state"]),
            "severity": Severity(values["severity"]),
            "camera_ids": tuple(values["camera_ids"]),
            "told": tuple(values["told"]),
            "escalation": tuple(EscalationLevel.model_validate(level) for level in values["escalation"]),
        }
    )


def seal_cursor(at: datetime, row_id: str) -> str:
    """Where the next page of a list by time begins."""
    return base64.urlsafe_b64encode(json.dumps([at.isoformat(), row_id]).encode()).decode().rstrip("=")


def open_cursor(cursor: str) -> tuple[datetime, str]:
    """Time and id of the last row of the page before; AppError(INVALID) for what was not given here."""
    try:
        at, alert_id = json.loads(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        return datetime.fromisoformat(at), str(alert_id)
    except (ValueError, TypeError, binascii.Error) as error:
        raise AppError(Kind.INVALID, "cursor-unknown", "This cursor is not one that was given here.") from error

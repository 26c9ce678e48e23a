"""An alert as staff see it."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from pydantic import BaseModel, Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Point, Severity
from hejnal_gateway.alerts.alert import AlertRow, AlertState, Outcome
from hejnal_gateway.alerts.occurrence import AlertKind
from hejnal_gateway.alerts.store import EntryKind
from hejnal_gateway.tables import accounts


class Person(BaseModel):
    """A member of staff."""

    account_id: str
    name: str


class Alert(BaseModel):
    """The whole alert."""

    alert_id: str
    version: int
    state: AlertState
    kind: AlertKind
    severity: Severity
    summary: str
    reason: str = Field(description="For machines: tamper:covered, offline:no_route, fault:unauthorized, report:<category>, …")
    place: Point | None
    address: str
    camera_ids: list[str]
    source: str = Field(description="A camera id, a report id, an outside system's id, or who raised it")
    rule_id: str | None
    raised_at: datetime
    raised_by: Person | None
    count: int = Field(description="How often it was noticed; repeats join the open alert")
    last_at: datetime
    cleared_at: datetime | None = Field(description="Since when its cause is over; a person still says what came of it")
    level: int = Field(description="Escalation level, 0 while nobody is late")
    told: list[str] = Field(description="Roles whose consoles call out because nobody took it in time")
    escalate_at: datetime | None = Field(description="When it goes one level up unless somebody takes it")
    acknowledged_by: Person | None
    acknowledged_at: datetime | None
    assigned_to: str | None
    assigned_by: Person | None
    assigned_at: datetime | None
    outcome: Outcome | None
    resolution_note: str
    resolved_by: Person | None
    resolved_at: datetime | None
    incident_id: str | None
    changed_at: datetime


class AlertEntry(BaseModel):
    """One line of an alert's log."""

    entry_id: str
    kind: EntryKind
    by: Person | None
    text: str
    at: datetime


class AlertWithLog(Alert):
    """An alert and everything that happened to it, oldest first."""

    entries: list[AlertEntry]


async def names(session: AsyncSession, account_ids: Iterable[str | None]) -> dict[str, Person]:
    """Who these accounts are; one that is gone keeps its id for a name."""
    wanted = {account_id for account_id in account_ids if account_id}
    if not wanted:
        return {}
    query = select(accounts.c.account_id, accounts.c.name).where(accounts.c.account_id.in_(wanted))
    known = {row.account_id: row.name for row in await session.execute(query)}
    return {account_id: Person(account_id=account_id, name=known.get(account_id, account_id)) for account_id in wanted}


async def shown(session: AsyncSession, rows: Iterable[AlertRow]) -> list[Alert]:
    """Alerts with the names of the people in them."""
    found = list(rows)
    people = await names(session, (by for row in found for by in _people(row)))
    return [_shown(row, people) for row in found]


def _people(row: AlertRow) -> tuple[str | None, ...]:
    return row.raised_by, row.acknowledged_by, row.assigned_by, row.resolved_by


def _shown(row: AlertRow, people: Mapping[str, Person]) -> Alert:
    return Alert(
        alert_id=row.alert_id,
        version=row.version,
        state=row.state,
        kind=row.kind,
        severity=row.severity,
        summary=row.summary,
        reason=row.reason,
        place=row.place,
        address=row.address,
        camera_ids=list(row.camera_ids),
        source=row.source,
        rule_id=row.rule_id,
        raised_at=row.raised_at,
        raised_by=people.get(row.raised_by or ""),
        count=row.count,
        last_at=row.last_at,
        cleared_at=row.cleared_at,
        level=row.level,
        told=list(row.told),
        escalate_at=row.escalate_at,
        acknowledged_by=people.get(row.acknowledged_by or ""),
        acknowledged_at=row.acknowledged_at,
        assigned_to=row.assigned_to,
        assigned_by=people.get(row.assigned_by or ""),
        assigned_at=row.assigned_at,
        outcome=row.outcome,
        resolution_note=row.resolution_note,
        resolved_by=people.get(row.resolved_by or ""),
        resolved_at=row.resolved_at,
        incident_id=row.incident_id,
        changed_at=row.changed_at,
    )

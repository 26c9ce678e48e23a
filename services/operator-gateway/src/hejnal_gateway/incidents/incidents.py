"""Incidents in the caller's transaction. Whoever changes one locks its row first."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import RowMapping, delete, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Point
from hejnal_gateway.alerts import store as alert_store
from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.schemas import Person, names, shown
from hejnal_gateway.alerts.store import open_cursor, seal_cursor
from hejnal_gateway.incidents.schemas import (
    ChangedIncident,
    Incident,
    IncidentCase,
    IncidentEntry,
    IncidentEntryKind,
    IncidentState,
    LinkedReport,
    Mark,
    NewIncident,
)
from hejnal_gateway.incidents.tables import incident_entries, incident_marks, incident_reports, incidents
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

Row = RowMapping
MOST_ENTRIES = 2000


class Incidents:
    """Opens, changes, joins, closes and finds incidents."""

    def __init__(self, alerts: Alerts) -> None:
        self._alerts = alerts

    async def open(self, session: AsyncSession, new: NewIncident, *, by: str, now: datetime) -> str:
        """The id of a fresh case, or of the one that this request opened before."""
        key = f"{by}:{new.request_id}"
        values = {
            "incident_id": new_id(),
            "request_key": key,
            "version": 1,
            "state": "open",
            "title": new.title.strip() or new.title,
            "severity": new.severity.value,
            "lat": new.place.lat if new.place else None,
            "lon": new.place.lon if new.place else None,
            "address": new.address.strip(),
            "opened_by": by,
            "opened_at": now,
            "changed_at": now,
        }
        statement = upsert(incidents).values(values).on_conflict_do_nothing(index_elements=["request_key"])
        made = (await session.execute(statement.returning(incidents.c.incident_id))).scalar()
        if made is None:
            query = select(incidents.c.incident_id).where(incidents.c.request_key == key)
            return str((await session.execute(query)).scalar_one())
        incident_id = str(made)
        await self.note(session, incident_id, "opened", by, now, text=new.note.strip())
        for alert_id in dict.fromkeys(new.alert_ids):
            await self._link_alert(session, incident_id, alert_id, by, now)
        return incident_id

    async def change(self, session: AsyncSession, incident_id: str, changed: ChangedIncident, *, by: str, now: datetime) -> None:
        """Another title, severity or place."""
        before = await self._locked(session, incident_id, changed.version)
        values: dict[str, Any] = {}
        for name in changed.model_fields_set - {"version", "place"}:
            value = getattr(changed, name)
            if value is not None:
                values[name] = value.strip() if isinstance(value, str) else value
        if "place" in changed.model_fields_set:
            values |= {
                "lat": changed.place.lat if changed.place else None,
                "lon": changed.place.lon if changed.place else None,
            }
        different = {name: value for name, value in values.items() if before[name] != value}
        if not different:
            return
        await self._store(session, before, now, **different)
        await self.note(session, incident_id, "changed", by, now, details={"fields": sorted(different)})

    async def link_alert(self, session: AsyncSession, incident_id: str, alert_id: str, *, by: str, now: datetime) -> None:
        """The alert belongs to this case from now on; out of another one it is taken."""
        before = await self._locked(session, incident_id, None)
        if await self._link_alert(session, incident_id, alert_id, by, now):
            await self._store(session, before, now)

    async def unlink_alert(self, session: AsyncSession, incident_id: str, alert_id: str, *, by: str, now: datetime) -> None:
        """The alert belongs to no case."""
        before = await self._locked(session, incident_id, None)
        alert = await alert_store.find(session, alert_id, lock=True)
        if alert.incident_id == incident_id:
            await self._alerts.join(session, alert_id, None, by=by, now=now)
            await self.note(session, incident_id, "alert-unlinked", by, now, text=alert.summary, details={"alert_id": alert_id})
            await self._store(session, before, now)

    async def link_report(
        self, session: AsyncSession, incident_id: str, report_id: str, reference: str, *, by: str, now: datetime
    ) -> None:
        """A resident's report belongs to this case. AppError(CONFLICT) when it belongs to another one."""
        before = await self._locked(session, incident_id, None)
        values = {"report_id": report_id, "incident_id": incident_id, "reference": reference, "linked_at": now}
        statement = upsert(incident_reports).values(values).on_conflict_do_nothing().returning(incident_reports.c.report_id)
        if (await session.execute(statement)).first() is None:
            query = select(incident_reports.c.incident_id).where(incident_reports.c.report_id == report_id)
            if (await session.execute(query)).scalar() != incident_id:
                raise AppError(Kind.CONFLICT, "report-linked-elsewhere", "This report belongs to another incident.")
            return
        details = {"report_id": report_id, "reference": reference}
        await self.note(session, incident_id, "report-linked", by, now, text=reference, details=details)
        await self._store(session, before, now)

    async def unlink_report(self, session: AsyncSession, incident_id: str, report_id: str, *, by: str, now: datetime) -> None:
        """The report belongs to no case."""
        before = await self._locked(session, incident_id, None)
        gone = delete(incident_reports).where(
            incident_reports.c.report_id == report_id, incident_reports.c.incident_id == incident_id
        )
        row = (await session.execute(gone.returning(incident_reports.c.reference))).first()
        if row is not None:
            details = {"report_id": report_id}
            await self.note(session, incident_id, "report-unlinked", by, now, text=row.reference, details=details)
            await self._store(session, before, now)

    async def close(
        self, session: AsyncSession, incident_id: str, report: str, *, version: int | None, by: str, now: datetime
    ) -> None:
        """The end, with its report. AppError(CONFLICT) while an alert of it is open."""
        before = await self._locked(session, incident_id, version)
        waiting, _ = await alert_store.page(
            session,
            states=alert_store.OPEN_STATES,
            severities=(),
            camera_id=None,
            incident_id=incident_id,
            groups=None,
            cursor=None,
            limit=50,
        )
        if waiting:
            detail = (
                f"{len(waiting)} alerts of this incident are still open: {', '.join(alert.summary for alert in waiting[:3])}."
            )
            raise AppError(Kind.CONFLICT, "incident-alerts-open", detail)
        await self._store(session, before, now, state="closed", closing_report=report, closed_by=by, closed_at=now)
        await self.note(session, incident_id, "closed", by, now, text=report)

    async def note(
        self,
        session: AsyncSession,
        incident_id: str,
        kind: IncidentEntryKind,
        by: str,
        now: datetime,
        *,
        text: str = "",
        details: Mapping[str, Any] | None = None,
        entry_id: str | None = None,
    ) -> bool:
        """A line of the log; False when one with this id is there already."""
        values = {
            "entry_id": entry_id or new_id(),
            "incident_id": incident_id,
            "kind": kind,
            "by": by,
            "text": text,
            "details": dict(details or {}),
            "at": now,
        }
        statement = upsert(incident_entries).values(values).on_conflict_do_nothing().returning(incident_entries.c.entry_id)
        return (await session.execute(statement)).first() is not None

    async def get(self, session: AsyncSession, incident_id: str, *, lock: bool = False) -> Row:
        """The row of a case; AppError(NOT_FOUND) when there is none."""
        query = select(incidents).where(incidents.c.incident_id == incident_id)
        row = (await session.execute(query.with_for_update() if lock else query)).mappings().first()
        if row is None:
            raise AppError(Kind.NOT_FOUND, "incident-unknown", "There is no such incident.")
        return row

    async def case(self, session: AsyncSession, incident_id: str) -> IncidentCase:
        """A case with everything in it."""
        row = await self.get(session, incident_id)
        entries = await self._all(session, incident_entries, incident_id, incident_entries.c.at, MOST_ENTRIES)
        marks = await self._all(session, incident_marks, incident_id, incident_marks.c.made_at, 500)
        reports = await self._all(session, incident_reports, incident_id, incident_reports.c.linked_at, 500)
        rows, _ = await alert_store.page(
            session, states=(), severities=(), camera_id=None, incident_id=incident_id, groups=None, cursor=None, limit=200
        )
        people = await names(session, [*_people(row), *(one["by"] for one in entries), *(one["by"] for one in marks)])
        return IncidentCase(
            **_incident(row, people).model_dump(),
            alerts=await shown(session, rows),
            reports=[LinkedReport.model_validate({**one}) for one in reports],
            marks=[_mark(one, people) for one in marks],
            entries=[IncidentEntry.model_validate({**one, "by": people.get(one["by"])}) for one in entries],
        )

    async def page(
        self, session: AsyncSession, *, state: IncidentState | None, cursor: str | None, limit: int
    ) -> tuple[list[Incident], str | None]:
        """Newest first, with the cursor of the next page."""
        query = select(incidents).order_by(incidents.c.opened_at.desc(), incidents.c.incident_id.desc()).limit(limit + 1)
        if state is not None:
            query = query.where(incidents.c.state == state)
        if cursor is not None:
            query = query.where(tuple_(incidents.c.opened_at, incidents.c.incident_id) < tuple_(*open_cursor(cursor)))
        rows = (await session.execute(query)).mappings().all()
        people = await names(session, [person for row in rows for person in _people(row)])
        following = seal_cursor(rows[limit - 1]["opened_at"], rows[limit - 1]["incident_id"]) if len(rows) > limit else None
        return [_incident(row, people) for row in rows[:limit]], following

    async def _all(self, session: AsyncSession, table: Any, incident_id: str, order: Any, limit: int) -> Sequence[Row]:
        query = select(table).where(table.c.incident_id == incident_id).order_by(order).limit(limit)
        return (await session.execute(query)).mappings().all()

    async def _link_alert(self, session: AsyncSession, incident_id: str, alert_id: str, by: str, now: datetime) -> bool:
        alert = await alert_store.find(session, alert_id, lock=True)
        if alert.incident_id == incident_id:
            return False
        if alert.incident_id is not None:
            details = {"alert_id": alert_id}
            await self.note(session, alert.incident_id, "alert-unlinked", by, now, text=alert.summary, details=details)
        await self._alerts.join(session, alert_id, incident_id, by=by, now=now)
        await self.note(session, incident_id, "alert-linked", by, now, text=alert.summary, details={"alert_id": alert_id})
        return True

    async def _locked(self, session: AsyncSession, incident_id: str, version: int | None) -> Row:
        row = await self.get(session, incident_id, lock=True)
        if row["state"] == "closed":
            raise AppError(Kind.CONFLICT, "incident-closed", "The incident is closed. Notes can still be added.")
        if version is not None and version != row["version"]:
            detail = f"The incident was changed meanwhile (version {row['version']}, yours was {version}). Load it again."
            raise AppError(Kind.CONFLICT, "incident-changed-meanwhile", detail)
        return row

    async def _store(self, session: AsyncSession, before: Row, now: datetime, **values: Any) -> None:
        where = incidents.c.incident_id == before["incident_id"]
        await session.execute(update(incidents).where(where).values(version=before["version"] + 1, changed_at=now, **values))


def reference_of(row: Row) -> str:
    """What people say on the phone."""
    return f"ZD-{row['opened_at'].year}-{row['number']:05}"


def _people(row: Row) -> tuple[str | None, str | None]:
    return row["opened_by"], row["closed_by"]


def _incident(row: Row, people: Mapping[str, Person]) -> Incident:
    place = None if row["lat"] is None else Point(lat=row["lat"], lon=row["lon"])
    return Incident.model_validate(
        {
            **row,
            "reference": reference_of(row),
            "place": place,
            "opened_by": people.get(row["opened_by"]),
            "closed_by": people.get(row["closed_by"] or ""),
        }
    )


def _mark(row: Row, people: Mapping[str, Person]) -> Mark:
    return Mark.model_validate({**row, "by": people.get(row["by"]), "hold_wanted": row["hold"] is not None})


async def add_mark(session: AsyncSession, values: Mapping[str, Any]) -> bool:
    """False when a mark with this id is there already."""
    statement = upsert(incident_marks).values(**values).on_conflict_do_nothing().returning(incident_marks.c.mark_id)
    return (await session.execute(statement)).first() is not None

"""Alerts at the staff door."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import CameraId, Point, Severity
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import SEE_ALERTS, WORK_ON_ALERTS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.alerts import store
from hejnal_gateway.alerts.alert import AlertRow, AlertState, Outcome, TakenError
from hejnal_gateway.alerts.occurrence import Occurrence
from hejnal_gateway.alerts.schemas import Alert, AlertEntry, AlertWithLog, names, shown
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.if_match import version_of
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

router = APIRouter(prefix="/api/v1/alerts", tags=["alerts"])
Seer = Annotated[StaffSession, Depends(StaffRequired(SEE_ALERTS))]
Worker = Annotated[StaffSession, Depends(StaffRequired(WORK_ON_ALERTS))]
AlertId = Annotated[str, Path(min_length=1, max_length=64)]
IfMatch = Annotated[
    str | None, Header(max_length=24, description='Version this was decided on, e.g. "3"; 409 alert-changed-meanwhile')
]


class AlertPage(BaseModel):
    """Newest first; `next_cursor` asks for the page of older alerts."""

    items: list[Alert]
    next_cursor: str | None


class NewAlert(BaseModel):
    """What a person raises."""

    model_config = ConfigDict(extra="forbid")

    request_id: str = Field(min_length=8, max_length=64, description="Made by the client: the same again gives the same alert")
    severity: Severity
    summary: str = Field(min_length=1, max_length=200)
    place: Point | None = None
    address: str = Field(default="", max_length=200)
    camera_ids: tuple[CameraId, ...] = Field(default=(), max_length=32)


class Assignment(BaseModel):
    """Who is to go."""

    model_config = ConfigDict(extra="forbid")

    to: str = Field(min_length=1, max_length=120, description="A patrol or a person, as the dispatchers call them")


class Resolution(BaseModel):
    """What came of it."""

    model_config = ConfigDict(extra="forbid")

    outcome: Outcome
    note: str = Field(default="", max_length=2000)


class Note(BaseModel):
    """A word for the log."""

    model_config = ConfigDict(extra="forbid")

    note_id: str | None = Field(default=None, min_length=8, max_length=64, description="The same again adds nothing")
    text: str = Field(min_length=1, max_length=2000)


@router.get("", summary="Alerts")
async def list_alerts(
    resources: Res,
    staff: Seer,
    state: Annotated[list[AlertState] | None, Query(description="Only these; all that are open without it")] = None,
    severity: Annotated[list[Severity] | None, Query()] = None,
    camera_id: CameraId | None = None,
    incident_id: Annotated[str | None, Query(max_length=64)] = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> AlertPage:
    """Those that fit all given conditions, newest first."""
    async with resources.database.read() as session:
        rows, following = await store.page(
            session,
            states=state or store.OPEN_STATES,
            severities=severity or (),
            camera_id=camera_id,
            incident_id=incident_id,
            groups=staff.camera_groups,
            cursor=cursor,
            limit=limit,
        )
        return AlertPage(items=await shown(session, rows), next_cursor=following)


@router.post("", status_code=201, summary="Raise an alert")
async def raise_alert(body: NewAlert, resources: Res, staff: Worker, response: Response) -> Alert:
    """A person's own alert; it never joins another one, and no quiet hours hold it back."""
    now = resources.clock.now()
    for camera_id in body.camera_ids:
        await resources.sight.demand(staff, camera_id)
    what = Occurrence(
        trigger="manual",
        object_id=body.request_id,
        severity=body.severity,
        summary=body.summary.strip() or body.summary,
        reason="manual",
        source=staff.account_id,
        at=now,
        place=body.place,
        address=body.address.strip(),
        camera_ids=body.camera_ids,
        raised_by=staff.account_id,
    )
    async with resources.database.transaction() as session:
        key = f"manual:{staff.account_id}:{body.request_id}"
        alert = await resources.alerts.raise_(session, what, now, request_key=key, at_once=True)
        if alert is None:
            detail = "A rule says that alerts raised by hand are none. An administrator can change that."
            raise AppError(Kind.CONFLICT, "alert-not-wanted", detail)
        await publish_audit(session, staff, "alert.raised", now, object_id=alert.alert_id)
        response.headers["Location"] = f"/api/v1/alerts/{alert.alert_id}"
        return (await shown(session, [alert]))[0]


@router.get("/{alert_id}", summary="One alert with its log")
async def show_alert(alert_id: AlertId, resources: Res, staff: Seer) -> AlertWithLog:
    """Everything that happened to it."""
    await _demand_sight(resources, staff, alert_id)
    async with resources.database.read() as session:
        alert = (await shown(session, [await store.find(session, alert_id)]))[0]
        rows = await store.entries(session, alert_id)
        people = await names(session, (row.by for row in rows))
    entries = [
        AlertEntry(entry_id=row.entry_id, kind=row.kind, by=people.get(row.by or ""), text=row.text, at=row.at) for row in rows
    ]
    return AlertWithLog(**alert.model_dump(), entries=entries)


@router.post("/{alert_id}/acknowledgement", summary="Take an alert")
async def acknowledge_alert(alert_id: AlertId, resources: Res, staff: Worker) -> Alert:
    """One takes it; whoever comes later is told who (409 alert-taken). Taking it twice is no error."""
    now = resources.clock.now()

    async def act(session: AsyncSession) -> AlertRow:
        return await resources.alerts.acknowledge(session, alert_id, by=staff.account_id, now=now)

    return await _changed(resources, staff, alert_id, "alert.acknowledged", act)


@router.post("/{alert_id}/assignment", summary="Give an alert to a patrol or person")
async def assign_alert(alert_id: AlertId, body: Assignment, resources: Res, staff: Worker, if_match: IfMatch = None) -> Alert:
    """Whoever assigns an alert that nobody took has taken it."""
    now, expected = resources.clock.now(), version_of(if_match)

    async def act(session: AsyncSession) -> AlertRow:
        return await resources.alerts.assign(
            session, alert_id, to=body.to.strip() or body.to, by=staff.account_id, expected=expected, now=now
        )

    return await _changed(resources, staff, alert_id, "alert.assigned", act)


@router.post("/{alert_id}/resolution", summary="Say what came of an alert")
async def resolve_alert(alert_id: AlertId, body: Resolution, resources: Res, staff: Worker, if_match: IfMatch = None) -> Alert:
    """The end of it; its log stays open for notes."""
    now, expected = resources.clock.now(), version_of(if_match)

    async def act(session: AsyncSession) -> AlertRow:
        return await resources.alerts.resolve(
            session,
            alert_id,
            outcome=body.outcome,
            note=body.note.strip(),
            by=staff.account_id,
            expected=expected,
            now=now,
        )

    return await _changed(resources, staff, alert_id, "alert.resolved", act)


@router.post("/{alert_id}/notes", status_code=201, summary="Write into an alert's log")
async def note_alert(alert_id: AlertId, body: Note, resources: Res, staff: Worker) -> Alert:
    """A word for those who read it later."""
    now = resources.clock.now()

    async def act(session: AsyncSession) -> AlertRow:
        return await resources.alerts.note(
            session, alert_id, text=body.text.strip() or body.text, by=staff.account_id, now=now, note_id=body.note_id
        )

    return await _changed(resources, staff, alert_id, "alert.noted", act)


async def _changed(
    resources: Resources,
    staff: StaffSession,
    alert_id: str,
    action: str,
    act: Callable[[AsyncSession], Awaitable[AlertRow]],
) -> Alert:
    """The alert after `act`, which is on record; who was faster is named."""
    await _demand_sight(resources, staff, alert_id)
    try:
        async with resources.database.transaction() as session:
            alert = await act(session)
            await publish_audit(session, staff, action, resources.clock.now(), object_id=alert_id)
            return (await shown(session, [alert]))[0]
    except TakenError as error:
        raise await _named(resources, error) from error


async def _demand_sight(resources: Resources, staff: StaffSession, alert_id: str) -> None:
    """AppError(NOT_FOUND) for an alert about cameras of which this person may know none."""
    if staff.camera_groups is None:
        return
    async with resources.database.read() as session:
        camera_ids = (await store.find(session, alert_id)).camera_ids
    if camera_ids and not await resources.sight.visible(staff, camera_ids):
        raise AppError(Kind.NOT_FOUND, "alert-unknown", "There is no such alert.")


async def _named(resources: Resources, error: TakenError) -> AppError:
    async with resources.database.read() as session:
        holder = (await names(session, [error.holder])).get(error.holder or "")
    who = f" by {holder.name}" if holder else ""
    at = error.at.astimezone(TOWN_TIME).strftime(" at %H:%M:%S") if error.at else ""
    person = {"account_id": holder.account_id, "name": holder.name} if holder else None
    told = {"pointer": "", "detail": error.what, "code": error.slug, "by": person, "at": error.at and error.at.isoformat()}
    return AppError(Kind.CONFLICT, error.slug, f"{error.what}{who}{at}.", errors=[told])

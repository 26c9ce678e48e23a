"""Incidents at the staff door."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Point
from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import MARK_INCIDENT_FOOTAGE, SEE_ALERTS, WORK_ON_ALERTS
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.incidents.incidents import add_mark
from hejnal_gateway.incidents.places import SeeingCamera, cameras_seeing
from hejnal_gateway.incidents.schemas import (
    ChangedIncident,
    Closure,
    IncidentCase,
    IncidentMessage,
    IncidentNote,
    IncidentPage,
    IncidentState,
    NewIncident,
    NewMark,
    ReportLink,
)
from hejnal_gateway.resources import Resources
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/api/v1", tags=["incidents"])
Seer = Annotated[StaffSession, Depends(StaffRequired(SEE_ALERTS))]
Worker = Annotated[StaffSession, Depends(StaffRequired(WORK_ON_ALERTS))]
Marker = Annotated[StaffSession, Depends(StaffRequired(MARK_INCIDENT_FOOTAGE))]
IncidentId = Annotated[str, Path(min_length=1, max_length=64)]
OtherId = Annotated[str, Path(min_length=1, max_length=64)]
Most = Annotated[int, Query(ge=1, le=50)]


class SeeingCameras(BaseModel):
    """Nearest first."""

    items: list[SeeingCamera]


@router.get("/incidents", summary="Incidents")
async def list_incidents(
    resources: Res,
    _staff: Seer,
    state: IncidentState | None = None,
    cursor: Annotated[str | None, Query(max_length=200)] = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> IncidentPage:
    """Newest first."""
    async with resources.database.read() as session:
        items, following = await resources.incidents.page(session, state=state, cursor=cursor, limit=limit)
    return IncidentPage(items=items, next_cursor=following)


@router.post("/incidents", status_code=201, summary="Open an incident")
async def open_incident(body: NewIncident, resources: Res, staff: Worker, response: Response) -> IncidentCase:
    """A case for one alert or several, or for none yet."""
    now = resources.clock.now()
    async with resources.database.transaction() as session:
        incident_id = await resources.incidents.open(session, body, by=staff.account_id, now=now)
        await publish_audit(session, staff, "incident.opened", now, object_id=incident_id)
    response.headers["Location"] = f"/api/v1/incidents/{incident_id}"
    return await _case(resources, staff, incident_id)


@router.get("/incidents/{incident_id}", summary="One incident with everything in it")
async def show_incident(incident_id: IncidentId, resources: Res, staff: Seer) -> IncidentCase:
    """Its alerts, reports, marked footage, messages and log."""
    return await _case(resources, staff, incident_id)


@router.patch("/incidents/{incident_id}", summary="Change an incident")
async def change_incident(incident_id: IncidentId, body: ChangedIncident, resources: Res, staff: Worker) -> IncidentCase:
    """Title, severity, place, address; what is left out stays."""

    async def act(session: AsyncSession) -> None:
        await resources.incidents.change(session, incident_id, body, by=staff.account_id, now=resources.clock.now())

    return await _changed(resources, staff, incident_id, "incident.changed", act)


@router.post("/incidents/{incident_id}/notes", status_code=201, summary="Write into an incident's log")
async def note_incident(incident_id: IncidentId, body: IncidentNote, resources: Res, staff: Worker) -> IncidentCase:
    """Also after it was closed."""

    async def act(session: AsyncSession) -> None:
        await resources.incidents.get(session, incident_id, lock=True)
        await resources.incidents.note(
            session,
            incident_id,
            "note",
            staff.account_id,
            resources.clock.now(),
            text=body.text.strip() or body.text,
            entry_id=body.note_id,
        )

    return await _changed(resources, staff, incident_id, "incident.noted", act)


@router.put("/incidents/{incident_id}/alerts/{alert_id}", summary="Make an alert part of an incident")
async def link_alert(incident_id: IncidentId, alert_id: OtherId, resources: Res, staff: Worker) -> IncidentCase:
    """Out of another incident it is taken."""

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        await resources.incidents.link_alert(session, incident_id, alert_id, by=staff.account_id, now=now)

    return await _changed(resources, staff, incident_id, "incident.alert-linked", act)


@router.delete("/incidents/{incident_id}/alerts/{alert_id}", summary="Take an alert out of an incident")
async def unlink_alert(incident_id: IncidentId, alert_id: OtherId, resources: Res, staff: Worker) -> IncidentCase:
    """The alert stays."""

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        await resources.incidents.unlink_alert(session, incident_id, alert_id, by=staff.account_id, now=now)

    return await _changed(resources, staff, incident_id, "incident.alert-unlinked", act)


@router.put("/incidents/{incident_id}/reports/{report_id}", summary="Make a resident's report part of an incident")
async def link_report(
    incident_id: IncidentId, report_id: OtherId, body: ReportLink, resources: Res, staff: Worker
) -> IncidentCase:
    """409 when it belongs to another one."""

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        await resources.incidents.link_report(
            session, incident_id, report_id, body.reference.strip(), by=staff.account_id, now=now
        )

    return await _changed(resources, staff, incident_id, "incident.report-linked", act)


@router.delete("/incidents/{incident_id}/reports/{report_id}", summary="Take a report out of an incident")
async def unlink_report(incident_id: IncidentId, report_id: OtherId, resources: Res, staff: Worker) -> IncidentCase:
    """The report stays."""

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        await resources.incidents.unlink_report(session, incident_id, report_id, by=staff.account_id, now=now)

    return await _changed(resources, staff, incident_id, "incident.report-unlinked", act)


@router.post("/incidents/{incident_id}/messages", status_code=201, summary="Note that residents were told")
async def note_message(incident_id: IncidentId, body: IncidentMessage, resources: Res, staff: Worker) -> IncidentCase:
    """The announcement itself is issued through the town's door; here it becomes part of the case."""

    async def act(session: AsyncSession) -> None:
        await resources.incidents.get(session, incident_id, lock=True)
        details = {"announcement_id": body.announcement_id, "channels": [channel.value for channel in body.channels]}
        await resources.incidents.note(
            session,
            incident_id,
            "message-sent",
            staff.account_id,
            resources.clock.now(),
            text=body.summary,
            details=details,
            entry_id=f"message:{incident_id[:20]}:{body.announcement_id}"[:120],
        )

    return await _changed(resources, staff, incident_id, "incident.message-noted", act)


@router.post("/incidents/{incident_id}/marks", status_code=201, summary="Mark footage that shows an incident")
async def mark_footage(incident_id: IncidentId, body: NewMark, resources: Res, staff: Marker) -> IncidentCase:
    """A bookmark at the recorder, with a hold where that is asked for; asked for again by itself while the recorder is away."""
    await resources.sight.demand(staff, body.camera_id)

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        if (await resources.incidents.get(session, incident_id, lock=True))["state"] == "closed":
            raise AppError(Kind.CONFLICT, "incident-closed", "The incident is closed. Notes can still be added.")
        values = {
            "mark_id": body.mark_id,
            "incident_id": incident_id,
            "camera_id": body.camera_id,
            "starts_at": body.starts_at,
            "ends_at": body.ends_at,
            "note": body.note.strip(),
            "hold": body.hold.model_dump(mode="json") if body.hold else None,
            "state": "pending",
            "next_at": now,
            "by": staff.account_id,
            "role": staff.role.value,
            "made_at": now,
        }
        if not await add_mark(session, values):
            return
        details = {
            "camera_id": body.camera_id,
            "from": body.starts_at.isoformat(),
            "to": body.ends_at.isoformat(),
            "mark_id": body.mark_id,
        }
        await resources.incidents.note(
            session, incident_id, "footage-marked", staff.account_id, now, text=body.note.strip(), details=details
        )
        await publish_audit(
            session,
            staff,
            "incident.footage-marked",
            now,
            object_id=incident_id,
            camera_id=body.camera_id,
            footage_from=body.starts_at,
            footage_until=body.ends_at,
        )

    async with resources.database.transaction() as session:
        await act(session)
    await resources.marks.keep_now(body.mark_id)
    return await _case(resources, staff, incident_id)


@router.post("/incidents/{incident_id}/closure", summary="Close an incident")
async def close_incident(incident_id: IncidentId, body: Closure, resources: Res, staff: Worker) -> IncidentCase:
    """With its report. 409 while alerts of it are open."""

    async def act(session: AsyncSession) -> None:
        now = resources.clock.now()
        await resources.incidents.close(
            session, incident_id, body.report.strip() or body.report, version=body.version, by=staff.account_id, now=now
        )

    return await _changed(resources, staff, incident_id, "incident.closed", act)


@router.get("/incidents/{incident_id}/cameras", summary="Cameras that see the place of an incident")
async def list_incident_cameras(incident_id: IncidentId, resources: Res, staff: Seer, limit: Most = 12) -> SeeingCameras:
    """By their view cones, or near where none is drawn; nothing for an incident without a place."""
    async with resources.database.read() as session:
        row = await resources.incidents.get(session, incident_id)
    if row["lat"] is None:
        return SeeingCameras(items=[])
    return await _seeing(resources, staff, Point(lat=row["lat"], lon=row["lon"]), limit)


@router.get("/places/cameras", summary="Cameras that see a place")
async def list_seeing_cameras(
    resources: Res,
    staff: Seer,
    lat: Annotated[float, Query(ge=-90, le=90)],
    lon: Annotated[float, Query(ge=-180, le=180)],
    limit: Most = 12,
) -> SeeingCameras:
    """The same for any place, an alert's or a report's."""
    return await _seeing(resources, staff, Point(lat=lat, lon=lon), limit)


async def _seeing(resources: Resources, staff: StaffSession, place: Point, limit: int) -> SeeingCameras:
    async with resources.database.read() as session:
        found = await cameras_seeing(session, place, limit=500)
    visible = await resources.sight.visible(staff, [camera.camera_id for camera in found])
    return SeeingCameras(items=[camera for camera in found if camera.camera_id in visible][:limit])


async def _changed(
    resources: Resources,
    staff: StaffSession,
    incident_id: str,
    action: str,
    act: Callable[[AsyncSession], Awaitable[None]],
) -> IncidentCase:
    async with resources.database.transaction() as session:
        await act(session)
        await publish_audit(session, staff, action, resources.clock.now(), object_id=incident_id)
    return await _case(resources, staff, incident_id)


async def _case(resources: Resources, staff: StaffSession, incident_id: str) -> IncidentCase:
    """Alerts about cameras that this person may not know of are left out."""
    async with resources.database.read() as session:
        case = await resources.incidents.case(session, incident_id)
    if staff.camera_groups is None:
        return case
    named = {camera_id for alert in case.alerts for camera_id in alert.camera_ids} | {mark.camera_id for mark in case.marks}
    visible = await resources.sight.visible(staff, named)
    alerts = [alert for alert in case.alerts if not alert.camera_ids or visible & set(alert.camera_ids)]
    marks = [mark for mark in case.marks if mark.camera_id in visible]
    return case.model_copy(update={"alerts": alerts, "marks": marks})

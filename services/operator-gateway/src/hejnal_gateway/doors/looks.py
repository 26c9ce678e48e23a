"""Every look at footage or a report is on record: once per session and thing looked at, not once per byte range.

What lasts (playback, the strip of small pictures) is a look with an end (`open_looks`); the rest is an entry at its beginning.
"""

from collections import OrderedDict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from urllib.parse import urlencode

from pydantic import AwareDatetime, BaseModel, Field, TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from hejnal_contracts.base import CameraId
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.doors.open_looks import Interval, OpenLooks
from hejnal_gateway.doors.table import Door
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

PLAYBACK, THUMBNAIL = "footage.playback", "footage.thumbnail"
CAMERA_HEADER, FROM_HEADER, UNTIL_HEADER = "x-hejnal-camera", "x-hejnal-footage-from", "x-hejnal-footage-until"
_AFTER = ("footage.segment", "footage.export-fetched")
"""Recorded when it is known which camera they are of, before a byte is handed over."""
_REMEMBERED = 20_000
_REMEMBERED_S = 900.0
Outcome = Literal["allowed", "refused", "failed"]
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


class ExportLook(BaseModel):
    """What an evidence package is of, as the order for it and the recorder's description both say."""

    export_id: str = Field(default="", max_length=64)
    cameras: list[CameraId] = Field(min_length=1, max_length=64)
    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to")
    reason: str = ""


def export_look(document: bytes) -> ExportLook | None:
    """An evidence package as its order or description has it; None for what is neither."""
    try:
        return ExportLook.model_validate_json(document)
    except ValidationError:
        return None


class LooksOnRecord:
    """Writes the audit fact of a look before it is granted. The same look within 15 min is the same entry."""

    def __init__(self, database: Database, registry: CameraRegistry, clock: Clock, lasting: OpenLooks) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._lasting = lasting
        self._seen: OrderedDict[tuple[str, ...], float] = OrderedDict()

    async def before(self, door: Door, query: QueryParams, names: dict[str, str], staff: StaffSession) -> str:
        """Record the look this request means, if any; the query to hand on (the reason stays here).

        AppError(INVALID) when the camera is restricted and no reason is given.
        """
        reason = query.get("reason", "").strip()[:300]
        handed_on = urlencode([(name, value) for name, value in query.multi_items() if name != "reason"])
        if door.audit is None or door.method != "GET" or door.audit in _AFTER:
            return handed_on
        camera_id = names.get("camera_id")
        if camera_id is not None and door.audit != "footage.search":  # a search shows no picture
            await self._demand_reason(camera_id, reason)
        if camera_id is not None and door.audit == PLAYBACK:
            await self._lasting.ask(staff, PLAYBACK, camera_id, reason, _interval(query.get("from"), query.get("to")))
            return handed_on
        if camera_id is not None and door.audit == THUMBNAIL:
            seen = _interval(query.get("at"), query.get("at"))
            await self._lasting.see(staff, THUMBNAIL, camera_id, reason, seen, jumps=False)
            return handed_on
        single = query.get("at", "") if door.audit == "footage.snapshot" else ""  # each snapshot is a copy of its own
        key = (staff.session_id, door.audit, *names.values(), query.get("from", ""), query.get("to", ""), single, reason)
        await self._record(
            key,
            staff,
            door.audit,
            object_id="" if camera_id else next(iter(names.values()), "")[:64],
            camera_id=camera_id,
            footage_from=_instant(query.get("from") or single),
            footage_until=_instant(query.get("to") or single),
            reason=reason,
        )
        return handed_on

    async def segment(self, staff: StaffSession, segment_id: str, query: QueryParams, found: Mapping[str, str]) -> None:
        """Record that a piece of a segment is about to be handed over: the recorder's answer says of which camera and time.

        AppError(INVALID) for a restricted camera and no reason, now or when the look began.
        """
        camera_id = found.get(CAMERA_HEADER)
        reason = query.get("reason", "").strip()[:300]
        if camera_id is None:
            await self._record((staff.session_id, "footage.segment", segment_id), staff, "footage.segment", object_id=segment_id)
            return
        given = self._lasting.reason(staff, PLAYBACK, camera_id)
        if given is None:
            await self._demand_reason(camera_id, reason)
        seen = _interval(found.get(FROM_HEADER), found.get(UNTIL_HEADER))
        await self._lasting.see(staff, PLAYBACK, camera_id, reason or given or "", seen)

    async def export(
        self, staff: StaffSession, action: str, export: ExportLook, *, outcome: Outcome = "allowed", once: bool = False
    ) -> None:
        """Record an evidence package, an entry per camera. `once`: the same session's look within 15 min is the same entry."""
        key = (staff.session_id, action, export.export_id)
        if once and self._is_remembered(key):
            return
        async with self._database.transaction() as session:
            for camera_id in export.cameras:
                await publish_audit(
                    session,
                    staff,
                    action,
                    self._clock.now(),
                    object_id=export.export_id,
                    camera_id=camera_id,
                    footage_from=export.starts_at,
                    footage_until=export.ends_at,
                    reason=export.reason[:300],
                    outcome=outcome,
                )
        if once:
            self._seen[key] = self._clock.monotonic()

    async def at_camera(self, staff: StaffSession, action: str, camera_id: str, reason: str) -> None:
        """Record a look at what a camera shows now. AppError(INVALID) when it is restricted and no reason is given."""
        reason = reason.strip()[:300]
        await self._demand_reason(camera_id, reason)
        await self._record((staff.session_id, action, camera_id, reason), staff, action, camera_id=camera_id, reason=reason)

    async def _record(self, key: tuple[str, ...], staff: StaffSession, action: str, **what: Any) -> None:
        if self._is_remembered(key):
            return
        async with self._database.transaction() as session:
            await publish_audit(session, staff, action, self._clock.now(), **what)
        self._seen[key] = self._clock.monotonic()

    async def _demand_reason(self, camera_id: str, reason: str) -> None:
        try:
            async with self._database.read() as session:
                restricted = (await self._registry.get(session, camera_id)).restricted
        except AppError:  # a camera taken out of the registry keeps its footage; the recorder knows whether there is any
            restricted = False
        if restricted and not reason:
            raise AppError(Kind.INVALID, "reason-required", "This camera is restricted: say why you look (parameter reason).")

    def _is_remembered(self, key: tuple[str, ...]) -> bool:
        now = self._clock.monotonic()
        while self._seen and (len(self._seen) > _REMEMBERED or next(iter(self._seen.values())) < now - _REMEMBERED_S):
            self._seen.popitem(last=False)
        return key in self._seen


def _interval(since: str | None, until: str | None) -> Interval | None:
    first, last = _instant(since), _instant(until)
    return (first, last) if first is not None and last is not None and first <= last else None


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return _INSTANT.validate_python(text)
    except ValidationError:
        return None  # the upstream says what is wrong with it

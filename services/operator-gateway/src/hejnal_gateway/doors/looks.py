"""Every look at footage or a report is on record: once per session and thing looked at, not once per byte range."""

from collections import OrderedDict
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from pydantic import AwareDatetime, TypeAdapter, ValidationError
from starlette.datastructures import QueryParams

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.doors.table import Door
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

_REMEMBERED = 20_000
_REMEMBERED_S = 900.0
_INSTANT: TypeAdapter[datetime] = TypeAdapter(AwareDatetime)


class LooksOnRecord:
    """Writes the audit fact of a look before it is granted. The same look within 15 min is the same entry."""

    def __init__(self, database: Database, registry: CameraRegistry, clock: Clock) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._seen: OrderedDict[tuple[str, ...], float] = OrderedDict()

    async def before(self, door: Door, query: QueryParams, names: dict[str, str], staff: StaffSession) -> str:
        """Record the look this request means, if any; the query to hand on (the reason stays here).

        AppError(INVALID) when the camera is restricted and no reason is given.
        """
        reason = query.get("reason", "").strip()[:300]
        handed_on = urlencode([(name, value) for name, value in query.multi_items() if name != "reason"])
        if door.audit is None or door.method != "GET":
            return handed_on
        camera_id = names.get("camera_id")
        if camera_id is not None:
            await self._demand_reason(camera_id, reason)
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


def _instant(text: str | None) -> datetime | None:
    if not text:
        return None
    try:
        return _INSTANT.validate_python(text)
    except ValidationError:
        return None  # the upstream says what is wrong with it

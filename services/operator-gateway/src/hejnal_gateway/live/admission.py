"""Who may look at which camera live, and the record of it: a look is granted only when its beginning is written down."""

import asyncio
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from pydantic import TypeAdapter
from sqlalchemy import delete, func, insert, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.cameras import CameraState
from hejnal_gateway import metrics
from hejnal_gateway.accounts.roles import SEE_UNMASKED, Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.live.tables import live_views, live_workers
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

STAFF = TypeAdapter(StaffSession)
_RECORD_TRIES = 5
_LOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True)
class Look:
    """A granted live view."""

    viewer_id: str
    staff: StaffSession
    camera: CameraState
    stream_name: str
    reason: str
    started_at: datetime

    @property
    def masked(self) -> bool:
        """Whether this person must be shown the picture with its private parts covered."""
        return masked(self.camera, self.staff)

    def still_granted_by(self, camera: CameraState) -> bool:
        """Whether a look at a camera that has been changed to this may simply go on."""
        same_cover = not (self.masked or masked(camera, self.staff)) or camera.privacy_masks == self.camera.privacy_masks
        asked = bool(self.reason) or not camera.restricted
        seen = self.staff.sees(camera.groups)
        return camera.enabled and seen and same_cover and asked and self.stream_name in {stream.name for stream in camera.streams}


def masked(camera: CameraState, staff: StaffSession) -> bool:
    """Whether this person must be shown this camera's picture with its private parts covered."""
    return bool(camera.privacy_masks) and staff.role not in SEE_UNMASKED


class Admission:
    """Grants live views and records their ends, for one worker."""

    def __init__(
        self,
        database: Database,
        registry: CameraRegistry,
        clock: Clock,
        worker_id: str,
        *,
        limit_per_account: int,
        limits_of_roles: Mapping[Role, int],
    ) -> None:
        self._database = database
        self._registry = registry
        self._clock = clock
        self._worker_id = worker_id
        self._limit_per_account = limit_per_account
        self._limits_of_roles = limits_of_roles

    async def camera(self, camera_id: str, stream_name: str) -> CameraState:
        """A camera that might be watched; errors as of `grant`, but for the reason."""
        async with self._database.read() as session:
            camera = await self._registry.get(session, camera_id)
        _check(camera, stream_name)
        return camera

    async def grant(
        self,
        staff: StaffSession,
        camera_id: str,
        stream_name: str,
        reason: str,
        prepare: Callable[[CameraState, bool], None] = lambda _camera, _masked: None,
    ) -> Look:
        """A look whose beginning is on record; not granted when `prepare` (camera, must it be masked) raises.

        AppError: NOT_FOUND no such camera; CONFLICT camera switched off; INVALID no such stream, or a restricted camera
        without a reason; RATE_LIMITED as many views as this role may have are open.
        """
        now = self._clock.now()
        async with self._database.transaction() as session:
            camera = await self._registry.get(session, camera_id)
            _check(camera, stream_name)
            if camera.restricted and not reason:
                detail = "This camera is restricted: say why you look (parameter reason)."
                raise AppError(Kind.INVALID, "reason-required", detail)
            await self._check_own(session, staff)
            prepare(camera, masked(camera, staff))
            look = Look(new_id(), staff, camera, stream_name, reason, now)
            await session.execute(
                insert(live_views).values(
                    viewer_id=look.viewer_id,
                    worker_id=self._worker_id,
                    camera_id=camera_id,
                    account_id=staff.account_id,
                    staff=STAFF.dump_python(staff, mode="json"),
                    reason=reason,
                    started_at=now,
                )
            )
            await publish_audit(session, staff, "footage.live", now, camera_id=camera_id, object_id=look.viewer_id, reason=reason)
        return look

    async def _check_own(self, session: AsyncSession, staff: StaffSession) -> None:
        limit = self._limits_of_roles.get(staff.role, self._limit_per_account)
        query = select(func.count()).select_from(live_views).where(live_views.c.account_id == staff.account_id)
        own = (await session.execute(query)).scalar_one()
        if own >= limit:
            metrics.VIEWERS_REFUSED.labels("own").inc()
            detail = f"{own} live views of yours are open; the role {staff.role.value} may have {limit}. Close one and try again."
            raise AppError(Kind.RATE_LIMITED, "own-viewers-full", detail, retry_after_s=5)

    # --- ends -----------------------------------------------------------------------------------------------------

    async def record_end(self, look: Look) -> None:
        """The end with its duration; tried a few times, for the view itself is over whatever happens."""
        now = self._clock.now()
        for attempt in range(_RECORD_TRIES):
            try:
                async with self._database.transaction() as session:
                    gone = delete(live_views).where(live_views.c.viewer_id == look.viewer_id).returning(live_views.c.viewer_id)
                    if (await session.execute(gone)).first() is None:
                        return  # another worker took us for dead, and has written it down
                    await _publish_end(
                        session, look.staff, look.viewer_id, look.camera.camera_id, look.started_at, now, look.reason
                    )
                return
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("view_end_not_recorded_yet", viewer_id=look.viewer_id, error=repr(error))
                await asyncio.sleep(min(10.0, 0.5 * 2**attempt) * random.uniform(0.5, 1))
        log.error("view_end_not_recorded", viewer_id=look.viewer_id, camera_id=look.camera.camera_id, ended_at=now.isoformat())

    async def record_lost_ends(self) -> int:
        """Ends of views whose worker is gone, at the time it was last seen; how many. Several workers may do this at once."""
        lost = (
            select(live_views, live_workers.c.seen_at)
            .outerjoin(live_workers, live_workers.c.worker_id == live_views.c.worker_id)
            .where(live_workers.c.worker_id.is_(None))
            .limit(_LOST_AT_ONCE)
            .with_for_update(of=live_views, skip_locked=True)
        )
        async with self._database.transaction() as session:
            rows = [dict(row) for row in (await session.execute(lost)).mappings()]
            for row in rows:
                await self._end_lost(session, row)
        return len(rows)

    async def _end_lost(self, session: AsyncSession, row: Mapping[str, Any]) -> None:
        staff = STAFF.validate_python(row["staff"])
        now = self._clock.now()
        await _publish_end(session, staff, row["viewer_id"], row["camera_id"], row["started_at"], now, row["reason"])
        await session.execute(delete(live_views).where(live_views.c.viewer_id == row["viewer_id"]))


async def _publish_end(
    session: AsyncSession, staff: StaffSession, viewer_id: str, camera_id: str, started_at: datetime, now: datetime, reason: str
) -> None:
    await publish_audit(
        session,
        staff,
        "footage.live-ended",
        now,
        camera_id=camera_id,
        object_id=viewer_id,
        footage_from=started_at,
        footage_until=now,
        reason=reason,
    )


def _check(camera: CameraState, stream_name: str) -> None:
    if not camera.enabled:
        raise AppError(Kind.CONFLICT, "camera-off", f"The camera {camera.camera_id} is switched off in the registry.")
    if stream_name not in {stream.name for stream in camera.streams}:
        raise AppError(Kind.INVALID, "stream-unknown", f"The camera {camera.camera_id} has no stream {stream_name}.")

"""Looks at recorded footage that last: one entry when they begin, one when they are over with what was seen, not one per segment.

A look is one session at one camera. It is over when nothing was asked for in a minute, after an hour, or when the person jumps to
another time: the next request begins another.
"""

import asyncio
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.audit.facts import publish_audit
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

log = structlog.get_logger()

IDLE_S = 60.0
LONGEST_S = 3600.0
JUMP = timedelta(minutes=10)
"""So far apart, two pieces of footage are two looks."""
_MOST_OPEN = 5_000
_STEP_S = 5.0

Interval = tuple[datetime, datetime]


@dataclass(slots=True)
class _Look:
    look_id: str
    staff: StaffSession
    action: str
    camera_id: str
    reason: str
    began_s: float
    asked: Interval | None
    last_at: datetime
    last_s: float
    seen: Interval | None = None


class OpenLooks:
    """Begins looks before their footage is handed on, extends them, and ends them. `run()` lasts until cancelled."""

    def __init__(self, database: Database, clock: Clock, new_id: Callable[[], str]) -> None:
        self._database = database
        self._clock = clock
        self._new_id = new_id
        self._open: OrderedDict[tuple[str, str, str], _Look] = OrderedDict()
        self._over: list[_Look] = []
        self._lock = asyncio.Lock()

    def reason(self, staff: StaffSession, action: str, camera_id: str) -> str | None:
        """The reason given for the look that is open; None when none is."""
        look = self._open.get((staff.session_id, action, camera_id))
        return look.reason if look is not None and not self._is_over(look) else None

    async def ask(self, staff: StaffSession, action: str, camera_id: str, reason: str, asked: Interval | None) -> None:
        """Footage of a time is asked for: part of the look that is open if it covers it, else the beginning of another."""
        async with self._lock:
            look = self._current(staff, action, camera_id)
            within = look is not None and (asked is None or (look.asked is not None and _covers(look.asked, asked)))
            if look is None or not within or look.reason != reason:
                look = await self._begin(staff, action, camera_id, reason, asked)
            self._touch(look)

    async def see(
        self, staff: StaffSession, action: str, camera_id: str, reason: str, seen: Interval | None, *, jumps: bool = True
    ) -> None:
        """A piece of footage is about to be handed over; None: an init segment, which shows nothing yet.

        `jumps`: another time is another look. Without it the look spans from the first to the last that was seen.
        """
        async with self._lock:
            look = self._current(staff, action, camera_id)
            if look is None or (jumps and seen is not None and look.seen is not None and not _near(look.seen, seen)):
                look = await self._begin(staff, action, camera_id, reason or (look.reason if look else ""), seen)
            if seen is not None:
                before = look.seen or seen
                look.seen = (min(before[0], seen[0]), max(before[1], seen[1]))
            self._touch(look)

    async def run(self) -> None:
        """Ends what is over; what the database does not take is tried again."""
        while True:
            await asyncio.sleep(_STEP_S)
            async with self._lock:
                for look in [look for look in self._open.values() if self._is_over(look)]:
                    self._close(look)
            await self._record_ends()

    async def close(self) -> None:
        """End everything, written down if the database is there."""
        async with self._lock:
            for look in list(self._open.values()):
                self._close(look)
        await self._record_ends()
        for look in self._over:
            log.error("look_end_not_recorded", look_id=look.look_id, camera_id=look.camera_id, ended_at=look.last_at.isoformat())

    def _current(self, staff: StaffSession, action: str, camera_id: str) -> _Look | None:
        look = self._open.get((staff.session_id, action, camera_id))
        if look is not None and self._is_over(look):
            self._close(look)
            return None
        return look

    def _is_over(self, look: _Look) -> bool:
        now_s = self._clock.monotonic()
        return now_s - look.last_s > IDLE_S or now_s - look.began_s > LONGEST_S

    async def _begin(self, staff: StaffSession, action: str, camera_id: str, reason: str, asked: Interval | None) -> _Look:
        now, now_s = self._clock.now(), self._clock.monotonic()
        look = _Look(self._new_id(), staff, action, camera_id, reason, now_s, asked, now, now_s)
        async with self._database.transaction() as session:
            await publish_audit(
                session,
                staff,
                action,
                now,
                object_id=look.look_id,
                camera_id=camera_id,
                footage_from=asked[0] if asked else None,
                footage_until=asked[1] if asked else None,
                reason=reason,
            )
        key = (staff.session_id, action, camera_id)
        before = self._open.get(key)
        if before is not None:
            self._close(before)
        self._open[key] = look
        if len(self._open) > _MOST_OPEN:
            self._close(next(iter(self._open.values())))
        return look

    def _touch(self, look: _Look) -> None:
        look.last_at, look.last_s = self._clock.now(), self._clock.monotonic()
        self._open.move_to_end((look.staff.session_id, look.action, look.camera_id))

    def _close(self, look: _Look) -> None:
        self._open.pop((look.staff.session_id, look.action, look.camera_id), None)
        self._over.append(look)
        if len(self._over) > _MOST_OPEN:
            lost = self._over.pop(0)
            log.error("look_end_not_recorded", look_id=lost.look_id, camera_id=lost.camera_id, ended_at=lost.last_at.isoformat())

    async def _record_ends(self) -> None:
        while self._over:
            look = self._over[0]
            try:
                async with self._database.transaction() as session:
                    await publish_audit(
                        session,
                        look.staff,
                        f"{look.action}-ended",
                        look.last_at,
                        object_id=look.look_id,
                        camera_id=look.camera_id,
                        footage_from=look.seen[0] if look.seen else None,
                        footage_until=look.seen[1] if look.seen else None,
                        reason=look.reason,
                    )
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("look_end_not_recorded_yet", look_id=look.look_id, error=repr(error))
                return
            self._over.remove(look)


def _covers(whole: Interval, part: Interval) -> bool:
    return whole[0] <= part[0] and part[1] <= whole[1]


def _near(one: Interval, other: Interval) -> bool:
    return other[0] <= one[1] + JUMP and one[0] <= other[1] + JUMP

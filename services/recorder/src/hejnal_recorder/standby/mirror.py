"""Decisions about footage that only the first recorder is told, as a standby learns of them: from `recordings`.

Holds bind the second copy too, and what is deleted for the sake of privacy or with its camera goes there too. Other deletions
are each recorder's own: they follow from age and from its own disk.
"""

from datetime import datetime, timedelta

import structlog
from sqlalchemy import text

from hejnal_contracts.base import Fact
from hejnal_contracts.recordings import HoldPlaced, HoldReleased, SegmentDeleted
from hejnal_recorder.holds import store as holds
from hejnal_recorder.retention.deletion import Candidates, condemn
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

BASIS_TEXT = "As placed with the first recorder"
WAITED_FOR = timedelta(days=1)
"""A deletion of footage that the standby has not seen yet waits for it no longer."""

_STANDS_AT = text("select until from stories where camera_id = :camera_id")
_INDEXED = text(
    """
    select 1 from segments where camera_id = :camera_id and segment_id = :segment_id
        and starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and starts_at <= :ends_at limit 1
    """
)


async def mirror(database: Database, fact: Fact, clock: Clock) -> None:
    """Apply a fact of the first recorder; safe to repeat. AppError(UNAVAILABLE) when it is too early for it."""
    match fact:
        case HoldPlaced():
            async with database.transaction() as session:
                await holds.adopt(session, fact, basis_text=BASIS_TEXT, now=clock.now())
        case HoldReleased():
            async with database.transaction() as session:
                await holds.adopt_release(session, fact)
        case SegmentDeleted() if fact.reason in ("privacy", "camera_removed"):
            await _delete(database, fact, clock.now())
        case _:
            pass


async def _delete(database: Database, fact: SegmentDeleted, now: datetime) -> None:
    async with database.transaction() as session:
        values = {"camera_id": fact.camera_id, "segment_id": fact.segment_id}
        times = {"starts_at": fact.starts_at, "ends_at": fact.ends_at}
        if (await session.execute(_INDEXED, values | times)).one_or_none() is None:
            until = (await session.execute(_STANDS_AT, values)).scalar_one_or_none()
            if (until is None or until < fact.ends_at) and now - fact.deleted_at < WAITED_FOR:
                detail = f"{fact.segment_id} is to be deleted before this recorder has taken it over."
                raise AppError(Kind.UNAVAILABLE, "footage-not-here-yet", detail)
            return
        candidates = Candidates(fact.camera_id, (fact.segment_id,), fact.starts_at, fact.ends_at)
        done = await condemn(session, candidates, fact.reason)
    if done.held or done.open:
        log.error("privacy_deletion_refused_here", segment_id=fact.segment_id, held=done.held, open=done.open)

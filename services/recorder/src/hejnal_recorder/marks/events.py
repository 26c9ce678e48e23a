"""Events of `camera-events` as the time bar needs them: a kind, a start, perhaps an end. Triggers count them per day."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Fact
from hejnal_contracts.cameras import CameraClockSet, CameraTampered, MotionDetected, StreamFaulted
from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.database import Database

MOST = 5000
KEPT = timedelta(days=100)

# The end may be told after the start, twice, or before it when a message is repeated.
_UPSERT = text(
    """
    insert into events as e (event_id, camera_id, kind, starts_at, ends_at, detail)
    values (:event_id, :camera_id, :kind, :starts_at, :ends_at, :detail)
    on conflict (event_id) do update set ends_at = greatest(e.ends_at, excluded.ends_at)
    where e.ends_at is distinct from greatest(e.ends_at, excluded.ends_at)
    """
)
_CLEAR = text(
    """
    update events set ends_at = :at where event_id = (
        select event_id from events where camera_id = :camera_id and kind = :kind and starts_at <= :at and ends_at is null
        order by starts_at desc limit 1)
    """
)
_SELECT = text(
    """
    select event_id, kind, starts_at, ends_at, detail from events
    where camera_id = :camera_id and starts_at < :ends_at and starts_at >= cast(:starts_at as timestamptz) - interval '1 hour'
        and coalesce(ends_at, starts_at) >= :starts_at
    order by starts_at, event_id limit :most
    """
)
_FORGET = text(
    "delete from events where event_id in (select event_id from events where starts_at < :before order by starts_at limit 2000)"
)


@dataclass(frozen=True, slots=True)
class Event:
    """Something that was noticed."""

    event_id: str
    kind: str
    starts_at: datetime
    ends_at: datetime | None
    detail: str


async def remember_event(database: Database, fact: Fact) -> bool:
    """Take an event in; False when the time bar has no use for it."""
    values: dict[str, Any]
    match fact:
        case CameraTampered(phase="cleared"):
            values = {"camera_id": fact.camera_id, "kind": f"tamper:{fact.kind}", "at": fact.at}
            async with database.transaction() as session:
                await session.execute(_CLEAR, values)
            return True
        case CameraTampered():
            event = Event(fact.event_id, f"tamper:{fact.kind}", fact.started_at or fact.at, None, fact.detail)
        case MotionDetected():
            event = Event(fact.event_id, "motion", fact.started_at, fact.ended_at, fact.source)
        case StreamFaulted():
            event = Event(fact.event_id, f"fault:{fact.cause.value}", fact.at, None, fact.detail)
        case CameraClockSet():
            event = Event(fact.event_id, "clock_set", fact.at, None, f"It was {fact.offset_before_s:+.3f} s off")
        case _:
            return False
    values = {
        "event_id": event.event_id,
        "camera_id": fact.camera_id,
        "kind": event.kind,
        "starts_at": event.starts_at,
        "ends_at": event.ends_at,
        "detail": event.detail,
    }
    async with database.transaction() as session:
        await session.execute(_UPSERT, values)
    return True


async def events_of(session: AsyncSession, camera_id: str, interval: Interval) -> list[Event]:
    """Events that touch the interval and began at most an hour before it, in order, at most 5000."""
    values = {"camera_id": camera_id, "starts_at": interval.starts_at, "ends_at": interval.ends_at, "most": MOST}
    rows = await session.execute(_SELECT, values)
    return [Event(row.event_id, row.kind, row.starts_at, row.ends_at, row.detail) for row in rows]


async def forget_events(database: Database, now: datetime) -> None:
    """A batch of those that are older than any footage."""
    async with database.transaction() as session:
        await session.execute(_FORGET, {"before": now - KEPT})

"""What cameras and ingest have noticed: tampering, motion, faults, clocks set, conformance cards."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel
from sqlalchemy import delete, select
from sqlalchemy.dialects.postgresql import insert

from hejnal_contracts.cameras import CameraClockSet, CameraTampered, MotionDetected, StreamFaulted
from hejnal_contracts.probes import CameraProbed
from hejnal_gateway.tables import camera_events
from hejnal_runtime.bus import Message
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

CameraEventKind = Literal["tampered", "motion", "stream-faulted", "clock-set", "probed"]
CameraEventFact = CameraTampered | MotionDetected | StreamFaulted | CameraClockSet | CameraProbed


class CameraEvent(BaseModel):
    """One thing that was noticed; `fact` as it was published."""

    event_id: str
    camera_id: str
    kind: CameraEventKind
    at: datetime
    fact: CameraEventFact


class CameraEventPage(BaseModel):
    """Newest first."""

    items: list[CameraEvent]


def event_of(message: Message) -> CameraEvent:
    """What a message of `camera-events` tells. AppError(INVALID) for anything else."""
    fact = message.fact
    at: datetime
    kind: CameraEventKind
    match fact:
        case CameraTampered():
            kind, at = "tampered", fact.at
        case MotionDetected():
            kind, at = "motion", fact.started_at
        case StreamFaulted():
            kind, at = "stream-faulted", fact.at
        case CameraClockSet():
            kind, at = "clock-set", fact.at
        case CameraProbed():
            kind, at = "probed", fact.at
        case _:
            raise AppError(Kind.INVALID, "not-a-camera-event", f"{message.type or 'a tombstone'} does not belong on this topic.")
    return CameraEvent(event_id=fact.event_id, camera_id=fact.camera_id, kind=kind, at=at, fact=fact)


class CameraEvents:
    """Takes events in, each once (the end of a motion completes its row), and finds them again."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, messages: list[Message]) -> None:
        """Write a batch; what is known already changes nothing."""
        rows: dict[str, dict[str, Any]] = {}
        for message in messages:
            event = event_of(message)
            fact = event.fact.model_dump(mode="json")
            known = rows.get(event.event_id)
            if known is None or fact.get("ended_at") is not None:  # a beginning told again does not undo the end
                rows[event.event_id] = {
                    "event_id": event.event_id,
                    "camera_id": event.camera_id,
                    "kind": event.kind,
                    "at": event.at,
                    "fact": fact,
                }
        statement = insert(camera_events).values(list(rows.values()))
        ended = statement.excluded.fact["ended_at"].astext.is_not(None)
        statement = statement.on_conflict_do_update(
            index_elements=["event_id"], set_={"fact": statement.excluded.fact}, where=ended
        )
        async with self._database.transaction() as session:
            await session.execute(statement)

    async def find(
        self, camera_id: str, *, kinds: Sequence[CameraEventKind], before: datetime | None, limit: int
    ) -> list[CameraEvent]:
        """The newest events of a camera, before an instant where one is given; of all kinds when none is named."""
        query = select(camera_events).where(camera_events.c.camera_id == camera_id)
        if kinds:
            query = query.where(camera_events.c.kind.in_(kinds))
        if before is not None:
            query = query.where(camera_events.c.at < before)
        query = query.order_by(camera_events.c.at.desc(), camera_events.c.event_id.desc()).limit(limit)
        async with self._database.read() as session:
            rows = (await session.execute(query)).mappings().all()
        return [CameraEvent.model_validate(dict(row)) for row in rows]

    async def forget_old(self, *, before: datetime, motion_before: datetime) -> None:
        """Drop what is too old; motion is plenty and goes first."""
        table = camera_events.c
        async with self._database.transaction() as session:
            await session.execute(delete(camera_events).where(table.kind != "motion", table.at < before))
            await session.execute(delete(camera_events).where(table.kind == "motion", table.at < motion_before))

"""The rows of export jobs: every change of state is one guarded statement."""

import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.recordings import ExportFinished
from hejnal_recorder.export.plan import Mask, Order
from hejnal_recorder.export.work import Result
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

SOURCE = "recorder"
LEASE = timedelta(seconds=30)
MOST_ATTEMPTS = 5
APPROVAL_WITHIN = timedelta(days=3)
"""Footage is not kept from deletion for longer than this because nobody decided."""


class ExportState(StrEnum):
    """Where a job stands."""

    AWAITING_APPROVAL = "awaiting_approval"
    QUEUED = "queued"
    RUNNING = "running"
    FINISHED = "finished"
    FAILED = "failed"
    CANCELLED = "cancelled"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Export:
    """A job as it stands."""

    export_id: str
    state: ExportState
    requested_by: str
    requested_at: datetime
    approved_by: str | None
    decided_at: datetime | None
    cancelled_by: str | None
    reason: str
    case_number: str
    cameras: tuple[str, ...]
    starts_at: datetime
    ends_at: datetime
    masks: tuple[Mask, ...]
    originals: bool
    footage_bytes: int
    footage_s: float
    stage: str
    done_bytes: int
    total_bytes: int
    attempts: int
    finished_at: datetime | None
    expires_at: datetime | None
    size_bytes: int | None
    sha256: str | None
    stamped: bool | None
    damaged: int | None
    failure: str | None
    failure_detail: str | None

    def order(self) -> Order:
        """What goes into the package of it."""
        return Order(
            export_id=self.export_id, requested_by=self.requested_by, requested_at=self.requested_at,
            approved_by=self.approved_by, reason=self.reason, case_number=self.case_number, starts_at=self.starts_at,
            ends_at=self.ends_at, masks=list(self.masks), originals=self.originals,
        )  # fmt: skip


_LOCK_STORIES = text(
    "select camera_id from stories where camera_id = any(cast(:cameras as text[])) order by camera_id for no key update"
)
_INSERT = text(
    """
    insert into exports (export_id, state, requested_by, requested_at, idempotency_key, reason, case_number, cameras,
        starts_at, ends_at, masks, originals, footage_bytes, footage_s)
    values (:export_id, :state, :requested_by, :now, :idempotency_key, :reason, :case_number, cast(:cameras as text[]),
        :starts_at, :ends_at, cast(:masks as jsonb), :originals, :footage_bytes, :footage_s)
    on conflict (requested_by, idempotency_key) do nothing returning export_id
    """
)
_PIN = text(
    """
    insert into export_pins (export_id, segment_id, part, starts_at)
    select :export_id, s.segment_id, s.part, s.starts_at from segments s
    where s.camera_id = any(cast(:cameras as text[])) and s.state <> 'garbage'
        and s.starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and s.starts_at < :ends_at
        and s.during && tstzrange(:starts_at, :ends_at)
    on conflict do nothing
    """
)
_UNPIN = text("delete from export_pins where export_id = :export_id")
_FIND = text("select * from exports where export_id = :export_id")
_SAME = text("select * from exports where requested_by = :requested_by and idempotency_key = :idempotency_key")
_LIST = text(
    """
    select * from exports
    where cast(:who as text) is null or requested_by = :who or approved_by = :who
    order by requested_at desc, export_id limit 200
    """
)
_DECIDE = text(
    """
    update exports set state = :state, approved_by = :approved_by, cancelled_by = :cancelled_by, decided_at = :now
    where export_id = :export_id and state = 'awaiting_approval' returning export_id
    """
)
_CANCEL = text(
    """
    update exports set state = 'cancelled', cancelled_by = :by, finished_at = :now, worker = null, lease_until = null
    where export_id = :export_id and state in ('awaiting_approval', 'queued', 'running') returning export_id
    """
)
_CLAIM = text(
    """
    update exports set state = 'running', worker = :worker, lease_until = :lease_until, attempts = attempts + 1
    where export_id = (
        select export_id from exports where state = 'queued' or (state = 'running' and lease_until < :now)
        order by requested_at for update skip locked limit 1)
    returning *
    """
)
_KEEP = text(
    """
    update exports set lease_until = :lease_until, stage = :stage, done_bytes = :done_bytes, total_bytes = :total_bytes
    where export_id = :export_id and state = 'running' and worker = :worker returning export_id
    """
)
_RELEASE = text(
    """
    update exports set state = 'queued', worker = null, lease_until = null, attempts = attempts - :given_back
    where export_id = :export_id and state = 'running' and worker = :worker
    """
)
_FINISH = text(
    """
    update exports set state = 'finished', worker = null, lease_until = null, finished_at = :now, expires_at = :expires_at,
        size_bytes = :size_bytes, sha256 = :sha256, stamped = :stamped, damaged = :damaged, done_bytes = total_bytes, stage = ''
    where export_id = :export_id and state = 'running' and worker = :worker returning *
    """
)
_FAIL = text(
    """
    update exports set state = 'failed', worker = null, lease_until = null, finished_at = :now, failure = :failure,
        failure_detail = :detail
    where export_id = :export_id and state = 'running' and worker = :worker returning export_id
    """
)
_EXPIRE = text("update exports set state = 'expired' where state = 'finished' and expires_at <= :now returning export_id")
_UNDECIDED = text(
    """
    update exports set state = 'cancelled', finished_at = :now
    where state = 'awaiting_approval' and requested_at <= :latest returning export_id
    """
)
_KEPT = text("select export_id from exports where state in ('queued', 'running', 'finished')")


async def create(
    session: AsyncSession, order: Order, cameras: list[str], *, state: ExportState, footage_bytes: int, footage_s: float,
    idempotency_key: str | None,
) -> Export:  # fmt: skip
    """A new job whose footage nothing may delete from now on; with the same key the one that is there."""
    values = {
        "export_id": order.export_id, "state": state.value, "requested_by": order.requested_by, "now": order.requested_at,
        "idempotency_key": idempotency_key, "reason": order.reason, "case_number": order.case_number, "cameras": cameras,
        "starts_at": order.starts_at, "ends_at": order.ends_at, "originals": order.originals,
        "masks": json.dumps([mask.model_dump(mode="json") for mask in order.masks]),
        "footage_bytes": footage_bytes, "footage_s": footage_s,
    }  # fmt: skip
    await session.execute(_LOCK_STORIES, {"cameras": cameras})
    if (await session.execute(_INSERT, values)).first() is None:
        return _export((await session.execute(_SAME, values)).one())
    await session.execute(_PIN, values)
    return await find(session, order.export_id)


async def find_same(session: AsyncSession, requested_by: str, idempotency_key: str) -> Export | None:
    """The job that this request has already made."""
    row = (await session.execute(_SAME, {"requested_by": requested_by, "idempotency_key": idempotency_key})).one_or_none()
    return None if row is None else _export(row)


async def find(session: AsyncSession, export_id: str) -> Export:
    """One job; NOT_FOUND when there is none."""
    row = (await session.execute(_FIND, {"export_id": export_id})).one_or_none()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "no-such-export", "There is no such export.")
    return _export(row)


async def newest(session: AsyncSession, who: str | None) -> list[Export]:
    """The newest 200, of one person or all."""
    return [_export(row) for row in await session.execute(_LIST, {"who": who})]


async def decide(session: AsyncSession, export_id: str, *, by: str, approve: bool, now: datetime) -> Export:
    """Somebody else agrees or not. FORBIDDEN for the one who asked, CONFLICT when nothing is to be decided."""
    export = await find(session, export_id)
    if export.requested_by == by:
        raise AppError(Kind.FORBIDDEN, "four-eyes", "You asked for this export yourself; somebody else has to decide.")
    state = ExportState.QUEUED if approve else ExportState.CANCELLED
    values = {
        "export_id": export_id, "state": state.value, "now": now,
        "approved_by": by if approve else None, "cancelled_by": None if approve else by,
    }  # fmt: skip
    if (await session.execute(_DECIDE, values)).first() is None:
        raise AppError(Kind.CONFLICT, "nothing-to-decide", f"This export does not wait for approval ({export.state.value}).")
    if not approve:
        await session.execute(_UNPIN, {"export_id": export_id})
    return await find(session, export_id)


async def cancel(session: AsyncSession, export_id: str, *, by: str, now: datetime) -> Export:
    """End a job that is not finished; CONFLICT when it is."""
    if (await session.execute(_CANCEL, {"export_id": export_id, "by": by, "now": now})).first() is None:
        export = await find(session, export_id)
        raise AppError(Kind.CONFLICT, "export-ended", f"This export has ended ({export.state.value}).")
    await session.execute(_UNPIN, {"export_id": export_id})
    return await find(session, export_id)


async def claim(session: AsyncSession, worker: str, now: datetime) -> Export | None:
    """The next job that nobody works on, now ours for as long as the lease is renewed."""
    row = (await session.execute(_CLAIM, {"worker": worker, "now": now, "lease_until": now + LEASE})).one_or_none()
    return None if row is None else _export(row)


async def keep(session: AsyncSession, export_id: str, worker: str, now: datetime, progress: dict[str, Any]) -> bool:
    """Renew the lease and say how far it is; False when the job is not ours any more or was cancelled."""
    values = {"export_id": export_id, "worker": worker, "lease_until": now + LEASE, **progress}
    return (await session.execute(_KEEP, values)).first() is not None


async def release(session: AsyncSession, export_id: str, worker: str, *, counted: bool) -> None:
    """Put a job back for the next worker; `counted` says whether this was an attempt that failed."""
    await session.execute(_RELEASE, {"export_id": export_id, "worker": worker, "given_back": 0 if counted else 1})


async def finish(
    session: AsyncSession, export_id: str, worker: str, result: Result, *, now: datetime, expires_at: datetime
) -> bool:
    """The package is there, with its facts; False when the job is not ours any more."""
    values = {"export_id": export_id, "worker": worker, "now": now, "expires_at": expires_at, **result.model_dump()}
    row = (await session.execute(_FINISH, values)).one_or_none()
    if row is None:
        return False
    await session.execute(_UNPIN, {"export_id": export_id})
    export = _export(row)
    facts = [
        ExportFinished(
            camera_id=camera_id, export_id=export_id, starts_at=export.starts_at, ends_at=export.ends_at, sha256=result.sha256,
            size_bytes=result.size_bytes, requested_by=export.requested_by, reason=export.reason, finished_at=now,
        )
        for camera_id in export.cameras
    ]  # fmt: skip
    await publish(session, *facts, source=SOURCE)
    return True


async def fail(session: AsyncSession, export_id: str, worker: str, failure: str, detail: str, now: datetime) -> None:
    """It cannot be made."""
    values = {"export_id": export_id, "worker": worker, "failure": failure, "detail": detail, "now": now}
    if (await session.execute(_FAIL, values)).first() is not None:
        await session.execute(_UNPIN, {"export_id": export_id})


async def expire(session: AsyncSession, now: datetime) -> set[str]:
    """End what is past its time; gives the jobs whose folders may stay."""
    await session.execute(_EXPIRE, {"now": now})
    for export_id in (await session.execute(_UNDECIDED, {"now": now, "latest": now - APPROVAL_WITHIN})).scalars().all():
        await session.execute(_UNPIN, {"export_id": export_id})
    return set((await session.execute(_KEPT)).scalars())


def _export(row: Any) -> Export:
    values = {field.name: getattr(row, field.name) for field in fields(Export)}
    values |= {"state": ExportState(row.state), "cameras": tuple(row.cameras)}
    masks = json.loads(row.masks) if isinstance(row.masks, str) else row.masks
    return Export(**values | {"masks": tuple(Mask.model_validate(mask) for mask in masks)})

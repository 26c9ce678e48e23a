"""Placing, extending and ending holds, each in one transaction with its facts.

Cameras' stories are locked first, in order: take-over, deletion and holds of one camera follow one another.
"""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.recordings import HoldPlaced, HoldReleased
from hejnal_recorder.holds.hold import Hold, HoldState, LegalBasis, NewHold, check_range
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id
from hejnal_runtime.outbox import publish

SOURCE = "recorder"

_LOCK_STORIES = text(
    "select camera_id from stories where camera_id = any(cast(:cameras as text[])) order by camera_id for no key update"
)
_KNOWN_CAMERAS = text(
    """
    select camera_id from cameras where camera_id = any(cast(:cameras as text[]))
    union select camera_id from stories where camera_id = any(cast(:cameras as text[]))
    """
)
_INSERT = text(
    """
    insert into holds (hold_id, state, starts_at, ends_at, legal_basis, basis_text, case_number, owner, placed_at, expires_at)
    values (:hold_id, 'active', :starts_at, :ends_at, :legal_basis, :basis_text, :case_number, :owner, :now, :expires_at)
    """
)
_ADOPT = text(
    """
    insert into holds as h
        (hold_id, state, starts_at, ends_at, legal_basis, basis_text, case_number, owner, placed_at, expires_at)
    values (:hold_id, 'active', :starts_at, :ends_at, :legal_basis, :basis_text, :case_number, :owner, :now, :expires_at)
    on conflict (hold_id) do update set starts_at = least(h.starts_at, excluded.starts_at),
        ends_at = greatest(h.ends_at, excluded.ends_at), expires_at = greatest(h.expires_at, excluded.expires_at)
    where h.state = 'active'
    """
)
_INSERT_CAMERAS = text(
    "insert into hold_cameras (hold_id, camera_id) select :hold_id, unnest(cast(:cameras as text[])) on conflict do nothing"
)
# An open segment claims all time after its start, so one that may still grow into the range is bound too.
_BIND = text(
    """
    insert into held_segments (hold_id, segment_id, part, starts_at)
    select h.hold_id, s.segment_id, s.part, s.starts_at
    from holds h join hold_cameras c using (hold_id) join segments s on s.camera_id = c.camera_id
    where h.hold_id = :hold_id and s.state <> 'garbage'
        and s.starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and s.starts_at < :ends_at
        and (s.during && tstzrange(:starts_at, :ends_at) or s.starts_at = s.ends_at)
    on conflict do nothing
    """
)
_GET = """
    select h.*, (select array_agg(camera_id order by camera_id) from hold_cameras c where c.hold_id = h.hold_id) as cameras,
        held.segments, held.size_bytes
    from holds h cross join lateral (
        select count(*) as segments, coalesce(sum(s.footage_bytes), 0)::bigint as size_bytes
        from held_segments b join segments s using (segment_id, part, starts_at) where b.hold_id = h.hold_id) held
"""
_FIND = text(f"{_GET} where h.hold_id = :hold_id")
_LIST = text(f"{_GET} where cast(:state as text) is null or h.state = :state order by h.placed_at desc, h.hold_id limit 500")
_LOCK = text("select * from holds where hold_id = :hold_id for update")
_EXTEND = text("update holds set starts_at = :starts_at, ends_at = :ends_at, expires_at = :expires_at where hold_id = :hold_id")
_REQUEST = text(
    "update holds set release_requested_by = :by, release_requested_at = :now, release_reason = :reason where hold_id = :hold_id"
)
_END = text("update holds set state = :state, ended_by = :by, ended_at = :now where hold_id = :hold_id")
_UNBIND = text("delete from held_segments where hold_id = :hold_id")
_EXPIRED = text("select hold_id from holds where state = 'active' and expires_at <= :now order by expires_at limit 100")


async def place(session: AsyncSession, new: NewHold, *, now: datetime) -> Hold:
    """Secure footage of these cameras, what is there and what is still to come into the range."""
    check_range(new.starts_at, new.ends_at, new.expires_at, now=now)
    cameras = sorted(set(new.cameras))
    known = set((await session.execute(_KNOWN_CAMERAS, {"cameras": cameras})).scalars())
    if unknown := [camera for camera in cameras if camera not in known]:
        raise AppError(Kind.INVALID, "no-such-camera", f"No camera {unknown[0]} is registered or recorded.")
    hold_id = new_id()
    await _lock_stories(session, cameras)
    values = asdict(new) | {"hold_id": hold_id, "now": now, "legal_basis": new.legal_basis.value}
    del values["cameras"]
    await session.execute(_INSERT, values)
    await session.execute(_INSERT_CAMERAS, {"hold_id": hold_id, "cameras": cameras})
    return await _bound(session, hold_id, new.starts_at, new.ends_at)


async def extend(
    session: AsyncSession,
    hold_id: str,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    expires_at: datetime | None,
    now: datetime,
) -> Hold:
    """Reach further or last longer; CONFLICT when it has ended, INVALID when it would shrink."""
    hold = await _lock_active(session, hold_id)
    wider_start, wider_end = starts_at or hold.starts_at, ends_at or hold.ends_at
    longer = expires_at or hold.expires_at
    if wider_start > hold.starts_at or wider_end < hold.ends_at or longer < hold.expires_at:
        raise AppError(Kind.INVALID, "invalid-hold", "A hold can only be extended. To give footage free, have it released.")
    check_range(wider_start, wider_end, longer, now=now)
    await session.execute(_EXTEND, {"hold_id": hold_id, "starts_at": wider_start, "ends_at": wider_end, "expires_at": longer})
    return await _bound(session, hold_id, wider_start, wider_end)


async def request_release(session: AsyncSession, hold_id: str, *, by: str, reason: str, now: datetime) -> Hold:
    """The first of the two who release: somebody else has to agree. Asking again replaces the request."""
    await _lock_active(session, hold_id)
    await session.execute(_REQUEST, {"hold_id": hold_id, "by": by, "reason": reason, "now": now})
    return await find(session, hold_id)


async def release(session: AsyncSession, hold_id: str, *, by: str, now: datetime) -> Hold:
    """The second one: the hold ends. CONFLICT when nobody asked, FORBIDDEN when it is the same person."""
    hold = await _lock_active(session, hold_id)
    if hold.release_requested_by is None:
        raise AppError(Kind.CONFLICT, "release-not-requested", "Nobody has asked for the release of this hold yet.")
    if hold.release_requested_by == by:
        raise AppError(Kind.FORBIDDEN, "four-eyes", "You asked for this release yourself; somebody else has to agree.")
    return await _end(session, hold, HoldState.RELEASED, by=by, reason=hold.release_reason or "", now=now)


async def end_expired(session: AsyncSession, *, now: datetime) -> list[Hold]:
    """End what has expired."""
    ended = []
    for hold_id in (await session.execute(_EXPIRED, {"now": now})).scalars().all():
        hold = await _lock_active(session, hold_id)
        if hold.expires_at <= now:  # it may have been extended meanwhile
            ended.append(await _end(session, hold, HoldState.EXPIRED, by=SOURCE, reason="Its time was over", now=now))
    return ended


async def adopt(session: AsyncSession, fact: HoldPlaced, *, basis_text: str, now: datetime) -> None:
    """The hold of another recorder binds here too, camera by camera as it is told. One that has ended here stays ended."""
    await _lock_stories(session, [fact.camera_id])
    values = {
        "hold_id": fact.hold_id,
        "starts_at": fact.starts_at,
        "ends_at": fact.ends_at,
        "legal_basis": fact.legal_basis,
        "basis_text": basis_text,
        "case_number": fact.case_number,
        "owner": fact.owner,
        "now": now,
        "expires_at": fact.expires_at,
    }
    await session.execute(_ADOPT, values)
    held = (await session.execute(_LOCK, {"hold_id": fact.hold_id})).one()
    if held.state != HoldState.ACTIVE:
        return
    await session.execute(_INSERT_CAMERAS, {"hold_id": fact.hold_id, "cameras": [fact.camera_id]})
    await session.execute(_BIND, {"hold_id": fact.hold_id, "starts_at": held.starts_at, "ends_at": held.ends_at})


async def adopt_release(session: AsyncSession, fact: HoldReleased) -> None:
    """A hold that was released elsewhere ends here; what expires does so by itself."""
    if fact.released_by == SOURCE:
        return
    held = (await session.execute(_FIND, {"hold_id": fact.hold_id})).one_or_none()
    if held is None or held.state != HoldState.ACTIVE:
        return
    await _lock_stories(session, held.cameras)
    request = {"hold_id": fact.hold_id, "by": SOURCE, "reason": fact.reason, "now": fact.released_at}
    await session.execute(_REQUEST, request)  # who asked is told with the first recorder
    end = {"hold_id": fact.hold_id, "state": HoldState.RELEASED.value, "by": fact.released_by, "now": fact.released_at}
    await session.execute(_END, end)
    await session.execute(_UNBIND, {"hold_id": fact.hold_id})


async def find(session: AsyncSession, hold_id: str) -> Hold:
    """One hold; NOT_FOUND when there is none."""
    row = (await session.execute(_FIND, {"hold_id": hold_id})).one_or_none()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "no-such-hold", "There is no such hold.")
    return _hold(row)


async def list_holds(session: AsyncSession, state: HoldState | None) -> list[Hold]:
    """The newest 500, of one state or all."""
    rows = await session.execute(_LIST, {"state": None if state is None else state.value})
    return [_hold(row) for row in rows]


async def _lock_active(session: AsyncSession, hold_id: str) -> Hold:
    hold = await find(session, hold_id)
    await _lock_stories(session, hold.cameras)
    await session.execute(_LOCK, {"hold_id": hold_id})
    hold = await find(session, hold_id)
    if hold.state is not HoldState.ACTIVE:
        raise AppError(Kind.CONFLICT, "hold-ended", f"This hold has ended ({hold.state.value}).")
    return hold


async def _lock_stories(session: AsyncSession, cameras: Sequence[str]) -> None:
    await session.execute(_LOCK_STORIES, {"cameras": list(cameras)})


async def _bound(session: AsyncSession, hold_id: str, starts_at: datetime, ends_at: datetime) -> Hold:
    await session.execute(_BIND, {"hold_id": hold_id, "starts_at": starts_at, "ends_at": ends_at})
    hold = await find(session, hold_id)
    facts = [
        HoldPlaced(
            camera_id=camera_id,
            hold_id=hold_id,
            starts_at=hold.starts_at,
            ends_at=hold.ends_at,
            case_number=hold.case_number,
            legal_basis=hold.legal_basis.value,
            owner=hold.owner,
            expires_at=hold.expires_at,
        )
        for camera_id in hold.cameras
    ]
    await publish(session, *facts, source=SOURCE)
    return hold


async def _end(session: AsyncSession, hold: Hold, state: HoldState, *, by: str, reason: str, now: datetime) -> Hold:
    await session.execute(_END, {"hold_id": hold.hold_id, "state": state.value, "by": by, "now": now})
    await session.execute(_UNBIND, {"hold_id": hold.hold_id})
    facts = [
        HoldReleased(camera_id=camera_id, hold_id=hold.hold_id, released_by=by, released_at=now, reason=reason)
        for camera_id in hold.cameras
    ]
    await publish(session, *facts, source=SOURCE)
    return await find(session, hold.hold_id)


def _hold(row: Any) -> Hold:
    return Hold(
        hold_id=row.hold_id,
        state=HoldState(row.state),
        cameras=tuple(row.cameras),
        starts_at=row.starts_at,
        ends_at=row.ends_at,
        legal_basis=LegalBasis(row.legal_basis),
        basis_text=row.basis_text,
        case_number=row.case_number,
        owner=row.owner,
        placed_at=row.placed_at,
        expires_at=row.expires_at,
        release_requested_by=row.release_requested_by,
        release_requested_at=row.release_requested_at,
        release_reason=row.release_reason,
        ended_by=row.ended_by,
        ended_at=row.ended_at,
        segments=row.segments,
        size_bytes=row.size_bytes,
    )

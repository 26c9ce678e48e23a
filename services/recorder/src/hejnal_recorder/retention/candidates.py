"""Which files should go: too old, over a camera's share, or first in line when room is needed. Held rows are never among them.

What lies in the object store takes no room: it goes by age only.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.retention.deletion import Candidates
from hejnal_recorder.retention.pressure import Priority

PER_CAMERA = 200

_NOT_HELD = (
    "not exists (select from held_segments h where h.segment_id = s.segment_id and h.part = s.part and h.starts_at = s.starts_at)"
    " and not exists"
    " (select from export_pins p where p.segment_id = s.segment_id and p.part = s.part and p.starts_at = s.starts_at)"
)
_TOO_OLD = text(
    f"""
    select st.camera_id, old.segment_ids, old.oldest, old.newest
    from stories st left join cameras c using (camera_id)
        cross join lateral (select cast(:now as timestamptz)
            - make_interval(days => least(coalesce(c.keep_days, cast(:default_days as integer)), cast(:ceiling as integer)))
            as cutoff) k
        cross join lateral (
            select array_agg(o.segment_id) as segment_ids, min(o.starts_at) as oldest, max(o.starts_at) as newest
            from (
                select s.segment_id, s.starts_at from segments s
                where s.camera_id = st.camera_id and s.state = 'stored' and s.starts_at < k.cutoff and s.ends_at < k.cutoff
                    and {_NOT_HELD}
                order by s.starts_at limit :per_camera) o) old
    where old.segment_ids is not null
    """  # noqa: S608 constants only
)
_OLDEST_OF = text(
    f"""
    select s.camera_id, s.segment_id, s.starts_at, s.footage_bytes
    from unnest(cast(:cameras as text[])) as camera(camera_id) cross join lateral (
        select s.camera_id, s.segment_id, s.starts_at, s.footage_bytes from segments s
        where s.camera_id = camera.camera_id and s.state = 'stored' and s.starts_at < :before and s.ends_at < :before
            and s.tier in ('local', 'copying')
            and {_NOT_HELD}
        order by s.starts_at limit :per_camera) s
    order by s.starts_at
    """  # noqa: S608 constants only
)
_CAMERAS_OF = text(
    """
    select st.camera_id from stories st left join cameras c using (camera_id)
    where coalesce(c.priority, 'normal') = :priority order by st.camera_id
    """
)
_SHARES = text(
    """
    select c.camera_id, c.disk_share_percent,
        sum(case v.kind when 'bytes' then v.amount else - v.amount end)::bigint as used_bytes
    from cameras c join coverage v on v.camera_id = c.camera_id and v.level = 'day' and v.kind in ('bytes', 'store_bytes')
    where c.disk_share_percent is not null group by c.camera_id
    """
)


async def too_old(session: AsyncSession, now: datetime, *, default_days: int, ceiling_days: int) -> list[Candidates]:
    """Footage past its camera's days, or the ceiling."""
    values = {"now": now, "default_days": default_days, "ceiling": ceiling_days, "per_camera": PER_CAMERA}
    rows = await session.execute(_TOO_OLD, values)
    return [Candidates(row.camera_id, tuple(row.segment_ids), row.oldest, row.newest) for row in rows]


async def over_share(session: AsyncSession, now: datetime, total_bytes: int) -> list[Candidates]:
    """The oldest footage of cameras that take more than their share of the disk."""
    found: list[Candidates] = []
    for row in (await session.execute(_SHARES)).all():
        excess = row.used_bytes - round(total_bytes * row.disk_share_percent / 100)
        if excess > 0:
            found += await oldest_of(session, [row.camera_id], excess, before=now - timedelta(hours=1))
    return found


async def for_room(session: AsyncSession, priority: Priority, size_bytes: int, *, before: datetime) -> list[Candidates]:
    """The oldest footage of all cameras of one priority, `size_bytes` of it or what there is."""
    cameras = (await session.execute(_CAMERAS_OF, {"priority": priority})).scalars().all()
    return await oldest_of(session, cameras, size_bytes, before=before)


async def oldest_of(session: AsyncSession, cameras: Sequence[str], size_bytes: int, *, before: datetime) -> list[Candidates]:
    """The oldest footage of these cameras that began before an instant."""
    rows = await session.execute(_OLDEST_OF, {"cameras": list(cameras), "before": before, "per_camera": PER_CAMERA})
    chosen: dict[str, list[tuple[str, datetime]]] = {}
    for row in rows:
        if size_bytes <= 0:
            break
        chosen.setdefault(row.camera_id, []).append((row.segment_id, row.starts_at))
        size_bytes -= row.footage_bytes
    return [
        Candidates(camera_id, tuple(name for name, _ in files), files[0][1], files[-1][1]) for camera_id, files in chosen.items()
    ]

"""What the archive's disk holds of each camera, and the forecast made from it."""

import math
from dataclasses import dataclass
from datetime import UTC, date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.retention.forecast import CameraBytes, Forecast, forecast
from hejnal_recorder.retention.pressure import Disk, Priority

_BYTES = text(
    """
    select camera_id, (bucket at time zone 'UTC')::date as day,
        coalesce(sum(amount) filter (where kind = 'bytes'), 0)::bigint as recorded,
        sum(case kind when 'bytes' then amount else - amount end)::bigint as amount
    from coverage where level = 'day' and kind in ('bytes', 'store_bytes') group by 1, 2
    """
)
_HELD_BYTES = text(
    """
    select s.camera_id, (s.starts_at at time zone 'UTC')::date as day, sum(s.footage_bytes)::bigint as amount
    from segments s join (select distinct segment_id, part, starts_at from held_segments) h using (segment_id, part, starts_at)
    where s.tier in ('local', 'copying')
    group by 1, 2
    """
)
_CAMERAS = text(
    """
    select st.camera_id, coalesce(c.name, st.camera_id) as name, coalesce(c.priority, 'normal') as priority, c.disk_share_percent,
        coalesce(c.keep_days, cast(:default_days as integer)) as keep_days
    from stories st left join cameras c using (camera_id) order by st.camera_id
    """
)


@dataclass(frozen=True, slots=True)
class CameraStorage:
    """A camera's part of the disk."""

    camera_id: str
    name: str
    priority: Priority
    keep_days: int
    disk_share_percent: float | None
    size_bytes: int
    held_bytes: int


async def read_storage(
    session: AsyncSession, disk: Disk, now: datetime, *, default_days: int, local_days: float | None = None
) -> tuple[list[CameraStorage], Forecast]:
    """Each camera's part, and when the disk will be full. After `local_days` footage moves into the object store."""
    recorded: dict[str, dict[date, int]] = {}
    stored: dict[str, dict[date, int]] = {}
    for row in await session.execute(_BYTES):
        if row.recorded > 0:
            recorded.setdefault(row.camera_id, {})[row.day] = row.recorded
        if row.amount > 0:
            stored.setdefault(row.camera_id, {})[row.day] = row.amount
    held: dict[str, dict[date, int]] = {}
    for row in await session.execute(_HELD_BYTES):
        held.setdefault(row.camera_id, {})[row.day] = row.amount
    cameras, figures = [], []
    for row in await session.execute(_CAMERAS, {"default_days": default_days}):
        by_day, held_by_day = stored.get(row.camera_id, {}), held.get(row.camera_id, {})
        on_disk_days = row.keep_days if local_days is None else min(row.keep_days, math.ceil(local_days))
        figures.append(CameraBytes(on_disk_days, by_day, held_by_day, recorded.get(row.camera_id, {})))
        cameras.append(
            CameraStorage(
                camera_id=row.camera_id,
                name=row.name,
                priority=row.priority,
                keep_days=row.keep_days,
                disk_share_percent=row.disk_share_percent,
                size_bytes=sum(by_day.values()),
                held_bytes=sum(held_by_day.values()),
            )
        )
    return cameras, forecast(figures, disk.free_bytes, now.astimezone(UTC).date())


async def read_forecast(
    session: AsyncSession, disk: Disk, now: datetime, *, default_days: int, local_days: float | None = None
) -> Forecast:
    """When the disk will be full."""
    return (await read_storage(session, disk, now, default_days=default_days, local_days=local_days))[1]

"""What the recorder keeps of the camera registry: names, how long footage is kept, which cameras are restricted."""

from collections.abc import Sequence

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.cameras import CameraRemoved, CameraState
from hejnal_runtime.database import Database

_UPSERT = text(
    """
    insert into cameras (camera_id, version, name, recording_enabled, keep_days, removed, priority, disk_share_percent,
        restricted)
    values (:camera_id, :version, :name, :recording_enabled, :keep_days, :removed, :priority, :disk_share_percent,
        :restricted)
    on conflict (camera_id) do update set version = excluded.version, name = excluded.name,
        recording_enabled = excluded.recording_enabled, keep_days = excluded.keep_days, removed = excluded.removed,
        priority = excluded.priority, disk_share_percent = excluded.disk_share_percent,
        restricted = excluded.restricted
    where cameras.version <= excluded.version
    """
)


async def remember_camera(database: Database, camera: CameraState) -> None:
    """Keep the newest state of a camera; an older version changes nothing."""
    async with database.transaction() as session:
        await session.execute(
            _UPSERT,
            {
                "camera_id": camera.camera_id,
                "version": camera.version,
                "name": camera.name,
                "recording_enabled": camera.enabled and camera.recording.enabled,
                "keep_days": camera.recording.keep_days,
                "removed": isinstance(camera, CameraRemoved),
                "priority": camera.recording.priority,
                "disk_share_percent": camera.recording.disk_share_percent,
                "restricted": camera.restricted,
            },
        )


async def any_restricted(session: AsyncSession, camera_ids: Sequence[str]) -> bool:
    """Whether one of these cameras may be looked at with a reason only. One taken out of the registry is what it was last."""
    query = text("select 1 from cameras where restricted and camera_id = any(cast(:cameras as text[])) limit 1")
    return (await session.execute(query, {"cameras": list(camera_ids)})).first() is not None

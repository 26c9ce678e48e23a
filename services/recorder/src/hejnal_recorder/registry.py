"""What the recorder keeps of the camera registry: names and how long footage is kept."""

from sqlalchemy import text

from hejnal_contracts.cameras import CameraRemoved, CameraState
from hejnal_runtime.database import Database

_UPSERT = text(
    """
    insert into cameras (camera_id, version, name, recording_enabled, keep_days, removed, priority, disk_share_percent)
    values (:camera_id, :version, :name, :recording_enabled, :keep_days, :removed, :priority, :disk_share_percent)
    on conflict (camera_id) do update set version = excluded.version, name = excluded.name,
        recording_enabled = excluded.recording_enabled, keep_days = excluded.keep_days, removed = excluded.removed,
        priority = excluded.priority, disk_share_percent = excluded.disk_share_percent
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
            },
        )

"""The leases of this process on disk, so that it can begin again while Kafka is away. No secrets: states never carry any."""

import asyncio
import os
from collections.abc import Callable
from pathlib import Path

import structlog
from pydantic import BaseModel, ValidationError

from hejnal_contracts.cameras import CameraState
from hejnal_ingest.spool.files import sync_folder

log = structlog.get_logger()

FILE = ".held.json"


class HeldCamera(BaseModel):
    """A camera as it was held last."""

    partition: int
    epoch: int
    state: CameraState


class HeldCameras(BaseModel):
    """Content of the file."""

    version: int = 1
    ingest_id: str
    cameras: list[HeldCamera]


def write_held(spool_dir: Path, held: HeldCameras) -> None:
    """Replaces the file, durably. Blocking. Raises OSError."""
    part = spool_dir / (FILE + ".part")
    with part.open("wb") as file:
        file.write(held.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(spool_dir / FILE)
    sync_folder(spool_dir)


def read_held(spool_dir: Path, ingest_id: str) -> list[HeldCamera]:
    """What this process held when it last wrote; nothing when there is no file, or another process's. Blocking."""
    try:
        held = HeldCameras.model_validate_json((spool_dir / FILE).read_bytes())
    except FileNotFoundError:
        return []
    except (OSError, ValidationError) as error:
        log.warning("held_cameras_unreadable", error=type(error).__name__)
        return []
    return held.cameras if held.ingest_id == ingest_id else []


class HeldKeeper:
    """Keeps the file like the leases, looking every few seconds."""

    def __init__(self, spool_dir: Path, ingest_id: str, held: Callable[[], list[HeldCamera]], *, interval_s: float = 2.0) -> None:
        self._spool_dir = spool_dir
        self._ingest_id = ingest_id
        self._held = held
        self._interval_s = interval_s
        self._written: list[tuple[str, int, int]] | None = None

    async def run(self) -> None:
        """For ever. What is held when it is cancelled was written at most an interval before."""
        while True:
            await asyncio.sleep(self._interval_s)
            cameras = self._held()
            found = [(camera.state.camera_id, camera.state.version, camera.epoch) for camera in cameras]
            if found == self._written or not found:
                continue
            try:
                await asyncio.to_thread(write_held, self._spool_dir, HeldCameras(ingest_id=self._ingest_id, cameras=cameras))
                self._written = found
            except OSError as error:
                log.warning("held_cameras_not_written", error=error.strerror or type(error).__name__)

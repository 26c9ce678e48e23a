"""Bringing a list of cameras in from a file, as often as one likes."""

import asyncio
import json
from dataclasses import dataclass, field
from pathlib import Path

from pydantic import TypeAdapter

from hejnal_gateway.cameras.registry import CameraDraft, CameraRegistry, NewCamera
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

_CAMERAS = TypeAdapter(list[NewCamera])


@dataclass(slots=True)
class Imported:
    """What an import did."""

    added: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    unchanged: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)


async def import_cameras(
    database: Database, registry: CameraRegistry, clock: Clock, path: Path, *, by: str, prune: bool = False
) -> Imported:
    """Make the registry say what the file says; with `prune` also remove cameras it does not name.

    The file is a JSON list of cameras (`NewCamera`). What is already so is left alone: no new version, no fact.
    Raises pydantic's ValidationError when the file is not such a list; then nothing is changed.
    """
    wanted = _CAMERAS.validate_python(_drop_nulls(json.loads(await asyncio.to_thread(path.read_text, "utf-8"))))
    result = Imported()
    async with database.transaction() as session:
        known = {state.camera_id: state for state in await registry.all(session)}
        for new in wanted:
            before, now = known.pop(new.camera_id, None), clock.now()
            if before is None:
                await registry.add(session, new, by=by, now=now)
                result.added.append(new.camera_id)
                continue
            same_credentials = await registry.credentials(session, new.camera_id) == new.credentials
            draft = CameraDraft(**new.model_dump(exclude={"camera_id", "credentials"}))
            same_draft = draft.model_dump() == {name: before.model_dump()[name] for name in CameraDraft.model_fields}
            if not same_credentials:
                await registry.set_credentials(session, new.camera_id, new.credentials, by=by, now=now)
            if not same_draft:
                await registry.change(session, new.camera_id, draft, version=None, by=by, now=now)
            (result.unchanged if same_draft and same_credentials else result.changed).append(new.camera_id)
        if prune:
            for camera_id in sorted(known):
                await registry.remove(session, camera_id, version=None, by=by, now=clock.now())
                result.removed.append(camera_id)
    return result


def _drop_nulls(cameras: object) -> object:
    """A field given as null means the same as one left out."""
    if not isinstance(cameras, list):
        return cameras
    return [
        {name: value for name, value in camera.items() if value is not None} if isinstance(camera, dict) else camera
        for camera in cameras
    ]

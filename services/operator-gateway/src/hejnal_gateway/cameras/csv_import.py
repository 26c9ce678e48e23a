"""Bringing a CSV file into the registry: all of it or nothing, tried first where that is wished."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.cameras import CameraState
from hejnal_gateway.cameras.csv_text import COLUMNS, CsvCameras
from hejnal_gateway.cameras.registry import CameraDraft, CameraRegistry, NewCamera

_TOPS = {str(path[0]): {name for name, other in COLUMNS.items() if other[0] == path[0]} for path in COLUMNS.values()}


class CsvError(BaseModel):
    """What is wrong, and where."""

    line: int = Field(description="As an editor counts it; the header is line 1")
    column: str | None
    detail: str


class CsvImport(BaseModel):
    """What an import did, or would do."""

    dry_run: bool
    applied: bool = Field(description="Whether the registry says now what the file says")
    added: list[str]
    changed: list[str]
    unchanged: list[str]
    errors: list[CsvError]


async def apply_csv(session: AsyncSession, registry: CameraRegistry, read: CsvCameras, *, by: str, now: datetime) -> CsvImport:
    """Make the registry say what the file says about the cameras it names.

    Columns that the file does not have stay as they are at cameras that exist; so do credentials of lines without them.
    """
    done = CsvImport(dry_run=False, applied=True, added=[], changed=[], unchanged=[], errors=[])
    known = {state.camera_id: state for state in await registry.all(session)}
    for new, named in zip(read.cameras, read.named, strict=True):
        before = known.get(new.camera_id)
        if before is None:
            await registry.add(session, new, by=by, now=now)
            done.added.append(new.camera_id)
            continue
        draft = _merged(before, new, named)
        differs = draft.model_dump(mode="json") != _draft_of(before).model_dump(mode="json")
        if differs:
            await registry.change(session, new.camera_id, draft, version=None, by=by, now=now)
        credentials_differ = new.credentials is not None and (
            await registry.credentials(session, new.camera_id) != new.credentials
        )
        if credentials_differ:
            await registry.set_credentials(session, new.camera_id, new.credentials, by=by, now=now)
        (done.changed if differs or credentials_differ else done.unchanged).append(new.camera_id)
    return done


def _draft_of(state: CameraState) -> CameraDraft:
    return CameraDraft.model_construct(**{name: getattr(state, name) for name in CameraDraft.model_fields})


def _merged(before: CameraState, new: NewCamera, named: frozenset[str]) -> CameraDraft:
    old, wanted = before.model_dump(mode="json"), new.model_dump(mode="json")
    values: dict[str, Any] = {}
    for name in CameraDraft.model_fields:
        columns = _TOPS.get(name, set())
        if not columns & named:
            values[name] = old[name]
        elif isinstance(wanted[name], dict) and isinstance(old[name], dict):
            kept = {str(COLUMNS[column][1]) for column in columns - named}
            values[name] = wanted[name] | {field: old[name][field] for field in kept if field in old[name]}
        elif name == "streams":
            gone = {column.removesuffix("_url") for column in columns - named}
            values[name] = wanted[name] + [stream for stream in old[name] if stream["name"] in gone]
        else:
            values[name] = wanted[name]
    return CameraDraft.model_validate(values)

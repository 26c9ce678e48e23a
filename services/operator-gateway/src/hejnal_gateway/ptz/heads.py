"""The heads of cameras, through the ingest process that holds each."""

from typing import Any
from urllib.parse import quote

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from hejnal_gateway.cameras.ingest_client import IngestClient
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.problems import PROBLEM_TYPE_BASE

_KINDS = {404: Kind.NOT_FOUND, 409: Kind.CONFLICT, 422: Kind.INVALID}


class PtzVelocity(BaseModel):
    """Speeds from -1 to 1: right, up and in are positive. To be said again within a second, else the camera stops."""

    pan: float = Field(default=0.0, ge=-1, le=1)
    tilt: float = Field(default=0.0, ge=-1, le=1)
    zoom: float = Field(default=0.0, ge=-1, le=1)


class PtzPreset(BaseModel):
    """A place that the camera remembers."""

    token: str
    name: str


class _Problem(BaseModel):
    type: str = ""
    detail: str = ""


_PRESETS = TypeAdapter(list[PtzPreset])


class PtzHeads:
    """Moves, stops and turns. AppError(NOT_FOUND) for a camera that cannot be moved, CONFLICT when it refuses, UNAVAILABLE."""

    def __init__(self, ingest: IngestClient) -> None:
        self._ingest = ingest

    async def move(self, camera_id: str, velocity: PtzVelocity) -> None:
        """At these speeds for at most a second."""
        await self._ask(camera_id, "PUT", "move", velocity.model_dump())

    async def stop(self, camera_id: str) -> None:
        """Stands still."""
        await self._ask(camera_id, "DELETE", "move")

    async def presets(self, camera_id: str) -> list[PtzPreset]:
        """The places it remembers."""
        return _PRESETS.validate_json(await self._ask(camera_id, "GET", "presets"))

    async def save_preset(self, camera_id: str, name: str) -> PtzPreset:
        """Remembers where it looks now."""
        return PtzPreset.model_validate_json(await self._ask(camera_id, "POST", "presets", {"name": name}))

    async def remove_preset(self, camera_id: str, token: str) -> None:
        """Forgets a place."""
        await self._ask(camera_id, "DELETE", f"presets/{quote(token, safe='')}")

    async def go_to(self, camera_id: str, token: str) -> None:
        """Turns to a place."""
        await self._ask(camera_id, "PUT", f"presets/{quote(token, safe='')}/visit")

    async def _ask(self, camera_id: str, method: str, path: str, body: dict[str, Any] | None = None) -> bytes:
        status, content, _ = await self._ingest.ask(camera_id, method, f"/internal/v1/cameras/{camera_id}/ptz/{path}", body=body)
        if status < 400:
            return content
        try:
            problem = _Problem.model_validate_json(content)
        except ValidationError:
            problem = _Problem()
        slug = problem.type.removeprefix(PROBLEM_TYPE_BASE) or "ptz-failed"
        raise AppError(_KINDS.get(status, Kind.UNAVAILABLE), slug, problem.detail or "The camera cannot be moved right now.")

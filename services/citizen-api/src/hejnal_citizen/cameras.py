"""The public camera register: what residents may know about the town's cameras, kept up by the topic `cameras`."""

from typing import Any

from fastapi import APIRouter, Response
from pydantic import AwareDatetime, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.schema import Output, problems
from hejnal_citizen.settings import Settings
from hejnal_contracts.base import Model, Point
from hejnal_contracts.cameras import CameraRemoved, CameraState, RecordingPlan, ViewCone
from hejnal_runtime.bus import Message
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(tags=["cameras"])


class PublicCamera(Output):
    """One camera as the public register shows it."""

    id: str
    name: str
    place: Point
    address: str
    purpose: str
    view_cone: ViewCone | None
    keeps_footage: bool
    records_sound: bool = Field(description="Sound is recorded with the picture")
    keep_days: int = Field(description="Longest time footage is kept unless it is secured as evidence")
    changed_at: AwareDatetime


class CameraRegister(Output):
    """The public register with who is responsible for it."""

    administrator: str = Field(description="Administrator of the cameras' data and how to reach them")
    protection_officer: str = Field(description="The data protection officer and how to reach them")
    legal_basis: str
    items: list[PublicCamera]


class CameraEntry(PublicCamera):
    """One camera of the register with who answers for it."""

    administrator: str
    protection_officer: str
    legal_basis: str


@router.get("/cameras", responses=problems())
async def list_cameras(res: Res, response: Response) -> CameraRegister:
    """All cameras of the public register, by name."""
    async with res.database.read() as session:
        rows = (await session.execute(_LIST)).mappings().all()
    response.headers["Cache-Control"] = "public, max-age=60"
    return CameraRegister(**_answerable(res.settings), items=[_camera(row["state"]) for row in rows])


@router.get("/cameras/{camera_id}", responses=problems(404))
async def get_camera(res: Res, camera_id: str, response: Response) -> CameraEntry:
    """One camera of the public register, with who answers for it."""
    async with res.database.read() as session:
        row = (await session.execute(_ONE, {"camera_id": camera_id})).first()
    if row is None:
        raise AppError(Kind.NOT_FOUND, "not-found", "There is no such camera in the public register.")
    response.headers["Cache-Control"] = "public, max-age=60"
    return CameraEntry(**_camera(row.state).model_dump(), **_answerable(res.settings))


def _answerable(settings: Settings) -> dict[str, str]:
    return {
        "administrator": settings.camera_administrator,
        "protection_officer": settings.protection_officer,
        "legal_basis": settings.camera_legal_basis,
    }


_ONE = text("select state from cameras where public and camera_id = :camera_id")
_LIST = text("select state from cameras where public order by name, camera_id")


class _Shown(Model):
    """The part of a camera's state that is kept here."""

    camera_id: str
    name: str
    place: Point
    address: str
    purpose: str
    view_cone: ViewCone | None
    recording: RecordingPlan
    changed_at: AwareDatetime


def _camera(state: dict[str, Any]) -> PublicCamera:
    camera = _Shown.model_validate(state)
    return PublicCamera(
        id=camera.camera_id,
        name=camera.name,
        place=camera.place,
        address=camera.address,
        purpose=camera.purpose,
        view_cone=camera.view_cone,
        keeps_footage=camera.recording.enabled,
        records_sound=camera.recording.enabled and camera.recording.record_audio,
        keep_days=camera.recording.keep_days,
        changed_at=camera.changed_at,
    )


_UPSERT = text(
    """
    insert into cameras (camera_id, version, name, public, state)
    values (:camera_id, :version, :name, :public, cast(:state as jsonb))
    on conflict (camera_id) do update
        set version = excluded.version, name = excluded.name, public = excluded.public, state = excluded.state
        where cameras.version < excluded.version
    """
)
_REMOVE = text("delete from cameras where camera_id = :camera_id and version <= :version")
_FORGET = text("delete from cameras where camera_id = :camera_id")


class CameraRegisterKeeper:
    """Handler of the topic `cameras`. Stores only what the public may see; stream addresses never enter this schema."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def __call__(self, message: Message) -> None:
        """Apply one fact; older versions and repeats change nothing."""
        async with self._database.transaction() as session:
            await self._apply(session, message)

    async def _apply(self, session: AsyncSession, message: Message) -> None:
        fact = message.fact
        if fact is None:
            await session.execute(_FORGET, {"camera_id": message.key})
        elif isinstance(fact, CameraRemoved):
            await session.execute(_REMOVE, {"camera_id": fact.camera_id, "version": fact.version})
        elif isinstance(fact, CameraState):
            shown = _Shown.model_validate(fact.model_dump()).model_dump_json()
            row = {"camera_id": fact.camera_id, "version": fact.version, "name": fact.name, "public": fact.public, "state": shown}
            await session.execute(_UPSERT, row)

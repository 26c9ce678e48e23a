"""The camera registry: every change is a new version, and a fact."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, model_validator
from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import CameraId, Point
from hejnal_contracts.cameras import (
    CameraChanged,
    CameraRegistered,
    CameraRemoved,
    CameraState,
    OnvifAccess,
    RecordingPlan,
    StreamSource,
    ViewCone,
)
from hejnal_gateway.audit.facts import SOURCE
from hejnal_gateway.cameras.masks import CheckedMask
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import camera_versions, cameras
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish


class CameraDraft(BaseModel):
    """What an administrator says about a camera."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=120)
    place: Point
    address: str = Field(default="", max_length=200)
    streams: tuple[StreamSource, ...] = Field(min_length=1, max_length=2)
    groups: tuple[str, ...] = ()
    recording: RecordingPlan = RecordingPlan()
    view_cone: ViewCone | None = None
    purpose: str = Field(default="", max_length=500)
    public: bool = True
    restricted: bool = False
    enabled: bool = True
    onvif: OnvifAccess | None = None
    privacy_masks: tuple[CheckedMask, ...] = Field(default=(), max_length=32)

    @model_validator(mode="after")
    def _streams_fit(self) -> "CameraDraft":
        names = [stream.name for stream in self.streams]
        if len(set(names)) != len(names):
            raise ValueError("each stream is named once: main, sub")
        if self.recording.stream not in names:
            raise ValueError(f"the recording plan names the stream {self.recording.stream}, which the camera does not have")
        return self


class CameraCredentials(BaseModel):
    """What the camera asks for."""

    model_config = ConfigDict(extra="forbid")

    username: str = Field(min_length=1, max_length=120)
    password: str = Field(max_length=200, repr=False)


class NewCamera(CameraDraft):
    """A camera to add."""

    camera_id: CameraId
    credentials: CameraCredentials | None = None


_KEPT = {"onvif", "privacy_masks"}


def _gone(camera_id: str) -> AppError:
    return AppError(Kind.NOT_FOUND, "camera-unknown", f"There is no camera {camera_id!r}.")


class CameraRegistry:
    """Reads and changes cameras inside the caller's transaction. A changed row is locked first: facts keep its order."""

    def __init__(self, box: SecretBox) -> None:
        self._box = box

    async def all(self, session: AsyncSession) -> list[CameraState]:
        """All cameras, by id."""
        rows = await session.execute(select(cameras.c.state).where(cameras.c.removed_at.is_(None)).order_by(cameras.c.camera_id))
        return [CameraState.model_validate(state) for state in rows.scalars()]

    async def get(self, session: AsyncSession, camera_id: str, *, lock: bool = False) -> CameraState:
        """One camera; AppError(NOT_FOUND) when there is none."""
        query = select(cameras.c.state).where(cameras.c.camera_id == camera_id, cameras.c.removed_at.is_(None))
        state = (await session.execute(query.with_for_update() if lock else query)).scalar()
        if state is None:
            raise _gone(camera_id)
        return CameraState.model_validate(state)

    async def add(self, session: AsyncSession, new: NewCamera, *, by: str, now: datetime) -> CameraState:
        """Register a camera; one removed earlier comes back under its id with the next version."""
        query = select(cameras.c.version, cameras.c.removed_at).where(cameras.c.camera_id == new.camera_id).with_for_update()
        row = (await session.execute(query)).first()
        if row is not None and row.removed_at is None:
            raise AppError(Kind.CONFLICT, "camera-exists", f"There is already a camera {new.camera_id!r}.")
        fact = CameraRegistered(
            **new.model_dump(exclude={"credentials"}),
            version=1 if row is None else row.version + 1,
            has_credentials=new.credentials is not None,
            changed_at=now,
        )
        values = {"version": fact.version, "state": fact.model_dump(mode="json"), "removed_at": None}
        values |= self._sealed(new.camera_id, new.credentials)
        if row is None:
            await session.execute(insert(cameras).values(camera_id=new.camera_id, **values))
        else:
            await session.execute(update(cameras).where(cameras.c.camera_id == new.camera_id).values(**values))
        await self._note(session, fact, "registered", by)
        return fact

    async def change(
        self, session: AsyncSession, camera_id: str, draft: CameraDraft, *, version: int | None, by: str, now: datetime
    ) -> CameraState:
        """Replace what is said about a camera. `version` is the one the change was made from (None: whatever it is).

        ONVIF access and privacy masks that are not mentioned stay: a form about place and name does not cut the camera off.
        """
        before = await self._locked(session, camera_id, version)
        return await self._store(session, before, draft.model_dump(exclude=_KEPT - draft.model_fields_set), by, now)

    async def set_credentials(
        self, session: AsyncSession, camera_id: str, credentials: CameraCredentials | None, *, by: str, now: datetime
    ) -> CameraState:
        """Give a camera other credentials, or none. A new version tells ingest to fetch them."""
        before = await self._locked(session, camera_id, None)
        await session.execute(
            update(cameras).where(cameras.c.camera_id == camera_id).values(**self._sealed(camera_id, credentials))
        )
        return await self._store(
            session, before, {"has_credentials": credentials is not None}, by, now, change="credentials-changed"
        )

    async def remove(
        self, session: AsyncSession, camera_id: str, *, version: int | None, by: str, now: datetime, reason: str = ""
    ) -> CameraState:
        """Take a camera out; its versions and its audit entries stay, its credentials do not."""
        before = await self._locked(session, camera_id, version)
        last = {"version": before.version + 1, "has_credentials": False, "changed_at": now, "reason": reason}
        fact = CameraRemoved(**before.model_dump() | last)
        values = {
            "version": fact.version,
            "state": fact.model_dump(mode="json"),
            "removed_at": now,
            "username": None,
            "password": None,
        }
        await session.execute(update(cameras).where(cameras.c.camera_id == camera_id).values(**values))
        await self._note(session, fact, "removed", by)
        return fact

    async def credentials(self, session: AsyncSession, camera_id: str) -> CameraCredentials | None:
        """What ingest needs to open the camera; None when it needs nothing. AppError(NOT_FOUND) for no such camera."""
        query = select(cameras.c.username, cameras.c.password).where(
            cameras.c.camera_id == camera_id, cameras.c.removed_at.is_(None)
        )
        row = (await session.execute(query)).first()
        if row is None:
            raise _gone(camera_id)
        if row.username is None or row.password is None:
            return None
        return CameraCredentials(
            username=self._box.open(row.username, f"camera-username:{camera_id}"),
            password=self._box.open(row.password, f"camera-password:{camera_id}"),
        )

    async def versions(self, session: AsyncSession, camera_id: str) -> Sequence[Any]:
        """The story of a camera's registration, newest first, removed ones too."""
        query = select(camera_versions).where(camera_versions.c.camera_id == camera_id).order_by(camera_versions.c.version.desc())
        return (await session.execute(query)).mappings().all()

    async def _locked(self, session: AsyncSession, camera_id: str, version: int | None) -> CameraState:
        before = await self.get(session, camera_id, lock=True)
        if version is not None and before.version != version:
            detail = f"The camera was changed meanwhile (version {before.version}, yours was {version}). Load it again."
            raise AppError(Kind.CONFLICT, "camera-changed-meanwhile", detail)
        return before

    async def _store(
        self,
        session: AsyncSession,
        before: CameraState,
        values: dict[str, Any],
        by: str,
        now: datetime,
        *,
        change: str = "changed",
    ) -> CameraState:
        fact = CameraChanged(**before.model_dump() | values | {"version": before.version + 1, "changed_at": now})
        row = {"version": fact.version, "state": fact.model_dump(mode="json")}
        await session.execute(update(cameras).where(cameras.c.camera_id == fact.camera_id).values(**row))
        await self._note(session, fact, change, by)
        return fact

    async def _note(self, session: AsyncSession, fact: CameraState, change: str, by: str) -> None:
        row = {
            "camera_id": fact.camera_id,
            "version": fact.version,
            "change": change,
            "changed_by": by,
            "changed_at": fact.changed_at,
        }
        await session.execute(insert(camera_versions).values(**row, state=fact.model_dump(mode="json")))
        await publish(session, fact, source=SOURCE)

    def _sealed(self, camera_id: str, credentials: CameraCredentials | None) -> dict[str, bytes | None]:
        if credentials is None:
            return {"username": None, "password": None}
        return {
            "username": self._box.seal(credentials.username, f"camera-username:{camera_id}"),
            "password": self._box.seal(credentials.password, f"camera-password:{camera_id}"),
        }

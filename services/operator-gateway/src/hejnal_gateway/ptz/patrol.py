"""The round of a camera: from place to place, resting a while at each, out of the way while somebody has the joystick.

The step that is due is a row: a restart goes on where it was, and of several processes one takes it.
"""

import asyncio
import random
from datetime import datetime, timedelta

import structlog
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import and_, exists, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.ptz.heads import PtzHeads
from hejnal_gateway.ptz.tables import ptz_leases, ptz_patrols
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

_BATCH = 32
_LONGEST_NAP_S = 1.0
_BETWEEN_STEPS_S = 0.5
_NEXT = select(func.min(ptz_patrols.c.next_at)).where(ptz_patrols.c.enabled)


class PatrolStep(BaseModel):
    """A place and how long to stay there."""

    model_config = ConfigDict(extra="forbid")

    preset: str = Field(min_length=1, max_length=64, description="Token of a preset")
    dwell_s: int = Field(ge=5, le=3600)


class PatrolDraft(BaseModel):
    """A round."""

    model_config = ConfigDict(extra="forbid")

    enabled: bool
    steps: tuple[PatrolStep, ...] = Field(max_length=64)


class Patrol(PatrolDraft):
    """A round as it stands."""

    version: int
    position: int = Field(description="Index of the step that comes next")
    next_at: datetime
    trouble: str = Field(description="Why the last step failed; empty when it did not")
    changed_by: str
    changed_at: datetime


class Patrols:
    """Rounds of cameras; reads and changes inside the caller's transaction, and walks them."""

    def __init__(self, database: Database, heads: PtzHeads, clock: Clock, *, resume_after_s: float) -> None:
        self._database = database
        self._heads = heads
        self._clock = clock
        self._resume_after = timedelta(seconds=resume_after_s)

    async def find(self, session: AsyncSession, camera_id: str, *, lock: bool = False) -> Patrol | None:
        """A camera's round; None when it has none."""
        query = select(ptz_patrols).where(ptz_patrols.c.camera_id == camera_id)
        row = (await session.execute(query.with_for_update() if lock else query)).mappings().first()
        if row is None:
            return None
        return Patrol.model_validate({name: value for name, value in row.items() if name != "camera_id"})

    async def put(
        self, session: AsyncSession, camera_id: str, draft: PatrolDraft, *, version: int | None, by: str, now: datetime
    ) -> Patrol:
        """Another round in its place, from its first step on. AppError(CONFLICT) when it was changed meanwhile."""
        if draft.enabled and not draft.steps:
            raise AppError(Kind.INVALID, "patrol-empty", "A round needs at least one place.")
        before = await self.find(session, camera_id, lock=True)
        if version is not None and version != (before.version if before else 0):
            detail = "The round was changed meanwhile. Load it again."
            raise AppError(Kind.CONFLICT, "patrol-changed-meanwhile", detail)
        values = {
            "version": before.version + 1 if before else 1,
            "enabled": draft.enabled,
            "steps": [step.model_dump() for step in draft.steps],
            "position": 0,
            "next_at": now,
            "trouble": "",
            "changed_by": by,
            "changed_at": now,
        }
        statement = insert(ptz_patrols).values(camera_id=camera_id, **values)
        await session.execute(statement.on_conflict_do_update(index_elements=["camera_id"], set_=values))
        return Patrol.model_validate(values)

    async def run(self) -> None:
        """Walk for ever."""
        while True:
            nap_s = _LONGEST_NAP_S
            try:
                nap_s = await self._until_next_s()
                if nap_s <= 0:
                    await self.step()
                    nap_s = _BETWEEN_STEPS_S
            except (SQLAlchemyError, OSError, TimeoutError) as error:
                log.warning("patrols_wait", error=repr(error))
            await asyncio.sleep(min(_LONGEST_NAP_S, nap_s) * random.uniform(0.9, 1.1))

    async def _until_next_s(self) -> float:
        """Seconds until a round goes on; below 0 when it should have, and for one that waits for its joystick."""
        async with self._database.read() as session:
            due = (await session.execute(_NEXT)).scalar()
        return _LONGEST_NAP_S if due is None else (due - self._clock.now()).total_seconds()

    async def step(self) -> None:
        """Every camera whose time has come turns to its next place."""
        due = await self._claim(self._clock.now())
        await asyncio.gather(*(self._turn(camera_id, preset) for camera_id, preset in due))

    async def _claim(self, now: datetime) -> list[tuple[str, str]]:
        held = exists().where(
            and_(
                ptz_leases.c.camera_id == ptz_patrols.c.camera_id,
                ptz_leases.c.expires_at > now - self._resume_after,
            )
        )
        query = (
            select(ptz_patrols)
            .where(ptz_patrols.c.enabled, ptz_patrols.c.next_at <= now, ~held)
            .order_by(ptz_patrols.c.next_at)
            .limit(_BATCH)
            .with_for_update(skip_locked=True)
        )
        claimed: list[tuple[str, str]] = []
        async with self._database.transaction() as session:
            for row in (await session.execute(query)).all():
                position = row.position % len(row.steps)
                step = row.steps[position]
                following = {
                    "position": (position + 1) % len(row.steps),
                    "next_at": now + timedelta(seconds=step["dwell_s"]),
                }
                await session.execute(update(ptz_patrols).where(ptz_patrols.c.camera_id == row.camera_id).values(**following))
                claimed.append((row.camera_id, step["preset"]))
        return claimed

    async def _turn(self, camera_id: str, preset: str) -> None:
        trouble = ""
        try:
            await self._heads.go_to(camera_id, preset)
        except AppError as error:
            trouble = error.detail[:300]
            log.warning("patrol_step_failed", camera_id=camera_id, preset=preset, error=error.slug)
        async with self._database.transaction() as session:
            other = ptz_patrols.c.trouble != trouble
            await session.execute(update(ptz_patrols).where(ptz_patrols.c.camera_id == camera_id, other).values(trouble=trouble))

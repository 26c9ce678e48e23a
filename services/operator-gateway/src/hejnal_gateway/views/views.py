"""Saved views of the wall: own ones, and those that somebody shares with a role."""

from typing import Any

from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy import ColumnElement, delete, func, insert, or_, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import CameraId
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.tables import accounts, wall_views
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

MOST_TILES = 40
MOST_VIEWS = 60
_NUMBER_TAKEN = "wall_views_number"


class WallViewDraft(BaseModel):
    """What a view consists of."""

    model_config = ConfigDict(extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    number: int = Field(ge=1, le=99, description="Called up by it from the keyboard; each account has every number once")
    layout: int = Field(ge=1, le=MOST_TILES, description="How many tiles")
    tiles: tuple[CameraId | None, ...] = Field(max_length=MOST_TILES, description="Camera of each tile, row by row; null: empty")
    shared_with: tuple[Role, ...] = Field(default=(), description="Roles that may call it up too")


class ChangedWallView(WallViewDraft):
    """A view's new contents."""

    version: int = Field(ge=1, description="The version this change was made from; 409 when it is no longer the newest")


class WallView(WallViewDraft):
    """A saved view."""

    view_id: str
    version: int
    owner_name: str
    own: bool = Field(description="Whether the asking account may change it")


class WallViews:
    """Keeps views. A view holds no right: which of its cameras somebody sees is decided when the wall asks for them."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def all(self, staff: StaffSession) -> list[WallView]:
        """What this member of staff can call up, by number, own ones first."""
        mine = wall_views.c.owner_id == staff.account_id
        visible = or_(mine, wall_views.c.shared_with.contains([staff.role.value]))
        async with self._database.read() as session:
            return await self._read(session, staff, visible)

    async def add(self, staff: StaffSession, draft: WallViewDraft) -> WallView:
        """Keep a new view. AppError(CONFLICT) for a number that is taken or one view too many."""
        view_id = new_id()
        row = _row(draft) | {"view_id": view_id, "owner_id": staff.account_id, "version": 1, "changed_at": self._clock.now()}
        try:
            async with self._database.transaction() as session:
                owned = select(func.count()).select_from(wall_views).where(wall_views.c.owner_id == staff.account_id)
                if (await session.execute(owned)).scalar_one() >= MOST_VIEWS:
                    detail = f"You have {MOST_VIEWS} views already. Remove one you no longer use."
                    raise AppError(Kind.CONFLICT, "views-full", detail)
                await session.execute(insert(wall_views).values(**row))
                return (await self._read(session, staff, wall_views.c.view_id == view_id))[0]
        except IntegrityError as error:
            raise _taken(error, draft.number) from error

    async def change(self, staff: StaffSession, view_id: str, changed: ChangedWallView) -> WallView:
        """Replace an own view. AppError: NOT_FOUND not an own one; CONFLICT changed meanwhile, or its number is taken."""
        own = (wall_views.c.view_id == view_id) & (wall_views.c.owner_id == staff.account_id)
        try:
            async with self._database.transaction() as session:
                found = (await session.execute(select(wall_views.c.version).where(own).with_for_update())).scalar()
                if found is None:
                    raise _unknown()
                if found != changed.version:
                    detail = f"The view was changed meanwhile (version {found}, yours was {changed.version}). Load it again."
                    raise AppError(Kind.CONFLICT, "view-changed-meanwhile", detail)
                values = _row(changed) | {"version": found + 1, "changed_at": self._clock.now()}
                await session.execute(update(wall_views).where(own).values(**values))
                return (await self._read(session, staff, own))[0]
        except IntegrityError as error:
            raise _taken(error, changed.number) from error

    async def remove(self, staff: StaffSession, view_id: str) -> None:
        """Forget an own view; AppError(NOT_FOUND) when it is not one."""
        own = (wall_views.c.view_id == view_id) & (wall_views.c.owner_id == staff.account_id)
        async with self._database.transaction() as session:
            gone = await session.execute(delete(wall_views).where(own).returning(wall_views.c.view_id))
            if gone.first() is None:
                raise _unknown()

    async def _read(self, session: AsyncSession, staff: StaffSession, where: ColumnElement[bool]) -> list[WallView]:
        mine = wall_views.c.owner_id == staff.account_id
        query = (
            select(wall_views, accounts.c.name.label("owner_name"), mine.label("own"))
            .join(accounts, accounts.c.account_id == wall_views.c.owner_id)
            .where(where)
            .order_by(mine.desc(), wall_views.c.number, wall_views.c.view_id)
        )
        rows = (await session.execute(query)).mappings()
        return [WallView(**{name: row[name] for name in WallView.model_fields}) for row in rows]


def _row(draft: WallViewDraft) -> dict[str, Any]:
    return draft.model_dump(mode="json", include=set(WallViewDraft.model_fields))


def _unknown() -> AppError:
    return AppError(Kind.NOT_FOUND, "view-unknown", "There is no such view of yours.")


def _taken(error: IntegrityError, number: int) -> Exception:
    if _NUMBER_TAKEN in str(error.orig):
        return AppError(Kind.CONFLICT, "view-number-taken", f"One of your views has the number {number} already.")
    return error

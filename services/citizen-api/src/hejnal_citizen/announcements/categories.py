"""Categories of announcements: the town names, orders and archives them; a code is for good, for facts and wishes carry it."""

import json
from typing import Any

from fastapi import APIRouter, Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.announcements import rules
from hejnal_citizen.announcements.draft_schemas import Category, CategoryChange, NewCategory
from hejnal_citizen.audit import act
from hejnal_citizen.preconditions import IfMatch, tag
from hejnal_citizen.resources import SERVICE
from hejnal_citizen.schema import problems
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Announcer, AnyStaff
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["announcements"])

MOST = 100

_ALL = query(
    """
    select code, names, icon, default_severity, cap_category, position, not active as archived, version,
        (select count(*) from announcements a join announcement_versions v on v.announcement_id = a.id and v.version = a.version
         where v.category = c.code) as announcements,
        (select count(distinct f.resident_id) from filters f where c.code = any(f.categories)) as subscribers
    from categories c where kind = 'announcement' order by active desc, position, code
    """
)
_LOCK = query("select version from categories where kind = 'announcement' and code = :code for update")
_ADD = command(
    """
    insert into categories (kind, code, names, icon, default_severity, cap_category, position, active)
    values ('announcement', :code, cast(:names as jsonb), :icon, :default_severity, :cap_category, :position, :active)
    on conflict do nothing returning 1
    """
)
_CHANGE = command(
    """
    update categories set version = version + 1, names = cast(:names as jsonb), icon = :icon,
        default_severity = :default_severity, cap_category = :cap_category, position = :position, active = :active
    where kind = 'announcement' and code = :code
    """
)


@router.get("/announcement-categories", responses=problems(401, 403))
async def list_announcement_categories(res: Res, _: AnyStaff) -> list[Category]:
    """All categories in the town's order, archived ones last."""
    async with res.database.read() as session:
        return await _all(session)


@router.post("/announcement-categories", status_code=201, responses=problems(401, 403, 409))
async def create_announcement_category(res: Res, caller: Announcer, body: NewCategory, response: Response) -> Category:
    """Add a category. 409 `category-exists`: nothing was changed."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        if len(await _all(session)) >= MOST:
            raise AppError(Kind.CONFLICT, "too-many-categories", f"There are {MOST} categories. Nobody finds theirs among more.")
        if not (await session.execute(_ADD, _row(body.code, body))).first():
            detail = f"There is a category {body.code!r} already (perhaps an archived one). Change it, or choose another code."
            raise AppError(Kind.CONFLICT, "category-exists", detail)
        await publish(session, act(caller, "announcement-category.created", body.code, now=now), source=SERVICE)
        return _one(await _all(session), body.code, response)


@router.put("/announcement-categories/{code}", responses=problems(401, 403, 404, 409, 412))
async def change_announcement_category(
    res: Res, caller: Announcer, code: str, body: CategoryChange, response: Response, if_match: IfMatch = None
) -> Category:
    """Rename, reorder or archive a category. An archived one is offered no more; what was announced in it stays."""
    now = res.clock.now()
    async with res.database.transaction() as session:
        version = (await session.execute(_LOCK, {"code": code})).scalar()
        if version is None:
            raise AppError(Kind.NOT_FOUND, "not-found", "There is no category with this code.")
        rules.check_version(version, version, if_match)
        others = [one for one in await _all(session) if one.code != code and not one.archived]
        if body.archived and not others:
            raise AppError(Kind.CONFLICT, "last-category", "This is the last category. Add another one first.")
        await session.execute(_CHANGE, _row(code, body))
        await publish(session, act(caller, "announcement-category.changed", code, now=now), source=SERVICE)
        return _one(await _all(session), code, response)


async def _all(session: AsyncSession) -> list[Category]:
    return [Category.model_validate(dict(row)) for row in (await session.execute(_ALL)).mappings()]


def _one(categories: list[Category], code: str, response: Response) -> Category:
    found = next(one for one in categories if one.code == code)
    tag(response, found.version)
    return found


def _row(code: str, body: CategoryChange) -> dict[str, Any]:
    fields = body.model_dump(mode="json", include={"icon", "default_severity", "cap_category", "position"})
    return fields | {"code": code, "names": json.dumps(body.names.model_dump()), "active": not body.archived}

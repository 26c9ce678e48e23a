"""Categories of reports as the town edits them: names, questions, who gets the report (by area), who may report."""

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal, Self

from fastapi import APIRouter, Response
from pydantic import Field, model_validator
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.announcements.areas import shape_of
from hejnal_citizen.audit import act
from hejnal_citizen.preconditions import IfMatch, require, tag
from hejnal_citizen.reports.questions import MOST_QUESTIONS, Question, Wording
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.schema import Input, Output, problems
from hejnal_citizen.sql import command, query
from hejnal_citizen.staff_access import Announcer, AnyStaff, Staff
from hejnal_contracts.announcements import Area
from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

router = APIRouter(tags=["report categories"])

Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_-]{0,39}$")]
Open311 = Literal["realtime", "batch", "off"]
MOST_ROUTES = 40


class CategoryRoute(Input):
    """Another unit for what lies in an area."""

    label: str = Field(min_length=1, max_length=120, description="What staff call the area, e.g. Osiedle Południe")
    unit: str = Field(min_length=1, max_length=120)
    area: Area = Field(description="A circle, a closed polygon, or streets by name, as in announcements")


class CategoryEdit(Input):
    """Everything the town decides about a category."""

    names: Wording
    unit: str = Field(default="", max_length=120, description="Gets the report where no route names another; empty: nobody yet")
    routes: tuple[CategoryRoute, ...] = Field(
        default=(), max_length=MOST_ROUTES, description="First one that covers the pin wins"
    )
    anonymous_allowed: bool = Field(default=True, description="False: the reporter signs in or leaves a contact")
    urgent: bool = Field(default=False, description="True: an alert in the watch room at once")
    questions: tuple[Question, ...] = Field(default=(), max_length=MOST_QUESTIONS)
    open311: Open311 = Field(
        default="realtime", description="How it is offered by Open311: the number at once, a token first, or not at all"
    )
    position: int = Field(default=100, ge=1, le=1000, description="Order in lists, smallest first")
    archived: bool = Field(default=False, description="True: no longer offered; its old reports keep it")

    @model_validator(mode="after")
    def _codes_differ(self) -> Self:
        if len({question.code for question in self.questions}) != len(self.questions):
            raise ValueError("two questions have the same code")
        return self


class NewCategory(CategoryEdit):
    """A category that is not there yet."""

    code: Code


class StaffReportCategory(Output):
    """A category with everything staff know of it."""

    code: str
    names: Wording
    unit: str
    routes: list[CategoryRoute]
    anonymous_allowed: bool
    urgent: bool
    questions: list[Question]
    open311: Open311
    position: int
    archived: bool
    version: int
    open_reports: int = Field(description="Reports of this category that are not closed")


class StaffReportCategories(Output):
    """All categories in the town's order, archived ones too."""

    items: list[StaffReportCategory]


_SELECT = """
    select code, names, unit, routes, anonymous_allowed, urgent, questions, open311, position, not active as archived, version,
           (select count(*) from reports r where r.category = c.code and r.status <> 'closed') as open_reports
    from categories c where kind = 'report'
"""
_ALL = query(_SELECT + " order by not active, position, code")
_ONE = query(_SELECT + " and code = :code")
_VERSION = query("select version from categories where kind = 'report' and code = :code for update")
_INSERT = command(
    """
    insert into categories (kind, code, names, unit, routes, anonymous_allowed, urgent, questions, open311, position, active)
    values ('report', :code, cast(:names as jsonb), :unit, cast(:routes as jsonb), :anonymous_allowed, :urgent,
            cast(:questions as jsonb), :open311, :position, :active)
    on conflict do nothing returning 1
    """
)
_UPDATE = command(
    """
    update categories set names = cast(:names as jsonb), unit = :unit, routes = cast(:routes as jsonb), urgent = :urgent,
        anonymous_allowed = :anonymous_allowed, questions = cast(:questions as jsonb), open311 = :open311, position = :position,
        active = :active, version = version + 1
    where kind = 'report' and code = :code
    """
)
_UNIT = query(
    """
    select route ->> 'unit' as unit
    from categories c, jsonb_array_elements(c.routes) with ordinality as r (route, place)
    where c.kind = 'report' and c.code = :code
      and st_covers(st_setsrid(st_geomfromgeojson(route ->> 'shape'), 4326), st_setsrid(st_makepoint(:lon, :lat), 4326))
    order by place limit 1
    """
)


async def unit_for(session: AsyncSession, code: str, place: Point, otherwise: str) -> str:
    """The unit that gets a report of this category at this place."""
    found = (await session.execute(_UNIT, {"code": code, "lat": place.lat, "lon": place.lon})).scalar()
    return str(found) if found is not None else otherwise


@router.get("/report-categories", responses=problems(401, 403))
async def list_report_categories(res: Res, _: AnyStaff) -> StaffReportCategories:
    """All categories of reports, archived ones last."""
    async with res.database.read() as session:
        return StaffReportCategories(items=[_category(row) for row in await session.execute(_ALL)])


@router.post("/report-categories", status_code=201, responses=problems(401, 403, 409))
async def create_report_category(res: Res, caller: Announcer, body: NewCategory, response: Response) -> StaffReportCategory:
    """Offer a new category at once."""
    async with res.database.transaction() as session:
        values = await _values(session, body.code, body)
        if (await session.execute(_INSERT, values)).first() is None:
            detail = f"There is a category {body.code!r} already, perhaps archived. Change that one, or choose another code."
            raise AppError(Kind.CONFLICT, "category-exists", detail)
        return await _done(session, res, caller, body.code, "report-category.created", response)


@router.put("/report-categories/{code}", responses=problems(401, 403, 404, 412))
async def change_report_category(
    res: Res, caller: Announcer, code: str, body: CategoryEdit, response: Response, if_match: IfMatch = None
) -> StaffReportCategory:
    """Replace a category's description. Reports that exist keep the answers and the unit they have."""
    async with res.database.transaction() as session:
        version = (await session.execute(_VERSION, {"code": code})).scalar()
        if version is None:
            raise AppError(Kind.NOT_FOUND, "not-found", "There is no category of this code.")
        require(if_match, version)
        await session.execute(_UPDATE, await _values(session, code, body))
        return await _done(session, res, caller, code, "report-category.changed", response)


async def _routes(session: AsyncSession, routes: Sequence[CategoryRoute]) -> str:
    """Routes as they are stored: each with its shape, so that a report finds its unit in one statement."""
    stored = []
    for route in routes:
        shape = await shape_of(session, route.area)
        stored.append(route.model_dump(mode="json") | {"shape": shape.geojson})
    return json.dumps(stored)


async def _done(
    session: AsyncSession, res: Resources, caller: Staff, code: str, action: str, response: Response
) -> StaffReportCategory:
    category = _category((await session.execute(_ONE, {"code": code})).one())
    await publish(session, act(caller, action, code, now=res.clock.now()), source=SERVICE)
    tag(response, category.version)
    return category


async def _values(session: AsyncSession, code: str, body: CategoryEdit) -> dict[str, Any]:
    names = ("unit", "anonymous_allowed", "urgent", "open311", "position")
    questions = json.dumps([one.model_dump(mode="json") for one in body.questions])
    fixed = {"code": code, "names": body.names.model_dump_json(), "active": not body.archived, "questions": questions}
    return fixed | {"routes": await _routes(session, body.routes)} | {name: getattr(body, name) for name in names}


def _category(row: Any) -> StaffReportCategory:
    routes = [{name: route[name] for name in ("label", "unit", "area")} for route in row.routes]
    names = set(StaffReportCategory.model_fields) - {"routes"}
    return StaffReportCategory.model_validate({name: getattr(row, name) for name in names} | {"routes": routes})

"""What is known of the town: its description for clients, its categories, and whether a point lies in it."""

from typing import Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents.consent import CONSENT_TEXTS, CONSENT_VERSION
from hejnal_citizen.residents.server_keys import ServerKeys
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_citizen.town.schemas import AnnouncementCategory, Consent, ReportCategory, Town
from hejnal_contracts.base import Language, Point
from hejnal_runtime.errors import AppError, Kind

_TOWN = query(
    """
    select name, teryt, st_y(center) as lat, st_x(center) as lon, st_asgeojson(boundary, 6)::json as boundary,
           st_xmin(boundary) as west, st_ymin(boundary) as south, st_xmax(boundary) as east, st_ymax(boundary) as north
    from town
    """
)
_CATEGORIES = query(
    """
    select code, names, unit, anonymous_allowed, urgent, questions, icon, default_severity from categories
    where kind = :kind and active order by position, code
    """
)
_CATEGORY = query(
    """
    select code, names, unit, anonymous_allowed, urgent, questions from categories
    where kind = :kind and code = :code and active
    """
)
_INSIDE = query("select st_covers(boundary, st_setsrid(st_makepoint(:lon, :lat), 4326)) from town")


async def describe(session: AsyncSession, settings: Settings, server_keys: ServerKeys) -> Town:
    """The town; AppError(NOT_FOUND) before `import-town` was run."""
    row = (await session.execute(_TOWN)).first()
    if row is None:
        raise AppError(
            Kind.NOT_FOUND, "no-town", "No town has been imported yet. Run `python -m hejnal_citizen import-town FILE`."
        )
    map_there = settings.map_file is not None and settings.map_file.is_file()
    return Town(
        name=row.name,
        teryt=row.teryt,
        center=Point(lat=row.lat, lon=row.lon),
        bounds=(row.west, row.south, row.east, row.north),
        boundary=row.boundary,
        languages=list(Language),
        vapid_public_key=server_keys.current,
        map_url="/map/town.pmtiles" if map_there else None,
        announcement_categories=await announcement_categories(session),
        report_categories=await report_categories(session),
        consent=Consent(version=CONSENT_VERSION, legal_basis=settings.legal_basis, texts=CONSENT_TEXTS),
    )


async def announcement_categories(session: AsyncSession) -> list[AnnouncementCategory]:
    """Categories of announcements in the town's order."""
    rows = await session.execute(_CATEGORIES, {"kind": "announcement"})
    return [AnnouncementCategory.model_validate(row, from_attributes=True) for row in rows]


async def report_categories(session: AsyncSession) -> list[ReportCategory]:
    """Categories of reports in the town's order."""
    return [_report_category(row) for row in await session.execute(_CATEGORIES, {"kind": "report"})]


async def report_category(session: AsyncSession, code: str) -> ReportCategory:
    """One category of reports; AppError(INVALID) when there is none of this code."""
    row = await _require_category(session, "report", code)
    return _report_category(row)


async def require_announcement_categories(session: AsyncSession, codes: set[str]) -> None:
    """AppError(INVALID) names the first code that is no category of announcements."""
    known = {category.code for category in await announcement_categories(session)}
    for code in sorted(codes - known):
        raise _unknown(code)


def _report_category(row: object) -> ReportCategory:
    return ReportCategory.model_validate(row, from_attributes=True)


async def _require_category(session: AsyncSession, kind: Literal["announcement", "report"], code: str) -> object:
    row = (await session.execute(_CATEGORY, {"kind": kind, "code": code})).first()
    if row is None:
        raise _unknown(code)
    return row


def _unknown(code: str) -> AppError:
    return AppError(Kind.INVALID, "unknown-category", f"There is no category {code!r}. GET /town lists them.")


async def require_inside(session: AsyncSession, place: Point) -> None:
    """AppError(INVALID) when a point lies outside the town's boundary."""
    inside = (await session.execute(_INSIDE, {"lat": place.lat, "lon": place.lon})).scalar()
    if not inside:
        detail = "This place lies outside the town. Move the pin inside the boundary, or tell the municipality it belongs to."
        raise AppError(
            Kind.INVALID,
            "outside-town",
            detail,
            errors=[{"pointer": "/body/lat", "detail": "outside the town", "code": "outside-town"}],
        )

"""Public: feeds, CAP documents and open data. All conditional (ETag, Last-Modified), all readable from any page."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlsplit

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.access import Res
from hejnal_citizen.feeds import atom, calendar, entries, open_data
from hejnal_citizen.feeds.answers import Document, answer
from hejnal_citizen.feeds.cap import document as cap
from hejnal_citizen.feeds.cap import store
from hejnal_citizen.feeds.cap.life_sign import life_sign
from hejnal_citizen.feeds.entries import TownName
from hejnal_citizen.resources import Resources
from hejnal_citizen.schema import problems
from hejnal_contracts.base import Language
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.quiet_hours import TOWN_TIME

router = APIRouter(tags=["feeds"])

KEEP_S = 5.0
MOST_ENTRIES = 200
MOST_CAP = 500
MAX_AGE_S = 30
OPEN_DATA_KEEP_S = 60.0
OPEN_DATA_MAX_AGE_S = 300
FOREVER_S = 31_536_000

Categories = Annotated[list[str] | None, Query(description="Only these categories; may be repeated", max_length=100)]
InLanguage = Annotated[Language, Query(description="Where a text does not exist in it, the Polish one is given")]
Year = Annotated[int | None, Query(ge=2020, le=2100, description="Calendar year in the town's time; empty: this one")]


def _feed(*media_types: str) -> dict[int | str, dict[str, Any]]:
    content = {media_type: {"schema": {"type": "string"}} for media_type in media_types}
    return {200: {"description": "The document", "content": content}, 304: {"description": "It has not changed"}, **problems(404)}


@router.get("/feeds/announcements.atom", response_class=Response, responses=_feed(atom.MEDIA_TYPE))
async def announcements_atom(
    res: Res, request: Request, category: Categories = None, language: InLanguage = Language.PL
) -> Response:
    """Announcements as Atom with GeoRSS: what is current or changed in the last 30 days; at most 200, newest first."""
    chosen = tuple(sorted(set(category or ())))

    async def make(session: AsyncSession, town: TownName, now: datetime) -> Document:
        found = await entries.entries(session, now=now, limit=MOST_ENTRIES, categories=chosen)
        changed_at = entries.newest(found, town.imported_at)
        query = f"?{request.url.query}" if request.url.query else ""
        body = atom.announcements(
            town,
            found,
            base_url=_base(res),
            page=res.settings.announcement_url("{id}"),
            language=language,
            changed_at=changed_at,
            address=f"{_base(res)}/api/v1/feeds/announcements.atom{query}",
        )
        return Document(body, atom.MEDIA_TYPE, changed_at, MAX_AGE_S)

    return answer(request, await _made(res, ("atom", language.value, request.url.query), KEEP_S, make))


@router.get("/feeds/announcements.ics", response_class=Response, responses=_feed("text/calendar"))
async def announcements_calendar(
    res: Res, request: Request, category: Categories = None, language: InLanguage = Language.PL
) -> Response:
    """Announcements as iCalendar, to subscribe to: what is current and what changed in the last 30 days; at most 200."""
    chosen = tuple(sorted(set(category or ())))

    async def make(session: AsyncSession, town: TownName, now: datetime) -> Document:
        found = await entries.entries(session, now=now, limit=MOST_ENTRIES, categories=chosen)
        page = res.settings.announcement_url("{id}")
        body = calendar.calendar(town, found, base_url=_base(res), page=page, language=language)
        changed_at = entries.newest(found, town.imported_at)
        return Document(body, calendar.MEDIA_TYPE, changed_at, MAX_AGE_S, disposition="komunikaty.ics")

    return answer(request, await _made(res, ("ics", language.value, *chosen), KEEP_S, make))


@router.get("/cap/index.atom", response_class=Response, responses=_feed(atom.MEDIA_TYPE))
async def cap_index(res: Res, request: Request) -> Response:
    """The CAP documents that count now, as Atom: alerts, updates and cancels whose time is not over; at most 500."""

    async def make(session: AsyncSession, town: TownName, now: datetime) -> Document:
        found = await entries.entries(session, now=now, limit=MOST_CAP + 1, states=("active", "upcoming", "cancelled"))
        current = [one for one in found if one.in_cap and one.valid_until > now]
        changed_at = entries.newest(found, town.imported_at)
        identifier = {(one.id, one.version): cap.identifier_of(one.id, one.version) for one in current}
        body = atom.cap_index(town, current[:MOST_CAP], base_url=_base(res), changed_at=changed_at, identifier=identifier)
        return Document(body, atom.MEDIA_TYPE, changed_at, MAX_AGE_S, truncated=len(found) > MOST_CAP)

    return answer(request, await _made(res, ("cap",), KEEP_S, make))


@router.get("/cap/life-sign.xml", response_class=Response, responses=_feed(cap.MEDIA_TYPE))
async def cap_life_sign(res: Res, request: Request) -> Response:
    """A signed CAP message of status System, made anew on a fixed beat: without a fresh one, silence is not safety."""
    beat_s = res.settings.life_sign_s

    async def make(session: AsyncSession, town: TownName, now: datetime) -> Document:
        found = await entries.entries(session, now=now, limit=MOST_CAP + 1, states=("active", "upcoming"))
        delivery = "delayed" if res.relay.health() else "ok"
        standing = [one for one in found if one.in_cap]
        root = life_sign(_issuer(res, town), standing, now=now, beat_s=beat_s, delivery=delivery, more=len(found) > MOST_CAP)
        body = await asyncio.to_thread(res.cap_signer.sign, root)
        return Document(body, cap.MEDIA_TYPE, now, max(1, beat_s // 4))

    return answer(request, await _made(res, ("life-sign",), beat_s / 2, make))


@router.get("/cap/certificate.pem", response_class=Response, responses=_feed("application/x-pem-file"))
async def cap_certificate(res: Res, request: Request) -> Response:
    """The certificate by which CAP documents are checked. Fetch it once over HTTPS and keep it."""
    body = res.cap_signer.certificate
    return answer(request, Document(body, "application/x-pem-file", datetime(2025, 1, 1, tzinfo=TOWN_TIME), 86_400))


@router.get("/cap/{announcement_id}/{version}.xml", response_class=Response, responses=_feed(cap.MEDIA_TYPE))
async def cap_document(
    res: Res, request: Request, announcement_id: str, version: Annotated[int, Path(ge=1, le=100_000)]
) -> Response:
    """The CAP 1.2 document of one version, signed. It never changes; a later version has its own, which refers to this one."""
    async with res.database.read() as session:
        town = await _town(session)
        found = await store.kept(session, announcement_id, version)
    if found is None:
        now = res.clock.now()
        async with res.database.transaction() as session:
            found = await store.make(session, _issuer(res, town), res.cap_signer, announcement_id, version, now=now)
    body, signed_at = found
    return answer(request, Document(body, cap.MEDIA_TYPE, signed_at, FOREVER_S, immutable=True))


@router.get("/open-data", response_class=Response, responses=_feed("application/json"))
async def open_data_catalogue(res: Res, request: Request) -> Response:
    """What there is as open data: a Data Package (Frictionless) with licence, and a Table Schema for each table."""

    async def make(session: AsyncSession, town: TownName, now: datetime) -> Document:
        body, newest = await open_data.catalogue(session, res.settings, town=town.name, year=now.astimezone(TOWN_TIME).year)
        return Document(body, "application/json", newest or town.imported_at, OPEN_DATA_MAX_AGE_S)

    return answer(request, await _made(res, ("open-data",), OPEN_DATA_KEEP_S, make))


@router.get("/open-data/announcements.csv", response_class=Response, responses=_feed("text/csv"))
async def open_announcements_csv(res: Res, request: Request, year: Year = None) -> Response:
    """A year's announcements in their newest version, as CSV."""
    return await _open(res, request, "announcements", "csv", year)


@router.get("/open-data/announcements.geojson", response_class=Response, responses=_feed(open_data.GEOJSON))
async def open_announcements_geojson(res: Res, request: Request, year: Year = None) -> Response:
    """A year's announcements with their areas, as GeoJSON."""
    return await _open(res, request, "announcements", "geojson", year)


@router.get("/open-data/reports.csv", response_class=Response, responses=_feed("text/csv"))
async def open_reports_csv(res: Res, request: Request, year: Year = None) -> Response:
    """A year's reports as CSV: no words, no photos, rounded places."""
    return await _open(res, request, "reports", "csv", year)


@router.get("/open-data/reports.geojson", response_class=Response, responses=_feed(open_data.GEOJSON))
async def open_reports_geojson(res: Res, request: Request, year: Year = None) -> Response:
    """A year's reports as GeoJSON: no words, no photos, rounded places."""
    return await _open(res, request, "reports", "geojson", year)


async def _open(
    res: Resources, request: Request, dataset: open_data.Dataset, form: open_data.Format, year: int | None
) -> Response:
    chosen = year or res.clock.now().astimezone(TOWN_TIME).year

    async def make(session: AsyncSession, _: TownName, __: datetime) -> Document:
        rows = await open_data.read(session, dataset, chosen, shapes=form == "geojson", settings=res.settings)
        if form == "csv":
            body, media_type = await asyncio.to_thread(open_data.as_csv, rows), open_data.CSV
        else:
            body, media_type = await asyncio.to_thread(open_data.as_geojson, rows, res.settings), open_data.GEOJSON
        name = f"{dataset}-{chosen}.{form}"
        return Document(body, media_type, rows.changed_at, OPEN_DATA_MAX_AGE_S, disposition=name, truncated=rows.truncated)

    return answer(request, await _made(res, ("open-data", dataset, form, str(chosen)), OPEN_DATA_KEEP_S, make))


async def _made(
    res: Resources, key: tuple[str, ...], keep_s: float, make: Callable[[AsyncSession, TownName, datetime], Awaitable[Document]]
) -> Document:
    async def now_made() -> Document:
        async with res.database.read() as session:
            return await make(session, await _town(session), res.clock.now())

    return await res.feeds.get(key, keep_s, now_made)


async def _town(session: AsyncSession) -> TownName:
    found = await entries.town(session)
    if found is None:
        raise AppError(Kind.NOT_FOUND, "no-town", "No town has been imported yet.")
    return found


def _base(res: Resources) -> str:
    return res.settings.public_url.rstrip("/")


def _issuer(res: Resources, town: TownName) -> cap.Issuer:
    settings = res.settings
    return cap.Issuer(
        sender=settings.cap_sender or f"hejnal@{urlsplit(settings.public_url).hostname}",
        town=town.name,
        teryt=town.teryt,
        contact=settings.cap_contact,
        base_url=_base(res),
        page=settings.announcement_url("{id}"),
    )

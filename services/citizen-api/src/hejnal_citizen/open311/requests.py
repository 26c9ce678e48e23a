"""GET Service Requests: what has been reported, as everybody may see it, or in full for a program that may read."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

from collections.abc import Sequence
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.open311.documents import Document
from hejnal_citizen.open311.errors import unknown
from hejnal_citizen.open311.keys import Open311Key
from hejnal_citizen.open311.parameters import Wanted
from hejnal_citizen.reports.listing import PUBLIC_DECIMALS
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_contracts.base import Language

_PLACE = f"""
    case when :full or o.key_id = :key_id then st_y(r.place)
         else round(st_y(r.place)::numeric, {PUBLIC_DECIMALS})::float8 end as lat,
    case when :full or o.key_id = :key_id then st_x(r.place)
         else round(st_x(r.place)::numeric, {PUBLIC_DECIMALS})::float8 end as lon
"""
# Boxes and circles are judged by the places that are shown: a small one must not find an exact place.
_ROWS = query(
    f"""
    select * from (
        select r.id, r.reference, r.status, r.outcome, r.category, r.unit, r.submitted_at, r.updated_at, r.street, r.answers,
               c.names, c.questions, coalesce(:full or o.key_id = :key_id, false) as shown, r.address,
               case when :full or o.key_id = :key_id or r.text_public then r.text end as text, o.media_url,
               {_PLACE},
               (select e.answer from report_events e where e.report_id = r.id and e.answer <> '' order by e.number desc limit 1)
                   as answer,
               (select p.id from report_photos p where p.report_id = r.id and p.public order by p.position limit 1) as photo_id,
               (select count(*) from report_followers f where f.report_id = r.id) as me_too
        from reports r join categories c on c.kind = 'report' and c.code = r.category
        left join open311_origins o on o.report_id = r.id
        where c.open311 <> 'off'
          and (not :by_id or r.reference = any(cast(:ids as text[])))
          and (cardinality(cast(:services as text[])) = 0 or r.category = any(cast(:services as text[])))
          and (cast(:status as text) is null or (r.status = 'closed') = (cast(:status as text) = 'closed'))
          and (cast(:since as timestamptz) is null or r.submitted_at >= :since)
          and (cast(:until as timestamptz) is null or r.submitted_at <= :until)
          and (cast(:updated_since as timestamptz) is null or r.updated_at >= :updated_since)
          and (cast(:updated_until as timestamptz) is null or r.updated_at <= :updated_until)
    ) as found
    where (cast(:west as float8) is null or (lon between :west and :east and lat between :south and :north))
      and (cast(:radius_m as float8) is null or st_dwithin(st_setsrid(st_makepoint(lon, lat), 4326)::geography,
           st_setsrid(st_makepoint(cast(:lon as float8), cast(:lat as float8)), 4326)::geography, cast(:radius_m as float8)))
    order by submitted_at desc, id desc limit :limit offset :offset
    """
)
_NOTES = query(
    """
    select report_id, at, status, outcome, answer from report_events
    where report_id = any(cast(:ids as text[])) and kind <> 'routed' order by report_id, number
    """
)
_BY_TOKEN = query(
    "select r.reference from open311_origins o join reports r on r.id = o.report_id where o.token = :token and o.token <> ''"
)


async def listing(
    session: AsyncSession, settings: Settings, selection: Wanted, key: Open311Key | None, language: Language
) -> Document:
    """All requests that are wanted, newest first."""
    return Document("service_requests", await _requests(session, settings, selection, key, language))


async def one(
    session: AsyncSession, settings: Settings, selection: Wanted, key: Open311Key | None, language: Language
) -> Document:
    """The one request of `selection.ids`. AppError(NOT_FOUND)."""
    found = await _requests(session, settings, selection, key, language)
    if not found:
        raise unknown("service_request_id")
    return Document("service_requests", found)


async def by_token(session: AsyncSession, token: str) -> Document:
    """GET service_request_id from a token. AppError(NOT_FOUND)."""
    reference = (await session.execute(_BY_TOKEN, {"token": token})).scalar()
    if reference is None:
        raise unknown("token")
    return Document("service_requests", [{"service_request_id": reference, "token": token}])


async def _requests(
    session: AsyncSession, settings: Settings, selection: Wanted, key: Open311Key | None, language: Language
) -> list[dict[str, Any]]:
    values: dict[str, Any] = {name: getattr(selection, name) for name in ("status", "since", "until", "limit", "offset")}
    values |= {"updated_since": selection.updated_since, "updated_until": selection.updated_until}
    values |= {"ids": list(selection.ids), "by_id": bool(selection.ids), "services": list(selection.services)}
    values |= {"full": key is not None and key.may_read, "key_id": key.id if key else ""}
    box, around = selection.box, selection.around
    for name in ("west", "south", "east", "north"):
        values[name] = getattr(box, name) if box else None
    for name in ("lat", "lon", "radius_m"):
        values[name] = getattr(around, name) if around else None
    rows = list(await session.execute(_ROWS, values))
    notes = await _notes(session, [row.id for row in rows]) if selection.extensions else {}
    return [_request(row, settings, language, notes.get(row.id, []) if selection.extensions else None) for row in rows]


async def _notes(session: AsyncSession, ids: Sequence[str]) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in await session.execute(_NOTES, {"ids": list(ids)}):
        note = {"datetime": row.at.isoformat(), "summary": row.outcome or row.status, "description": row.answer or None}
        found.setdefault(row.report_id, []).append(note)
    return found


def _request(row: Any, settings: Settings, language: Language, notes: list[dict[str, Any]] | None) -> dict[str, Any]:
    root = settings.public_url.rstrip("/")
    media_url = f"{root}/api/v1/reports/{row.id}/photos/{row.photo_id}" if row.photo_id else None
    request = {
        "service_request_id": row.reference,
        "status": "closed" if row.status == "closed" else "open",
        "status_notes": row.answer,
        "service_name": row.names[language.value],
        "service_code": row.category,
        "description": row.text,
        "agency_responsible": row.unit or None,
        "service_notice": None,
        "requested_datetime": row.submitted_at.isoformat(),
        "updated_datetime": row.updated_at.isoformat(),
        "expected_datetime": None,
        "address": (row.address if row.shown else row.street) or None,
        "address_id": None,
        "zipcode": None,
        "lat": row.lat,
        "long": row.lon,
        "media_url": media_url or (row.media_url if row.shown else None) or None,
    }
    if notes is not None:
        extended: dict[str, Any] = {"status": row.status, "outcome": row.outcome, "me_too": row.me_too}
        if row.shown:
            extended |= {f"answer_{code}": _flat(value) for code, value in row.answers.items()}
        request |= {"extended_attributes": extended, "notes": notes}
    return request


def _flat(value: Any) -> Any:
    return ",".join(value) if isinstance(value, list) else value

"""Finding addresses by words and by place."""

# ruff: noqa: S608 -- statements are put together from constants of this file only

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import query
from hejnal_citizen.town.schemas import AddressHit, NearestAddress, Street
from hejnal_citizen.town.words import fold, number_key
from hejnal_contracts.base import Point

_MATCHES = "(select bool_and((' ' || {table}.words) like '% ' || word || '%') from unnest(cast(:words as text[])) as word)"
_STREET_MATCHES = _MATCHES.format(table="s")

_BY_NUMBER = query(
    f"""
    select 'address' as kind, s.name || ' ' || a.number as label, s.name as street, a.number, a.postcode, s.district,
           st_y(a.place) as lat, st_x(a.place) as lon
    from streets s join addresses a on a.street_id = s.id
    where {_STREET_MATCHES} and a.number_key like :number || '%'
    order by a.number_key <> :number, not (s.words like :beginning || '%'), s.name, length(a.number_key), a.number_key, a.id
    limit :limit
    """
)
_STREETS = query(
    f"""
    select 'street' as kind, s.name as label, s.name as street, '' as number, '' as postcode, s.district,
           st_y(st_pointonsurface(s.footprint)) as lat, st_x(st_pointonsurface(s.footprint)) as lon
    from streets s
    where s.footprint is not null and {_STREET_MATCHES}
    order by not (s.words like :beginning || '%'), length(s.words), s.name, s.district
    limit :limit
    """
)
_PLACES = query(
    f"""
    select 'place' as kind, p.name as label, '' as street, '' as number, '' as postcode, '' as district,
           st_y(p.place) as lat, st_x(p.place) as lon
    from places p
    where {_MATCHES.format(table="p")}
    order by not (p.words like :beginning || '%'), length(p.words), p.name
    limit :limit
    """
)
# The index orders by degrees, which are shorter from west to east: the nearest eight are compared in metres.
_NEAREST = query(
    """
    select 'address' as kind, s.name || ' ' || a.number as label, s.name as street, a.number, a.postcode, s.district,
           st_y(a.place) as lat, st_x(a.place) as lon, a.distance_m
    from (
        select *, st_distance(place::geography, st_setsrid(st_makepoint(:lon, :lat), 4326)::geography) as distance_m
        from (select * from addresses order by place <-> st_setsrid(st_makepoint(:lon, :lat), 4326) limit 8) as near
    ) as a join streets s on s.id = a.street_id
    where a.distance_m <= :within_m
    order by a.distance_m limit 1
    """
)
_INSIDE = query("select coalesce((select st_covers(boundary, st_setsrid(st_makepoint(:lon, :lat), 4326)) from town), false)")
_STREET_LIST = query(
    f"""
    select s.name, s.district, s.addresses from streets s
    where cardinality(cast(:words as text[])) = 0 or {_STREET_MATCHES}
    order by not (s.words like :beginning || '%'), s.name, s.district
    limit :limit
    """
)

NEAREST_WITHIN_M = 250.0


async def search(session: AsyncSession, q: str, limit: int) -> list[AddressHit]:
    """Addresses first when a number was typed, then streets, then places (schools, offices)."""
    words = fold(q)
    if not words:
        return []
    hits: list[AddressHit] = []
    if len(words) > 1 and words[-1][0].isdigit():
        number = {"words": words[:-1], "number": number_key(words[-1]), "beginning": " ".join(words[:-1]), "limit": limit}
        hits += [_hit(row) for row in await session.execute(_BY_NUMBER, number)]
    for statement in (_STREETS, _PLACES):
        if len(hits) < limit:
            named = {"words": words, "beginning": " ".join(words), "limit": limit - len(hits)}
            hits += [_hit(row) for row in await session.execute(statement, named)]
    return hits


async def nearest(session: AsyncSession, point: Point) -> NearestAddress:
    """The nearest address within 250 m, and whether the point is in the town."""
    where = {"lat": point.lat, "lon": point.lon}
    inside = bool((await session.execute(_INSIDE, where)).scalar())
    row = (await session.execute(_NEAREST, where | {"within_m": NEAREST_WITHIN_M})).first()
    if row is None:
        return NearestAddress(inside_town=inside, address=None, distance_m=None)
    return NearestAddress(inside_town=inside, address=_hit(row), distance_m=round(row.distance_m, 1))


async def streets(session: AsyncSession, q: str, limit: int) -> list[Street]:
    """Streets by the beginnings of their words; all when no word is given."""
    words = fold(q)
    rows = await session.execute(_STREET_LIST, {"words": words, "beginning": " ".join(words), "limit": limit})
    return [Street.model_validate(row, from_attributes=True) for row in rows]


def _hit(row: object) -> AddressHit:
    place = Point(lat=row.lat, lon=row.lon)  # type: ignore[attr-defined]
    fields = {name: getattr(row, name) for name in ("kind", "label", "street", "number", "postcode", "district")}
    return AddressHit(place=place, **fields)

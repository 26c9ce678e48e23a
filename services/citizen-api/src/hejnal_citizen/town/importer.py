"""Puts a town's own data into the database: boundary, streets, address points, places."""

import codecs
import re
from collections.abc import Callable
from pathlib import Path

from pydantic import Field, ValidationError, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import command
from hejnal_citizen.town.boundary import Boundary
from hejnal_citizen.town.words import fold, number_key
from hejnal_contracts.base import Model, Point
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database

_MOST_TOLD = 20
"""Wrong places of a file that are named."""
_MOST_OUTSIDE_NAMED = 5
_MOST_OUTSIDE = 0.9
"""From this share of addresses outside the boundary on, the file is wrong and not a few of its addresses."""
STREET_WIDTH_M = 60.0
"""A street reaches this far around each of its address points."""


class TownStreet(Model):
    """A street of the file."""

    name: str = Field(min_length=1)
    district: str = ""


class TownAddress(Model):
    """An address point of the file."""

    street: str = Field(min_length=1)
    number: str = Field(min_length=1, max_length=20)
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)
    postcode: str = ""


class TownPlace(Model):
    """A school, office or other known place of the file."""

    name: str = Field(min_length=1)
    kind: str
    lat: float = Field(ge=-90, le=90)
    lon: float = Field(ge=-180, le=180)


class TownFile(Model):
    """The file: made by the demo-town generator or from the state's register of addresses."""

    name: str = Field(min_length=1)
    teryt: str
    center: Point
    boundary: Boundary
    streets: tuple[TownStreet, ...]
    addresses: tuple[TownAddress, ...]
    places: tuple[TownPlace, ...] = ()

    @field_validator("teryt")
    @classmethod
    def _is_code(cls, teryt: str) -> str:
        if re.fullmatch("[0-9]{7}", teryt) is None:
            raise PydanticCustomError("teryt", "a municipality's code has 7 digits, the last one its kind, as in 1413011")
        return teryt


_TOWN = command(
    """
    insert into town (single, name, teryt, center, boundary, imported_at)
    values (true, :name, :teryt, st_setsrid(st_makepoint(:lon, :lat), 4326),
            st_multi(st_setsrid(st_geomfromgeojson(:boundary), 4326)), :now)
    on conflict (single) do update set name = excluded.name, teryt = excluded.teryt, center = excluded.center,
        boundary = excluded.boundary, imported_at = excluded.imported_at
    returning st_isvalid(boundary)
    """
)
_FORGET = ("delete from addresses", "delete from streets", "delete from places")
_STREET = command("insert into streets (name, district, words) values (:name, :district, :words) on conflict do nothing")
_ADDRESS = command(
    """
    insert into addresses (street_id, number, number_key, postcode, place)
    values ((select id from streets where name = :street order by id limit 1), :number, :number_key, :postcode,
            st_setsrid(st_makepoint(:lon, :lat), 4326))
    """
)
_PLACE = command(
    """
    insert into places (name, kind, words, place) values (:name, :kind, :words, st_setsrid(st_makepoint(:lon, :lat), 4326))
    """
)
_FOOTPRINTS = command(
    """
    update streets s set addresses = a.count, footprint = a.footprint
    from (
        select street_id, count(*) as count,
               st_multi(st_simplifypreservetopology(
                   st_union(st_buffer(place::geography, :width_m, 4)::geometry), 0.00002)) as footprint
        from addresses group by street_id
    ) as a where a.street_id = s.id
    """
)
_OUTSIDE = command(
    """
    select s.name || ' ' || a.number as name, st_covers(t.boundary, st_flipcoordinates(a.place)) as flipped_inside
    from addresses a join streets s on s.id = a.street_id cross join town t
    where not st_covers(t.boundary, a.place) order by a.id
    """
)
_OTHERS_OUTSIDE = command(
    """
    select other.name from (
        select 0 as id, 'the center' as name, center as place from town union all select id, name, place from places
    ) as other cross join town t
    where not st_covers(t.boundary, other.place) order by other.id
    """
)


async def import_file(database_url: str, path: Path, warn: Callable[[str], None] = lambda _words: None) -> dict[str, int | str]:
    """Replace the town by the file's; all or nothing. Returns what was imported and warns of what looks wrong.

    ValueError names what is wrong, OSError too.
    """
    town = read_file(path)
    database = Database(database_url, schema="citizen", statement_timeout_s=120)
    try:
        async with database.transaction() as session:
            warnings = await import_town(session, town)
    finally:
        await database.close()
    for words in warnings:
        warn(words)
    return {
        "town": town.name,
        "streets": len(town.streets),
        "addresses": len(town.addresses),
        "places": len(town.places),
    }


def read_file(path: Path) -> TownFile:
    """The file's town. ValueError names the first places that are wrong, OSError why it cannot be read."""
    try:
        return TownFile.model_validate_json(path.read_bytes().removeprefix(codecs.BOM_UTF8))
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        lines = [f"  {'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in found[:_MOST_TOLD]]
        more = [f"  and {len(found) - _MOST_TOLD} more"] if len(found) > _MOST_TOLD else []
        raise ValueError("\n".join([f"{path} is no town file (docs/guide/plik-miasta.md):", *lines, *more])) from None


async def import_town(session: AsyncSession, town: TownFile) -> list[str]:
    """Replace the town in the caller's transaction. Returns warnings; ValueError says what is wrong with the file as a whole."""
    row = {"name": town.name, "teryt": town.teryt, "lat": town.center.lat, "lon": town.center.lon}
    row |= {"boundary": town.boundary.model_dump_json(), "now": SystemClock().now()}
    if not (await session.execute(_TOWN, row)).scalar_one():
        raise ValueError("the boundary is not a valid polygon")
    for statement in _FORGET:
        await session.execute(command(statement))
    named = {street.name for street in town.streets}
    streets = [{"name": s.name, "district": s.district, "words": " ".join(fold(s.name))} for s in town.streets]
    streets += [
        {"name": name, "district": "", "words": " ".join(fold(name))}
        for name in sorted({address.street for address in town.addresses} - named)
    ]
    if streets:
        await session.execute(_STREET, streets)
    if town.addresses:
        await session.execute(
            _ADDRESS, [{**address.model_dump(), "number_key": number_key(address.number)} for address in town.addresses]
        )
    if town.places:
        await session.execute(_PLACE, [{**place.model_dump(), "words": " ".join(fold(place.name))} for place in town.places])
    await session.execute(_FOOTPRINTS, {"width_m": STREET_WIDTH_M})
    return await _outside(session, town)


async def _outside(session: AsyncSession, town: TownFile) -> list[str]:
    """What lies outside the boundary, in words. ValueError: so much that the coordinates are wrong."""
    addresses = (await session.execute(_OUTSIDE)).all()
    if len(addresses) > 0 and len(addresses) >= _MOST_OUTSIDE * len(town.addresses):
        told = f"{len(addresses)} of {len(town.addresses)} addresses lie outside the boundary"
        if sum(address.flipped_inside for address in addresses) >= _MOST_OUTSIDE * len(addresses):
            raise ValueError(f"{told}: latitude and longitude of the addresses look swapped (GeoJSON has [lon, lat])")
        raise ValueError(f"{told}: addresses and boundary are of different places, or their coordinates are wrong")
    others = (await session.execute(_OTHERS_OUTSIDE)).all()
    named = (("addresses", [address.name for address in addresses]), ("places", [other.name for other in others]))
    return [
        f"{kind} outside the boundary: {len(names)} ({', '.join(names[:_MOST_OUTSIDE_NAMED])}"
        + (", …)" if len(names) > _MOST_OUTSIDE_NAMED else ")")
        for kind, names in named
        if names
    ]

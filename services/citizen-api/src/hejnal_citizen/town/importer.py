"""Puts a town's own data into the database: boundary, streets, address points, places."""

import json
from pathlib import Path
from typing import Any

from pydantic import Field, ValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import command
from hejnal_citizen.town.words import fold, number_key
from hejnal_contracts.base import Model, Point
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database

_MOST_TOLD = 20
"""Wrong places of a file that are named."""
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
    boundary: dict[str, Any]
    streets: tuple[TownStreet, ...]
    addresses: tuple[TownAddress, ...]
    places: tuple[TownPlace, ...] = ()


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


async def import_file(database_url: str, path: Path) -> dict[str, int | str]:
    """Replace the town by the file's; all or nothing. Returns what was imported. ValueError names what is wrong, OSError too."""
    town = read_file(path)
    database = Database(database_url, schema="citizen", statement_timeout_s=120)
    try:
        async with database.transaction() as session:
            await import_town(session, town)
    finally:
        await database.close()
    return {
        "town": town.name,
        "streets": len(town.streets),
        "addresses": len(town.addresses),
        "places": len(town.places),
    }


def read_file(path: Path) -> TownFile:
    """The file's town. ValueError names the first places that are wrong, OSError why it cannot be read."""
    try:
        return TownFile.model_validate_json(path.read_bytes())
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        lines = [f"  {'.'.join(map(str, one['loc'])) or 'the file'}: {one['msg']}" for one in found[:_MOST_TOLD]]
        more = [f"  and {len(found) - _MOST_TOLD} more"] if len(found) > _MOST_TOLD else []
        raise ValueError("\n".join([f"{path} is no town file (docs/guide/plik-miasta.md):", *lines, *more])) from None


async def import_town(session: AsyncSession, town: TownFile) -> None:
    """Replace the town in the caller's transaction."""
    row = {"name": town.name, "teryt": town.teryt, "lat": town.center.lat, "lon": town.center.lon}
    row |= {"boundary": json.dumps(town.boundary), "now": SystemClock().now()}
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

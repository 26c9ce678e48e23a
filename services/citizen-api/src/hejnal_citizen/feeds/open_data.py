"""Open data: announcements and reports as CSV (RFC 4180, UTF-8) and GeoJSON (RFC 7946), with a licence and a schema.

The catalogue is a Data Package (Frictionless Standards) whose resources carry Table Schemas. A resource is one calendar year of
the town's time, so that its address stays and its past stops changing. Reports have no words, no photos and rounded places.
"""

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.reports.listing import PUBLIC_DECIMALS
from hejnal_citizen.settings import Settings
from hejnal_citizen.sql import query
from hejnal_runtime.quiet_hours import TOWN_TIME

Dataset = Literal["announcements", "reports"]
Format = Literal["csv", "geojson"]

MOST_ROWS = 50_000
CSV, GEOJSON = "text/csv; charset=utf-8", "application/geo+json"


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a dataset: its Table Schema type, and what it holds."""

    name: str
    type: Literal["string", "integer", "number", "boolean", "datetime"]
    description: str
    required: bool = True
    values: tuple[str, ...] = ()


COLUMNS: dict[Dataset, tuple[Column, ...]] = {
    "announcements": (
        Column("id", "string", "Stały identyfikator komunikatu"),
        Column("version", "integer", "Numer najnowszej wersji"),
        Column("kind", "string", "Czym jest najnowsza wersja", values=("issued", "updated", "cancelled")),
        Column("category", "string", "Kod kategorii"),
        Column("severity", "string", "Ważność", values=("info", "notice", "warning", "emergency")),
        Column("drill", "boolean", "Ćwiczenia: nic się nie stało"),
        Column("title_pl", "string", "Tytuł po polsku"),
        Column("body_pl", "string", "Treść po polsku"),
        Column("area_kind", "string", "Rodzaj obszaru", values=("town", "polygon", "circle", "streets")),
        Column("lat", "number", "Punkt wewnątrz obszaru, WGS 84"),
        Column("lon", "number", "Punkt wewnątrz obszaru, WGS 84"),
        Column("valid_from", "datetime", "Początek (UTC)"),
        Column("valid_until", "datetime", "Koniec (UTC)"),
        Column("issued_at", "datetime", "Wydanie pierwszej wersji (UTC)"),
        Column("updated_at", "datetime", "Wydanie najnowszej wersji (UTC)"),
        Column("url", "string", "Strona komunikatu"),
    ),
    "reports": (
        Column("id", "string", "Stały identyfikator zgłoszenia"),
        Column("reference", "string", "Numer sprawy"),
        Column("category", "string", "Kod kategorii"),
        Column("status", "string", "Stan", values=("received", "in_progress", "planned", "closed")),
        Column("outcome", "string", "Wynik, gdy zamknięte", required=False),
        Column("street", "string", "Ulica", required=False),
        Column("lat", "number", "Miejsce zaokrąglone do około 100 m, WGS 84"),
        Column("lon", "number", "Miejsce zaokrąglone do około 100 m, WGS 84"),
        Column("submitted_at", "datetime", "Zgłoszenie (UTC)"),
        Column("updated_at", "datetime", "Ostatnia zmiana (UTC)"),
    ),
}
TITLES: dict[Dataset, str] = {"announcements": "Komunikaty miasta", "reports": "Zgłoszenia mieszkańców"}

_ANNOUNCEMENTS = query(
    """
    select a.id, v.version, v.kind, v.category, v.severity, v.drill, v.texts->'pl'->>'title' as title_pl,
           v.texts->'pl'->>'body' as body_pl, v.area->>'kind' as area_kind,
           round(st_y(st_pointonsurface(v.footprint))::numeric, 6)::float8 as lat,
           round(st_x(st_pointonsurface(v.footprint))::numeric, 6)::float8 as lon,
           v.valid_from, v.valid_until, a.issued_at, v.issued_at as updated_at,
           case when :shapes then
               st_asgeojson(st_forcepolygonccw(st_multi(st_simplifypreservetopology(v.footprint, 0.00005))), 6)::json
           end as geometry
    from announcements a join announcement_versions v on v.announcement_id = a.id and v.version = a.version
    where a.issued_at >= :since and a.issued_at < :until order by a.issued_at desc, a.id desc limit :limit
    """
)
_REPORTS = query(
    f"""
    select id, reference, category, status, outcome, street, submitted_at, updated_at,
           round(st_y(place)::numeric, {PUBLIC_DECIMALS})::float8 as lat,
           round(st_x(place)::numeric, {PUBLIC_DECIMALS})::float8 as lon
    from reports where submitted_at >= :since and submitted_at < :until order by submitted_at desc, id desc limit :limit
    """  # noqa: S608 a constant
)
_YEARS = query(
    """
    select 'announcements' as dataset, extract(year from issued_at at time zone 'Europe/Warsaw')::int as year, count(*) as rows,
           max(issued_at) as newest from announcements group by 1, 2
    union all
    select 'reports', extract(year from submitted_at at time zone 'Europe/Warsaw')::int, count(*), max(updated_at)
    from reports group by 1, 2 order by 1, 2 desc
    """
)


@dataclass(frozen=True, slots=True)
class Rows:
    """A year of a dataset."""

    dataset: Dataset
    rows: Sequence[dict[str, Any]]
    """Values by column name; announcements also carry `geometry` (GeoJSON) where shapes were asked for."""
    truncated: bool
    changed_at: datetime


async def read(session: AsyncSession, dataset: Dataset, year: int, *, shapes: bool, settings: Settings) -> Rows:
    """A year of a dataset, newest first; at most 50,000 rows."""
    since, until = (datetime(one, 1, 1, tzinfo=TOWN_TIME) for one in (year, year + 1))
    values: dict[str, Any] = {"since": since, "until": until, "limit": MOST_ROWS + 1}
    if dataset == "announcements":
        found = [dict(row) for row in (await session.execute(_ANNOUNCEMENTS, values | {"shapes": shapes})).mappings()]
        for row in found:
            row["url"] = settings.announcement_url(row["id"])
    else:
        found = [dict(row) for row in (await session.execute(_REPORTS, values)).mappings()]
    changed_at = max((row["updated_at"] for row in found), default=since)
    return Rows(dataset, found[:MOST_ROWS], len(found) > MOST_ROWS, changed_at)


def as_csv(rows: Rows) -> bytes:
    """A header and a line per row."""
    columns = COLUMNS[rows.dataset]
    text = io.StringIO(newline="")
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([column.name for column in columns])
    for row in rows.rows:
        writer.writerow([_cell(row[column.name]) for column in columns])
    return text.getvalue().encode()


def as_geojson(rows: Rows, settings: Settings) -> bytes:
    """A FeatureCollection; licence and truncation are foreign members (RFC 7946 §6.1)."""
    names = [column.name for column in COLUMNS[rows.dataset]]
    features = []
    for row in rows.rows:
        point = {"type": "Point", "coordinates": [row["lon"], row["lat"]]}
        properties = {name: _value(row[name]) for name in names if name not in {"id", "lat", "lon"}}
        features.append({"type": "Feature", "id": row["id"], "geometry": row.get("geometry") or point, "properties": properties})
    document = {
        "type": "FeatureCollection",
        "license": settings.open_data_licence,
        "license_url": settings.open_data_licence_url,
        "truncated": rows.truncated,
        "features": features,
    }
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


async def catalogue(session: AsyncSession, settings: Settings, *, town: str, year: int) -> tuple[bytes, datetime | None]:
    """The Data Package: each dataset and year in both formats; and when the newest of its rows was made."""
    found = {(row.dataset, row.year): row for row in await session.execute(_YEARS)}
    resources = []
    for dataset in COLUMNS:
        years = sorted({one for name, one in found if name == dataset} | {year}, reverse=True)
        for one in years:
            resources += [_resource(dataset, "csv", one, settings), _resource(dataset, "geojson", one, settings)]
    package = {
        "name": "hejnal-open-data",
        "title": f"Otwarte dane: {town}",
        "description": "Komunikaty miasta i zgłoszenia mieszkańców. Zgłoszenia bez treści i zdjęć, miejsca zaokrąglone.",
        "homepage": settings.public_url,
        "licenses": [{"name": settings.open_data_licence, "path": settings.open_data_licence_url}],
        "resources": resources,
    }
    newest = max((row.newest for row in found.values() if row.newest), default=None)
    return json.dumps(package, ensure_ascii=False, indent=1).encode(), newest


def _resource(dataset: Dataset, form: Format, year: int, settings: Settings) -> dict[str, Any]:
    resource: dict[str, Any] = {
        "name": f"{dataset}-{year}-{form}",
        "title": f"{TITLES[dataset]} {year}",
        "path": f"{settings.public_url.rstrip('/')}/api/v1/open-data/{dataset}.{form}?year={year}",
        "format": form,
        "mediatype": "text/csv" if form == "csv" else GEOJSON,
        "encoding": "utf-8",
    }
    if form == "csv":
        resource |= {
            "profile": "tabular-data-resource",
            "dialect": {"lineTerminator": "\r\n"},
            "schema": table_schema(dataset),
        }
    return resource


def table_schema(dataset: Dataset) -> dict[str, Any]:
    """The Table Schema of a dataset."""
    fields = []
    for column in COLUMNS[dataset]:
        constraints: dict[str, Any] = {"required": True} if column.required else {}
        if column.values:
            constraints["enum"] = list(column.values)
        fields.append(
            {"name": column.name, "type": column.type, "description": column.description}
            | ({"constraints": constraints} if constraints else {})
        )
    return {"fields": fields, "primaryKey": ["id"], "missingValues": [""]}


def _value(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return value


def _cell(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    return _value(value)

"""Parameters of GeoReport v2, read from a query or a form. An empty one is the same as none."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from hejnal_citizen.open311.errors import bad

LONGEST_SPAN = timedelta(days=90)
DEFAULT_ROWS = 1000
DEFAULT_PAGE_SIZE = 50
MOST_PAGES = 1000
MOST_IDS = 500
LONGEST_RADIUS_M = 50_000.0

Pairs = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle in degrees."""

    west: float
    south: float
    east: float
    north: float


@dataclass(frozen=True, slots=True)
class Around:
    """A circle."""

    lat: float
    lon: float
    radius_m: float


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which requests are asked for; empty means all."""

    ids: tuple[str, ...] = ()
    services: tuple[str, ...] = ()
    status: str | None = None
    since: datetime | None = None
    until: datetime | None = None
    updated_since: datetime | None = None
    updated_until: datetime | None = None
    box: Box | None = None
    around: Around | None = None
    limit: int = DEFAULT_ROWS
    offset: int = 0
    extensions: bool = False


def given(pairs: Pairs) -> dict[str, str]:
    """The first value of each parameter, without surrounding space and without empty ones."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if value.strip():
            found.setdefault(name, value.strip())
    return found


def wanted(parameters: Mapping[str, str], now: datetime) -> Wanted:
    """What GET requests asks for (GeoReport v2, "GET Service Requests"). AppError(INVALID) names what is wrong."""
    limit, offset = _page(parameters)
    extensions = parameters.get("extensions", "").lower() in {"true", "1", "yes"}
    if "service_request_id" in parameters:
        ids = _list(parameters["service_request_id"], "service_request_id")
        return Wanted(ids=ids, limit=limit, offset=offset, extensions=extensions)
    since, until = span(parameters, now)
    return Wanted(
        services=_list(parameters.get("service_code", ""), "service_code"),
        status=_status(parameters.get("status", "")),
        since=since,
        until=until,
        updated_since=instant(parameters, "updated_after"),
        updated_until=instant(parameters, "updated_before"),
        box=_box(parameters.get("bbox")),
        around=_around(parameters),
        limit=limit,
        offset=offset,
        extensions=extensions,
    )


def span(parameters: Mapping[str, str], now: datetime) -> tuple[datetime, datetime]:
    """start_date and end_date: at most 90 days, the latest 90 days when neither is given."""
    since, until = instant(parameters, "start_date"), instant(parameters, "end_date")
    if until is None:
        until = now + timedelta(seconds=1) if since is None else min(since + LONGEST_SPAN, now + timedelta(seconds=1))
    since = since if since is not None else until - LONGEST_SPAN
    if until - since > LONGEST_SPAN + timedelta(seconds=1):
        raise bad("start_date and end_date may not span more than 90 days", "span-too-long")
    return since, until


def instant(parameters: Mapping[str, str], name: str) -> datetime | None:
    """A W3C date and time with offset or Z (a blank where a plus was not encoded is taken for it)."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise bad(f"{name} must be a W3C date and time with offset, e.g. 2026-11-22T12:00:00Z", "date-invalid")
    return found


def number(parameters: Mapping[str, str], name: str, least: float, most: float) -> float | None:
    """A finite number in a range; None when it is not given."""
    text = parameters.get(name)
    if text is None:
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not least <= value <= most:
        raise bad(f"{name} must be a number from {least:g} to {most:g}", "number-invalid")
    return value


def attributes(pairs: Pairs) -> dict[str, Any]:
    """Answers to a service's own questions: attribute[code]=value, attribute[code][]=value for lists."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        if not name.startswith("attribute[") or not value.strip():
            continue
        code, closed, rest = name.removeprefix("attribute[").partition("]")
        if not closed or rest not in {"", "[]"}:
            raise bad(f"{name[:80]} is not attribute[code] or attribute[code][]", "attribute-invalid")
        if code not in found:
            found[code] = [value] if rest else value
        else:
            earlier = found[code]
            found[code] = [*(earlier if isinstance(earlier, list) else [earlier]), value]
    return found


def _list(text: str, name: str) -> tuple[str, ...]:
    found = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
    if len(found) > MOST_IDS:
        raise bad(f"{name} takes at most {MOST_IDS} values", "too-many-values")
    return found


def _status(text: str) -> str | None:
    found = set(_list(text.lower(), "status"))
    if found - {"open", "closed"}:
        raise bad("status must be open, closed or both", "status-invalid")
    return found.pop() if len(found) == 1 else None


def _page(parameters: Mapping[str, str]) -> tuple[int, int]:
    if "page" not in parameters and "page_size" not in parameters:
        return DEFAULT_ROWS, 0
    size = number(parameters, "page_size", 1, DEFAULT_ROWS) or DEFAULT_PAGE_SIZE
    page = number(parameters, "page", 1, MOST_PAGES) or 1
    if int(size) != size or int(page) != page:
        raise bad("page and page_size must be whole numbers", "number-invalid")
    return int(size), (int(page) - 1) * int(size)


def _box(text: str | None) -> Box | None:
    if text is None:
        return None
    parts = text.split(",")
    names = ("west", "south", "east", "north")
    if len(parts) != len(names):
        raise bad("bbox must be west,south,east,north in degrees", "bbox-invalid")
    limits = (180.0, 90.0, 180.0, 90.0)
    numbers = [number({"bbox": part.strip()}, "bbox", -limit, limit) for part, limit in zip(parts, limits, strict=True)]
    west, south, east, north = (value if value is not None else math.nan for value in numbers)
    if not (west <= east and south <= north):
        raise bad("bbox must be west,south,east,north in degrees", "bbox-invalid")
    return Box(west, south, east, north)


def _around(parameters: Mapping[str, str]) -> Around | None:
    lat, lon = number(parameters, "lat", -90, 90), number(parameters, "long", -180, 180)
    radius_m = number(parameters, "radius", 1, LONGEST_RADIUS_M)
    if radius_m is None:
        return None
    if lat is None or lon is None:
        raise bad("radius needs lat and long", "parameter-missing")
    return Around(lat, lon, radius_m)

"""Points as they come in URLs and go to PostGIS."""

from hejnal_contracts.base import Point
from hejnal_runtime.errors import AppError, Kind


def parse_near(text: str | None) -> Point | None:
    """The point of `lat,lon`; AppError(INVALID) when it is none on Earth."""
    if text is None:
        return None
    try:
        lat, lon = (float(part) for part in text.split(","))
        return Point(lat=lat, lon=lon)
    except ValueError as error:
        raise AppError(Kind.INVALID, "invalid-request", "`near` must be lat,lon in degrees, for example 51.05,20.95.") from error

"""A town's boundary as it stands in the town's file: a GeoJSON geometry (RFC 7946) somewhere in Poland."""

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from hejnal_contracts.base import Model

POLAND_LAT = (48.9, 55.1)
POLAND_LON = (14.0, 24.3)
"""Degrees between which Poland lies, with a little room."""


def _position(position: list[float]) -> list[float]:
    if not -180 <= position[0] <= 180 or not -90 <= position[1] <= 90:
        raise PydanticCustomError("not_degrees", "degrees, [lon, lat], are needed: ogr2ogr -t_srs EPSG:4326")
    return position


def _ring(ring: list[list[float]]) -> list[list[float]]:
    if ring[0] != ring[-1]:
        raise PydanticCustomError("ring_open", "the line is not closed: its last point must be its first")
    return ring


_Ring = Annotated[
    list[Annotated[list[float], Field(min_length=2, max_length=4), AfterValidator(_position)]],
    Field(min_length=4),
    AfterValidator(_ring),
]


class Polygon(Model):
    """One area; its first ring is the outer line, others are holes."""

    type: Literal["Polygon"]
    coordinates: list[_Ring] = Field(min_length=1)

    def rings(self) -> Iterator[list[list[float]]]:
        """Every line."""
        yield from self.coordinates


class MultiPolygon(Model):
    """Several areas."""

    type: Literal["MultiPolygon"]
    coordinates: list[Annotated[list[_Ring], Field(min_length=1)]] = Field(min_length=1)

    def rings(self) -> Iterator[list[list[float]]]:
        """Every line."""
        for polygon in self.coordinates:
            yield from polygon


def _is_area(boundary: object) -> object:
    kind = boundary.get("type") if isinstance(boundary, dict) else None
    if kind not in ("Polygon", "MultiPolygon"):
        raise PydanticCustomError(
            "no_area",
            "a GeoJSON Polygon or MultiPolygon is needed, not {kind}: export the layer of areas, not of lines, "
            "and put in the `geometry` of its feature",
            {"kind": str(kind)[:30]},
        )
    return boundary


def _in_poland(boundary: Polygon | MultiPolygon) -> Polygon | MultiPolygon:
    points = [(point[0], point[1]) for ring in boundary.rings() for point in ring]
    if all(_is_polish(lat=lat, lon=lon) for lon, lat in points):
        return boundary
    if all(_is_polish(lat=lon, lon=lat) for lon, lat in points):
        raise PydanticCustomError("swapped", "latitude and longitude look swapped: GeoJSON has [lon, lat], as in [20.95, 52.19]")
    raise PydanticCustomError("abroad", "it lies outside Poland: degrees of WGS 84, [lon, lat], are needed")


def _is_polish(*, lat: float, lon: float) -> bool:
    return POLAND_LAT[0] <= lat <= POLAND_LAT[1] and POLAND_LON[0] <= lon <= POLAND_LON[1]


Boundary = Annotated[
    Annotated[Polygon | MultiPolygon, Field(discriminator="type")],
    BeforeValidator(_is_area),
    AfterValidator(_in_poland),
]
"""The boundary of a town file; each refusal says what to do."""

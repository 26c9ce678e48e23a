"""From the drawing board (metres east and north of the market square) to the Earth."""

import math
from collections.abc import Sequence

from shapely import LineString, Polygon, segmentize, transform

Point = tuple[float, float]

CENTER_LAT, CENTER_LON = 51.05, 20.95
_M_PER_DEGREE_LAT = 111_250.0
_M_PER_DEGREE_LON = 111_320.0 * math.cos(math.radians(CENTER_LAT))
_DEGREE_DIGITS = 6
"""About 0.1 m: as good as a surveyor's address point."""


def to_degrees(x: float, y: float) -> Point:
    """Longitude and latitude (WGS 84) of a point on the drawing board."""
    lon = CENTER_LON + x / _M_PER_DEGREE_LON
    lat = CENTER_LAT + y / _M_PER_DEGREE_LAT
    return round(lon, _DEGREE_DIGITS), round(lat, _DEGREE_DIGITS)


def bend(x: float, y: float) -> Point:
    """Where a point of the ruled drawing comes to lie: nothing in a grown town is quite straight."""
    east = 46 * math.sin(y / 290 + 0.6) + 20 * math.sin(x / 240 + y / 410 + 2.1)
    north = 42 * math.sin(x / 330 + 1.3) + 18 * math.sin(y / 260 - x / 520 + 0.4)
    calm = min(1.0, math.hypot(x, y) / 900)  # the chartered centre was measured out with a rope
    return x + east * calm, y + north * calm


def bent_line(points: Sequence[Point]) -> LineString:
    """A ruled line, bent, with a point every 20 m or so."""
    return _bent(segmentize(LineString(points), 20))


def bent_polygon(points: Sequence[Point]) -> Polygon:
    """A ruled outline, bent."""
    return _bent(segmentize(Polygon(points), 20))


def _bent(shape: LineString | Polygon) -> LineString | Polygon:
    return transform(shape, lambda coordinates: [bend(x, y) for x, y in coordinates])


def curve(points: Sequence[Point], step_m: float = 25) -> list[Point]:
    """A smooth line through the points (centripetal enough for our purpose: Catmull-Rom)."""
    ends = [points[0], *points, points[-1]]
    out: list[Point] = []
    for a, b, c, d in zip(ends, ends[1:], ends[2:], ends[3:], strict=False):
        count = max(1, int(math.dist(b, c) / step_m))
        for number in range(count):
            t = number / count
            out.append((_spline(a[0], b[0], c[0], d[0], t), _spline(a[1], b[1], c[1], d[1], t)))
    return [*out, points[-1]]


def _spline(a: float, b: float, c: float, d: float, t: float) -> float:
    return 0.5 * (2 * b + (c - a) * t + (2 * a - 5 * b + 4 * c - d) * t**2 + (3 * b - a - 3 * c + d) * t**3)


def ellipse(center: Point, a: float, b: float, *, points: int = 72) -> list[Point]:
    """A closed ring of points."""
    angles = [2 * math.pi * number / points for number in range(points)]
    return [(center[0] + a * math.cos(angle), center[1] + b * math.sin(angle)) for angle in angles]


def azimuth_deg(start: Point, end: Point) -> float:
    """Direction on the drawing board, clockwise from north, 0 ≤ azimuth < 360."""
    return math.degrees(math.atan2(end[0] - start[0], end[1] - start[1])) % 360

"""Streets: the main roads of the plan, the chartered centre, and what grew between them."""

import math
import random
from dataclasses import dataclass

from shapely import LineString, MultiLineString, Polygon, STRtree, affinity, box, union_all
from shapely import Point as ShapelyPoint
from shapely.geometry.base import BaseGeometry

from hejnal_town.geometry import Point, bent_line, bent_polygon, curve
from hejnal_town.names import StreetNames
from hejnal_town.plan import (
    AREAS,
    BOUNDARY,
    DISTRICTS,
    HALF_WIDTH_M,
    MAIN_ROADS,
    OLD_STREETS,
    POND_CENTER,
    RAILWAY,
    RIVER,
    RIVER_HALF_WIDTH_M,
    SQUARE_HALF_M,
    STREAM,
    District,
    Houses,
    RoadKind,
)

SHORTEST_STREET_M = 110
DEAD_END_M = 35
OLD_TOWN_POSTCODE = "27-930"
OUTSKIRTS_POSTCODE = "27-938"


@dataclass(frozen=True, slots=True)
class Street:
    """A street as it lies, in metres; `line` begins at the end nearer to the market square."""

    name: str
    kind: RoadKind
    district: str
    postcode: str
    houses: Houses | None
    density: float
    line: LineString

    @property
    def half_width_m(self) -> float:
        """From the middle to the kerb."""
        return HALF_WIDTH_M[self.kind]


@dataclass(frozen=True)
class Ground:
    """What was there before the streets, as it lies."""

    boundary: Polygon
    river_line: LineString
    river: BaseGeometry
    stream: LineString
    pond: Polygon
    railway: LineString
    areas: list[tuple[str, str, BaseGeometry, bool]]
    """Name, kind, outline, whether houses stay out."""


def lay_ground() -> Ground:
    """River, railway, woods and parks, bent into place."""
    river_line = bent_line(curve(RIVER))
    boundary = bent_polygon(curve([*BOUNDARY, BOUNDARY[0]], 60))
    pond = bent_line(curve([(POND_CENTER[0] + dx, POND_CENTER[1] + dy) for dx, dy in
                            ((-90, 0), (-20, 55), (70, 40), (100, -10), (20, -50), (-60, -45), (-90, 0))]))  # fmt: skip
    river = river_line.buffer(RIVER_HALF_WIDTH_M)
    areas = []
    for area in AREAS:
        outline: BaseGeometry = bent_polygon(curve([*area.outline, area.outline[0]], 30)).buffer(0)
        outline = outline.intersection(boundary).difference(river.buffer(4))
        areas.append((area.name, area.kind, outline, area.keeps_houses_out))
    planty = Polygon(_old_town_ring()).buffer(38).difference(Polygon(_old_town_ring()).buffer(9))
    areas.append(("Planty", "park", planty, True))
    half = SQUARE_HALF_M - HALF_WIDTH_M["pedestrian"]
    areas.append(("Rynek", "square", box(-half, -half, half, half), True))
    return Ground(
        boundary=boundary,
        river_line=river_line,
        river=river,
        stream=bent_line(curve(STREAM)),
        pond=Polygon(pond.coords).buffer(0),
        railway=bent_line(curve(RAILWAY, 60)),
        areas=areas,
    )


def _old_town_ring() -> list[tuple[float, float]]:
    podwale = next(road for road in MAIN_ROADS if road.name == "Podwale")
    return list(bent_line(podwale.points).coords)


def lay_streets(ground: Ground, chance: random.Random) -> list[Street]:
    """All streets, each name once, those of the centre first."""
    streets = [
        Street(name, kind, "Stare Miasto", OLD_TOWN_POSTCODE, "tenement", 1.0, bent_line(points))
        for name, kind, points in OLD_STREETS
    ]
    for road in MAIN_ROADS:
        line = bent_line(curve(road.points) if road.smooth else road.points).intersection(ground.boundary)
        part, postcode = _where(line)
        if road.name == "Podwale":
            part, postcode = "Stare Miasto", OLD_TOWN_POSTCODE
        streets.append(Street(road.name, road.kind, part, postcode, road.houses, 0.55, _from_center(_longest(line))))
    mains = [street.line for street in streets if street.kind != "footway"]
    names = StreetNames()
    for district in DISTRICTS:
        for line in _grid(district, ground, mains, chance):
            kind: RoadKind = "residential"
            streets.append(
                Street(
                    names.take(district.names),
                    kind,
                    district.name,
                    district.postcode,
                    district.houses,
                    district.density,
                    _from_center(line),
                )
            )
    return streets


def district_at(point: Point) -> str:
    """The district in which a point lies, or the nearest one."""
    spot = ShapelyPoint(point)
    if Polygon(_old_town_ring()).buffer(15).contains(spot):
        return "Stare Miasto"
    return min(DISTRICTS, key=lambda district: bent_polygon(district.outline).distance(spot)).name


def _where(line: BaseGeometry) -> tuple[str, str]:
    """The district in which most of a main road lies."""
    shares = [(line.intersection(bent_polygon(district.outline).buffer(60)).length, district) for district in DISTRICTS]
    length, best = max(shares, key=lambda share: share[0])
    return (best.name, best.postcode) if length > 0 else ("Obrzeża", OUTSKIRTS_POSTCODE)


def _grid(district: District, ground: Ground, mains: list[LineString], chance: random.Random) -> list[LineString]:
    """A district's own streets: a turned and shaken grid, cut by what lies in the way, ending at other streets."""
    outline = Polygon(district.outline).buffer(25, join_style="mitre")
    center = outline.centroid
    turned = affinity.rotate(outline, -district.angle_deg, origin=center)
    west, south, east, north = turned.bounds
    barred = union_all(
        [
            ground.river.buffer(22),
            ground.pond.buffer(15),
            ground.railway.buffer(26),
            *(shape for _, kind, shape, out in ground.areas if out and kind != "farmland"),
        ]
    )
    pieces: list[LineString] = []
    for along, (low, high), spacing in (
        (True, (south, north), district.spacing_m[1]),
        (False, (west, east), district.spacing_m[0]),
    ):
        at = low + spacing * chance.uniform(0.45, 0.65)
        while at < high - spacing * 0.3:
            ends = ((west - 50, at), (east + 50, at)) if along else ((at, south - 50), (at, north + 50))
            ruled = affinity.rotate(LineString(ends), district.angle_deg, origin=center).intersection(outline)
            for part in _parts(ruled):
                bent = bent_line(list(part.coords)).intersection(ground.boundary).difference(barred)
                pieces += [piece for piece in _parts(bent) if piece.length >= SHORTEST_STREET_M]
            at += spacing * chance.uniform(0.85, 1.2)
    return _trimmed(_thinned(pieces, mains, chance), mains)


def _thinned(pieces: list[LineString], mains: list[LineString], chance: random.Random) -> list[LineString]:
    """Without what runs beside a main road, and with some streets cut short: no grown district is a full grid."""
    kept = []
    beside = union_all([line.buffer(55, cap_style="flat") for line in mains])
    for piece in pieces:
        apart = piece.difference(beside)
        if apart.length < piece.length * 0.45:
            continue
        if piece.length > 420 and chance.random() < 0.2:
            share = chance.uniform(0.45, 0.7)
            start, end = (0.0, share) if chance.random() < 0.5 else (1 - share, 1.0)
            kept.append(_between(piece, start * piece.length, end * piece.length))
        else:
            kept.append(piece)
    return kept


def _trimmed(pieces: list[LineString], mains: list[LineString]) -> list[LineString]:
    """Each street from its first crossing to its last; a short dead end may stay. What meets nothing is left out."""
    others = [*mains, *pieces]
    tree = STRtree(others)
    kept = []
    for piece in pieces:
        marks: list[float] = []
        for number in tree.query(piece.buffer(3)):
            other = others[number]
            if other is piece:
                continue
            marks += [piece.project(point) for point in _points(piece.intersection(other))]
            marks += [piece.project(end) for end in other.boundary.geoms if end.distance(piece) < 3] if other.boundary else []
        if not marks:
            continue
        first, last = min(marks), max(marks)
        start = first if first > DEAD_END_M * 2.5 else max(0.0, first - DEAD_END_M)
        end = last if piece.length - last > DEAD_END_M * 2.5 else min(piece.length, last + DEAD_END_M)
        start, end = _snap(piece, start, first, mains), _snap(piece, end, last, mains)
        if end - start >= SHORTEST_STREET_M * 0.8:
            kept.append(_between(piece, start, end))
    return kept


def _snap(piece: LineString, at: float, crossing: float, mains: list[LineString]) -> float:
    """No dead end behind a main road: there the street ends at the crossing."""
    point = piece.interpolate(crossing)
    return crossing if any(main.distance(point) < 3 for main in mains) else at


def _between(line: LineString, start: float, end: float) -> LineString:
    from shapely.ops import substring

    part = substring(line, start, end)
    assert isinstance(part, LineString)
    return part


def _parts(shape: BaseGeometry) -> list[LineString]:
    if isinstance(shape, LineString):
        return [] if shape.is_empty else [shape]
    return [part for part in getattr(shape, "geoms", []) if isinstance(part, LineString)]


def _points(shape: BaseGeometry) -> list[BaseGeometry]:
    if shape.is_empty:
        return []
    return [part for part in getattr(shape, "geoms", [shape]) if part.geom_type == "Point"]


def _longest(shape: BaseGeometry) -> LineString:
    return max(_parts(shape), key=lambda part: part.length) if isinstance(shape, MultiLineString) else shape


def _from_center(line: LineString) -> LineString:
    """Numbers count from the market square outwards."""
    first, last = line.coords[0], line.coords[-1]
    return line if math.hypot(*first) <= math.hypot(*last) else LineString(list(line.coords)[::-1])

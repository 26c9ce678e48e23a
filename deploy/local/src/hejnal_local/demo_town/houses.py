"""Houses along the streets: odd numbers on the left, even ones on the right, none on roads, water or rails."""

import math
from dataclasses import dataclass
from random import Random

import shapely
from shapely import LineString, Point, Polygon, STRtree, affinity
from shapely.geometry.base import BaseGeometry

from hejnal_local.demo_town import plan
from hejnal_local.demo_town.streets import Street, grounds, smooth

ROAD_WIDTHS_M = {"primary": 14.0, "secondary": 12.0, "tertiary": 9.0, "residential": 7.0, "service": 9.0, "pedestrian": 6.0}
_FORMS = {
    # spacing along the street, set-back from the road's edge, width, depth; metres
    "old": (17.0, 3.0, 14.0, 12.0),
    "house": (24.0, 7.0, 12.0, 10.0),
    "block": (58.0, 14.0, 46.0, 13.0),
    "hall": (95.0, 16.0, 70.0, 42.0),
}


@dataclass(frozen=True, slots=True)
class House:
    """An address point and its building."""

    street: str
    number: str
    postcode: str
    at: Point
    building: Polygon


def landmark_buildings() -> list[tuple[plan.Landmark, Polygon]]:
    """The buildings of the known places."""
    found = []
    for landmark in plan.LANDMARKS:
        (x, y), (width, depth) = landmark.at, landmark.size_m
        found.append((landmark, shapely.box(x - width / 2, y - depth / 2, x + width / 2, y + depth / 2)))
    return found


def build_houses(streets: list[Street], random: Random) -> list[House]:
    """Address points and buildings of every street."""
    ground = _Ground(streets)
    return [house for street in streets for house in _along(street, ground, random)]


class _Ground:
    """Where something stands already."""

    def __init__(self, streets: list[Street]) -> None:
        boundary = Polygon(plan.BOUNDARY)
        roads = [piece.buffer(ROAD_WIDTHS_M[street.kind] / 2 + 1.5, quad_segs=2) for street in streets for piece in street.pieces]
        fixed: list[BaseGeometry] = [
            *roads,
            smooth(plan.RIVER[2]).buffer(plan.RIVER[1] + 30),
            smooth(plan.STREAM[2]).buffer(plan.STREAM[1] + 8),
            smooth(plan.RAILWAY).buffer(25),
            Polygon(plan.LAKE[1]).buffer(30),
            *(Polygon(outline) for _, _, outline in plan.GREENS),
            *(grounds(landmark) for landmark in plan.LANDMARKS),
        ]
        self._fixed = STRtree(fixed)
        shapely.prepare(boundary)
        self._boundary = boundary
        self._cells: dict[tuple[int, int], list[Polygon]] = {}

    def take(self, building: Polygon) -> bool:
        """Reserve the plot; False if it is not free."""
        if not self._boundary.contains(building) or len(self._fixed.query(building, predicate="intersects")):
            return False
        plot = building.buffer(1.5, join_style="mitre")
        west, south, east, north = (int(edge // 100) for edge in plot.bounds)
        cells = [(x, y) for x in range(west, east + 1) for y in range(south, north + 1)]
        if any(plot.intersects(other) for cell in cells for other in self._cells.get(cell, ())):
            return False
        for cell in cells:
            self._cells.setdefault(cell, []).append(plot)
        return True


def _along(street: Street, ground: _Ground, random: Random) -> list[House]:
    form = "old" if street.kind == "pedestrian" else street.district.houses
    spacing, set_back, width, depth = _FORMS[form]
    found = []
    odd, even = 1, 2
    for piece in street.pieces:
        at_m = spacing / 2 + 4
        while at_m < piece.length - spacing / 2:
            for side, number in ((1, odd), (-1, even)):
                wide, deep = width * random.uniform(0.8, 1.15), depth * random.uniform(0.85, 1.15)
                offset = ROAD_WIDTHS_M[street.kind] / 2 + set_back + deep / 2 + random.uniform(0, 2)
                building = _beside(piece, at_m, side * offset, wide, deep)
                if ground.take(building):
                    suffix = "A" if random.random() < 0.02 else ""
                    door = _beside(piece, at_m, side * (offset - deep / 2 + 2), 1, 1).centroid
                    found.append(House(street.name, f"{number}{suffix}", street.district.postcode, door, building))
            odd, even = odd + 2, even + 2
            at_m += spacing * random.uniform(0.9, 1.2)
    return found


def _beside(line: LineString, at_m: float, offset_m: float, width_m: float, depth_m: float) -> Polygon:
    """A rectangle beside the line, turned along it; positive offsets lie to the left."""
    before, after = line.interpolate(max(at_m - 3, 0)), line.interpolate(min(at_m + 3, line.length))
    angle = math.atan2(after.y - before.y, after.x - before.x)
    middle = line.interpolate(at_m)
    x, y = middle.x - math.sin(angle) * offset_m, middle.y + math.cos(angle) * offset_m
    box = shapely.box(x - width_m / 2, y - depth_m / 2, x + width_m / 2, y + depth_m / 2)
    return affinity.rotate(box, angle, use_radians=True)

"""Streets: the arteries of the plan, and in each district a grid of its own that ends at water, rails and known places."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from random import Random

import shapely
from shapely import LineString, Polygon, affinity
from shapely.geometry.base import BaseGeometry

from hejnal_local.demo_town import plan
from hejnal_local.demo_town.names import AFTER_PEOPLE, AFTER_THINGS
from hejnal_local.demo_town.plan import District, Xy

_SHORTEST_STREET_M = 90.0
_BEND_M = 9.0


@dataclass(frozen=True, slots=True)
class Street:
    """One street: its pieces lie on one line, in the order of its house numbers."""

    name: str
    kind: str
    district: District
    pieces: tuple[LineString, ...]


def smooth(points: tuple[Xy, ...], rounds: int = 3) -> LineString:
    """A soft curve along the points (Chaikin's corner cutting)."""
    line = [*points]
    for _ in range(rounds):
        cut = [line[0]]
        for (ax, ay), (bx, by) in pairwise(line):
            cut += [(0.75 * ax + 0.25 * bx, 0.75 * ay + 0.25 * by), (0.25 * ax + 0.75 * bx, 0.25 * ay + 0.75 * by)]
        line = [*cut, line[-1]]
    return LineString(line)


def grounds(landmark: plan.Landmark) -> Polygon:
    """The plot of a known place."""
    (x, y), (width, depth) = landmark.at, landmark.size_m
    return shapely.box(x - width / 2 - 12, y - depth / 2 - 12, x + width / 2 + 12, y + depth / 2 + 12)


def obstacles() -> BaseGeometry:
    """What a side street does not cross."""
    closed = [
        smooth(plan.RIVER[2]).buffer(plan.RIVER[1] + 45),
        smooth(plan.STREAM[2]).buffer(plan.STREAM[1] + 14),
        smooth(plan.RAILWAY).buffer(38),
        Polygon(plan.LAKE[1]).buffer(40),
        Polygon(plan.SQUARE[1]).buffer(2),
        *(Polygon(outline) for _, _, outline in plan.GREENS),
        *(grounds(landmark) for landmark in plan.LANDMARKS),
    ]
    return shapely.union_all(closed)


def lay_streets(random: Random) -> list[Street]:
    """Every street of the town, arteries first. Each name is given once."""
    boundary = Polygon(plan.BOUNDARY)
    streets = []
    for artery in plan.ARTERIES:
        inside = smooth(artery.line, rounds=2).intersection(boundary)
        streets.append(Street(artery.name, artery.kind, _district_at(inside.interpolate(0.2, normalized=True)), (inside,)))
    streets.append(_square())
    names = _names(random)
    closed, taken = obstacles(), shapely.union_all([])
    for district in plan.DISTRICTS:
        outline = Polygon(district.outline)
        free = outline.difference(closed).difference(taken)
        taken = taken.union(outline)
        for pieces in _grid(district, outline, free, random):
            kind = "service" if district.houses == "hall" else "residential"
            streets.append(Street(next(names), kind, district, pieces))
    return streets


def _square() -> Street:
    name, outline = plan.SQUARE
    return Street(name, "pedestrian", plan.DISTRICTS[0], (LineString([*outline, outline[0]]),))


def _names(random: Random) -> Iterator[str]:
    people, things = [*AFTER_PEOPLE], [*AFTER_THINGS]
    random.shuffle(people)
    random.shuffle(things)
    given = {artery.name for artery in plan.ARTERIES}
    mixed = [*people[:20], *things, *people[20:]]
    yield from (name for name in mixed if name not in given)
    number = 1
    while True:
        yield f"Działkowa {number}"
        number += 1


def _grid(district: District, outline: Polygon, free: BaseGeometry, random: Random) -> Iterator[tuple[LineString, ...]]:
    """Lines in two directions over the district, slightly bent, cut to the free ground."""
    middle = outline.centroid
    reach = math.hypot(*(side / 2 for side in _extent(outline))) + 50
    for turn_deg, gap_m in ((0.0, district.along_m), (90.0, district.across_m)):
        count = int(reach // gap_m)
        for index in range(-count, count + 1):
            shift = index * gap_m + random.uniform(-0.12, 0.12) * gap_m
            phase = random.uniform(0, math.tau)
            points = [(x, shift + _BEND_M * math.sin(x / 260 + phase)) for x in range(-int(reach), int(reach) + 1, 40)]
            turned = affinity.rotate(LineString(points), district.turn_deg + turn_deg, origin=(0, 0))
            line = affinity.translate(turned, middle.x, middle.y).intersection(free)
            pieces = tuple(piece for piece in getattr(line, "geoms", [line]) if piece.length > _SHORTEST_STREET_M)
            if pieces:
                yield pieces


def _extent(outline: Polygon) -> tuple[float, float]:
    west, south, east, north = outline.bounds
    return east - west, north - south


def _district_at(point: BaseGeometry) -> District:
    return min(plan.DISTRICTS, key=lambda district: Polygon(district.outline).distance(point))

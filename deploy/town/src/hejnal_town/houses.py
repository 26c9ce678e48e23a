"""Houses along the streets, each with its number: odd on the left, even on the right, growing from the centre."""

import math
import random
from dataclasses import dataclass

from shapely import Point, Polygon, STRtree, union_all
from shapely.geometry.base import BaseGeometry

from hejnal_town.plan import Houses
from hejnal_town.streets import Ground, Street


@dataclass(frozen=True, slots=True)
class Plot:
    """How a kind of house is built: sizes in metres as (least, most)."""

    width: tuple[float, float]
    depth: tuple[float, float]
    gap: tuple[float, float]
    setback: tuple[float, float]
    """From the kerb to the front."""


PLOTS: dict[Houses, Plot] = {
    "tenement": Plot((9, 15), (12, 17), (0.0, 0.3), (1.5, 1.8)),
    "townhouse": Plot((14, 24), (11, 16), (5, 16), (3, 6)),
    "house": Plot((10, 15), (9, 12), (12, 22), (5, 9)),
    "block": Plot((44, 66), (12, 14), (16, 28), (10, 15)),
    "hall": Plot((45, 95), (35, 65), (18, 40), (14, 22)),
}
ENTRANCE_EVERY_M = 22
"""A block of flats has a number for each staircase."""


@dataclass(frozen=True, slots=True)
class Building:
    """An outline on the drawing board."""

    outline: Polygon
    kind: str


@dataclass(frozen=True, slots=True)
class Address:
    """An address point on the drawing board, at the house."""

    street: str
    number: str
    postcode: str
    place: tuple[float, float]


class Builder:
    """Puts houses where there is room: not on streets, water, rails, parks or other houses."""

    def __init__(self, ground: Ground, streets: list[Street], chance: random.Random) -> None:
        self.buildings: list[Building] = []
        self.addresses: list[Address] = []
        self._ground = ground
        self._chance = chance
        self._streets = streets
        self._kerbs = STRtree([street.line.buffer(street.half_width_m + 1) for street in streets])
        self._barred = union_all(
            [
                ground.river.buffer(16),
                ground.pond.buffer(12),
                ground.stream.buffer(10),
                ground.railway.buffer(18),
                *(shape for _, _, shape, out in ground.areas if out),
            ]
        )
        self._cells: dict[tuple[int, int], list[Polygon]] = {}

    def place(self, outline: Polygon, kind: str, *, on_open_ground: bool = False) -> bool:
        """Build if there is room; `on_open_ground` also where houses may not stand (a town hall on its square)."""
        if not on_open_ground and not self._free(outline):
            return False
        self.buildings.append(Building(outline, kind))
        for cell in _cells(outline):
            self._cells.setdefault(cell, []).append(outline)
        return True

    def _free(self, outline: Polygon) -> bool:
        if not self._ground.boundary.contains(outline) or self._barred.intersects(outline):
            return False
        if len(self._kerbs.query(outline, predicate="intersects")):
            return False
        shrunk = outline.buffer(-0.4)
        return not any(other.intersects(shrunk) for cell in _cells(outline) for other in self._cells.get(cell, ()))

    def build_along(self, street: Street) -> None:
        """Both sides of a street, from its beginning."""
        if street.houses is None:
            return
        numbered: list[tuple[float, int, list[tuple[float, float]]]] = []
        for side in (1, -1):
            for number, places in enumerate(self._side(street, PLOTS[street.houses], side)):
                numbered.append((number, side, places))
        around = street.line.is_ring and street.name == "Rynek"  # one side only: numbered straight on
        following = {1: 1, -1: 1} if around else {1: 1, -1: 2}
        for _, side, places in sorted(numbered, key=lambda item: (item[1], item[0])):
            base = following[side]
            for entrance, place in enumerate(places):
                label = f"{base}" if entrance == 0 else f"{base}{chr(ord('a') + entrance - 1)}"
                self.addresses.append(Address(street.name, label, street.postcode, place))
            following[side] += 1 if around else 2

    def _side(self, street: Street, plot: Plot, side: int) -> list[list[tuple[float, float]]]:
        """Build one side; the address points of each house, in order."""
        built = []
        at = self._chance.uniform(*plot.gap) + 4
        while at < street.line.length - 4:
            width, depth = self._chance.uniform(*plot.width), self._chance.uniform(*plot.depth)
            if at + width > street.line.length:
                break
            setback = street.half_width_m + 1.2 + self._chance.uniform(*plot.setback)
            if self._chance.random() < street.density:
                corners = _corners(street, at, width, setback, depth, side)
                kind = street.houses or "house"
                if self.place(_shaped(corners, kind, self._chance), kind):
                    entrances = max(1, round(width / ENTRANCE_EVERY_M)) if kind == "block" else 1
                    built.append([_between(corners, (number + 0.5) / entrances) for number in range(entrances)])
                    at += width + self._chance.uniform(*plot.gap)
                    continue
                at += 3.0  # try a little further on
                continue
            at += width + self._chance.uniform(*plot.gap)
        return built


def _corners(
    street: Street, at: float, width: float, setback: float, depth: float, side: int
) -> tuple[tuple[float, float], tuple[float, float], tuple[float, float]]:
    """Front left, front right and the outward step of a house (metres), seen from the street."""
    start, end = street.line.interpolate(at), street.line.interpolate(at + width)
    length = math.hypot(end.x - start.x, end.y - start.y) or 1.0
    along = ((end.x - start.x) / length, (end.y - start.y) / length)
    out = (-along[1] * side, along[0] * side)
    left = (start.x + out[0] * setback, start.y + out[1] * setback)
    right = (end.x + out[0] * setback, end.y + out[1] * setback)
    return left, right, (out[0] * depth, out[1] * depth)


def _shaped(
    corners: tuple[tuple[float, float], tuple[float, float], tuple[float, float]], kind: str, chance: random.Random
) -> Polygon:
    """A rectangle; some houses and town houses have a wing."""
    (ax, ay), (bx, by), (dx, dy) = corners
    if kind in {"house", "townhouse"} and chance.random() < 0.4:
        share, deep = chance.uniform(0.4, 0.6), chance.uniform(0.55, 0.75)
        mx, my = ax + (bx - ax) * share, ay + (by - ay) * share
        return Polygon(
            [(ax, ay), (bx, by), (bx + dx * deep, by + dy * deep), (mx + dx * deep, my + dy * deep), (mx + dx, my + dy),
             (ax + dx, ay + dy)]
        )  # fmt: skip
    return Polygon([(ax, ay), (bx, by), (bx + dx, by + dy), (ax + dx, ay + dy)])


def _between(corners: tuple[tuple[float, float], tuple[float, float], tuple[float, float]], share: float) -> tuple[float, float]:
    """The address point: two metres inside the front."""
    (ax, ay), (bx, by), (dx, dy) = corners
    depth = math.hypot(dx, dy) or 1.0
    return ax + (bx - ax) * share + dx / depth * 2, ay + (by - ay) * share + dy / depth * 2


def _cells(shape: BaseGeometry) -> list[tuple[int, int]]:
    """Grid cells of 50 m that a shape may touch."""
    west, south, east, north = shape.bounds
    return [
        (column, row)
        for column in range(int(west // 50), int(east // 50) + 1)
        for row in range(int(south // 50), int(north // 50) + 1)
    ]


def rectangle(center: tuple[float, float], width: float, depth: float, angle_deg: float) -> Polygon:
    """A public building's outline."""
    from shapely import affinity

    box = Point(center).buffer(1, cap_style="square")
    return affinity.rotate(affinity.scale(box, width / 2, depth / 2), angle_deg, origin="center")

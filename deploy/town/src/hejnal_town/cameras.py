"""Where the town's cameras hang and what they see: the sites come best first."""

import math
from dataclasses import dataclass

from shapely import Point as ShapelyPoint
from shapely import STRtree

from hejnal_town.geometry import Point, azimuth_deg
from hejnal_town.houses import Address
from hejnal_town.places import Place
from hejnal_town.streets import Ground, Street, district_at

_RANK = {"trunk": 1, "primary": 0, "secondary": 0.5, "tertiary": 1, "pedestrian": 2, "residential": 3, "footway": 9}
_ORDER = "Zapewnienie porządku publicznego i bezpieczeństwa obywateli"
_TRAFFIC = "Bezpieczeństwo i płynność ruchu drogowego"
_SCHOOL = "Bezpieczeństwo dzieci w otoczeniu szkoły"
_PROPERTY = "Ochrona mienia gminy"


SAME_CROSSING_M = 25.0


@dataclass(frozen=True, slots=True)
class Site:
    """A camera on the drawing board."""

    name: str
    at: Point
    address: str
    azimuth_deg: float
    angle_deg: float
    range_m: float
    purpose: str
    groups: tuple[str, ...]


class Sites:
    """Finds sites: the square, schools and stations, bridges, then crossings by the rank of their streets."""

    def __init__(self, ground: Ground, streets: list[Street], places: list[Place], addresses: list[Address]) -> None:
        self._ground = ground
        self._streets = streets
        self._places = places
        self._addresses = addresses
        self._address_tree = STRtree([ShapelyPoint(address.place) for address in addresses])

    def choose(self, count: int) -> list[Site]:
        """`count` sites with names that differ; ValueError when the town has no room for so many."""
        square, known, bridges, crossings = self._square(), self._known_places(), self._bridges(), self._crossings()
        first = [square[0], crossings[0], known[0], *square[1:], *bridges]
        found: list[Site] = []
        names: set[str] = set()
        # the first dozen show a bit of everything; after that one known place for every two crossings
        rest: list[Site] = []
        places, roads = iter(known[1:]), iter(crossings[1:])
        while True:
            batch = [site for site in (next(places, None), next(roads, None), next(roads, None)) if site is not None]
            if not batch:
                break
            rest += batch
        for site in [*first, *rest, *self._along_streets()]:
            if len(found) == count:
                break
            if site.name not in names:
                names.add(site.name)
                found.append(site)
        if len(found) < count:
            raise ValueError(f"the town has room for {len(found)} cameras, not for {count}")
        return found

    def _square(self) -> list[Site]:
        spots = (
            ("Rynek – ratusz", (-40.0, -40.0), 40.0), ("Rynek – pierzeja północna", (-46.0, 46.0), 120.0),
            ("Rynek – pierzeja południowa", (46.0, -46.0), 300.0), ("Rynek – ulica Grodzka", (44.0, 44.0), 225.0),
        )  # fmt: skip
        return [self._site(name, at, azimuth, 85, 90, _ORDER, "rynek") for name, at, azimuth in spots]

    def _known_places(self) -> list[Site]:
        kinds = {
            "school": ("wejście", _SCHOOL, "szkoły"), "station": ("perony", _ORDER, "komunikacja"),
            "bus_station": ("stanowiska", _ORDER, "komunikacja"), "park": ("aleja główna", _ORDER, "parki"),
            "market": ("wjazd", _ORDER, "handel"), "stadium": ("brama główna", _ORDER, "sport"),
            "hospital": ("podjazd", _ORDER, "zdrowie"), "kindergarten": ("wejście", _SCHOOL, "szkoły"),
            "culture": ("plac", _PROPERTY, "obiekty"), "sport": ("wejście", _PROPERTY, "obiekty"),
            "utility": ("brama", _PROPERTY, "obiekty"), "library": ("wejście", _PROPERTY, "obiekty"),
            "cemetery": ("brama", _PROPERTY, "obiekty"),
        }  # fmt: skip
        sites = []
        for place in sorted(self._places, key=lambda place: list(kinds).index(place.kind) if place.kind in kinds else 99):
            if place.kind not in kinds:
                continue
            what, purpose, group = kinds[place.kind]
            at, azimuth = self._beside(place.at)
            sites.append(self._site(f"{_short(place.name)} – {what}", at, azimuth, 75, 70, purpose, group))
        return sites

    def _beside(self, at: Point) -> tuple[Point, float]:
        """A pole at the nearest street, looking along it."""
        point = ShapelyPoint(at)
        street = min(self._streets, key=lambda street: street.line.distance(point))
        along = street.line.project(point)
        return self._pole(street, along)

    def _pole(self, street: Street, along: float) -> tuple[Point, float]:
        """At the kerb `along` metres down a street; the view goes along the street, over its middle."""
        here = street.line.interpolate(along)
        ahead_m = 40 if along + 40 <= street.line.length else -40
        there = street.line.interpolate(max(0.0, along + ahead_m))
        length = math.dist((here.x, here.y), (there.x, there.y)) or 1.0
        side = ((there.y - here.y) / length, -(there.x - here.x) / length)
        at = (here.x + side[0] * (street.half_width_m + 1), here.y + side[1] * (street.half_width_m + 1))
        return at, azimuth_deg(at, (there.x, there.y))

    def _bridges(self) -> list[Site]:
        sites = []
        for street in self._streets:
            water = street.line.intersection(self._ground.river_line)
            if street.kind == "footway" or water.is_empty:
                continue
            point = water if water.geom_type == "Point" else water.geoms[0]
            at, azimuth = self._pole(street, max(0.0, street.line.project(point) - 35))
            sites.append(self._site(f"Most – {_plain(street.name)}", at, azimuth, 60, 120, _TRAFFIC, "mosty"))
        return sites

    def _crossings(self) -> list[Site]:
        """Crossings of two streets, busy ones first; the view goes along the busier one."""
        ranked: list[tuple[float, float, Point, Site]] = []
        tree = STRtree([street.line for street in self._streets])
        for number, street in enumerate(self._streets):
            for other_number in tree.query(street.line, predicate="intersects"):
                if other_number <= number:
                    continue
                other = self._streets[other_number]
                rank = _RANK[street.kind] + _RANK[other.kind]
                if rank > 8 or "Rynek" in {street.name, other.name}:
                    continue
                meeting = street.line.intersection(other.line)
                point = meeting if meeting.geom_type == "Point" else next(iter(getattr(meeting, "geoms", [])), None)
                if point is None or point.geom_type != "Point":
                    continue
                busier, lesser = (street, other) if _RANK[street.kind] <= _RANK[other.kind] else (other, street)
                at, azimuth = self._pole(busier, busier.line.project(point))
                name = f"{_plain(busier.name)} / {_plain(lesser.name)}"
                site = self._site(name, at, azimuth, 70, 100, _TRAFFIC if rank < 4 else _ORDER, "skrzyżowania")
                ranked.append((rank, math.hypot(point.x, point.y), (point.x, point.y), site))
        sites: list[Site] = []
        taken: list[Point] = []
        for _, _, point, site in sorted(ranked, key=lambda item: (item[0], item[1], item[3].name)):
            if all(math.dist(point, other) > SAME_CROSSING_M for other in taken):
                taken.append(point)
                sites.append(site)
        return sites

    def _along_streets(self) -> list[Site]:
        """For very many cameras: every 120 m along the streets."""
        sites = []
        for street in self._streets:
            if street.kind == "footway":
                continue
            for number in range(1, int(street.line.length // 120)):
                at, azimuth = self._pole(street, number * 120)
                name = f"{_plain(street.name)} – słup {number}"
                sites.append(self._site(name, at, azimuth, 65, 90, _ORDER, "ulice"))
        return sites

    def _site(self, name: str, at: Point, azimuth: float, angle: float, range_m: float, purpose: str, group: str) -> Site:
        nearest = self._addresses[int(self._address_tree.nearest(ShapelyPoint(at)))]
        district = district_at(at)
        return Site(
            name=name,
            at=at,
            address=f"{_plain(nearest.street)} {nearest.number}",
            azimuth_deg=round(azimuth, 1) % 360,
            angle_deg=angle,
            range_m=range_m,
            purpose=purpose,
            groups=(group, district.lower()),
        )


def _plain(street: str) -> str:
    """As on a street sign: with `al.`."""
    return street.replace("aleja ", "al. ")


def _short(place: str) -> str:
    return place.split(" im. ", maxsplit=1)[0].split(" – ", maxsplit=1)[0]

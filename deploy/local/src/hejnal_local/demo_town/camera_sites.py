"""Where the town's cameras stand: squares, schools, stations, crossings of large roads, then those of smaller ones."""

from collections.abc import Iterator
from random import Random
from typing import Any

from shapely import Point, STRtree

from hejnal_local.demo_town import plan
from hejnal_local.demo_town.projection import to_degrees
from hejnal_local.demo_town.streets import Street

_WATCHED = {
    "town_hall",
    "station",
    "bus_station",
    "school",
    "kindergarten",
    "hospital",
    "market",
    "sports",
    "beach",
    "library",
    "church",
}
_APART_M = 45.0


def choose_sites(streets: list[Street], count: int, random: Random) -> list[dict[str, Any]]:
    """The `count` best sites, best first, as the camera list's entries without ids, addresses and credentials."""
    sites: list[dict[str, Any]] = []
    taken: list[Point] = []
    for name, at, group, purpose in _candidates(streets):
        if len(sites) == count:
            break
        if any(at.distance(other) < _APART_M for other in taken):
            continue
        taken.append(at)
        lat, lon = to_degrees((at.x, at.y))
        cone = {
            "azimuth_deg": float(random.randrange(0, 360, 5)),
            "angle_deg": float(random.choice((55, 70, 90))),
            "range_m": float(random.choice((60, 80, 120))),
        }
        nearest = min(streets, key=lambda street: min(piece.distance(at) for piece in street.pieces))
        sites.append(
            {
                "name": name,
                "place": {"lat": lat, "lon": lon},
                "address": nearest.name,
                "view_cone": cone,
                "purpose": purpose,
                "groups": [group],
            }
        )
    return sites


def _candidates(streets: list[Street]) -> Iterator[tuple[str, Point, str, str]]:
    yield "Rynek, strona północna", Point(20, 55), "centrum", "Porządek publiczny na Rynku"
    yield "Dworzec Kolejowy, perony", Point(440, 1195), "dworce", "Bezpieczeństwo podróżnych"
    yield "Most na Bugli, Krakowska", Point(-95, -690), "drogi", "Bezpieczeństwo ruchu i stan wody"
    arteries = [street for street in streets if street.kind in {"primary", "secondary", "tertiary"}]
    yield from _crossings(arteries, arteries, "Bezpieczeństwo ruchu drogowego", "drogi")
    for landmark in plan.LANDMARKS:
        if landmark.kind in _WATCHED:
            x, y = landmark.at
            group = "szkoly" if landmark.kind in {"school", "kindergarten"} else "centrum"
            purpose = "Bezpieczne otoczenie szkoły" if group == "szkoly" else "Porządek publiczny"
            yield landmark.name, Point(x + landmark.size_m[0] / 2 + 8, y), group, purpose
    yield from _crossings(arteries, streets, "Bezpieczeństwo ruchu drogowego", "drogi")
    yield from _crossings(streets, streets, "Porządek publiczny na osiedlu", "osiedla")


def _crossings(first: list[Street], second: list[Street], purpose: str, group: str) -> Iterator[tuple[str, Point, str, str]]:
    pieces = [(street, piece) for street in second for piece in street.pieces]
    tree = STRtree([piece for _, piece in pieces])
    for street in first:
        for line in street.pieces:
            for index in sorted(tree.query(line, predicate="dwithin", distance=12)):
                other, piece = pieces[int(index)]
                if other.name != street.name:
                    near = line.intersection(piece.buffer(12)).centroid
                    yield f"{street.name} / {other.name}", near, group, purpose

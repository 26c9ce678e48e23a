"""`python -m hejnal_local.demo_town --out DIR --cameras N`: writes town.json, town.pmtiles and cameras.json."""

import argparse
import json
from pathlib import Path
from random import Random
from typing import Any

from shapely import Polygon

from hejnal_local.demo_town import plan
from hejnal_local.demo_town.camera_sites import choose_sites
from hejnal_local.demo_town.houses import House, build_houses
from hejnal_local.demo_town.projection import geojson, to_degrees
from hejnal_local.demo_town.streets import Street, lay_streets
from hejnal_local.demo_town.tiles import write_tiles

_SEED = 1257


def town_document(streets: list[Street], houses: list[House]) -> dict[str, Any]:
    """What citizen-api imports: boundary, streets, address points, places."""
    west_south, east_north = _corners()
    boundary = geojson(Polygon(plan.BOUNDARY))
    return {
        "name": plan.NAME,
        "teryt": plan.TERYT,
        "center": {"lat": plan.CENTER_LAT, "lon": plan.CENTER_LON},
        "bounds": [west_south[1], west_south[0], east_north[1], east_north[0]],
        "boundary": {"type": boundary["type"], "coordinates": boundary["coordinates"]},
        "streets": [{"name": street.name, "district": street.district.name} for street in streets],
        "addresses": [
            {
                "street": house.street,
                "number": house.number,
                **dict(zip(("lat", "lon"), to_degrees((house.at.x, house.at.y)), strict=True)),
                "postcode": house.postcode,
            }
            for house in houses
        ],
        "places": [
            {"name": one.name, "kind": one.kind, **dict(zip(("lat", "lon"), to_degrees(one.at), strict=True))}
            for one in plan.LANDMARKS
        ],
    }


def _corners() -> tuple[tuple[float, float], tuple[float, float]]:
    west, south, east, north = Polygon(plan.BOUNDARY).bounds
    return to_degrees((west, south)), to_degrees((east, north))


def main() -> None:
    """Draw the town."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_local.demo_town", description=__doc__)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cameras", type=int, default=20, help="how many camera sites")
    arguments = parser.parse_args()
    random = Random(_SEED)
    streets = lay_streets(random)
    houses = build_houses(streets, random)
    sites = choose_sites(streets, arguments.cameras, random)
    arguments.out.mkdir(parents=True, exist_ok=True)
    document = json.dumps(town_document(streets, houses), ensure_ascii=False)
    (arguments.out / "town.json").write_text(document, encoding="utf-8")
    (arguments.out / "cameras.json").write_text(json.dumps(sites, ensure_ascii=False, indent=1), encoding="utf-8")
    write_tiles(arguments.out / "town.pmtiles", streets, houses)
    print(f"{len(streets)} streets, {len(houses)} addresses, {len(plan.LANDMARKS)} places, {len(sites)} camera sites")


if __name__ == "__main__":
    main()

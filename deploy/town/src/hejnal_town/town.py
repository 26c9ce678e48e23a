"""The whole town, from a seed, and the files made of it."""

import json
import random
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from shapely import transform
from shapely.geometry import mapping
from shapely.geometry.base import BaseGeometry

from hejnal_town.cameras import Site, Sites
from hejnal_town.geometry import CENTER_LAT, CENTER_LON, to_degrees
from hejnal_town.houses import Address, Builder, Building
from hejnal_town.places import Place, build_places
from hejnal_town.streets import Ground, Street, lay_ground, lay_streets

NAME = "Bugielsk"
TERYT = "1499011"
"""No such municipality: the state's register has no district 99 in the province 14."""
SEED = 1257


@dataclass(frozen=True)
class Town:
    """Everything there is, in metres on the drawing board."""

    ground: Ground
    streets: list[Street]
    buildings: list[Building]
    addresses: list[Address]
    places: list[Place]

    def sites(self, count: int) -> list[Site]:
        """The best `count` sites for cameras."""
        return Sites(self.ground, self.streets, self.places, self.addresses).choose(count)


def draw_town(seed: int = SEED) -> Town:
    """The same seed gives the same town."""
    chance = random.Random(seed)
    ground = lay_ground()
    streets = lay_streets(ground, chance)
    builder = Builder(ground, streets, chance)
    places = build_places(builder)
    for street in streets:
        builder.build_along(street)
    return Town(ground, streets, builder.buildings, builder.addresses, places)


def degrees(shape: BaseGeometry) -> dict[str, Any]:
    """GeoJSON geometry (WGS 84) of a shape on the drawing board."""
    return dict(mapping(transform(shape, lambda coordinates: [to_degrees(x, y) for x, y in coordinates])))


def town_document(town: Town) -> dict[str, Any]:
    """`town.json`: what citizen-api imports."""
    corners = [to_degrees(*town.ground.boundary.bounds[:2]), to_degrees(*town.ground.boundary.bounds[2:])]
    inhabited = {address.street for address in town.addresses}
    return {
        "name": NAME,
        "teryt": TERYT,
        "center": {"lat": CENTER_LAT, "lon": CENTER_LON},
        "bounds": [*corners[0], *corners[1]],
        "boundary": degrees(town.ground.boundary),
        "streets": [{"name": street.name, "district": street.district} for street in town.streets if street.name in inhabited],
        "addresses": [
            {
                "street": address.street,
                "number": address.number,
                **_lat_lon(address.place),
                "postcode": address.postcode,
            }
            for address in town.addresses
        ],
        "places": [{"name": place.name, "kind": place.kind, **_lat_lon(place.at)} for place in town.places],
    }


@dataclass(frozen=True, slots=True)
class CameraAddresses:
    """Where the simulators of the cameras listen."""

    street_cameras: int
    street_port: int
    simulator_port: int
    street_credentials: dict[str, str] | None
    credentials: dict[str, str] | None


def camera_documents(sites: list[Site], addresses: CameraAddresses) -> list[dict[str, Any]]:
    """`cameras.json`: what operator-gateway imports; those with real street footage (`gst-…`) take the best sites."""
    documents = []
    for number, site in enumerate(sites):
        street = number < addresses.street_cameras
        camera_id = f"gst-{number + 1:03d}" if street else f"cam-{number + 1 - addresses.street_cameras:03d}"
        port = addresses.street_port if street else addresses.simulator_port
        documents.append(
            {
                "camera_id": camera_id,
                "name": site.name,
                "place": _lat_lon(site.at),
                "address": site.address,
                "streams": [{"name": name, "url": f"rtsp://127.0.0.1:{port}/{camera_id}/{name}"} for name in ("main", "sub")],
                "credentials": addresses.street_credentials if street else addresses.credentials,
                "view_cone": {"azimuth_deg": site.azimuth_deg, "angle_deg": site.angle_deg, "range_m": site.range_m},
                "purpose": site.purpose,
                "groups": list(site.groups),
            }
        )
    return documents


def write_json(path: Path, document: object) -> None:
    """Written whole or not at all."""
    draft = path.with_suffix(path.suffix + ".new")
    draft.write_text(json.dumps(document, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    draft.replace(path)


def _lat_lon(point: tuple[float, float]) -> dict[str, float]:
    lon, lat = to_degrees(*point)
    return {"lat": lat, "lon": lon}

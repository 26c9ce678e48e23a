"""`python -m hejnal_town --out DIR --cameras N`: writes town.json, town.pmtiles and cameras.json."""

import argparse
import json
import sys
from pathlib import Path

from hejnal_town.tiles import TilesError, write_tiles
from hejnal_town.town import SEED, CameraAddresses, camera_documents, draw_town, town_document, write_json


def main() -> int:
    """Draw the town; the exit code says whether it went well."""
    parser = argparse.ArgumentParser(prog="python -m hejnal_town", description="Draws the fictional town of Bugielsk.")
    parser.add_argument("--out", type=Path, required=True, help="folder for town.json, town.pmtiles and cameras.json")
    parser.add_argument("--cameras", type=int, default=20, help="how many cameras in all")
    parser.add_argument("--street-cameras", type=int, default=2, help="how many of them are gst-… with real street footage")
    parser.add_argument("--simulator-port", type=int, default=18554, help="RTSP port of the cam-… cameras")
    parser.add_argument("--street-port", type=int, default=18555, help="RTSP port of the gst-… cameras")
    parser.add_argument(
        "--credentials",
        type=Path,
        help='JSON file {"street": {"username", "password"}, "simulator": {…}}; either may be left out',
    )
    parser.add_argument("--seed", type=int, default=SEED, help="another seed, another town")
    arguments = parser.parse_args()
    accounts = json.loads(arguments.credentials.read_text(encoding="utf-8")) if arguments.credentials else {}
    addresses = CameraAddresses(
        street_cameras=min(arguments.street_cameras, arguments.cameras),
        street_port=arguments.street_port,
        simulator_port=arguments.simulator_port,
        street_credentials=accounts.get("street"),
        credentials=accounts.get("simulator"),
    )
    town = draw_town(arguments.seed)
    try:
        cameras = camera_documents(town.sites(arguments.cameras), addresses)
        arguments.out.mkdir(parents=True, exist_ok=True)
        write_tiles(town, arguments.out / "town.pmtiles")
    except (TilesError, ValueError) as error:
        print(f"hejnal_town: {error}", file=sys.stderr)
        return 1
    write_json(arguments.out / "town.json", town_document(town))
    write_json(arguments.out / "cameras.json", cameras)
    houses = f"{len(town.addresses)} addresses, {len(town.buildings)} buildings"
    print(f"{len(town.streets)} streets, {houses}, {len(cameras)} cameras")
    return 0


if __name__ == "__main__":
    sys.exit(main())

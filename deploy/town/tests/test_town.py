"""Bugielsk is always the same, whole, and can be imported and drawn."""

import gzip
import json
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from shapely import MultiPoint, union_all
from shapely.geometry import Point, shape

from hejnal_town.tiles import MAX_ZOOM, MIN_ZOOM, layers_of
from hejnal_town.town import SEED, Town, draw_town, town_document

LAYERS = {"landuse", "water", "buildings", "roads", "railway", "places", "boundary", "addresses"}


@pytest.fixture(scope="module")
def town() -> Town:
    return draw_town()


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command's output, 60 cameras, two of them with accounts."""
    folder = tmp_path_factory.mktemp("town")
    (folder / "accounts.json").write_text('{"street": {"username": "straż", "password": "x"}}')
    command = [
        sys.executable, "-m", "hejnal_town", "--out", str(folder), "--cameras", "60", "--street-cameras", "2",
        "--street-port", "4555", "--simulator-port", "4554", "--credentials", str(folder / "accounts.json"),
    ]  # fmt: skip
    subprocess.run(command, check=True, timeout=100)
    return folder


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def test_the_same_seed_draws_the_same_town(town: Town, written: Path) -> None:
    assert json.loads(json.dumps(town_document(town))) == read(written / "town.json")
    assert town_document(draw_town(SEED + 1))["addresses"] != town_document(town)["addresses"]


def test_it_is_a_town(town: Town) -> None:
    document = town_document(town)
    assert 60 <= len(document["streets"]) <= 140
    assert 2500 <= len(document["addresses"]) <= 5000
    kinds = Counter(place["kind"] for place in document["places"])
    assert kinds["school"] >= 5
    assert {"town_hall", "station", "park", "hospital", "church", "district"} <= kinds.keys()
    assert {street["district"] for street in document["streets"]} >= {"Stare Miasto", "Śródmieście", "Zarzecze"}
    bridges = [street for street in town.streets if street.kind != "footway" and street.line.crosses(town.ground.river)]
    assert len(bridges) >= 3
    assert any(street.name.startswith("aleja ") for street in town.streets)


def test_the_boundary_holds_everything(town: Town) -> None:
    document = town_document(town)
    boundary = shape(document["boundary"])
    assert boundary.is_valid
    assert boundary.contains(MultiPoint([(address["lon"], address["lat"]) for address in document["addresses"]]))
    assert boundary.contains(MultiPoint([(place["lon"], place["lat"]) for place in document["places"]]))
    west, south, east, north = document["bounds"]
    assert west < document["center"]["lon"] < east
    assert south < document["center"]["lat"] < north
    assert town.ground.boundary.buffer(1).contains(union_all([building.outline for building in town.buildings]))


def test_no_name_or_address_twice_and_each_address_on_a_street(town: Town) -> None:
    document = town_document(town)
    names = Counter(street["name"] for street in document["streets"])
    assert max(names.values()) == 1
    addresses = Counter((address["street"], address["number"]) for address in document["addresses"])
    assert max(addresses.values()) == 1
    assert {address["street"] for address in document["addresses"]} == set(names)
    assert max(Counter((address["lat"], address["lon"]) for address in document["addresses"]).values()) == 1


def test_houses_stand_apart_from_streets_water_and_rails(town: Town) -> None:
    outlines = union_all([building.outline.buffer(-0.5) for building in town.buildings])
    assert outlines.area == pytest.approx(sum(building.outline.buffer(-0.5).area for building in town.buildings), rel=1e-3)
    for street in town.streets:
        assert not outlines.intersects(street.line)
    assert not outlines.intersects(town.ground.river)
    assert not outlines.intersects(town.ground.railway)


def test_cameras_are_where_something_happens(written: Path, town: Town) -> None:
    cameras = read(written / "cameras.json")
    assert [camera["camera_id"] for camera in cameras[:4]] == ["gst-001", "gst-002", "cam-001", "cam-002"]
    assert len(cameras) == 60
    assert len({camera["name"] for camera in cameras}) == 60
    assert cameras[0]["name"] == "Rynek – ratusz"
    assert cameras[0]["streams"][1] == {"name": "sub", "url": "rtsp://127.0.0.1:4555/gst-001/sub"}
    assert cameras[0]["credentials"] == {"username": "straż", "password": "x"}
    assert cameras[2]["streams"][0]["url"] == "rtsp://127.0.0.1:4554/cam-001/main"
    assert cameras[2]["credentials"] is None
    boundary = shape(read(written / "town.json")["boundary"])
    for camera in cameras:
        assert boundary.contains(Point(camera["place"]["lon"], camera["place"]["lat"]))
        assert 0 <= camera["view_cone"]["azimuth_deg"] < 360
        assert camera["purpose"]
        assert camera["groups"]
        assert camera["address"]
    assert len(town.sites(400)) == 400


def test_the_tiles_open_and_hold_every_layer(written: Path, town: Town) -> None:
    data = (written / "town.pmtiles").read_bytes()
    assert data[:7] == b"PMTiles"
    assert data[7] == 3

    def number(offset: int) -> int:
        return int.from_bytes(data[offset : offset + 8], "little")

    assert number(72) > 50  # addressed tiles
    assert (data[100], data[101]) == (MIN_ZOOM, MAX_ZOOM)
    metadata = json.loads(gzip.decompress(data[number(24) : number(24) + number(32)]))
    assert {layer["id"] for layer in metadata["vector_layers"]} == LAYERS == layers_of(town).keys()
    fields = {layer["id"]: layer["fields"] for layer in metadata["vector_layers"]}
    assert {"name", "kind"} <= fields["roads"].keys()
    assert "number" in fields["addresses"]
    stored = metadata["tilestats"]["layers"]
    assert next(layer["count"] for layer in stored if layer["layer"] == "addresses") == len(town.addresses)


def test_too_many_cameras_are_refused_with_a_reason(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "hejnal_town", "--out", str(tmp_path), "--cameras", "5000"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 1
    assert "room for" in done.stderr
    assert not (tmp_path / "town.json").exists()

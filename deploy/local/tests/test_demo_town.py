"""The drawn town holds together: the same every time, addresses inside it and findable, cameras apart from each other."""

import json
from collections import Counter
from pathlib import Path

import pytest
from shapely import Point, STRtree
from shapely.geometry import shape

from hejnal_local.demo_town.__main__ import main


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folders = [tmp_path_factory.mktemp("town") for _ in range(2)]
    with pytest.MonkeyPatch.context() as patch:
        for folder in folders:
            patch.setattr("sys.argv", ["demo_town", "--out", str(folder), "--cameras", "190"])
            main()
    for name in ("town.json", "cameras.json"):
        assert (folders[0] / name).read_bytes() == (folders[1] / name).read_bytes()
    return folders[0]


def test_addresses_lie_in_the_town_on_known_streets_once(drawn: Path) -> None:
    town = json.loads((drawn / "town.json").read_text())
    boundary = shape(town["boundary"])
    assert boundary.is_valid
    assert boundary.contains(Point(town["center"]["lon"], town["center"]["lat"]))
    assert tuple(town["bounds"]) == pytest.approx(boundary.bounds)
    names = Counter(street["name"] for street in town["streets"])
    assert set(names.values()) == {1}
    assert len(names) > 100
    assert len(town["addresses"]) > 5000
    assert {address["street"] for address in town["addresses"]} <= set(names)
    assert max(Counter((address["street"], address["number"]) for address in town["addresses"]).values()) == 1
    assert all(boundary.contains(Point(one["lon"], one["lat"])) for one in [*town["addresses"], *town["places"]])
    assert {"school", "hospital", "town_hall"} <= {place["kind"] for place in town["places"]}


def test_cameras_have_names_places_and_cones(drawn: Path) -> None:
    sites = json.loads((drawn / "cameras.json").read_text())
    assert len(sites) == 190
    assert all(site["name"] and site["address"] and site["purpose"] and site["groups"] for site in sites)
    assert max(Counter(site["name"] for site in sites).values()) <= 2  # two roads may cross twice
    points = [Point(site["place"]["lon"] * 70_000, site["place"]["lat"] * 111_249) for site in sites]
    tree = STRtree(points)
    assert all(len(tree.query(point, predicate="dwithin", distance=40)) == 1 for point in points)


def test_the_map_is_a_pmtiles_archive_of_vector_tiles(drawn: Path) -> None:
    header = (drawn / "town.pmtiles").read_bytes()[:127]
    assert header[:8] == b"PMTiles\x03"
    assert header[99] == 1  # tile type: MVT
    assert (header[100], header[101]) == (9, 15)

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from hejnal_citizen.town.words import fold, number_key


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("ul. Żółkiewskiego 4A", ["zolkiewskiego", "4a"]),
        ("Jana Pawła II", ["jana", "pawla", "ii"]),
        ("AL. NIEPODLEGŁOŚCI", ["niepodleglosci"]),
        ("Plac", ["plac"]),
        ("  ,. ", []),
        ("Ґонти", []),
    ],
)
def test_words_are_folded(written, words):
    assert fold(written) == words


def test_house_numbers_are_compared_without_spaces():
    assert number_key("4 A") == number_key("4a") == "4a"


async def test_town_before_import_says_what_to_do(open_house):
    async with open_house(town=False) as house:
        answer = await house.client().get("/town")
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/problem+json"
    assert "import-town" in answer.json()["detail"]


async def test_town_describes_itself(open_house):
    async with open_house(vapid_public_key="BFake") as house:
        town = (await house.client().get("/town")).json()
    assert town["name"] == "Bugielsk"
    assert town["bounds"] == [20.9, 51.02, 21.0, 51.08]
    assert town["boundary"]["type"] == "MultiPolygon"
    assert town["vapid_public_key"] == "BFake"
    assert {category["code"] for category in town["announcement_categories"]} >= {"water", "power", "roads"}
    assert {category["code"] for category in town["report_categories"]} >= {"road_damage", "water_leak"}
    assert set(town["consent"]["texts"]) == {"pl", "en", "uk"}


@pytest.mark.parametrize(
    ("q", "first"),
    [
        ("zolkiewskiego 4", "Żółkiewskiego 4"),
        ("ul. Żółk 4a", "Żółkiewskiego 4A"),
        ("pawla 12", "Jana Pawła II 12"),
        ("3 maja", "3 Maja"),
        ("3 Maja 5", "3 Maja 5"),
        ("lakowa", "Łąkowa"),
        ("szkola 3", "Szkoła Podstawowa nr 3"),
        ("SZKOŁA", "Szkoła Podstawowa nr 3"),
    ],
)
async def test_addresses_are_found(house, q, first):
    hits = (await house.client().get("/addresses", params={"q": q})).json()
    assert hits[0]["label"] == first


@pytest.mark.parametrize("q", ["%", "_", "'; drop table town; --", "nosuchstreet 7", "..."])
async def test_strange_searches_find_nothing(house, q):
    answer = await house.client().get("/addresses", params={"q": q})
    assert (answer.status_code, answer.json()) == (200, [])


async def test_nearest_address_and_boundary(house):
    near = (await house.client().get("/addresses/nearest", params={"lat": 51.05028, "lon": 20.9505})).json()
    assert near["inside_town"]
    assert near["address"]["label"] == "Żółkiewskiego 4"
    assert near["distance_m"] < 5
    far = (await house.client().get("/addresses/nearest", params={"lat": 52.2, "lon": 21.0})).json()
    assert far == {"inside_town": False, "address": None, "distance_m": None}


async def test_import_is_repeatable_and_all_or_nothing(house, tmp_path):
    from hejnal_citizen.town.importer import import_file

    file = tmp_path / "town.json"
    point = {"lat": 51.03, "lon": 20.95}
    ring = [[20.9, 51.0], [21.0, 51.0], [21.0, 51.1], [20.9, 51.1], [20.9, 51.0]]
    town = {
        "name": "Nowe",
        "teryt": "2611999",
        "center": point,
        "boundary": {"type": "Polygon", "coordinates": [ring]},
        "streets": [],
        "addresses": [{"street": "Nowa", "number": "1", **point}],
    }
    file.write_text(json.dumps(town))
    url = house.res.settings.database_url.get_secret_value()
    for _ in range(2):
        assert (await import_file(url, file))["addresses"] == 1
    assert (await house.client().get("/addresses", params={"q": "nowa 1"})).json()[0]["label"] == "Nowa 1"
    crossed = [[20.9, 51.0], [21.0, 51.1], [21.0, 51.0], [20.9, 51.1], [20.9, 51.0]]
    file.write_text(json.dumps(town | {"boundary": {"type": "Polygon", "coordinates": [crossed]}, "addresses": []}))
    with pytest.raises(ValueError, match="boundary"):
        await import_file(url, file)
    assert len((await house.client().get("/addresses", params={"q": "nowa 1"})).json()) == 1


async def test_the_example_of_the_guide_can_be_imported(house, tmp_path):
    import re

    from hejnal_citizen.town.importer import import_file

    guide = (Path(__file__).parents[3] / "docs/guide/plik-miasta.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"```json\n(.*?)```", guide, re.DOTALL)
    file = tmp_path / "miasto.json"
    file.write_text(example, encoding="utf-8")
    told = await import_file(house.res.settings.database_url.get_secret_value(), file)
    assert told["town"] == "Bugielsk"
    assert (told["addresses"], told["places"]) == (2, 1)
    assert (await house.client().get("/addresses", params={"q": "młyńska 3"})).json()[0]["label"] == "Młyńska 3"


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"name": "Nowe", "center": {"lat": 151, "lon": 20}}', ["center.lat: ", "teryt: Field required", "plik-miasta.md"]),
        ("<xml/>", ["the file: Invalid JSON"]),
        ('\ufeff{"name": "Nowe", "teryt": "14130"}', ["teryt: a municipality's code has 7 digits", "addresses: Field required"]),
        (None, ["No such file"]),
    ],
)
def test_a_town_file_that_is_none_is_refused_in_words(tmp_path, content, said):
    file = tmp_path / "town.json"
    if content is not None:
        file.write_text(content, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "hejnal_citizen", "import-town", str(file)],
        env=os.environ | {"HEJNAL_CITIZEN_DATABASE_URL": "postgresql+asyncpg://nobody@127.0.0.1:1/none"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    for words in said:
        assert words in done.stderr


_SQUARE = [[20.9, 51.0], [21.0, 51.0], [21.0, 51.1], [20.9, 51.1], [20.9, 51.0]]


def _addresses(count: int, *, outside: int = 0) -> list[dict[str, object]]:
    """Of one street; the first ones lie a hundred kilometres away."""
    points = [{"lat": 52.03 if number < outside else 51.03, "lon": 20.95} for number in range(count)]
    return [{"street": "Nowa", "number": str(number + 1), **point} for number, point in enumerate(points)]


def _town_file(tmp_path: Path, **changed: object) -> Path:
    town = {
        "name": "Nowe",
        "teryt": "2611999",
        "center": {"lat": 51.05, "lon": 20.95},
        "boundary": {"type": "Polygon", "coordinates": [_SQUARE]},
        "streets": [],
        "addresses": _addresses(20),
    }
    file = tmp_path / "miasto.json"
    file.write_text(json.dumps(town | changed), encoding="utf-8")
    return file


def _flipped(ring: list[list[float]]) -> list[list[float]]:
    return [[lat, lon] for lon, lat in ring]


@pytest.mark.parametrize(
    ("boundary", "said"),
    [
        (
            {"type": "LineString", "coordinates": _SQUARE},
            "boundary: a GeoJSON Polygon or MultiPolygon is needed, not LineString: ",
        ),
        ({"type": "FeatureCollection", "features": []}, "the `geometry` of its feature"),
        ({"coordinates": [_SQUARE]}, "is needed, not None"),
        ("POLYGON((1 2))", "boundary: a GeoJSON Polygon"),
        ({"type": "Polygon", "coordinates": [_SQUARE[:-1]]}, "coordinates.0: the line is not closed"),
        (
            {"type": "Polygon", "coordinates": [[*_SQUARE[:1], [637000, 486000], *_SQUARE]]},
            "coordinates.0.1: degrees, [lon, lat], are needed",
        ),
        ({"type": "Polygon", "coordinates": []}, "coordinates: List should have at least 1 item"),
        ({"type": "MultiPolygon", "coordinates": [[]]}, "coordinates.0: List should have at least 1 item"),
        ({"type": "Polygon", "coordinates": [_flipped(_SQUARE)]}, "boundary: latitude and longitude look swapped"),
        ({"type": "Polygon", "coordinates": [[[0, 0], [1, 0], [1, 1], [0, 0]]]}, "boundary: it lies outside Poland"),
    ],
)
def test_a_boundary_that_is_none_is_refused_in_words(tmp_path, boundary, said):
    from hejnal_citizen.town.importer import read_file

    with pytest.raises(ValueError, match="no town file") as refused:
        read_file(_town_file(tmp_path, boundary=boundary))
    assert said in str(refused.value)


@pytest.mark.parametrize("teryt", ["14130", "14130111", "141301a", "", "١٤١٣٠١١"])
def test_a_code_of_other_than_seven_digits_is_refused(tmp_path, teryt):
    from hejnal_citizen.town.importer import read_file

    with pytest.raises(ValueError, match="teryt: a municipality's code has 7 digits"):
        read_file(_town_file(tmp_path, teryt=teryt))


def test_a_file_with_a_byte_order_mark_and_an_area_in_parts_is_read(tmp_path):
    from hejnal_citizen.town.importer import read_file

    file = _town_file(tmp_path, boundary={"type": "MultiPolygon", "coordinates": [[_SQUARE]], "bbox": [20.9, 51, 21, 51.1]})
    file.write_bytes(b"\xef\xbb\xbf" + file.read_bytes())
    assert len(read_file(file).addresses) == 20


async def test_what_lies_outside_the_boundary_is_named_or_refused(house, tmp_path):
    from hejnal_citizen.town.importer import import_file

    url = house.res.settings.database_url.get_secret_value()
    swapped = [{"street": "Nowa", "number": "1", "lat": 20.95, "lon": 51.03}]
    for said, wrong in (
        ("1 of 1 addresses .* look swapped", {"addresses": swapped}),
        ("20 of 20 addresses lie outside the boundary: .* different places", {"addresses": _addresses(20, outside=20)}),
        ("18 of 20", {"addresses": _addresses(20, outside=18)}),
    ):
        with pytest.raises(ValueError, match=said):
            await import_file(url, _town_file(tmp_path, **wrong))
    assert (await house.client().get("/town")).json()["name"] == "Bugielsk"  # nothing of them was kept
    warnings: list[str] = []
    places = [{"name": "Urząd", "kind": "office", "lat": 51.2, "lon": 20.95}]
    file = _town_file(tmp_path, addresses=_addresses(20, outside=7), places=places, center={"lat": 20.95, "lon": 51.05})
    assert (await import_file(url, file, warnings.append))["addresses"] == 20
    assert warnings == [
        "addresses outside the boundary: 7 (Nowa 1, Nowa 2, Nowa 3, Nowa 4, Nowa 5, …)",
        "places outside the boundary: 2 (the center, Urząd)",
    ]
    warnings.clear()
    await import_file(url, _town_file(tmp_path), warnings.append)
    assert warnings == []

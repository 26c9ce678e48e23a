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
    import json

    from hejnal_citizen.town.importer import import_file

    file = tmp_path / "town.json"
    point = {"lat": 51.03, "lon": 20.95}
    ring = [[20.9, 51.0], [21.0, 51.0], [21.0, 51.1], [20.9, 51.1], [20.9, 51.0]]
    town = {
        "name": "Nowe",
        "teryt": "1",
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
        (None, ["No such file"]),
    ],
)
def test_a_town_file_that_is_none_is_refused_in_words(tmp_path, content, said):
    file = tmp_path / "town.json"
    if content is not None:
        file.write_text(content)
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

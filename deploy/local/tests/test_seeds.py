"""The demo town's data goes in through the services' own commands, once, and its secrets stay private."""

import json
from collections.abc import Callable
from pathlib import Path

import asyncpg
import pytest

from hejnal_local import settings as s
from hejnal_local.programs import Town
from hejnal_local.seeds import STAFF, SeedError, Seeds, address_cameras
from hejnal_local.settings import LocalSettings
from hejnal_local.workspace import Workspace
from hejnal_runtime.tokens import TokenVerifier

ROOT = Path(__file__).resolve().parents[3]


def town_in(folder: Path, **environment: str) -> Town:
    run_folder = folder / "run"
    run_folder.mkdir(exist_ok=True)
    town = Town(Workspace(ROOT, run_folder), LocalSettings.load(folder, environment))
    town.keys.ensure()
    return town


def test_every_camera_gets_an_address_and_an_account(tmp_path: Path) -> None:
    town = town_in(tmp_path, HEJNAL_CAMERAS="3", HEJNAL_STREET_CAMERAS="2")
    sites = [{"name": f"site {number}", "place": {"lat": 51.05, "lon": 20.95}} for number in range(10)]
    cameras = address_cameras(sites, town)
    assert [camera["camera_id"] for camera in cameras] == ["gst-001", "gst-002", "cam-001", "cam-002", "cam-003"]
    assert [stream["name"] for stream in cameras[0]["streams"]] == ["main", "sub"]
    assert cameras[0]["streams"][0]["url"] == "rtsp://127.0.0.1:18555/gst-001/main"
    assert cameras[4]["streams"][1]["url"] == "rtsp://127.0.0.1:18554/cam-003/sub"
    street = [camera["credentials"] for camera in cameras[:2]]
    assert street[0]["username"] != street[1]["username"]  # GStreamer keeps one password per user name
    assert street[0]["password"] != street[1]["password"]
    Seeds(town, print).write_camera_accounts()
    assert json.loads(town.accounts_file.read_text()) == {"gst-001": street[0], "gst-002": street[1]}
    assert town.accounts_file.stat().st_mode & 0o777 == 0o600
    assert [camera["credentials"] for camera in cameras[2:]] == [None, None, None]  # open to any player
    assert address_cameras(sites, town_in(tmp_path, HEJNAL_CAMERAS="3")) == cameras  # the same at every start


@pytest.mark.postgres
async def test_staff_is_created_once_with_secrets_of_its_own(tmp_path: Path, make_database: Callable[[str], str]) -> None:
    database_url = make_database("gateway")
    town = town_in(tmp_path, HEJNAL_GATEWAY_DATABASE_URL=database_url)
    said: list[str] = []
    people = STAFF[:2]  # each takes the start of a whole service
    seeds = Seeds(town, said.append)
    seeds.create_staff(people)
    seeds.refresh_tokens()
    first = seeds.credentials_file.read_text()
    assert seeds.credentials_file.stat().st_mode & 0o777 == 0o600
    credentials = json.loads(first)
    assert set(credentials) == {"staff", "open311_api_key", "service_tokens"}
    assert [(one["role"], one["login"]) for one in credentials["staff"]] == [(one.role, one.login) for one in people]
    assert all(set(one) == {"role", "login", "password", "totp_secret"} for one in credentials["staff"])
    assert len({one["password"] for one in credentials["staff"]}) == len(people)
    caller = TokenVerifier("recorder", town.keys.jwks).verify(credentials["service_tokens"]["recorder"])
    assert (caller.service, caller.role) == ("operator-gateway", "admin")

    said.clear()
    seeds.create_staff(people)
    assert said == []
    assert json.loads(seeds.credentials_file.read_text())["staff"] == credentials["staff"]
    connection = await asyncpg.connect(database_url.replace("+asyncpg", ""))
    try:
        assert await connection.fetchval("SELECT count(*) FROM gateway.accounts") == len(people)
    finally:
        await connection.close()

    seeds.credentials_file.unlink()  # an account whose secrets are lost is told, not replaced
    with pytest.raises(SeedError, match="its secrets are not in credentials"):
        seeds.create_staff(people)


@pytest.mark.postgres
async def test_the_town_is_imported_once_per_state(tmp_path: Path, make_database: Callable[[str], str]) -> None:
    urls = {"HEJNAL_GATEWAY_DATABASE_URL": make_database("gateway"), "HEJNAL_CITIZEN_DATABASE_URL": make_database("citizen")}
    town = town_in(tmp_path, **urls, HEJNAL_CAMERAS="3")
    place = {"lat": 51.05, "lon": 20.95}
    square = [[20.9, 51.0], [21.0, 51.0], [21.0, 51.1], [20.9, 51.1], [20.9, 51.0]]
    document = {
        "name": "Bugielsk",
        "teryt": "2699011",
        "center": place,
        "boundary": {"type": "Polygon", "coordinates": [square]},
        "streets": [{"name": "Lipowa", "district": "Stare Miasto"}],
        "addresses": [{"street": "Lipowa", "number": "1", "postcode": "27-990", **place}],
        "places": [],
    }
    town.town_folder.mkdir()
    (town.town_folder / "town.json").write_text(json.dumps(document))
    sites = [{"name": f"site {number}", "place": place} for number in range(5)]

    async def counts() -> tuple[int, int, int]:
        found = []
        for name, question in (
            ("GATEWAY", "SELECT count(*) FROM gateway.cameras WHERE removed_at IS NULL"),
            ("GATEWAY", "SELECT count(*) FROM gateway.outbox"),
            ("CITIZEN", "SELECT count(*) FROM citizen.addresses"),
        ):
            connection = await asyncpg.connect(urls[f"HEJNAL_{name}_DATABASE_URL"].replace("+asyncpg", ""))
            try:
                found.append(await connection.fetchval(question))
            finally:
                await connection.close()
        return found[0], found[1], found[2]

    said: list[str] = []
    seeds = Seeds(town, said.append)
    (town.town_folder / "cameras.json").write_text(json.dumps(address_cameras(sites, town)))
    seeds.import_town()
    first = await counts()
    assert (first[0], first[2]) == (5, 1)
    assert len(said) == 2
    seeds.import_town()
    assert len(said) == 2  # nothing has changed: no command was run
    (town.workspace.run / "stamps" / "import-cameras").unlink()
    seeds.import_town()
    assert await counts() == first  # run again: no new version, no new fact
    for _ in range(2):
        seeds.let_programs_in()
    assert len(said) == 4  # the cameras once more, and the key once
    connection = await asyncpg.connect(urls["HEJNAL_CITIZEN_DATABASE_URL"].replace("+asyncpg", ""))
    try:
        hint = await connection.fetchval("SELECT hint FROM citizen.open311_keys")
    finally:
        await connection.close()
    assert town.keys.secret("open311-api-key").endswith(hint)
    assert (town.workspace.run / "open311-api-key").stat().st_mode & 0o777 == 0o600
    fewer = Town(town.workspace, town.settings.with_value(s.CAMERAS, "1"))
    (town.town_folder / "cameras.json").write_text(json.dumps(address_cameras(sites, fewer)))
    Seeds(fewer, said.append).import_town()
    assert (await counts())[0] == 3

import json
from typing import Any

import aiohttp
import pytest
from gateway_house import Gateway, camera
from pydantic import ValidationError
from sqlalchemy import select, text

from hejnal_contracts.cameras import CameraChanged, CameraRegistered, CameraRemoved
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.cameras.importing import import_cameras
from hejnal_gateway.secrets_at_rest import SecretBox
from hejnal_gateway.tables import cameras
from hejnal_runtime.bus import CompactedTable


async def test_a_camera_is_registered_changed_and_removed_with_a_fact_each(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.post("/api/v1/cameras", json=camera("cam-1")) as answer:
            assert answer.status == 201, await answer.text()
            body = await answer.json()
        assert body["version"] == 1
        assert body["has_credentials"]
        assert body["status"]["condition"] == "unknown"
        assert "s3cret" not in json.dumps(body)
        async with browser.post("/api/v1/cameras", json=camera("cam-1")) as answer:
            assert answer.status == 409
        change = {key: value for key, value in camera("cam-1").items() if key not in ("camera_id", "credentials")} | {
            "name": "Nowa"
        }
        async with browser.put("/api/v1/cameras/cam-1", json=change | {"version": 1}) as answer:
            assert answer.status == 200
            assert (await answer.json())["version"] == 2
        async with browser.put("/api/v1/cameras/cam-1", json=change | {"version": 1}) as answer:
            assert answer.status == 409
        fact = await gateway.eventually(lambda: _is(gateway.resources.feeds.cameras, "cam-1", CameraChanged))
        assert fact.name == "Nowa"
        assert fact.has_credentials
        assert "s3cret" not in fact.model_dump_json()
        async with browser.delete("/api/v1/cameras/cam-1?version=2") as answer:
            assert answer.status == 204
        await gateway.eventually(lambda: _is(gateway.resources.feeds.cameras, "cam-1", CameraRemoved))
        async with browser.get("/api/v1/cameras/cam-1") as answer:
            assert answer.status == 404
        async with browser.get("/api/v1/cameras/cam-1/versions") as answer:
            assert [item["change"] for item in (await answer.json())["items"]] == ["removed", "changed", "registered"]
        async with browser.post("/api/v1/cameras", json=camera("cam-1")) as answer:
            assert (await answer.json())["version"] == 4, "a camera that comes back does not go back in versions"


def _is(table: CompactedTable, key: str, kind: type) -> Any:
    fact = table.get(key)
    return fact if isinstance(fact, kind) else None


async def test_credentials_lie_encrypted_and_only_ingest_gets_them(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-open", credentials=None)
    async with gateway.resources.database.read() as session:
        row = (await session.execute(select(cameras).where(cameras.c.camera_id == "cam-1"))).mappings().one()
    assert b"s3cret" not in row["password"]
    assert b"user" not in row["username"]
    path = "/internal/v1/cameras/{}/credentials"

    async def ask(camera_id: str, service: str | None, audience: str = "operator-gateway") -> tuple[int, Any]:
        headers = gateway.keys.issuers[service].headers(audience) if service else {}
        url = gateway.internal_url + path.format(camera_id)
        async with aiohttp.ClientSession() as client, client.get(url, headers=headers) as answer:
            return answer.status, await answer.json()

    assert await ask("cam-1", "ingest") == (200, {"username": "user", "password": "s3cret"})
    assert (await ask("cam-open", "ingest"))[0] == 404
    assert (await ask("cam-none", "ingest"))[0] == 404
    assert (await ask("cam-1", "recorder"))[0] == 403
    assert (await ask("cam-1", "ingest", "recorder"))[0] == 401
    assert (await ask("cam-1", None))[0] == 401


async def test_changed_credentials_are_a_new_version(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.put("/api/v1/cameras/cam-1/credentials", json={"username": "a", "password": "b"}) as answer:
            assert answer.status == 204
        async with browser.delete("/api/v1/cameras/cam-1/credentials") as answer:
            assert answer.status == 204
        async with browser.get("/api/v1/cameras/cam-1") as answer:
            body = await answer.json()
    assert body["version"] == 3
    assert body["has_credentials"] is False


async def test_an_import_can_be_repeated(gateway: Gateway, tmp_path: Any) -> None:
    resources = gateway.resources
    file = tmp_path / "cameras.json"

    async def bring_in(items: list[dict[str, Any]], *, prune: bool = False) -> tuple[int, int, int, int]:
        file.write_text(json.dumps(items))
        done = await import_cameras(resources.database, resources.registry, resources.clock, file, by="test", prune=prune)
        return len(done.added), len(done.changed), len(done.unchanged), len(done.removed)

    two = [
        camera("cam-1") | {"view_cone": {"azimuth_deg": 90, "angle_deg": 60, "range_m": 80}},
        camera("cam-2") | {"view_cone": None},
    ]
    assert await bring_in(two) == (2, 0, 0, 0)
    assert await bring_in(two) == (0, 0, 2, 0)
    two[0]["name"] = "Other"
    two[1]["credentials"] = {"username": "user", "password": "changed"}
    assert await bring_in(two) == (0, 2, 0, 0)
    assert await bring_in(two[:1]) == (0, 0, 1, 0)
    assert await bring_in(two[:1], prune=True) == (0, 0, 1, 1)
    with pytest.raises(ValidationError):
        await bring_in([{"camera_id": "../etc", "name": "x"}])
    assert (await bring_in(two[:1]))[2] == 1


async def test_onvif_access_is_kept_changed_and_imported(gateway: Gateway, tmp_path: Any) -> None:
    access = {"url": "http://10.0.0.7/onvif/device_service", "main_profile": "main", "card_recording": True}
    told = access | {"sub_profile": "", "allow_clock_set": False, "allow_gop_set": False}
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.post("/api/v1/cameras", json=camera("cam-1") | {"onvif": access}) as answer:
            assert (await answer.json())["onvif"] == told, await answer.text()
        change = {key: value for key, value in camera("cam-1").items() if key not in ("camera_id", "credentials")}
        async with browser.put("/api/v1/cameras/cam-1", json=change | {"version": 1, "name": "Nowa"}) as answer:
            assert (await answer.json())["onvif"] == told
        for url in ("http://user:pass@10.0.0.7/", "ftp://10.0.0.7/", "http://10.0.0.7/?a=b c"):
            async with browser.put(
                "/api/v1/cameras/cam-1", json=change | {"version": 2, "onvif": access | {"url": url}}
            ) as answer:
                assert answer.status == 422
        async with browser.put("/api/v1/cameras/cam-1", json=change | {"version": 2, "onvif": None}) as answer:
            assert (await answer.json())["onvif"] is None
    file = tmp_path / "cameras.json"
    file.write_text(json.dumps([camera("cam-1") | {"onvif": access}]))
    resources = gateway.resources
    done = await import_cameras(resources.database, resources.registry, resources.clock, file, by="test")
    assert done.changed == ["cam-1"]
    fact = await gateway.eventually(lambda: (f := resources.feeds.cameras.get("cam-1")) and getattr(f, "onvif", None) and f)
    assert fact.onvif.model_dump() == told


async def test_the_registry_works_while_kafka_is_away(gateway: Gateway) -> None:
    """The fact waits in the outbox; here it is enough that writing does not touch Kafka."""
    async with gateway.signed_in(Role.ADMIN) as browser, gateway.resources.database.transaction() as session:
        await session.execute(text("select pg_advisory_xact_lock(1)"))
        async with browser.post("/api/v1/cameras", json=camera("cam-9")) as answer:
            assert answer.status == 201
    await gateway.eventually(lambda: _is(gateway.resources.feeds.cameras, "cam-9", CameraRegistered))


def test_a_sealed_secret_opens_only_in_its_place_with_its_key() -> None:
    box, other = SecretBox(b"k" * 32), SecretBox(b"o" * 32)
    sealed = box.seal("hasło", "camera:1")
    assert box.open(sealed, "camera:1") == "hasło"
    for opener, value, purpose in ((other, sealed, "camera:1"), (box, sealed, "camera:2"), (box, sealed[:-1] + b"x", "camera:1")):
        with pytest.raises(ValueError, match="does not open"):
            opener.open(value, purpose)

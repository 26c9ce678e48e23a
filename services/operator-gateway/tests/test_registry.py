"""The registry's files, history and conditions: CSV in and out, privacy masks, If-Match, why a camera went."""

from typing import Any

import pytest
from gateway_house import Gateway, camera
from pydantic import ValidationError

from hejnal_contracts.cameras import CameraRemoved
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.cameras import csv_text
from hejnal_gateway.cameras.registry import CameraDraft

SQUARE = [{"x": 0.1, "y": 0.1}, {"x": 0.4, "y": 0.1}, {"x": 0.4, "y": 0.4}, {"x": 0.1, "y": 0.4}]
HEADER = "camera_id;name;lat;lon;main_url;groups;keep_days;record_audio;azimuth_deg;angle_deg;range_m;username;password"


def draft(**changes: Any) -> dict[str, Any]:
    return {key: value for key, value in camera("x").items() if key not in ("camera_id", "credentials")} | changes


@pytest.mark.parametrize(
    "points",
    [
        SQUARE[:2],
        [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]],  # a bow tie
        [*SQUARE, SQUARE[0]],
        [{"x": 0, "y": 0}, {"x": 0.5, "y": 0.5}, {"x": 1, "y": 1}],  # a line
        [{"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 0.5, "y": 0}, {"x": 0.5, "y": 1}],  # runs back over itself
        [{"x": 0, "y": 0}, {"x": 1.1, "y": 0}, {"x": 0, "y": 1}],
        [{"x": 0, "y": 0}, {"x": float("nan"), "y": 0}, {"x": 0, "y": 1}],
        [{"x": number / 40, "y": (number / 40) ** 2} for number in range(33)],
        [SQUARE[0], SQUARE[1], {"x": 0.25, "y": 0.1}, {"x": 0.3, "y": 0.4}, SQUARE[3]],
    ],
)
def test_a_privacy_mask_is_a_simple_polygon(points: Any) -> None:
    with pytest.raises(ValidationError):
        CameraDraft.model_validate(draft(privacy_masks=[{"points": points}]))


def test_masks_of_every_honest_shape_are_taken() -> None:
    concave = [{"x": 0, "y": 0}, {"x": 1, "y": 0}, {"x": 1, "y": 1}, {"x": 0.5, "y": 0.2}, {"x": 0, "y": 1}]
    many = [{"x": number / 31, "y": (number / 31) ** 2} for number in range(32)]
    taken = CameraDraft.model_validate(draft(privacy_masks=[{"name": "okno", "points": one} for one in (SQUARE, concave, many)]))
    assert len(taken.privacy_masks) == 3


async def test_masks_stay_when_a_form_does_not_mention_them_and_history_says_who_did_what(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.post("/api/v1/cameras", json=camera("cam-1") | {"privacy_masks": [{"points": SQUARE}]}) as answer:
            assert answer.status == 201, await answer.text()
            assert answer.headers["ETag"] == '"1"'
            assert answer.headers["Location"] == "/api/v1/cameras/cam-1"
        headers = {"If-Match": '"1"'}
        async with browser.put("/api/v1/cameras/cam-1", json=draft(recording={"keep_days": 14}), headers=headers) as answer:
            body = await answer.json()
            assert (answer.status, answer.headers["ETag"], len(body["privacy_masks"])) == (200, '"2"', 1), body
        for condition, status in (('"1"', 412), ("1", 412), (None, 428)):
            headers = {"If-Match": condition} if condition else {}
            async with browser.put("/api/v1/cameras/cam-1", json=draft(), headers=headers) as answer:
                assert answer.status == status, await answer.text()
        async with browser.put("/api/v1/cameras/cam-1/credentials", json={"username": "a", "password": "b"}) as answer:
            assert answer.status == 204
        async with browser.delete("/api/v1/cameras/cam-1", headers={"If-Match": '"2"'}) as answer:
            assert answer.status == 412
        query = {"reason": "Przebudowa rynku"}
        async with browser.delete("/api/v1/cameras/cam-1", params=query, headers={"If-Match": '"3"'}) as answer:
            assert answer.status == 204
        async with browser.get("/api/v1/cameras/cam-1/history") as answer:
            history = await answer.json()
        async with browser.get("/api/v1/cameras/cam-2/history") as answer:
            assert answer.status == 404
    steps = history["items"]
    assert [step["change"] for step in steps] == ["removed", "credentials-changed", "changed", "registered"]
    assert {step["changed_by_name"] for step in steps} == {"Test admin"}
    assert steps[0]["reason"] == "Przebudowa rynku"
    assert {"field": "recording.keep_days", "before": 30, "after": 14} in steps[2]["changes"]
    assert steps[1]["changes"] == []
    assert {"field": "streams.main", "before": None, "after": "rtsp://10.0.0.7/main"} in steps[3]["changes"]
    table = gateway.resources.feeds.cameras
    fact = await gateway.eventually(lambda: (f := table.get("cam-1")) and isinstance(f, CameraRemoved) and f)
    assert fact.reason == "Przebudowa rynku"


async def _send(browser: Any, text: str | bytes, *, dry_run: bool = False, status: int = 200) -> Any:
    data = text.encode() if isinstance(text, str) else text
    query = {"dry_run": "true"} if dry_run else {}
    headers = {"Content-Type": "text/csv"}
    async with browser.post("/api/v1/cameras/import", data=data, params=query, headers=headers) as answer:
        assert answer.status == status, await answer.text()
        return await answer.json()


async def test_a_list_goes_out_and_comes_in_again_without_secrets(gateway: Gateway) -> None:
    names = {"cam-1": "=1+2", "cam-2": '-Rynek; "wieża"\nzachód', "cam-3": "'cytat"}
    for camera_id, name in names.items():
        await gateway.add_camera(camera_id, name=name, groups=["rynek", "centrum"], place={"lat": 51.05, "lon": -0.5})
    async with gateway.signed_in(Role.ADMIN) as browser:
        async with browser.get("/api/v1/cameras/export.csv") as answer:
            assert answer.content_type == "text/csv"
            data = await answer.read()
        assert b"s3cret" not in data
        assert b"\xef\xbb\xbfcamera_id;name;" in data
        assert b";'=1+2;" in data
        done = await _send(browser, data)
        assert (done["applied"], sorted(done["unchanged"]), done["changed"], done["errors"]) == (True, [*names], [], [])
        async with browser.get("/api/v1/cameras/cam-2") as answer:
            body = await answer.json()
    assert (body["name"], body["version"], body["groups"]) == (names["cam-2"], 1, ["rynek", "centrum"])
    assert body["has_credentials"]


async def test_an_import_is_tried_then_done_and_leaves_alone_what_the_file_does_not_say(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1", purpose="Porządek", restricted=True)
    text = (
        f"{HEADER}\r\n"
        "cam-1;Rynek 4;51,051;20,951;rtsp://10.0.0.7/main;rynek|centrum;14;nie;;;;;\r\n"
        "\r\n"
        "cam-9;Świętokrzyska;51.06;20.96;rtsp://10.0.0.9/main;;;tak;90;60;80;user;tajne\r\n"
    )
    async with gateway.signed_in(Role.ADMIN) as browser:
        tried = await _send(browser, text, dry_run=True)
        assert (tried["dry_run"], tried["applied"], tried["added"], tried["changed"]) == (True, False, ["cam-9"], ["cam-1"])
        async with browser.get("/api/v1/cameras/cam-9") as answer:
            assert answer.status == 404
        for encoding in ("cp1250", "utf-8"):
            done = await _send(browser, text.encode(encoding))
            assert done["applied"], done
        assert sorted(done["unchanged"]) == ["cam-1", "cam-9"]
        async with browser.get("/api/v1/cameras/cam-1") as answer:
            first = await answer.json()
        async with browser.get("/api/v1/cameras/cam-9") as answer:
            ninth = await answer.json()
    assert (first["place"]["lat"], first["purpose"], first["restricted"], first["version"]) == (51.051, "Porządek", True, 2)
    assert [stream["name"] for stream in first["streams"]] == ["main", "sub"], "the file has no column for the sub stream"
    assert (ninth["name"], ninth["recording"]["record_audio"], ninth["has_credentials"]) == ("Świętokrzyska", True, True)
    assert ninth["view_cone"] == {"azimuth_deg": 90, "angle_deg": 60, "range_m": 80}


async def test_one_error_keeps_all_of_a_file_out_and_each_is_told_with_line_and_column(gateway: Gateway) -> None:
    text = (
        f"{HEADER}\n"
        "cam-1;Rynek;51.05;20.95;rtsp://10.0.0.7/main;;;;;;;;\n"
        'cam-2;"dwie\nlinie";95;x;rtsp://user:pw@10.0.0.7/;;120;może;;;;;\n'
        "cam-1;Rynek;51.05;20.95;rtsp://10.0.0.7/main;;;;;;;;\n"
        "CAM;Rynek;51.05;20.95;rtsp://10.0.0.7/main;;120;;;;;;hasło\n"
    )
    async with gateway.signed_in(Role.ADMIN) as browser:
        for dry_run in (True, False):
            done = await _send(browser, text, dry_run=dry_run)
            places = [(one["line"], one["column"]) for one in done["errors"]]
            assert places == [
                (3, "lon"), (3, "record_audio"), (5, "camera_id"), (6, "keep_days"), (6, "camera_id"), (6, "username"),
            ]  # fmt: skip
            assert not done["applied"]
        async with browser.get("/api/v1/cameras") as answer:
            assert (await answer.json())["items"] == []
        for wrong, column in (("camera_id;name\n", "lat"), ("camera_id;kolor\n", "kolor"), ("", "camera_id")):
            done = await _send(browser, wrong)
            assert column in {one["column"] for one in done["errors"]}
        await _send(browser, b"x" * (csv_text.MAX_BYTES + 1), status=413)
        async with browser.post("/api/v1/cameras/import", json=[]) as answer:
            assert answer.status == 415
    async with gateway.signed_in(Role.OPERATOR) as browser:
        await _send(browser, text, status=403)

"""Incidents: one case from opening to report, who sees the place, footage marked at the recorder, once."""

import json
import math
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from gateway_house import Gateway, Upstream

from hejnal_gateway.accounts.roles import Role
from hejnal_runtime.ids import new_id

PLACE = {"lat": 51.05, "lon": 20.95}
NOON = datetime(2026, 11, 22, 11, tzinfo=UTC)


async def ask(browser: aiohttp.ClientSession, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    async with browser.request(method, "/api/v1" + path, json=body) as answer:
        text = await answer.text()
        assert answer.status == status, text
        return json.loads(text) if text else None


def new(**changes: Any) -> dict[str, Any]:
    return {"request_id": new_id(), "title": "Bójka pod dworcem", "place": PLACE, "address": "Dworcowa 1"} | changes


async def alert_of(browser: aiohttp.ClientSession, **changes: Any) -> str:
    body = {"request_id": new_id(), "severity": "warning", "summary": "Bójka"} | changes
    return str((await ask(browser, "POST", "/alerts", body, 201))["alert_id"])


def at(distance_m: float, bearing_deg: float) -> dict[str, float]:
    """A point so far from PLACE in that direction; flat earth is good enough for a town."""
    north, east = (distance_m * part for part in (math.cos(math.radians(bearing_deg)), math.sin(math.radians(bearing_deg))))
    return {
        "lat": PLACE["lat"] + north / 111_250,
        "lon": PLACE["lon"] + east / (111_320 * math.cos(math.radians(PLACE["lat"]))),
    }


async def test_a_case_from_its_opening_to_its_report(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.DISPATCHER) as darek, gateway.signed_in(Role.OPERATOR) as olga:
        first, second = await alert_of(olga), await alert_of(olga, summary="Druga bójka")
        body = new(alert_ids=[first], note="Dzwoniła ochrona")
        case = await ask(darek, "POST", "/incidents", body, 201)
        again = await ask(darek, "POST", "/incidents", body, 201)
        assert again["incident_id"] == case["incident_id"]
        assert case["reference"].startswith(f"ZD-{datetime.now(UTC).year}-")
        path = f"/incidents/{case['incident_id']}"
        await ask(darek, "PUT", f"{path}/alerts/{second}")
        await ask(darek, "PUT", f"{path}/alerts/{second}")
        await ask(darek, "PUT", f"{path}/reports/r-1", {"reference": "Z-2026-00042"})
        other = await ask(darek, "POST", "/incidents", new(), 201)
        refused = await ask(darek, "PUT", f"/incidents/{other['incident_id']}/reports/r-1", {}, 409)
        assert refused["type"].endswith("report-linked-elsewhere")
        message = {"announcement_id": "a-1", "summary": "Dworcowa zamknięta", "channels": ["push", "sms"]}
        for _ in range(2):
            await ask(darek, "POST", f"{path}/messages", message, 201)
        note = {"note_id": new_id(), "text": "Patrol na miejscu"}
        for _ in range(2):
            shown = await ask(olga, "POST", f"{path}/notes", note, 201)
        assert [entry["kind"] for entry in shown["entries"]] == [
            "opened", "alert-linked", "alert-linked", "report-linked", "message-sent", "note",
        ]  # fmt: skip
        assert {alert["alert_id"] for alert in shown["alerts"]} == {first, second}
        assert shown["reports"][0]["reference"] == "Z-2026-00042"
        version = shown["version"]
        changed = await ask(olga, "PATCH", path, {"version": version, "severity": "emergency"})
        assert (changed["severity"], changed["address"]) == ("emergency", "Dworcowa 1")
        refused = await ask(darek, "PATCH", path, {"version": version, "title": "x"}, 409)
        assert refused["type"].endswith("incident-changed-meanwhile")
        refused = await ask(darek, "POST", f"{path}/closure", {"report": "Koniec"}, 409)
        assert refused["type"].endswith("incident-alerts-open")
        for alert_id in (first, second):
            await ask(darek, "POST", f"/alerts/{alert_id}/resolution", {"outcome": "handled"})
        closed = await ask(darek, "POST", f"{path}/closure", {"report": "Dwie osoby zatrzymane."})
        assert (closed["state"], closed["closed_by"]["name"]) == ("closed", "Test dispatcher")
        await ask(darek, "PUT", f"{path}/alerts/{first}", None, 409)
        await ask(darek, "POST", f"{path}/notes", {"text": "Policja prosi o nagranie"}, 201)
        found = await ask(olga, "GET", "/incidents?state=open")
        assert [one["incident_id"] for one in found["items"]] == [other["incident_id"]]
        page = await ask(olga, "GET", "/incidents?limit=1")
        rest = await ask(olga, "GET", f"/incidents?limit=1&cursor={page['next_cursor']}")
        assert rest["next_cursor"] is None
        assert [one["incident_id"] for one in (*page["items"], *rest["items"])] == [other["incident_id"], case["incident_id"]]


async def test_an_alert_goes_from_one_case_to_another(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.DISPATCHER) as darek:
        alert_id = await alert_of(darek)
        one = await ask(darek, "POST", "/incidents", new(alert_ids=[alert_id]), 201)
        two = await ask(darek, "POST", "/incidents", new(alert_ids=[alert_id]), 201)
        shown = await ask(darek, "GET", f"/incidents/{one['incident_id']}")
        assert (shown["alerts"], shown["entries"][-1]["kind"]) == ([], "alert-unlinked")
        assert (await ask(darek, "GET", f"/alerts/{alert_id}"))["incident_id"] == two["incident_id"]
        await ask(darek, "DELETE", f"/incidents/{two['incident_id']}/alerts/{alert_id}")
        assert (await ask(darek, "GET", f"/alerts/{alert_id}"))["incident_id"] is None
        await ask(darek, "PUT", f"/incidents/{two['incident_id']}/alerts/none", None, 404)
        await ask(darek, "GET", "/incidents/none", None, 404)


@pytest.mark.parametrize("bearing", [0.0, 45.0, 180.0, 270.0, 350.0])
async def test_cameras_that_see_a_place_are_those_whose_cone_holds_it(gateway: Gateway, bearing: float) -> None:
    cone = {"angle_deg": 60, "range_m": 100}
    back = (bearing + 180) % 360  # from the camera to the place
    cameras = {
        "sees": (at(60, bearing), cone | {"azimuth_deg": back}),
        "edge": (at(70, bearing), cone | {"azimuth_deg": (back + 29) % 360}),
        "beside": (at(50, bearing), cone | {"azimuth_deg": (back + 31) % 360}),
        "turned": (at(40, bearing), cone | {"azimuth_deg": bearing}),
        "far": (at(101, bearing), cone | {"azimuth_deg": back}),
        "near": (at(30, bearing), None),
        "away": (at(130, bearing), None),
        "here": (PLACE, cone | {"azimuth_deg": 10}),
        "round": (at(90, bearing), {"azimuth_deg": 0, "angle_deg": 360, "range_m": 100}),
    }
    for camera_id, (place, view_cone) in cameras.items():
        await gateway.add_camera(camera_id, place=place, view_cone=view_cone)
    await gateway.add_camera("off", place=at(10, bearing), enabled=False)
    async with gateway.signed_in(Role.OPERATOR) as olga:
        found = (await ask(olga, "GET", f"/places/cameras?lat={PLACE['lat']}&lon={PLACE['lon']}"))["items"]
        assert [one["camera_id"] for one in found] == ["here", "near", "sees", "edge", "round"]
        seen = {one["camera_id"]: one for one in found}
        assert seen["near"]["sees"] == "near"
        assert seen["sees"]["distance_m"] == pytest.approx(60, abs=1)
        assert abs((seen["sees"]["bearing_deg"] - back + 180) % 360 - 180) < 1
        case = await ask(olga, "POST", "/incidents", new(), 201)
        of_case = await ask(olga, "GET", f"/incidents/{case['incident_id']}/cameras?limit=2")
        assert [one["camera_id"] for one in of_case["items"]] == ["here", "near"]
        placeless = await ask(olga, "POST", "/incidents", new(place=None), 201)
        assert (await ask(olga, "GET", f"/incidents/{placeless['incident_id']}/cameras"))["items"] == []


def recorder(upstream: Upstream, *, statuses: list[int]) -> dict[str, list[dict[str, Any]]]:
    """Bookmarks and holds as the recorder keeps them; `statuses`: what the next requests to make one are answered with."""
    kept: dict[str, list[dict[str, Any]]] = {"bookmarks": [], "holds": []}

    def answer(request: web.Request) -> web.StreamResponse:
        what = "holds" if request.path.endswith("/holds") else "bookmarks"
        if request.method == "GET":
            return web.json_response({what: kept[what]})
        status = statuses.pop(0) if statuses else 201
        if status in (201, 504):
            body = json.loads(upstream.bodies[-1])
            caller = upstream.callers[-1]
            made = body | {f"{what[:-1]}_id": f"{what[0]}-{len(kept[what])}", "owner": caller.subject}
            kept[what].append(made)
            if status == 201:
                return web.json_response(made, status=201)
        return web.json_response({"detail": f"says {status}"}, status=status)

    upstream.answers["/internal/v1/cameras/cam-1/bookmarks"] = answer
    upstream.answers["/internal/v1/holds"] = answer
    return kept


def mark(**changes: Any) -> dict[str, Any]:
    values = {
        "mark_id": new_id(),
        "camera_id": "cam-1",
        "from": NOON.isoformat(),
        "to": (NOON + timedelta(minutes=5)).isoformat(),
    }
    return values | changes


HOLD = {
    "legal_basis": "police_request",
    "basis_text": "Pismo KPP z 22.11.2026",
    "expires_at": (NOON + timedelta(days=90)).isoformat(),
}


async def test_marked_footage_is_a_bookmark_and_a_hold_at_the_recorder(gateway: Gateway, upstream: Upstream) -> None:
    await gateway.add_camera("cam-1")
    kept = recorder(upstream, statuses=[])
    async with gateway.signed_in(Role.OPERATOR) as olga:
        case = await ask(olga, "POST", "/incidents", new(), 201)
        path = f"/incidents/{case['incident_id']}/marks"
        body = mark(note="Widać twarz", hold=HOLD)
        for _ in range(2):
            shown = await ask(olga, "POST", path, body, 201)
        (done,) = shown["marks"]
        assert (done["state"], done["bookmark_id"], done["hold_id"]) == ("kept", "b-0", "h-0")
        (bookmark,), (hold,) = kept["bookmarks"], kept["holds"]
        assert bookmark["title"] == f"{case['reference']} Bójka pod dworcem"
        assert (hold["case_number"], hold["cameras"]) == (case["reference"], ["cam-1"])
        assert upstream.callers[-1].role == "operator"
        await ask(olga, "POST", path, mark(to=NOON.isoformat()), 422)
        await ask(olga, "POST", path, mark(camera_id="cam-1", to=(NOON + timedelta(days=2)).isoformat()), 422)


async def test_a_mark_whose_answer_was_lost_is_there_once(gateway: Gateway, upstream: Upstream) -> None:
    await gateway.add_camera("cam-1")
    kept = recorder(upstream, statuses=[504, 201, 504])
    async with gateway.signed_in(Role.OPERATOR) as olga:
        case = await ask(olga, "POST", "/incidents", new(), 201)
        shown = await ask(olga, "POST", f"/incidents/{case['incident_id']}/marks", mark(hold=HOLD), 201)
        assert shown["marks"][0]["state"] == "pending"
        assert shown["marks"][0]["trouble"] == "says 504"
        await _until_kept(gateway, olga, case["incident_id"])
        assert (len(kept["bookmarks"]), len(kept["holds"])) == (1, 1)


async def _until_kept(gateway: Gateway, browser: aiohttp.ClientSession, incident_id: str) -> None:
    from sqlalchemy import text

    async def kept() -> bool:
        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update incident_marks set next_at = now() where state = 'pending'"))
        await gateway.resources.marks.step()
        case = await ask(browser, "GET", f"/incidents/{incident_id}")
        return bool(case["marks"][0]["state"] == "kept")

    await gateway.eventually(kept)


async def test_what_the_recorder_refuses_is_said_and_not_asked_again(gateway: Gateway, upstream: Upstream) -> None:
    await gateway.add_camera("cam-1")
    kept = recorder(upstream, statuses=[404])
    async with gateway.signed_in(Role.ADMIN) as admin, gateway.signed_in(Role.DISPATCHER) as darek:
        case = await ask(admin, "POST", "/incidents", new(), 201)
        shown = await ask(admin, "POST", f"/incidents/{case['incident_id']}/marks", mark(), 201)
        assert (shown["marks"][0]["state"], shown["marks"][0]["trouble"]) == ("refused", "says 404")
        assert await gateway.resources.marks.step() == 0
        assert kept["bookmarks"] == []
        await ask(darek, "POST", f"/incidents/{case['incident_id']}/marks", mark(), 403)

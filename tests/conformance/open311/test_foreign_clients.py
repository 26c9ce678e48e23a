"""Our server and two clients that others wrote, `georeport` and `three`; and our own client, in a second process."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx
import pytest
from georeport import GeoReport

pytestmark = pytest.mark.postgres

THREE = Path(__file__).parent / "with_three.py"


def send(server, **fields):
    form = {"api_key": server.api_key, "service_code": "lighting", "lat": "51.05", "long": "20.95", **fields}
    answer = httpx.post(f"{server.url}/requests.json", data=form, timeout=20)
    assert answer.status_code == 201, answer.text
    return str(answer.json()[0]["service_request_id"])


def test_georeport_and_three_read_and_write(start_server):
    server = start_server()
    numbers = {send(server, description="Lampa nie świeci."), send(server, description="Druga lampa.")}
    for fmt in ("json", "xml"):
        client = GeoReport(server.url, api_key=server.api_key, output_format=fmt)
        services = {one["service_code"] for one in client.get_service_list()}
        assert {"road_damage", "lighting"} <= services
        definition = client.get_service_definition("road_damage")
        assert definition["service_code"] == "road_damage"
        assert {one["service_request_id"] for one in client.get_service_requests(status="open")} == numbers
        number = min(numbers)
        assert client.get_service_request(number)["service_code"] == "lighting"
    command = [sys.executable, str(THREE), server.url, server.api_key, min(numbers)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr[-2000:]
    found = json.loads(done.stdout)
    assert found["endpoints"] == [server.url]
    assert found["services"] >= 9
    assert "depth_cm" in found["attributes"]
    assert found["request"] == min(numbers)
    assert found["requests"] == 2
    assert found["posted"].startswith("Z-")
    assert found["token"]


def test_one_of_our_servers_is_the_others_back_office(start_server):
    """Two processes: what residents report at the town goes to the office, and the office's answer comes back."""
    office, town = start_server("office"), start_server("town")
    settings = {"enabled": True, "url": office.url, "api_key": office.api_key, "services": {"lighting": "lighting"}, "poll_s": 10}
    saved = town.staff("PUT", "/open311-back-office", json=settings)
    assert saved.status_code == 200, saved.text
    form = {"category": "lighting", "text": "Nie świeci <latarnia> & buczy.", "lat": "51.0501", "lon": "20.9502"}
    public = town.url.removesuffix("/open311/v2")
    made = httpx.post(
        f"{public}/api/v1/reports", files=[(name, (None, value)) for name, value in form.items()], timeout=20
    ).json()

    def handed_over():
        state = town.staff("GET", f"/reports/{made['id']}").json()["open311"]
        return state["service_request_id"] if state["state"] == "sent" else None

    number = _until(handed_over)
    at_office = httpx.get(f"{office.url}/requests/{number}.json", params={"api_key": office.api_key}, timeout=20).json()[0]
    assert at_office["description"] == f"Nie świeci <latarnia> & buczy.\n\n[{made['reference']}]"
    update = {"api_key": office.api_key, "service_request_id": number, "update_id": "1", "status": "closed"}
    answer = httpx.post(f"{office.url}/servicerequestupdates.json", data=update | {"description": "Wymienione."}, timeout=20)
    assert answer.status_code == 201, answer.text

    def answered():
        events = town.staff("GET", f"/reports/{made['id']}").json()["events"]
        return events[-1] if events[-1]["kind"] == "closed" else None

    assert _until(answered)["answer"] == "Wymienione."
    assert len(office.staff("GET", "/reports").json()["items"]) == 1


def _until(check, timeout_s=90):
    deadline = time.monotonic() + timeout_s
    while not (found := check()):
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.2)
    return found

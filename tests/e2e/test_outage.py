"""Kafka or PostgreSQL away: the doors say so, nothing accepted is lost, all recovers by itself."""

import json
import os
import re
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from hejnal_local.supervision import Supervisor
from hejnal_local.workspace import Workspace

from .console import SHOWN, SHOWN_TILES, sign_in
from .town import Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


@contextmanager
def without(town: Town, program: str) -> Iterator[None]:
    """The town with one of its servers stopped for the length of the block."""
    supervisor = Supervisor(town.run, Workspace.of_this_clone().python)
    supervisor.states()
    supervisor.halt(program)
    _until(lambda: supervisor.states()[program]["statename"] == "STOPPED")
    try:
        yield
    finally:
        supervisor.begin(program)


def _until(condition: Callable[[], Any], timeout_s: float = 60) -> Any:
    end = time.monotonic() + timeout_s
    while not (value := condition()):
        assert time.monotonic() < end, f"not true within {timeout_s} s"
        time.sleep(0.2)
    return value


def ask(url: str) -> tuple[int, str, bytes]:
    """(status, content type, body), also of an error."""
    try:
        with urlopen(url, timeout=15) as response:
            return response.status, response.headers["content-type"], response.read()
    except HTTPError as error:
        return error.code, error.headers["content-type"], error.read()


def send_report(town: Town, text: str, key: str) -> dict[str, Any]:
    center = json.loads((town.run / "town" / "town.json").read_text())["center"]
    fields = {"category": "lighting", "text": text, "lat": str(center["lat"]), "lon": str(center["lon"])}
    parts = [f'--x\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n' for name, value in fields.items()]
    headers = {"Content-Type": "multipart/form-data; boundary=x", "Origin": town.citizen, "Idempotency-Key": key}
    request = Request(f"{town.citizen}/api/v1/reports", ("".join(parts) + "--x--\r\n").encode(), headers)
    with urlopen(request, timeout=20) as response:
        accepted: dict[str, Any] = json.load(response)
    return accepted


def test_kafka_away_a_report_is_accepted_and_arrives_when_kafka_is_back(town: Town, person: Callable[..., Page]) -> None:
    clerk = person(scheme="dark")
    sign_in(clerk, town, "clerk")
    with without(town, "kafka"):
        accepted = send_report(town, "Latarnia nie świeci, a Kafka leży.", "outage-kafka")
        status, _, _ = ask(f"{town.citizen}/api/v1/announcements")
        assert status == 200, "reading needs no Kafka"
    with urlopen(f"{town.citizen}/api/v1/town", timeout=10) as response:
        assert response.status == 200
    arrived = clerk.evaluate(
        """async (reference) => {
          const events = new EventSource('/api/v1/events');
          return await new Promise((done) => {
            const timer = setTimeout(() => { events.close(); done(false); }, 60000);
            const look = (event) => { if (event.data.includes(reference)) { clearTimeout(timer); events.close(); done(true); } };
            for (const name of ['report', 'hello']) events.addEventListener(name, look);
          });
        }""",
        accepted["reference"],
    )
    assert arrived, "the fact of the report never reached the console"


def test_postgres_away_the_doors_answer_503_problems_and_recover(town: Town) -> None:
    with without(town, "postgres"):
        for url in (f"{town.citizen}/api/v1/announcements", f"{town.console}/api/v1/session"):
            status, kind, body = ask(url) if "announcements" in url else _ask_with_cookie(url)
            assert status == 503, (url, status, body)
            assert kind == "application/problem+json"
            assert json.loads(body)["detail"]
    _until(lambda: ask(f"{town.citizen}/api/v1/announcements")[0] == 200)
    _until(lambda: _ask_with_cookie(f"{town.console}/api/v1/session")[0] in (200, 401))
    reference = send_report(town, "Po awarii wszystko działa.", "outage-postgres")["reference"]
    assert re.fullmatch(r"Z-\d{4}-\d+", reference)


def _ask_with_cookie(url: str) -> tuple[int, str, bytes]:
    """As a browser that has signed in before: the door must look the session up."""
    request = Request(url, headers={"Cookie": "hejnal-staff=" + "a" * 43})
    try:
        with urlopen(request, timeout=15) as response:
            return response.status, response.headers["content-type"], response.read()
    except HTTPError as error:
        return error.code, error.headers["content-type"], error.read()


def test_a_camera_that_goes_away_says_so_and_disturbs_no_other(town: Town, person: Callable[..., Page]) -> None:
    page = person(scheme="dark")
    sign_in(page, town, "admin")
    page.get_by_role("link", name="Ściana").click()
    page.get_by_role("radio", name="4 kafelki").or_(page.get_by_role("button", name="4 kafelki")).click()
    page.get_by_role("button", name="Wypełnij puste").click()
    expect(page.locator(SHOWN_TILES)).to_have_count(4, timeout=30_000)
    street = page.locator(".tile", has_text="Rynek – ratusz")
    with without(town, "cameras"):
        began = time.monotonic()
        expect(page.locator('[data-state="gone"]')).to_have_count(4 - street.count(), timeout=20_000)
        took = time.monotonic() - began
        print(json.dumps({"measure": "camera fault on the screen", "seconds": round(took, 1)}))
        if street.count():
            expect(street).to_have_attribute("data-state", SHOWN)
        expect(page.locator(".tile-gone-cause").first).to_be_visible()
    tiles = page.locator(".tile")
    try:
        expect(page.locator(SHOWN_TILES)).to_have_count(4, timeout=90_000)
    except AssertionError as error:
        shown = [f"{tile.get_attribute('data-state')}: {tile.inner_text()}" for tile in tiles.all()]
        raise AssertionError(f"not all are back: {shown}") from error


def test_a_crashed_service_is_started_anew(town: Town) -> None:
    supervisor = Supervisor(town.run, Workspace.of_this_clone().python)
    before = supervisor.states()["citizen-api"]["pid"]
    os.kill(before, signal.SIGKILL)
    _until(lambda: supervisor.states()["citizen-api"]["pid"] not in (0, before))
    _until(lambda: _reachable(town))


def _reachable(town: Town) -> bool:
    try:
        return ask(f"{town.citizen}/api/v1/town")[0] == 200
    except OSError:
        return False

"""What people do that an alert must follow: drafts that nobody approves, SMS past the budget, warnings that come too late."""

import asyncio
import os
import signal
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import aiohttp

from hejnal_local.keys import write_private
from hejnal_notifier.channels.vapid_ring import make_vapid_key
from tests.bench.live_viewers import join

from .faults import ended, killed, locked, until_ready
from .house import House, announcement, ask, soon
from .servers import until
from .towns import setting

_LATE_S = 25
_FROZEN_S = 2.5
_ON_THE_WAY = "sum(hejnal_notifier_due_deliveries + hejnal_notifier_in_flight_deliveries)"
_CREDIT = "--sms-credit=3"


def approval_wanted(house: House) -> None:
    """An emergency is submitted, and nobody else is there."""
    draft = _draft(house, severity="emergency", channels=["email"])
    status, head, answer = house.staff("citizen-api", "POST", f"/staff/v1/announcement-drafts/{draft}/submission", who="autor")
    assert status == 200, answer
    assert answer["state"] == "waiting_approval", answer
    house.kept["draft"] = (draft, head["ETag" if "ETag" in head else "etag"])


def approval_given(house: House) -> None:
    """A second person comes and agrees."""
    draft, seen = house.kept["draft"]
    path = f"/staff/v1/announcement-drafts/{draft}/approval"
    status, _, answer = house.staff("citizen-api", "POST", path, who="kierownik", **{"If-Match": seen})
    assert status == 200, answer


def overtaken_draft(house: House) -> None:
    """A new version is scheduled for soon; before its time the announcement is called off."""
    announced = house.announce("odwołana później", channels=["email"])
    draft = _draft(house, announcement_id=announced, expected_version=1, publish_at=soon(15), channels=["email"])
    status, _, answer = house.staff("citizen-api", "POST", f"/staff/v1/announcement-drafts/{draft}/submission", who="autor")
    assert status == 200, answer
    assert answer["state"] == "scheduled", answer
    over = {"expected_version": 1, "texts": {"pl": {"title": "Odwołane", "body": "Powietrze jest znów dobre."}}}
    status, _, answer = house.staff("citizen-api", "POST", f"/staff/v1/announcements/{announced}/cancellation", over)
    assert status in (200, 201), answer


def _draft(house: House, **more: Any) -> str:
    body = announcement(time.time(), **more)
    status, _, answer = house.staff("citizen-api", "POST", "/staff/v1/announcement-drafts", body, who="autor")
    assert status == 201, answer
    return str(answer["id"])


def sms_past_the_budget(house: House) -> None:
    """One announcement after the other, until the SMS of one are held back."""
    held = "select 1 from notifier.deliveries where cause = 'over_budget'"
    before = len(house.sql(held))
    for number in range(12):
        house.announce(f"budżet {number}")
        until(lambda: house.figure(_ON_THE_WAY) == 0, timeout_s=60, what="SMS are on their way for ever")
        if len(house.sql(held)) > before:
            return
    raise AssertionError("a budget of one złoty was enough")


def announced_while_providers_are_away(house: House) -> None:
    """Every provider is down, and the town has something to say by e-mail."""
    ended("sinks")(house)
    for number in range(6):
        house.announce(f"bez dostawcy {number}", category="roads", severity="warning", channels=["email"])


def table_locked(house: House) -> None:
    """Somebody looks after the deliveries by hand when the providers are back."""
    announced_while_providers_are_away(house)
    until(lambda: house.sql("select 1 from notifier.deliveries where state = 'queued'"), what="nothing waits to be sent again")
    locked("notifier", "deliveries")(house)
    house.supervisor.begin("sinks")


def accepted_late(house: House) -> None:
    """The providers are back after a while: what waited is accepted late."""
    announced_while_providers_are_away(house)
    time.sleep(_LATE_S)
    house.supervisor.begin("sinks")


def slow_starts(house: House) -> None:
    """Ingest hangs for a moment, just when somebody opens every camera."""
    cameras = [row["camera_id"] for row in house.sql("select distinct camera_id from recorder.segments")]
    assert len(cameras) >= 5, cameras

    async def look(http: aiohttp.ClientSession) -> None:
        ingest = house.pid_of("ingest")
        os.kill(ingest, signal.SIGSTOP)
        try:
            views = [f"{house.town.console}/api/v1/whep/{camera}" for camera in cameras]
            opened = [asyncio.create_task(join(http, view, at_most_s=30)) for view in views]
            await asyncio.sleep(_FROZEN_S)
        finally:
            os.kill(ingest, signal.SIGCONT)
        for viewer in await asyncio.gather(*opened):
            async with http.delete(f"{house.town.console}{viewer.location}") as answer:
                assert answer.status < 300, await answer.text()
            await viewer.peer.close()

    asyncio.run(_as_admin(house, look))


def many_accounts(house: House) -> None:
    """An administrator, or somebody at his desk, makes a dozen accounts in a row."""

    async def make(http: aiohttp.ClientSession) -> None:
        for number in range(12):
            draft = {"login": f"obcy-{number}", "name": f"Obcy {number}", "role": "operator"}
            async with http.post(f"{house.town.console}/api/v1/accounts", json=draft) as answer:
                assert answer.status == 201, await answer.text()

    asyncio.run(_as_admin(house, make))


async def _as_admin(house: House, act: Callable[[aiohttp.ClientSession], Awaitable[None]]) -> None:
    staff = house.town.staff("admin")
    code = await asyncio.to_thread(house.town.one_time_code, "admin")
    body = {"login": staff["login"], "password": staff["password"], "code": code}
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Origin": house.town.console}, cookie_jar=jar) as http:
        async with http.post(f"{house.town.console}/api/v1/session", json=body) as answer:
            assert answer.status in (200, 201), await answer.text()
        await act(http)


# --- the prepaid account


def push_key_lost(house: House) -> None:
    """Somebody makes a new key for web push and throws the old one away."""
    file = Path(setting(house.town.run, "notifier", "HEJNAL_NOTIFIER_VAPID_KEY_FILE"))
    house.kept["vapid"] = file.read_text(encoding="utf-8")
    file.unlink()
    make_vapid_key(file, None)


def push_key_found(house: House) -> None:
    """What the runbook asks for: it is brought back from the backup."""
    file = Path(setting(house.town.run, "notifier", "HEJNAL_NOTIFIER_VAPID_KEY_FILE"))
    write_private(file, house.kept["vapid"])


def account_runs_low(house: House) -> None:
    """The town's account at its SMS provider is nearly empty."""
    _credit(house, f" {_CREDIT}")


def account_is_paid(house: House) -> None:
    """What the runbook asks for; a new start of the notifier asks at once, not in a quarter of an hour."""
    _credit(house, "")


def _credit(house: House, wanted: str) -> None:
    script = house.town.run / "programs" / "sinks"
    script.write_text(
        script.read_text(encoding="utf-8").replace(f" {_CREDIT}", "").rstrip("\n") + f"{wanted}\n", encoding="utf-8"
    )
    ended("sinks")(house)
    house.supervisor.begin("sinks")
    until(lambda: ask(f"{house.town.sinks}/healthz")[0] == 200, what="the simulators do not answer")
    killed("notifier")(house)
    until_ready(house, "notifier")

"""What lasts is a look: an entry when it begins, one when it is over, with what was seen; packages name their cameras."""

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from gateway_house import Gateway, Upstream
from sqlalchemy import select, text

from hejnal_contracts.audit import AuditRecorded
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.doors.open_looks import IDLE_S, LONGEST_S, OpenLooks
from hejnal_gateway.storage import SCHEMA
from hejnal_gateway.tables import audit_entries
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

AT = datetime(2026, 11, 22, 6, 0, tzinfo=UTC)
ARCHIVE = "/api/v1/archive"


def at(minutes: float) -> datetime:
    return AT + timedelta(minutes=minutes)


def staff(session_id: str = "session-1") -> StaffSession:
    known = {"session_id": session_id, "account_id": "staff-1", "login": "x", "name": "X", "role": Role.OPERATOR}
    return StaffSession(**known, expires_at=AT + timedelta(days=1), source_ip="10.0.0.1")


@pytest.fixture
async def database(make_database: Callable[[str], str]) -> AsyncIterator[Database]:
    database = Database(make_database("gateway"), schema=SCHEMA)
    yield database
    await database.close()


async def told(database: Database) -> list[AuditRecorded]:
    async with database.read() as session:
        rows = await session.execute(text("select value from outbox order by id"))
    return [AuditRecorded.model_validate_json(row.value) for row in rows]


async def test_a_look_is_two_entries_however_many_pieces_it_has(database: Database) -> None:
    clock = ManualClock(AT)
    looks = OpenLooks(database, clock, new_id)
    await looks.ask(staff(), "footage.playback", "cam-1", "RSD 1", (at(-60), at(-50)))
    for minute in range(-60, -55):
        await looks.see(staff(), "footage.playback", "cam-1", "", (at(minute), at(minute + 1)))
        clock.advance(20)
    await looks.see(staff(), "footage.playback", "cam-1", "", None)  # an init segment
    await looks.ask(staff(), "footage.playback", "cam-1", "RSD 1", (at(-58), at(-56)))  # part of what was asked for
    await looks.see(staff("session-2"), "footage.playback", "cam-1", "", (at(-60), at(-59)))
    await looks.close()
    begun, other, ended, other_ended = await told(database)
    assert (begun.action, begun.camera_id, begun.reason) == ("footage.playback", "cam-1", "RSD 1")
    assert (begun.footage_from, begun.footage_until) == (at(-60), at(-50))
    assert (ended.action, ended.object_id) == ("footage.playback-ended", begun.object_id)
    assert (ended.footage_from, ended.footage_until, ended.reason) == (at(-60), at(-55), "RSD 1")
    assert ended.at - begun.at == timedelta(seconds=100)
    assert other.object_id == other_ended.object_id != begun.object_id


async def test_a_jump_another_reason_another_time_a_pause_and_an_hour_begin_another_look(database: Database) -> None:
    clock = ManualClock(AT)
    looks = OpenLooks(database, clock, new_id)

    async def see(minute: float) -> None:
        await looks.see(staff(), "footage.playback", "cam-1", "", (at(minute), at(minute + 1)))

    await see(-500)
    await see(-490)  # near enough
    await see(-100)  # a jump
    await looks.ask(staff(), "footage.playback", "cam-1", "RSD 2", None)
    await looks.ask(staff(), "footage.playback", "cam-1", "RSD 2", (at(-50), at(-40)))
    clock.advance(IDLE_S + 1)
    await see(-50)
    for _ in range(int(LONGEST_S / 50) + 1):
        clock.advance(50)
        await see(-50)
    await looks.close()
    facts = await told(database)
    assert [fact.action for fact in facts].count("footage.playback") == 6
    assert [fact.action for fact in facts].count("footage.playback-ended") == 6
    assert (facts[0].footage_from, facts[0].footage_until) == (at(-500), at(-499))
    first_end = next(fact for fact in facts if fact.action == "footage.playback-ended")
    assert (first_end.footage_from, first_end.footage_until) == (at(-500), at(-489))


async def test_a_strip_of_small_pictures_is_one_look_over_its_whole_length(database: Database) -> None:
    looks = OpenLooks(database, ManualClock(AT), new_id)
    for minute in (-1000, -10, -500):
        await looks.see(staff(), "footage.thumbnail", "cam-1", "", (at(minute), at(minute)), jumps=False)
    await looks.close()
    _, ended = await told(database)
    assert (ended.action, ended.footage_from, ended.footage_until) == ("footage.thumbnail-ended", at(-1000), at(-10))


async def test_ends_wait_for_a_database_that_is_away(database: Database, make_database: Any) -> None:
    clock = ManualClock(AT)
    looks = OpenLooks(database, clock, new_id)
    await looks.see(staff(), "footage.playback", "cam-1", "", (at(-60), at(-59)))
    away = Database("postgresql+asyncpg://nobody@127.0.0.1:1/none", schema=SCHEMA)
    looks._database = away
    with pytest.raises(OSError):
        await looks.see(staff(), "footage.playback", "cam-2", "", (at(-60), at(-59)))
    await looks.close()
    looks._database = database
    await looks.close()
    await away.close()
    assert [fact.action for fact in await told(database)] == ["footage.playback", "footage.playback-ended"]


def piece(camera: str, minute: float) -> Callable[[web.Request], web.Response]:
    headers = {
        "X-Hejnal-Camera": camera,
        "X-Hejnal-Footage-From": at(minute).isoformat(),
        "X-Hejnal-Footage-Until": at(minute + 1).isoformat(),
    }
    return lambda _: web.Response(body=b"footage", content_type="video/mp4", headers=headers)


async def entries(gateway: Gateway, prefix: str, count: int) -> list[dict[str, Any]]:
    async def rows() -> Any:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action.startswith(prefix)).order_by(audit_entries.c.position)
            found = [dict(row) for row in (await session.execute(query)).mappings()]
        return found if len(found) >= count else None

    found: list[dict[str, Any]] = await gateway.eventually(rows)
    return found


async def test_segments_are_part_of_the_look_at_their_camera_and_restricted_ones_ask_why(
    gateway: Gateway, upstream: Upstream
) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-secret", restricted=True)
    upstream.answers["/internal/v1/cameras/cam-1/playlist.m3u8"] = lambda _: web.Response(text="#EXTM3U")
    for number in range(3):
        upstream.answers[f"/internal/v1/segments/s{number}/media"] = piece("cam-1", number)
    upstream.answers["/internal/v1/segments/s9/media"] = piece("cam-secret", 0)
    async with gateway.signed_in() as browser:
        query = {"from": at(0).isoformat(), "to": at(10).isoformat(), "reason": "RSD 5"}
        async with browser.get(f"{ARCHIVE}/cameras/cam-1/playlist.m3u8", params=query) as answer:
            assert answer.status == 200
        for number in range(3):
            async with browser.get(f"{ARCHIVE}/segments/s{number}/media") as answer:
                assert await answer.read() == b"footage"
                assert "X-Hejnal-Footage-From" not in answer.headers
        async with browser.get(f"{ARCHIVE}/segments/s9/media") as answer:
            assert (answer.status, b"footage" in await answer.read()) == (422, False)
        async with browser.get(f"{ARCHIVE}/segments/s9/media?reason=RSD%206") as answer:
            assert answer.status == 200
        async with browser.get(f"{ARCHIVE}/segments/s9/media") as answer:
            assert answer.status == 200, "the look is open, its reason known"
    await gateway.resources.open_looks.close()
    found = await entries(gateway, "footage.", 4)
    assert [(row["action"], row["camera_id"], row["reason"]) for row in found] == [
        ("footage.playback", "cam-1", "RSD 5"),
        ("footage.playback", "cam-secret", "RSD 6"),
        ("footage.playback-ended", "cam-1", "RSD 5"),
        ("footage.playback-ended", "cam-secret", "RSD 6"),
    ]
    assert (found[2]["footage_from"], found[2]["footage_until"]) == (at(0), at(3))


async def test_a_package_is_on_record_for_each_of_its_cameras(gateway: Gateway, upstream: Upstream) -> None:
    package = {"export_id": "e-1", "cameras": ["cam-1", "cam-2"], "from": at(0).isoformat(), "to": at(5).isoformat()}
    order = {key: value for key, value in package.items() if key != "export_id"} | {"reason": "Wniosek KPP 12/26"}
    upstream.answers["/internal/v1/exports"] = lambda _: web.json_response(
        package, status=202, headers={"Location": "/internal/v1/exports/e-1"}
    )
    upstream.answers["/internal/v1/exports/e-1"] = lambda _: web.json_response(package | {"reason": "Wniosek KPP 12/26"})
    upstream.answers["/internal/v1/exports/e-1/package"] = lambda _: web.Response(body=b"zip", content_type="application/zip")
    problem = {"type": "urn:hejnal:problem:no-such-export", "title": "", "status": 404, "detail": "none"}
    upstream.answers["/internal/v1/exports/e-2"] = lambda _: web.json_response(problem, status=404)
    upstream.answers["/internal/v1/exports/e-2/package"] = lambda _: web.Response(body=b"zip")
    upstream.answers["/internal/v1/exports/e-3"] = lambda _: web.json_response({"export_id": "e-3"})
    upstream.answers["/internal/v1/exports/e-3/package"] = lambda _: web.Response(body=b"zip")
    async with gateway.signed_in(Role.DPO) as browser:
        async with browser.post(f"{ARCHIVE}/exports", json=order) as answer:
            assert answer.status == 202, await answer.text()
        for _ in range(2):
            async with browser.get(f"{ARCHIVE}/exports/e-1/package") as answer:
                assert await answer.read() == b"zip"
        async with browser.get(f"{ARCHIVE}/exports/e-2/package") as answer:
            assert (answer.status, (await answer.json())["detail"]) == (404, "none")
        async with browser.get(f"{ARCHIVE}/exports/e-3/package") as answer:
            assert answer.status == 503, "whose footage it is cannot be said"
    found = await entries(gateway, "footage.export", 4)
    assert [(row["action"], row["camera_id"], row["object_id"]) for row in found] == [
        ("footage.export", "cam-1", "e-1"),
        ("footage.export", "cam-2", "e-1"),
        ("footage.export-fetched", "cam-1", "e-1"),
        ("footage.export-fetched", "cam-2", "e-1"),
    ]
    assert {(row["footage_from"], row["footage_until"], row["reason"]) for row in found} == {(at(0), at(5), "Wniosek KPP 12/26")}


async def test_the_two_questions_are_answered_with_names_durations_and_reasons(gateway: Gateway, upstream: Upstream) -> None:
    await gateway.add_camera("cam-1")
    upstream.answers["/internal/v1/segments/s1/media"] = piece("cam-1", 0)
    async with gateway.signed_in() as browser, browser.get(f"{ARCHIVE}/segments/s1/media?reason=RSD%207") as answer:
        assert answer.status == 200
    await gateway.resources.open_looks.close()
    [begun, _] = await entries(gateway, "footage.", 2)
    day = begun["at"].astimezone(ZoneInfo("Europe/Warsaw")).date()
    async with gateway.signed_in(Role.DPO) as browser:
        query = {"camera_id": "cam-1", "day": day.isoformat()}
        async with browser.get("/api/v1/audit/answers/camera", params=query) as answer:
            camera = await answer.json()
        asked = {"account_id": begun["actor_id"], "from": (begun["at"] - timedelta(days=1)).isoformat()}
        until = {"to": (begun["at"] + timedelta(days=1)).isoformat()}
        async with browser.get("/api/v1/audit/answers/account", params=asked | until) as answer:
            account = await answer.json()
        for wrong in ({"to": asked["from"]}, {"to": (begun["at"] + timedelta(days=400)).isoformat()}):
            async with browser.get("/api/v1/audit/answers/account", params=asked | wrong) as answer:
                assert answer.status == 422
        earlier = {"camera_id": "cam-1", "day": (day - timedelta(days=2)).isoformat()}
        async with browser.get("/api/v1/audit/answers/camera", params=earlier) as answer:
            assert (await answer.json())["looks"] == []
        async with browser.get("/api/v1/audit/entries", params={"camera_id": "cam-1", "action": "footage."}) as answer:
            item = (await answer.json())["items"][0]
    assert (item["actor_name"], item["camera_name"]) == ("Test operator", "Rynek cam-1")
    [look] = camera["looks"]
    assert account["looks"] == [look]
    assert (camera["camera_name"], account["account_name"]) == ("Rynek cam-1", "Test operator")
    assert (look["way"], look["actor_name"], look["camera_name"], look["reason"]) == (
        "playback", "Test operator", "Rynek cam-1", "RSD 7",
    )  # fmt: skip
    assert look["duration_s"] is not None
    assert (look["footage_from"], look["footage_until"]) == ("2026-11-22T06:00:00Z", "2026-11-22T06:01:00Z")
    assert look["source_ip"] == "127.0.0.1"
    assert [(one["name"], one["way"], one["looks"], one["footage_s"]) for one in camera["people"]] == [
        ("Test operator", "playback", 1, 60.0)
    ]
    assert [(one["name"], one["looks"]) for one in account["cameras"]] == [("Rynek cam-1", 1)]

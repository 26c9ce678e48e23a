"""Alerts on real Kafka and PostgreSQL: raised, joined, taken by one, told to consoles, gone up when nobody takes them."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from gateway_alerts import alerts, dark, facts, have_kinds, listening, manual, press, raised, report, request, tampered
from gateway_house import Gateway

from hejnal_contracts.base import Severity
from hejnal_contracts.cameras import CameraCondition, MotionDetected
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.alerts.watch import DarkCameras
from hejnal_runtime.ids import new_id


async def test_the_life_of_an_alert_is_one_ordered_story_on_the_public_topic(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1", name="Ratusz")
    async with gateway.signed_in(Role.DISPATCHER) as anna, listening(gateway) as topic:
        await gateway.publish(tampered(), "ingest")
        (alert,) = await gateway.eventually(lambda: alerts(anna))
        assert (alert["kind"], alert["state"], alert["severity"]) == ("tamper", "raised", "warning")
        assert (alert["summary"], alert["reason"]) == ("Zasłonięty obraz: Ratusz", "tamper:covered")
        assert alert["place"] == {"lat": 51.05, "lon": 20.95}
        await gateway.publish(tampered(), "ingest")
        await gateway.eventually(lambda: _count(anna, 2))
        alert_id = alert["alert_id"]
        assert (await press(anna, alert_id, "acknowledgement"))[1]["state"] == "acknowledged"
        assert (await press(anna, alert_id, "assignment", {"to": "Patrol 2"}))[1]["assigned_to"] == "Patrol 2"
        status, over = await press(anna, alert_id, "resolution", {"outcome": "handled", "note": "Zdjęto folię"})
        assert (status, over["state"], over["resolved_by"]["name"]) == (200, "resolved", "Test dispatcher")
        story = await facts(topic, 5)
        assert [kind.split(".")[1] for kind, _ in story] == ["raised", "repeated", "acknowledged", "assigned", "resolved"]
        assert [fact["version"] for _, fact in story] == [1, 2, 3, 4, 5]
        assert {fact["alert_id"] for _, fact in story} == {alert_id}
        assert await alerts(anna) == []
        async with anna.get(f"/api/v1/alerts/{alert_id}") as answer:
            log = (await answer.json())["entries"]
        assert [entry["kind"] for entry in log] == ["raised", "repeated", "acknowledged", "assigned", "resolved"]


async def _count(browser: aiohttp.ClientSession, count: int) -> bool:
    return [alert["count"] for alert in await alerts(browser)] == [count]


async def test_of_two_who_press_at_once_one_wins_and_the_other_is_told_who(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.DISPATCHER) as anna, gateway.signed_in(Role.DISPATCHER) as bartek:
        for _ in range(5):
            alert_id = (await raised(anna))["alert_id"]
            answers = await asyncio.gather(press(anna, alert_id, "acknowledgement"), press(bartek, alert_id, "acknowledgement"))
            assert sorted(status for status, _ in answers) == [200, 409]
            refused = next(body for status, body in answers if status == 409)
            winner = next(body for status, body in answers if status == 200)
            assert refused["type"] == "urn:hejnal:problem:alert-taken"
            assert refused["errors"][0]["by"] == winner["acknowledged_by"]
            assert winner["acknowledged_by"]["name"] in refused["detail"]
        assert (await press(anna, alert_id, "assignment", {"to": "P1"}, version=1))[0] == 409
        assert (await press(anna, alert_id, "assignment", {"to": "P1"}, version=2))[0] == 200
        assert (await press(anna, alert_id, "assignment", {"to": "P1"}, version=2))[0] == 200  # said twice
        assert (await press(anna, alert_id, "assignment", {"to": "P2"}, version=2))[0] == 409


async def test_what_is_asked_for_twice_is_there_once(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.OPERATOR) as browser, listening(gateway) as topic:
        body = manual()
        answers = await asyncio.gather(*(browser.post("/api/v1/alerts", json=body) for _ in range(4)))
        ids = {(await answer.json())["alert_id"] for answer in answers}
        assert len(ids) == 1
        wanted = request(object_id="")
        for _ in range(3):
            await gateway.publish(wanted, "flood")
        same = [request(object_id="probe-1", severity=Severity.WARNING) for _ in range(3)]
        for one in same:
            await gateway.publish(one, "flood")
        await gateway.publish(report(urgent=True), "citizen-api")
        await gateway.publish(report(urgent=False), "citizen-api")
        await gateway.publish(MotionDetected(event_id="m", camera_id="c", started_at=datetime.now(UTC), source="onvif"), "ingest")
        await gateway.eventually(lambda: have_kinds(browser, ["manual", "report", "request", "request"]))
        await gateway.eventually(lambda: _counts(browser, [1, 1, 1, 3]))
        assert len(await facts(topic, 6)) == 6
        note = {"note_id": new_id(), "text": "Dzwoniono z komisariatu"}
        (alert_id,) = ids
        for _ in range(2):
            assert (await press(browser, alert_id, "notes", note))[0] == 201
        async with browser.get(f"/api/v1/alerts/{alert_id}") as answer:
            assert [entry["kind"] for entry in (await answer.json())["entries"]] == ["raised", "note"]


async def _counts(browser: aiohttp.ClientSession, counts: list[int]) -> bool:
    return sorted(alert["count"] for alert in await alerts(browser)) == counts


async def test_nobody_takes_it_and_it_goes_up(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as admin, listening(gateway) as topic:
        rule = {
            "name": "Ręczne",
            "trigger": "manual",
            "position": 1,
            "escalation": [{"after_s": 5, "tell": ["dispatcher"]}, {"after_s": 86400, "tell": ["admin"]}],
        }
        async with admin.post("/api/v1/alert-rules", json=rule) as answer:
            assert answer.status == 201, await answer.text()
        alert = await raised(admin)
        assert alert["escalate_at"]
        await _make_due(gateway, alert["alert_id"])
        up = await gateway.eventually(lambda: _escalated(admin))
        assert (up["level"], up["told"], up["version"]) == (1, ["dispatcher"], 2)
        kind, fact = (await facts(topic, 2))[1]
        assert (kind, fact["level"], fact["tell"]) == ("alert.escalated.v1", 1, ["dispatcher"])
        assert (await press(admin, alert["alert_id"], "acknowledgement"))[1]["told"] == []


async def _make_due(gateway: Gateway, alert_id: str) -> None:
    from sqlalchemy import text

    async with gateway.resources.database.transaction() as session:
        await session.execute(text("update alerts set escalate_at = now() where alert_id = :id"), {"id": alert_id})


async def _escalated(browser: aiohttp.ClientSession) -> dict[str, Any] | None:
    found = await alerts(browser, state="escalated")
    return found[0] if found else None


async def test_a_level_is_reached_once_however_many_processes_watch(gateway: Gateway) -> None:
    from hejnal_gateway.alerts.watch import Escalation

    async with gateway.signed_in(Role.ADMIN) as admin:
        made = [await raised(admin) for _ in range(8)]
        for alert in made:
            await _make_due(gateway, alert["alert_id"])
        watches = [Escalation(gateway.resources.database, gateway.resources.alerts, gateway.resources.clock) for _ in range(4)]
        await asyncio.gather(*(watch.step() for watch in watches))
        await gateway.eventually(lambda: _all_at_level_one(admin, len(made)))


async def _all_at_level_one(browser: aiohttp.ClientSession, count: int) -> bool:
    found = await alerts(browser)
    assert all(alert["level"] <= 1 for alert in found)
    return [alert["level"] for alert in found] == [1] * count


async def test_quiet_hours_hold_back_until_they_end_and_what_is_over_by_then_is_forgotten(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    await gateway.add_camera("cam-2")
    quiet = [{"starts": "00:00", "ends": "00:00"}]
    rule = {"name": "Cisza", "trigger": "tamper", "position": 1, "quiet_hours": quiet}
    async with gateway.signed_in(Role.ADMIN) as admin:
        async with admin.post("/api/v1/alert-rules", json=rule) as answer:
            assert answer.status == 201, await answer.text()
        for camera_id in ("cam-1", "cam-2"):
            await gateway.publish(tampered(camera_id), "ingest")
        await gateway.eventually(lambda: _deferred(gateway, 2))
        assert await alerts(admin) == []
        await gateway.publish(tampered("cam-2", phase="cleared"), "ingest")
        await gateway.eventually(lambda: _deferred(gateway, 1))
        emergency = {**rule, "severity": "emergency", "position": 0}
        async with admin.post("/api/v1/alert-rules", json=emergency) as answer:
            assert answer.status == 201
        await gateway.publish(tampered("cam-2"), "ingest")
        await gateway.eventually(lambda: have_kinds(admin, ["tamper"]))
        from sqlalchemy import text

        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update deferred_alerts set due_at = now()"))
        await gateway.eventually(lambda: have_kinds(admin, ["tamper", "tamper"]))


async def _deferred(gateway: Gateway, count: int) -> bool:
    from sqlalchemy import text

    async with gateway.resources.database.read() as session:
        return (await session.execute(text("select count(*) from deferred_alerts"))).scalar() == count


async def test_a_camera_that_stays_dark_raises_one_alert_and_its_return_is_noted(gateway: Gateway) -> None:
    resources = gateway.resources
    await gateway.add_camera("cam-1", name="Dworzec")
    await gateway.add_camera("cam-2")
    now = datetime.now(UTC)
    await gateway.publish(dark("cam-1", now - timedelta(seconds=300)), "ingest")
    await gateway.publish(dark("cam-2", now - timedelta(seconds=20)), "ingest")
    watches = [
        DarkCameras(
            resources.database,
            resources.registry,
            resources.board,
            resources.alerts,
            resources.alert_rules,
            resources.clock,
            every_s=99,
        )
        for _ in range(3)
    ]
    await gateway.eventually(lambda: resources.board.report("cam-1") and resources.board.report("cam-2"))
    async with gateway.signed_in(Role.OPERATOR) as browser:
        for _ in range(2):
            await asyncio.gather(*(watch.look() for watch in watches))
        (alert,) = await alerts(browser)
        assert (alert["summary"], alert["reason"]) == ("Kamera nie daje obrazu: Dworzec", "offline:no_route")
        assert (alert["count"], alert["cleared_at"]) == (1, None)
        await press(browser, alert["alert_id"], "resolution", {"outcome": "handled"})
        await watches[0].look()
        assert await alerts(browser) == []  # still dark, but somebody has dealt with it
        await gateway.publish(dark("cam-1", now, live=True), "ingest")
        await gateway.eventually(lambda: resources.board.report("cam-1").condition is CameraCondition.LIVE)
        await watches[0].look()
        resources.board.apply(dark("cam-2", now - timedelta(seconds=300)))
        await watches[0].look()
        (second,) = await alerts(browser)
        resources.board.apply(dark("cam-2", datetime.now(UTC), live=True))
        await watches[0].look()
        assert (await alerts(browser))[0]["cleared_at"] is not None
        assert second["camera_ids"] == ["cam-2"]

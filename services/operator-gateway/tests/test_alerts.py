"""Alerts on real Kafka and PostgreSQL: raised, joined, taken by one, told to consoles, gone up when nobody takes them."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from aiokafka import AIOKafkaConsumer
from gateway_house import Gateway
from test_events import listening as listening_events

from hejnal_contracts.alerts import AlertRequested
from hejnal_contracts.base import Point, Severity
from hejnal_contracts.cameras import CameraCondition, CameraStatusReported, CameraTampered, FaultCause, MotionDetected
from hejnal_contracts.residents import ReportSubmitted
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.alerts.watch import DarkCameras
from hejnal_runtime.ids import new_id


def tampered(camera_id: str = "cam-1", **changes: Any) -> CameraTampered:
    values: dict[str, Any] = {
        "event_id": new_id(),
        "camera_id": camera_id,
        "kind": "covered",
        "confidence": 0.9,
        "at": datetime.now(UTC),
    }
    return CameraTampered(**values | changes)


def report(*, urgent: bool) -> ReportSubmitted:
    return ReportSubmitted(
        report_id=new_id(),
        reference="Z-2026-00042",
        category="fire",
        urgent=urgent,
        place=Point(lat=51.05, lon=20.95),
        address="Długa 4",
        submitted_at=datetime.now(UTC),
    )


def request(**changes: Any) -> AlertRequested:
    values: dict[str, Any] = {
        "request_id": new_id(),
        "source_id": "gauge-3",
        "severity": Severity.EMERGENCY,
        "summary": "Woda ponad stan alarmowy",
        "at": datetime.now(UTC),
    }
    return AlertRequested(**values | changes)


def manual(**changes: Any) -> dict[str, Any]:
    return {"request_id": new_id(), "severity": "warning", "summary": "Bójka pod dworcem"} | changes


async def alerts(browser: aiohttp.ClientSession, **query: Any) -> list[dict[str, Any]]:
    async with browser.get("/api/v1/alerts", params=query) as answer:
        assert answer.status == 200, await answer.text()
        items: list[dict[str, Any]] = (await answer.json())["items"]
        return items


async def raised(browser: aiohttp.ClientSession, **changes: Any) -> dict[str, Any]:
    async with browser.post("/api/v1/alerts", json=manual(**changes)) as answer:
        assert answer.status == 201, await answer.text()
        alert: dict[str, Any] = await answer.json()
        return alert


async def press(
    browser: aiohttp.ClientSession, alert_id: str, act: str, body: Any = None, version: int | None = None
) -> tuple[int, dict[str, Any]]:
    headers = {"If-Match": f'"{version}"'} if version else {}
    async with browser.post(f"/api/v1/alerts/{alert_id}/{act}", json=body, headers=headers) as answer:
        return answer.status, await answer.json()


@asynccontextmanager
async def listening(gateway: Gateway) -> AsyncIterator[AIOKafkaConsumer]:
    """The public topic, from its beginning."""
    consumer = AIOKafkaConsumer(
        gateway.settings.topic_prefix + "alerts",
        bootstrap_servers=gateway.settings.kafka_bootstrap,
        auto_offset_reset="earliest",
    )
    await consumer.start()
    try:
        yield consumer
    finally:
        await consumer.stop()


async def facts(consumer: AIOKafkaConsumer, count: int) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    async with asyncio.timeout(20):
        while len(found) < count:
            record = await consumer.getone()
            assert record.value is not None
            headers = dict(record.headers)
            found.append((headers["ce_type"].decode().removeprefix("pl.hejnal."), json.loads(record.value)))
    return found


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
        await gateway.eventually(lambda: _kinds(browser, ["manual", "report", "request", "request"]))
        await gateway.eventually(lambda: _counts(browser, [1, 1, 1, 3]))
        assert len(await facts(topic, 6)) == 6
        note = {"note_id": new_id(), "text": "Dzwoniono z komisariatu"}
        (alert_id,) = ids
        for _ in range(2):
            assert (await press(browser, alert_id, "notes", note))[0] == 201
        async with browser.get(f"/api/v1/alerts/{alert_id}") as answer:
            assert [entry["kind"] for entry in (await answer.json())["entries"]] == ["raised", "note"]


async def _kinds(browser: aiohttp.ClientSession, kinds: list[str]) -> bool:
    return sorted(alert["kind"] for alert in await alerts(browser)) == kinds


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
        await gateway.eventually(lambda: _kinds(admin, ["tamper"]))
        from sqlalchemy import text

        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update deferred_alerts set due_at = now()"))
        await gateway.eventually(lambda: _kinds(admin, ["tamper", "tamper"]))


async def _deferred(gateway: Gateway, count: int) -> bool:
    from sqlalchemy import text

    async with gateway.resources.database.read() as session:
        return (await session.execute(text("select count(*) from deferred_alerts"))).scalar() == count


def dark(camera_id: str, since: datetime, *, live: bool = False) -> CameraStatusReported:
    return CameraStatusReported(
        camera_id=camera_id,
        epoch=1,
        ingest_id="i",
        relay_url="http://127.0.0.1:1",
        condition=CameraCondition.LIVE if live else CameraCondition.RETRYING,
        cause=None if live else FaultCause.NO_ROUTE,
        since=since,
        observed_at=datetime.now(UTC),
    )


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


async def test_lists_go_on_by_cursor_and_rules_have_versions(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = [(await raised(admin, severity="notice"))["alert_id"] for _ in range(5)]
        seen: list[str] = []
        cursor = ""
        for _ in range(3):
            query = {"limit": "2"} | ({"cursor": cursor} if cursor else {})
            async with admin.get("/api/v1/alerts", params=query) as answer:
                page = await answer.json()
            seen += [alert["alert_id"] for alert in page["items"]]
            cursor = page["next_cursor"]
        assert cursor is None
        assert seen == made[::-1]
        async with admin.get("/api/v1/alerts", params={"cursor": "nonsense"}) as answer:
            assert (answer.status, (await answer.json())["type"]) == (422, "urn:hejnal:problem:cursor-unknown")
        assert await alerts(admin, severity="emergency") == []
        async with admin.get("/api/v1/alert-rules") as answer:
            rules = (await answer.json())["items"]
        assert {rule["trigger"] for rule in rules} == {"tamper", "camera_offline", "stream_fault", "report", "request", "manual"}
        rule = next(one for one in rules if one["trigger"] == "tamper")
        body = {name: value for name, value in rule.items() if name not in ("rule_id", "changed_by", "changed_at")}
        for status in (200, 409):
            async with admin.put(f"/api/v1/alert-rules/{rule['rule_id']}", json=body | {"window_s": 60}) as answer:
                assert answer.status == status, await answer.text()
        async with admin.delete(f"/api/v1/alert-rules/{rule['rule_id']}") as answer:
            assert answer.status == 204


async def test_consoles_hear_of_every_change_and_a_broken_line_resumes(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.DISPATCHER) as darek, gateway.signed_in(Role.DPO) as dpo:
        async with listening_events(darek) as stream:
            await stream.until("hello")
            first = await raised(darek)
            data, last_id = await stream.until("alert")
            assert (data["alert"]["alert_id"], data["alert"]["state"]) == (first["alert_id"], "raised")
        await press(darek, first["alert_id"], "acknowledgement")
        second = await raised(darek)
        async with listening_events(darek, last_id) as stream:
            assert (await stream.until("hello"))[0]["resumed"] is True
            heard = [(await stream.until("alert"))[0]["alert"] for _ in range(2)]
            assert [(one["alert_id"], one["version"]) for one in heard] == [(first["alert_id"], 2), (second["alert_id"], 1)]
            assert heard[0]["acknowledged_by"]["name"] == "Test dispatcher"
            async with listening_events(dpo) as other:
                await other.until("hello")
                await press(darek, second["alert_id"], "resolution", {"outcome": "handled"})
                assert (await stream.until("alert"))[0]["alert"]["state"] == "resolved"
                await gateway.publish(dark("cam-1", datetime.now(UTC)), "ingest")
                assert (await other.next())[0] == "camera-status"  # alerts are not for this role


async def test_what_changes_while_the_database_is_not_heard_is_told_afterwards(gateway: Gateway) -> None:
    from sqlalchemy import text

    async with gateway.signed_in(Role.DISPATCHER) as darek, listening_events(darek) as stream:
        await stream.until("hello")
        for _ in range(3):
            async with gateway.resources.database.transaction() as session:
                killed = await session.execute(
                    text(
                        "select pg_terminate_backend(pid) from pg_stat_activity "
                        "where datname = current_database() and application_name = 'hejnal-alert-feed'"
                    )
                )
                assert len(killed.all()) == 1
            alert = await raised(darek)
            assert (await stream.until("alert"))[0]["alert"]["alert_id"] == alert["alert_id"]
            await gateway.eventually(lambda: _heard_again(gateway))


async def _heard_again(gateway: Gateway) -> bool:
    from sqlalchemy import text

    query = "select 1 from pg_stat_activity where datname = current_database() and application_name = 'hejnal-alert-feed'"
    async with gateway.resources.database.read() as session:
        there = (await session.execute(text(query))).first() is not None
    return there and (await gateway.resources.health.report())["alert-feed"] is None


async def test_old_facts_raise_nothing(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1")
    await gateway.publish(tampered(at=datetime.now(UTC) - timedelta(hours=7)), "ingest")
    await gateway.publish(tampered("cam-1", kind="moved"), "ingest")
    async with gateway.signed_in(Role.OPERATOR) as olga:
        (alert,) = await gateway.eventually(lambda: alerts(olga))
        assert alert["reason"] == "tamper:moved"


async def test_alerts_follow_camera_groups(gateway: Gateway) -> None:
    await gateway.add_camera("cam-1", groups=("rynek",))
    await gateway.add_camera("cam-2", groups=("szkoły",))
    async with gateway.signed_in(Role.DISPATCHER) as darek, gateway.signed_in(Role.OPERATOR, camera_groups=("rynek",)) as olga:
        for camera_id in ("cam-1", "cam-2"):
            await gateway.publish(tampered(camera_id), "ingest")
        await raised(darek, summary="Bez kamery")
        await gateway.eventually(lambda: _kinds(darek, ["manual", "tamper", "tamper"]))
        assert {tuple(one["camera_ids"]) for one in await alerts(olga)} == {(), ("cam-1",)}
        hidden = next(one["alert_id"] for one in await alerts(darek) if one["camera_ids"] == ["cam-2"])
        assert (await press(olga, hidden, "acknowledgement"))[0] == 404
        async with olga.get(f"/api/v1/alerts/{hidden}") as answer:
            assert answer.status == 404
        async with olga.post("/api/v1/alerts", json=manual(camera_ids=["cam-2"])) as answer:
            assert answer.status == 404

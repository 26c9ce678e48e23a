"""What consoles see of alerts: lists, live changes that resume, and only what their groups allow."""

from datetime import UTC, datetime, timedelta

from gateway_alerts import alerts, dark, have_kinds, manual, press, raised, tampered
from gateway_house import Gateway
from test_events import listening as listening_events

from hejnal_gateway.accounts.roles import Role


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
        await gateway.eventually(lambda: have_kinds(darek, ["manual", "tamper", "tamper"]))
        assert {tuple(one["camera_ids"]) for one in await alerts(olga)} == {(), ("cam-1",)}
        hidden = next(one["alert_id"] for one in await alerts(darek) if one["camera_ids"] == ["cam-2"])
        assert (await press(olga, hidden, "acknowledgement"))[0] == 404
        async with olga.get(f"/api/v1/alerts/{hidden}") as answer:
            assert answer.status == 404
        async with olga.post("/api/v1/alerts", json=manual(camera_ids=["cam-2"])) as answer:
            assert answer.status == 404

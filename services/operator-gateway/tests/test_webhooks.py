"""Webhooks to a real HTTP receiver that checks signatures with another implementation."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp
import pytest
import standardwebhooks
from aiohttp import web
from gateway_house import Gateway
from sqlalchemy import text

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.webhooks.sender import WebhookPost, wait_s
from hejnal_runtime.clock import ManualClock, SystemClock
from hejnal_runtime.endpoints import EndpointPolicy
from hejnal_runtime.ids import new_id
from hejnal_runtime.webhook_signature import new_secret, signed_headers

NOW = datetime(2026, 11, 22, 7, tzinfo=UTC)


@dataclass
class Receiver:
    """Somebody else's system. `answers`: statuses of the next answers, 200 when there are none."""

    origin: str = ""
    answers: list[int] = field(default_factory=list)
    refuse: Callable[[dict[str, Any]], bool] = lambda _: False
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)

    @property
    def events(self) -> list[dict[str, Any]]:
        return [json.loads(body) for _, body in self.got]

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.read()
        self.got.append(({name.lower(): value for name, value in request.headers.items()}, body))
        status = self.answers.pop(0) if self.answers else 200
        if self.refuse(json.loads(body)):
            status = 503
        headers = {"Location": f"{self.origin}/elsewhere"} if status in (301, 307) else None
        return web.Response(status=status, headers=headers)


@asynccontextmanager
async def receiving() -> AsyncIterator[Receiver]:
    receiver = Receiver()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", receiver.handle)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    receiver.origin = f"http://127.0.0.1:{runner.addresses[0][1]}"
    try:
        yield receiver
    finally:
        await runner.cleanup()


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as one:
        yield one


def trust(gateway: Gateway, receiver: Receiver) -> None:
    """As the setting does; here the port is known only after the start."""
    policy = gateway.resources.webhooks._policy
    policy._trusted = policy._trusted | {receiver.origin}


async def ask(browser: aiohttp.ClientSession, method: str, path: str, body: Any = None, status: int = 200) -> Any:
    async with browser.request(method, "/api/v1" + path, json=body) as answer:
        content = await answer.text()
        assert answer.status == status, content
        return json.loads(content) if content else None


async def raised(browser: aiohttp.ClientSession, **changes: Any) -> str:
    body = {"request_id": new_id(), "severity": "warning", "summary": "Bójka"} | changes
    return str((await ask(browser, "POST", "/alerts", body, 201))["alert_id"])


async def hook(browser: aiohttp.ClientSession, receiver: Receiver, **changes: Any) -> dict[str, Any]:
    body = {"name": "Dyspozytornia", "url": f"{receiver.origin}/alerts"} | changes
    made: dict[str, Any] = await ask(browser, "POST", "/webhooks", body, 201)
    return made


async def hurry(gateway: Gateway) -> None:
    """Tries that wait are due now."""
    async with gateway.resources.database.transaction() as session:
        await session.execute(text("update webhook_deliveries set next_at = now() where state = 'queued'"))


def test_signatures_are_those_of_the_standard() -> None:
    first, second = new_secret(), new_secret()
    body = '{"a":"ąę"}'.encode()
    headers = signed_headers("msg_1", body, [first, second], SystemClock().now())
    for secret in (first, second):
        standardwebhooks.Webhook(secret).verify(body, headers)
    for secret, content in ((new_secret(), body), (first, body + b" ")):
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(secret).verify(content, headers)


def test_tries_spread_over_a_day() -> None:
    total = sum(wait_s(tries) for tries in range(1, 14))
    assert 4 < wait_s(1) < 6
    assert wait_s(50) < 5 * 3600
    assert total > 20 * 3600


async def test_facts_arrive_signed_once_and_in_order(gateway: Gateway, receiver: Receiver) -> None:
    trust(gateway, receiver)
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = await hook(admin, receiver)
        assert "secret" not in (await ask(admin, "GET", f"/webhooks/{made['webhook_id']}"))
        alert_id = await raised(admin)
        await ask(admin, "POST", f"/alerts/{alert_id}/acknowledgement")
        await ask(admin, "POST", f"/alerts/{alert_id}/resolution", {"outcome": "handled"})
        await gateway.eventually(lambda: len(receiver.got) == 3)
        verifier = standardwebhooks.Webhook(made["secret"])
        for headers, body in receiver.got:
            event = verifier.verify(body, headers)
            assert headers["content-type"].startswith("application/cloudevents+json")
            assert (event["specversion"], event["subject"], event["source"]) == ("1.0", alert_id, "/hejnal/operator-gateway")
            assert event["dataschema"] == "urn:hejnal:schema:" + event["type"].removeprefix("pl.hejnal.")
        assert [event["type"].split(".")[3] for event in receiver.events] == ["raised", "acknowledged", "resolved"]
        assert [event["sequence"] for event in receiver.events] == ["0000000001", "0000000002", "0000000003"]
        log = await gateway.eventually(lambda: _delivered(admin, made["webhook_id"], 3))
        assert [one["delivery_id"] for one in log][::-1] == [headers["webhook-id"] for headers, _ in receiver.got]


async def _delivered(browser: aiohttp.ClientSession, webhook_id: str, count: int) -> list[dict[str, Any]] | None:
    items: list[dict[str, Any]] = (await ask(browser, "GET", f"/webhooks/{webhook_id}/deliveries?state=delivered"))["items"]
    return items if len(items) == count else None


async def test_what_fails_is_tried_again_and_later_facts_of_that_alert_wait(gateway: Gateway, receiver: Receiver) -> None:
    trust(gateway, receiver)
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = await hook(admin, receiver)
        refused: set[str] = set()
        receiver.refuse = lambda event: event["subject"] in refused
        stuck = await raised(admin)
        refused.add(stuck)
        await ask(admin, "POST", f"/alerts/{stuck}/acknowledgement")
        await gateway.eventually(lambda: receiver.got)
        other = await raised(admin)
        await gateway.eventually(lambda: any(event["subject"] == other for event in receiver.events))
        for _ in range(2):
            before = len(receiver.got)
            await hurry(gateway)
            await gateway.eventually(lambda before=before: len(receiver.got) > before)
        assert (await ask(admin, "GET", f"/webhooks/{made['webhook_id']}"))["waiting"] == 2
        kinds = [event["type"] for event in receiver.events if event["subject"] == stuck]
        arrived_first = kinds[0] == "pl.hejnal.alert.raised.v1"
        assert arrived_first
        refused.clear()
        await hurry(gateway)
        await gateway.eventually(lambda: _delivered(admin, made["webhook_id"], 3))
        of_stuck = [(headers["webhook-id"], json.loads(body)) for headers, body in receiver.got]
        story = [(name, event["type"].split(".")[3]) for name, event in of_stuck if event["subject"] == stuck]
        assert story[-1][1] == "acknowledged"
        assert {name for name, kind in story if kind == "raised"} == {story[0][0]}  # the same id with each try
        shown = await ask(admin, "GET", f"/webhooks/{made['webhook_id']}")
        assert (shown["waiting"], shown["failing_since"]) == (0, None)


async def test_a_secret_is_changed_without_a_gap(gateway: Gateway, receiver: Receiver) -> None:
    trust(gateway, receiver)
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = await hook(admin, receiver)
        rotated = await ask(admin, "POST", f"/webhooks/{made['webhook_id']}/secret")
        assert rotated["secret"] != made["secret"]
        done = await ask(admin, "POST", f"/webhooks/{made['webhook_id']}/test")
        assert (done["state"], done["attempts"][0]["status"]) == ("delivered", 200)
        headers, body = receiver.got[-1]
        for secret in (made["secret"], rotated["secret"]):
            assert standardwebhooks.Webhook(secret).verify(body, headers)["type"] == "pl.hejnal.webhook.test.v1"
        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update webhooks set previous_until = now()"))
        await ask(admin, "POST", f"/webhooks/{made['webhook_id']}/test")
        headers, body = receiver.got[-1]
        standardwebhooks.Webhook(rotated["secret"]).verify(body, headers)
        with pytest.raises(standardwebhooks.WebhookVerificationError):
            standardwebhooks.Webhook(made["secret"]).verify(body, headers)


async def test_a_dead_one_is_paused_with_a_notice_and_can_be_resumed(gateway: Gateway, receiver: Receiver) -> None:
    trust(gateway, receiver)
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = await hook(admin, receiver)
        path = f"/webhooks/{made['webhook_id']}"
        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update webhooks set failing_since = now() - interval '25 hours'"))
        receiver.answers = [500]
        await raised(admin)
        shown = await gateway.eventually(lambda: _paused(admin, path))
        assert shown["paused_reason"] == "Nothing has arrived for a day."
        notices = [one for one in (await ask(admin, "GET", "/alerts"))["items"] if one["kind"] == "system"]
        assert notices[0]["reason"] == "webhook:paused"
        tried = len(receiver.got)
        await hurry(gateway)
        await raised(admin)
        await asyncio.sleep(1.5)
        assert len(receiver.got) == tried
        await ask(admin, "POST", f"{path}/resumption")
        await gateway.eventually(lambda: _delivered(admin, made["webhook_id"], 3))  # both alerts and the notice
        receiver.answers = [410]
        await raised(admin)
        shown = await gateway.eventually(lambda: _paused(admin, path))
        assert "410" in shown["paused_reason"]
        async with gateway.resources.database.transaction() as session:
            await session.execute(
                text("update webhook_deliveries set made_at = made_at - interval '2 days' where state = 'queued'")
            )
        from hejnal_gateway.webhooks.sender import WebhookSender

        parts = (gateway.resources.webhooks, gateway.resources.alerts, gateway.resources.webhook_post, gateway.resources.clock)
        await WebhookSender(gateway.resources.database, *parts).step()
        assert await _expired(admin, made["webhook_id"])


async def _paused(browser: aiohttp.ClientSession, path: str) -> dict[str, Any] | None:
    shown: dict[str, Any] = await ask(browser, "GET", path)
    return shown if shown["paused_at"] else None


async def _expired(browser: aiohttp.ClientSession, webhook_id: str) -> bool:
    return bool((await ask(browser, "GET", f"/webhooks/{webhook_id}/deliveries?state=expired"))["items"])


async def test_only_what_was_asked_for_is_sent(gateway: Gateway, receiver: Receiver) -> None:
    trust(gateway, receiver)
    async with gateway.signed_in(Role.ADMIN) as admin:
        grave = await hook(admin, receiver, min_severity="emergency", url=f"{receiver.origin}/grave")
        await hook(admin, receiver, types=["alert.resolved.v1"], url=f"{receiver.origin}/resolved")
        await hook(admin, receiver, enabled=False, url=f"{receiver.origin}/off")
        await hook(admin, receiver, min_level=1, url=f"{receiver.origin}/late")
        first = await raised(admin, severity="warning")
        second = await raised(admin, severity="emergency")
        await ask(admin, "POST", f"/alerts/{first}/resolution", {"outcome": "handled"})
        async with gateway.resources.database.transaction() as session:
            await session.execute(text("update alerts set escalate_at = now() where alert_id = :id"), {"id": second})
        await gateway.eventually(lambda: len(receiver.got) == 4)
        got = sorted((event["subject"] == second, event["type"].split(".")[3]) for event in receiver.events)
        assert got == [(False, "resolved"), (True, "escalated"), (True, "escalated"), (True, "raised")]
        late = next(event for event in receiver.events if event["type"].endswith("escalated.v1"))
        assert (late["data"]["summary"], late["data"]["severity"]) == ("Bójka", "emergency")
        body = {"name": "x", "url": grave["url"], "version": 7}
        await ask(admin, "PUT", f"/webhooks/{grave['webhook_id']}", body, 409)
        await ask(admin, "PUT", f"/webhooks/{grave['webhook_id']}", body | {"version": 1})
        await ask(admin, "DELETE", f"/webhooks/{grave['webhook_id']}", None, 204)
        assert len((await ask(admin, "GET", "/webhooks"))["items"]) == 3


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/alerts",
        "https://127.0.0.1/alerts",
        "https://localhost/alerts",
        "https://10.0.0.1/alerts",
        "https://[::1]/alerts",
        "https://metadata.google.internal/x",
        "https://user:pw@example.org/alerts",
        "https://example.org:8443/alerts",
        "file:///etc/passwd",
    ],
)
async def test_nothing_is_sent_into_our_own_network(gateway: Gateway, url: str) -> None:
    async with gateway.signed_in(Role.ADMIN) as admin:
        refused = await ask(admin, "POST", "/webhooks", {"name": "x", "url": url}, 422)
        assert refused["type"].endswith("webhook-address-refused")


async def test_names_that_point_inside_and_redirects_lead_nowhere(receiver: Receiver, monkeypatch: Any) -> None:
    inside = WebhookPost(EndpointPolicy((), ()), ManualClock(NOW), timeout_s=5)
    attempt = await inside.send(receiver.origin, "m", "{}", [new_secret()])
    assert (attempt.status, attempt.error) == (None, "nothing is sent there: not https")

    async def resolve(self: Any, host: str, port: int = 0, family: Any = 0) -> list[Any]:
        return [{"hostname": host, "host": "127.0.0.1", "port": port, "family": family, "proto": 0, "flags": 0}]

    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", resolve)
    attempt = await inside.send("https://rebound.example.org/alerts", "m", "{}", [new_secret()])
    assert attempt.status is None
    await inside.close()
    monkeypatch.undo()
    trusted = WebhookPost(EndpointPolicy((), (receiver.origin,)), ManualClock(NOW), timeout_s=5)
    receiver.answers = [307]
    attempt = await trusted.send(f"{receiver.origin}/a", "m", "{}", [new_secret()])
    assert (attempt.status, len(receiver.got)) == (307, 1)
    await trusted.close()


async def test_no_delivery_is_sent_by_two(gateway: Gateway, receiver: Receiver) -> None:
    from hejnal_gateway.webhooks.sender import WebhookSender

    trust(gateway, receiver)
    resources = gateway.resources
    async with gateway.signed_in(Role.ADMIN) as admin:
        made = await hook(admin, receiver)
        others = [
            WebhookSender(resources.database, resources.webhooks, resources.alerts, resources.webhook_post, resources.clock)
            for _ in range(3)
        ]
        alert_ids = [await raised(admin) for _ in range(6)]
        for _ in range(4):
            await asyncio.gather(*(other.step() for other in others))
            await asyncio.gather(*(other.settle() for other in others))
        await gateway.eventually(lambda: _delivered(admin, made["webhook_id"], 6))
        ids = [headers["webhook-id"] for headers, _ in receiver.got]
        assert len(ids) == len(set(ids)) == 6
        assert {event["subject"] for event in receiver.events} == set(alert_ids)

"""The doors to notifier: who sees how sending does, and whose reading of residents' words is on record."""

from aiohttp import web
from gateway_house import Gateway, Upstream
from sqlalchemy import select

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.tables import audit_entries


def answer(_: web.Request) -> web.Response:
    return web.json_response({"items": []})


async def test_the_state_of_sending_is_for_those_who_send(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/providers"] = answer
    async with gateway.signed_in(Role.EDITOR) as browser, browser.get("/api/v1/messages/providers") as found:
        assert found.status == 200
    assert upstream.callers[-1].role == "editor"
    async with gateway.signed_in(Role.OPERATOR) as browser, browser.get("/api/v1/messages/providers") as refused:
        assert refused.status == 403
    assert len(upstream.asked) == 1


async def test_reading_what_residents_sent_is_on_record(gateway: Gateway, upstream: Upstream) -> None:
    upstream.answers["/internal/v1/inbound-messages"] = answer
    async with gateway.signed_in(Role.CLERK) as browser:
        for _ in range(2):
            async with browser.get("/api/v1/messages/inbound-messages?limit=20") as found:
                assert found.status == 200

    async def on_record() -> list[str]:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries.c.action).where(audit_entries.c.action == "inbound-sms.viewed")
            return list((await session.execute(query)).scalars())

    assert await gateway.eventually(on_record)


async def test_the_words_around_messages_are_changed_by_editors_and_that_is_on_record(
    gateway: Gateway, upstream: Upstream
) -> None:
    path = "/message-templates/sms/pl"
    upstream.answers[f"/internal/v1{path}"] = answer
    change = {"parts": {"text": "{{ message }}"}, "based_on": 0}
    async with (
        gateway.signed_in(Role.DISPATCHER) as browser,
        browser.put(f"/api/v1/messages{path}", json=change) as refused,
    ):
        assert refused.status == 403
    assert not upstream.asked
    async with gateway.signed_in(Role.EDITOR) as browser, browser.put(f"/api/v1/messages{path}", json=change) as found:
        assert found.status == 200
    assert upstream.callers[-1].role == "editor"

    async def on_record() -> list[str]:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries.c.action).where(audit_entries.c.action == "message-template.changed")
            return list((await session.execute(query)).scalars())

    assert await gateway.eventually(on_record)

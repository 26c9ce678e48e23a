"""One-time codes and test messages, and who may ask for them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from notifier_town import Town, until
from sqlalchemy import text

from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer


def code_for(channel: str, address: str, key: str = "", **more: Any) -> dict[str, Any]:
    return {
        "channel": channel,
        "address": address,
        "code": "482913",
        "language": "pl",
        "purpose": "sign_in",
        "expires_at": (datetime.now(UTC) + timedelta(minutes=10)).isoformat(),
        "idempotency_key": key or new_id(),
        **more,
    }


async def test_codes(town: Town) -> None:
    town.start()
    await town.ready()
    path = "/internal/v1/one-time-codes"

    status, body = await town.call("POST", path, code_for("email", "anna@example.pl", "key-00001"))
    assert (status, body["duplicate"]) == (202, False)
    status, again = await town.call("POST", path, code_for("email", "anna@example.pl", "key-00001"))
    assert (status, again["duplicate"], again["delivery_id"]) == (202, True, body["delivery_id"])
    status, _ = await town.call("POST", path, code_for("sms", "+48500600700", language="uk"))
    assert status == 202

    async def both() -> Any:
        messages = await town.sinks.messages()
        return messages if len(messages) == 2 else None

    messages = {message["channel"]: message for message in await until(both, 10, "the codes")}
    assert messages["email"]["subject"] == "482913 to Twój kod do Hejnału"
    assert "482913" in messages["email"]["text"]
    assert messages["sms"]["text"].startswith("482913 — ваш код")

    database = Database(town.database_url, schema="notifier")

    async def forgotten() -> bool:
        async with database.read() as session:
            rows = (await session.execute(text("select code, address from direct_messages"))).all()
        return [tuple(row) for row in rows] == [(None, None), (None, None)]

    await until(forgotten, 10, "forgetting the codes")
    await database.close()

    status, problem = await town.call("POST", path, code_for("email", "a@b.pl", expires_at="2020-01-01T00:00:00Z"))
    assert (status, problem["type"]) == (422, "urn:hejnal:problem:expired")
    status, _ = await town.call("POST", path, code_for("push", "x@y"))
    assert status == 422
    status, _ = await town.call("POST", path, code_for("sms", "+48500600700", expires_at="2030-01-01T00:00:00"))
    assert status == 422

    device = await town.sinks.device()
    request = {"channel": "push", "address": device["endpoint"], "push_keys": device["keys"], "idempotency_key": "test-0001"}
    status, _ = await town.call("POST", "/internal/v1/test-messages", request)
    assert status == 202

    async def pushed() -> Any:
        return await town.sinks.push_payloads(device)

    (payload,) = await until(pushed, 10, "the test push")
    assert payload["title"] == "Wiadomość próbna"
    assert "Bugielsk" in payload["body"]
    assert (await town.call("GET", "/internal/v1/push-key"))[1]["public_key"]


async def test_notices_of_ones_own_matter(town: Town) -> None:
    town.start()
    await town.ready()
    path = "/internal/v1/notices"
    subject = "Zgłoszenie Z-2026-00042 przyjęte"
    notice = {"subject": subject, "body": f"{subject}. Polna 3", "language": "pl"}
    mail = {**notice, "channel": "email", "address": "anna@example.pl", "idempotency_key": "notice-0001"}
    status, first = await town.call("POST", path, mail)
    assert (status, first["duplicate"]) == (202, False)
    assert (await town.call("POST", path, mail))[1]["duplicate"] is True
    sms = {**notice, "channel": "sms", "address": "+48500600700", "idempotency_key": "notice-0002"}
    assert (await town.call("POST", path, sms))[0] == 202
    assert (await town.call("POST", path, {**sms, "body": ""}))[0] == 422

    async def both() -> Any:
        messages = await town.sinks.messages()
        return messages if len(messages) == 2 else None

    messages = {message["channel"]: message for message in await until(both, 10, "the notices")}
    assert messages["email"]["subject"] == subject
    assert messages["sms"]["text"] == "Zgloszenie Z-2026-00042 przyjete. Polna 3"
    database = Database(town.database_url, schema="notifier")

    async def forgotten() -> bool:
        async with database.read() as session:
            rows = (await session.execute(text("select subject, body, address from direct_messages"))).all()
        return [tuple(row) for row in rows] == [(None, None, None)] * 2

    await until(forgotten, 10, "forgetting the notices")
    await database.close()


async def test_doors(town: Town) -> None:
    town.start()
    await town.ready()
    paths = [
        ("POST", "/internal/v1/one-time-codes"),
        ("POST", "/internal/v1/test-messages"),
        ("POST", "/internal/v1/notices"),
        ("GET", "/internal/v1/announcements/x/deliveries"),
        ("GET", "/internal/v1/push-key"),
    ]
    stranger = TokenIssuer("citizen-api", Ed25519PrivateKey.generate())
    for method, path in paths:
        assert (await town.call(method, path, token=""))[0] == 401
        assert (await town.call(method, path, token=stranger.issue("notifier")))[0] == 401
        assert (await town.call(method, path, token=town.issuer.issue("recorder")))[0] == 401
    async with aiohttp.ClientSession() as http:
        for secret, expected in (("wrong", 404), ("receipt-secret", 200)):
            url = f"http://127.0.0.1:{town.port}/internal/v1/receipts/sms/{secret}?idx=none&status=404&MsgId=1"
            async with http.get(url) as response:
                assert response.status == expected
    assert (await town.call("GET", "/internal/v1/announcements/unknown/deliveries"))[0] == 404

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import pytest
from gateway_house import Gateway, sign_in_body
from sqlalchemy import select, text
from sqlalchemy.exc import DBAPIError

from hejnal_gateway.accounts.passwords import matching_step, random_totp_secret
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.tables import audit_entries, sessions
from hejnal_runtime.clock import SystemClock


async def post(gateway: Gateway, body: dict[str, Any], **headers: str) -> tuple[int, dict[str, Any], Any]:
    url = gateway.url + "/api/v1/session"
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        return answer.status, await answer.json(content_type=None), answer.headers


async def test_sign_in_gives_a_strict_cookie_and_sign_out_ends_it(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    status, body, headers = await post(gateway, sign_in_body(credentials))
    assert status == 200
    assert body["role"] == "operator"
    assert body["login"] == credentials.login
    cookie = headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Secure" not in cookie
    token = cookie.split(";")[0].split("=", 1)[1]
    async with gateway.resources.database.read() as session:
        stored = (await session.execute(select(sessions.c.token_hash))).scalars().all()
    assert all(token.encode() not in item for item in stored)
    async with aiohttp.ClientSession(gateway.url, headers={"Cookie": cookie.split(";")[0]}) as browser:
        async with browser.get("/api/v1/session") as answer:
            assert answer.status == 200
        async with browser.delete("/api/v1/session") as answer:
            assert answer.status == 204
        async with browser.get("/api/v1/session") as answer:
            assert answer.status == 401
            assert answer.content_type == "application/problem+json"


async def test_wrong_password_code_or_login_look_the_same(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    wrong = [
        sign_in_body(credentials, password="x"),
        sign_in_body(credentials, code="000000"),
        sign_in_body(credentials, login="nobody"),
    ]
    answers = [await post(gateway, body) for body in wrong]
    assert [status for status, _, _ in answers] == [401, 401, 401]
    assert len({(body["type"], body["detail"]) for _, body, _ in answers}) == 1


async def test_one_time_code_works_once(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    body = sign_in_body(credentials)
    assert (await post(gateway, body))[0] == 200
    assert (await post(gateway, body))[0] == 401
    earlier = sign_in_body(credentials, offset_s=-30)
    assert (await post(gateway, earlier))[0] == 401, "an older step than the one used must not be accepted either"


@pytest.mark.parametrize("login", [None, "nobody-of-that-name"])
async def test_five_wrong_tries_lock_the_login_known_or_not(gateway: Gateway, login: str | None) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    wrong = sign_in_body(credentials, password="wrong") | ({"login": login} if login else {})
    statuses = [status for status, _, _ in await asyncio.gather(*(post(gateway, wrong) for _ in range(9)))]
    assert sorted(statuses) == [401] * 5 + [429] * 4, "parallel guesses must not slip past the limit"
    right = sign_in_body(credentials) | ({"login": login} if login else {})
    status, body, headers = await post(gateway, right)
    assert status == 429
    assert body["type"].endswith("too-many-tries")
    assert 0 < int(headers["Retry-After"]) <= 900


async def test_another_site_and_forms_are_refused(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    body = sign_in_body(credentials)
    assert (await post(gateway, body, **{"Sec-Fetch-Site": "cross-site"}))[0] == 403
    assert (await post(gateway, body, **{"Sec-Fetch-Site": "same-site"}))[0] == 403
    assert (await post(gateway, body, Origin="https://evil.example"))[0] == 403
    assert (await post(gateway, body, Origin="null"))[0] == 403
    async with aiohttp.ClientSession() as session:
        async with session.post(gateway.url + "/api/v1/session", data=body) as answer:
            assert answer.status == 415
        async with session.post(gateway.url + "/api/v1/session", json=body, headers={"Origin": gateway.url}) as answer:
            assert answer.status == 200


async def test_what_nobody_needs_to_send_is_not_read(gateway: Gateway) -> None:
    async def drip() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b'"' * 4096

    headers = {"Content-Type": "application/json"}
    async with aiohttp.ClientSession(gateway.url) as session:
        for path in ("/session", "/session/passkey", "/account-setups/completion"):
            for body in (b'"' * 70_000, drip()):
                async with session.post("/api/v1" + path, data=body, headers=headers) as answer:
                    assert answer.status == 413, path
                    assert answer.content_type == "application/problem+json"


async def test_a_page_of_another_site_opens_no_socket(gateway: Gateway) -> None:
    async with gateway.signed_in() as browser:
        for origin in ("https://evil.example", "null"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await browser.ws_connect("/api/v1/live/cam-none", headers={"Origin": origin})
            assert refused.value.status == 403
        async with browser.ws_connect("/api/v1/live/cam-none", headers={"Origin": gateway.url}) as socket:
            assert "problem" in (await socket.receive_json(timeout=10))


async def test_sessions_end_by_age_and_by_disuse(gateway: Gateway) -> None:
    for column in ("expires_at", "last_seen_at"):
        async with gateway.signed_in() as browser:
            async with gateway.resources.database.transaction() as session:
                await session.execute(text(f"update sessions set {column} = now() - interval '9 hours'"))
            async with browser.get("/api/v1/session") as answer:
                assert answer.status == 401


async def test_signing_in_and_failing_to_are_on_record_and_the_log_cannot_be_changed(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    await post(gateway, sign_in_body(credentials, password="wrong"))
    await post(gateway, sign_in_body(credentials))

    async def entries() -> Any:
        async with gateway.resources.database.read() as session:
            query = select(audit_entries).where(audit_entries.c.action.startswith("session."))
            rows = (await session.execute(query.order_by(audit_entries.c.position))).mappings().all()
        return rows if len(rows) >= 2 else None

    rows = await gateway.eventually(entries)
    assert [(row["action"], row["outcome"]) for row in rows] == [("session.opened", "refused"), ("session.opened", "allowed")]
    assert rows[0]["actor_id"] == rows[1]["actor_id"]
    assert rows[1]["source_ip"] == "127.0.0.1"
    for statement in ("update audit_entries set action = 'x.y'", "delete from audit_entries", "truncate audit_entries"):
        with pytest.raises(DBAPIError):
            async with gateway.resources.database.transaction() as session:
                await session.execute(text(statement))


def test_codes_match_one_step_of_drift() -> None:
    import pyotp

    secret, now = random_totp_secret(), SystemClock().now()
    step = int(now.timestamp()) // 30
    for drift in (-1, 0, 1):
        assert matching_step(secret, pyotp.TOTP(secret).generate_otp(step + drift), now) == step + drift
    assert matching_step(secret, pyotp.TOTP(secret).generate_otp(step + 2), now) is None
    assert matching_step(secret, "żółw12", now) is None

"""People keep their own sessions, password, authenticator app and recovery codes."""

import aiohttp
from gateway_house import Gateway, sign_in_body
from gateway_staff import GOOD_PASSWORD, call, code_of, on_record, slug

from hejnal_gateway.accounts.roles import Role


async def test_people_see_and_end_their_sessions(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    async with (
        gateway.signed_in(credentials=credentials) as here,
        aiohttp.ClientSession(gateway.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as elsewhere,
        gateway.signed_in(Role.OPERATOR) as stranger,
    ):
        body = sign_in_body(credentials, offset_s=30)
        assert (await call(elsewhere, "POST", "/session", body, **{"User-Agent": "Elsewhere/1"}))[0] == 200
        _, listed = await call(here, "GET", "/account/sessions")
        assert min((item["current"], item["browser"]) for item in listed["items"]) == (False, "Elsewhere/1")
        other = next(item["session_id"] for item in listed["items"] if not item["current"])
        assert (await call(stranger, "DELETE", f"/account/sessions/{other}"))[0] == 404
        assert (await call(here, "DELETE", f"/account/sessions/{other}"))[0] == 204
        assert (await call(elsewhere, "GET", "/session"))[0] == 401
        assert (await call(here, "DELETE", "/account/sessions"))[0] == 204
        assert (await call(here, "GET", "/session"))[0] == 200


async def test_an_account_has_only_so_many_sessions(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    account = await gateway.resources.accounts.prove(**sign_in_body(credentials), source_ip="")
    async with gateway.resources.database.transaction() as session:
        for number in range(gateway.settings.max_sessions_per_account + 3):
            await gateway.resources.sessions.open(session, account.account_id, "", method="password", browser=str(number))
    async with gateway.resources.database.read() as session:
        rows = await gateway.resources.sessions.of_account(session, account.account_id)
    assert len(rows) == gateway.settings.max_sessions_per_account
    assert "0" not in {row["browser"] for row in rows}


async def test_a_password_is_changed_with_the_old_one_and_ends_other_sessions(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR, must_change_password=True)
    async with gateway.signed_in(credentials=credentials) as here:
        assert (await call(here, "GET", "/session"))[1]["must_change_password"] is True
        status, problem = await call(here, "GET", "/cameras")
        assert (status, slug(problem)) == (403, "password-change-required")
        change = {"current_password": credentials.password, "new_password": GOOD_PASSWORD}
        for wrong, expected in (
            ({"current_password": "x"}, "password-wrong"),
            ({"new_password": credentials.login + "1234567"}, "password-weak"),
            ({"new_password": credentials.password}, "password-same"),
        ):
            assert slug((await call(here, "PUT", "/account/password", change | wrong))[1]) == expected
        async with gateway.signed_in(Role.OPERATOR) as stranger:
            assert (await call(stranger, "GET", "/cameras"))[0] == 200
        assert (await call(here, "PUT", "/account/password", change))[0] == 204
        assert (await call(here, "GET", "/cameras"))[0] == 200
        body = sign_in_body(credentials, offset_s=30)
        assert (await call(here, "POST", "/session", body))[0] == 401
        assert (await call(here, "POST", "/session", body | {"password": GOOD_PASSWORD}))[0] == 200
        guesses = [
            (await call(here, "PUT", "/account/password", change | {"current_password": f"guess {number}"}))[0]
            for number in range(7)
        ]
        assert set(guesses) == {403, 429}, "a borrowed screen is no place to guess at the password"
    assert ("account.password-changed", "allowed") in await on_record(gateway, "account.password", 1)


async def test_another_authenticator_app_counts_when_it_has_shown_a_code(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    async with gateway.signed_in(credentials=credentials) as here:
        assert (await call(here, "POST", "/account/totp/confirmation", {"code": "000000"}))[0] == 409
        assert (await call(here, "POST", "/account/totp", {"password": "x"}))[0] == 403
        _, begun = await call(here, "POST", "/account/totp", {"password": credentials.password})
        assert begun["totp_secret"] in begun["totp_uri"]
        assert slug((await call(here, "POST", "/account/totp/confirmation", {"code": "000000"}))[1]) == "code-wrong"
        assert (await call(here, "POST", "/account/totp/confirmation", {"code": code_of(begun["totp_secret"])}))[0] == 204
        old = sign_in_body(credentials, offset_s=30)
        assert (await call(here, "POST", "/session", old))[0] == 401
        assert (await call(here, "POST", "/session", old | {"code": code_of(begun["totp_secret"], 30)}))[0] == 200
    assert ("account.totp-changed", "allowed") in await on_record(gateway, "account.totp", 1)


async def test_a_recovery_code_opens_once(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    async with gateway.signed_in(credentials=credentials) as here:
        _, made = await call(here, "POST", "/account/recovery-codes", {"password": credentials.password})
        codes = made["recovery_codes"]
        assert len(set(codes)) == 10
        proof = {"login": credentials.login, "password": credentials.password}
        async with aiohttp.ClientSession(gateway.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as lost:
            assert (await call(lost, "POST", "/session/recovery", proof | {"password": "x", "recovery_code": codes[0]}))[0] == 401
            typed = codes[0].upper().replace("-", " ")
            status, view = await call(lost, "POST", "/session/recovery", proof | {"recovery_code": typed})
            assert (status, view["method"], view["recovery_codes_left"]) == (200, "recovery", 9)
            assert (await call(lost, "POST", "/session/recovery", proof | {"recovery_code": codes[0]}))[0] == 401
            assert (await call(lost, "POST", "/session/recovery", proof | {"recovery_code": "aaaa-aaaa-aaaa-aaaa"}))[0] == 401
        await call(here, "POST", "/account/recovery-codes", {"password": credentials.password})
        assert (await call(here, "POST", "/session/recovery", proof | {"recovery_code": codes[1]}))[0] == 401
    assert ("session.opened", "allowed") in await on_record(gateway, "session.opened", 4)

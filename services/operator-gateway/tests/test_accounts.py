"""Administrators make, change, reset and watch accounts; a person sets theirs up by a one-time link."""

import asyncio
import json
import subprocess
import sys

import aiohttp
import pytest
from gateway_house import Gateway, sign_in_body
from gateway_staff import GOOD_PASSWORD, call, code_of, on_record, set_up, slug
from sqlalchemy import text

from hejnal_gateway.accounts.password_rules import demand_good
from hejnal_gateway.accounts.roles import Role
from hejnal_runtime.errors import AppError

NEW = {"login": "Anna.Nowak", "name": "Anna Nowak", "role": "operator", "camera_groups": ["rynek"]}


async def test_an_account_is_set_up_by_its_owner_with_a_link_that_works_once(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as admin:
        status, made = await call(admin, "POST", "/accounts", NEW)
        assert status == 201
        account = made["account"]
        assert (account["login"], account["has_password"], account["set_up_until"]) == (
            "anna.nowak",
            False,
            made["set_up"]["expires_at"],
        )
        assert made["set_up"]["url"].startswith(gateway.url + "/set-up#")
        assert (await call(admin, "POST", "/accounts", NEW))[0] == 409
        assert slug((await call(admin, "POST", "/accounts", NEW | {"login": "x.y", "role": "dpo"}))[1]) == "role-sees-all"

        token = made["set_up"]["url"].partition("#")[2]
        async with aiohttp.ClientSession(gateway.url) as nobody:
            _, shown = await call(nobody, "POST", "/account-setups/inspection", {"token": token})
            assert (shown["login"], shown["role"]) == ("anna.nowak", "operator")
            assert shown["totp_uri"].startswith("otpauth://totp/")
            good = {"token": token, "password": GOOD_PASSWORD, "code": code_of(shown["totp_secret"])}
            for wrong, expected in (
                ({"password": "za krótkie"}, "password-short"),
                ({"password": "anna.nowak 2026"}, "password-weak"),
                ({"code": "000000"}, "code-wrong"),
                ({"token": "x" * 43}, "set-up-unknown"),
            ):
                status, problem = await call(nobody, "POST", "/account-setups/completion", good | wrong)
                assert slug(problem) == expected
        browser, done, secret = await set_up(gateway, made["set_up"]["url"])
        async with browser:
            assert done["session"]["camera_groups"] == ["rynek"]
            assert done["session"]["recovery_codes_left"] == len(set(done["recovery_codes"])) == 10
            assert (await call(browser, "GET", "/session"))[1]["method"] == "set-up"
            assert (await call(browser, "POST", "/account-setups/inspection", {"token": token}))[0] == 404
            body = {"login": "anna.nowak", "password": GOOD_PASSWORD, "code": code_of(secret, 30)}
            assert (await call(browser, "POST", "/session", body))[0] == 200

        _, versions = await call(admin, "GET", f"/accounts/{account['account_id']}/history")
        assert [item["change"] for item in versions["items"]] == ["set-up", "created"]
        _, listed = await call(admin, "GET", "/accounts")
        assert {item["login"] for item in listed["items"]} >= {"anna.nowak"}
        assert not {"password_hash", "totp_secret"} & set(listed["items"][0])
    actions = [action for action, _ in await on_record(gateway, "account.", 3)]
    assert actions == ["account.created", "account.created", "account.set-up"]  # the administrator's own is the first


async def test_a_change_ends_sessions_at_once_and_needs_the_version_it_was_made_from(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    async with gateway.signed_in(Role.ADMIN) as admin, gateway.signed_in(credentials=credentials) as person:
        account_id = (await call(person, "GET", "/session"))[1]["account_id"]
        path = f"/accounts/{account_id}"
        assert (await call(admin, "PATCH", path, {"name": "Nowa"}))[0] == 422, "a change says what it was made from"
        assert (await call(admin, "PATCH", path, {"name": "Nowa"}, **{"If-Match": '"7"'}))[0] == 412
        assert (await call(admin, "PATCH", path, {"name": "Nowa"}, **{"If-Match": '"1"'}))[1]["version"] == 2
        assert (await call(person, "GET", "/session"))[1]["name"] == "Nowa", "another name ends nothing"
        _, sessions = await call(admin, "GET", path + "/sessions")
        assert [item["method"] for item in sessions["items"]] == ["password"]

        async with person.get("/api/v1/events") as stream:
            await stream.content.readuntil(b"event: hello")
            status, changed = await call(admin, "PATCH", path, {"camera_groups": []}, **{"If-Match": '"2"'})
            assert (status, changed["camera_groups"]) == (200, [])
            rest = await asyncio.wait_for(stream.read(), 5)
            assert b"signed-out" in rest
        assert (await call(person, "GET", "/session"))[0] == 401
        status, changed = await call(admin, "PATCH", path, {"enabled": False}, **{"If-Match": "*"})
        assert (status, changed["enabled"]) == (200, False)
        assert (await call(person, "POST", "/session", sign_in_body(credentials, offset_s=30)))[0] == 401
    assert [action for action, _ in await on_record(gateway, "account.changed", 3)] == ["account.changed"] * 3


async def test_the_last_administrator_who_can_sign_in_stays(gateway: Gateway) -> None:
    async with gateway.signed_in(Role.ADMIN) as first:
        own = (await call(first, "GET", "/session"))[1]["account_id"]
        await call(first, "POST", "/accounts", {"login": "second", "name": "Zwei", "role": "admin"})  # never set up
        for change in ({"enabled": False}, {"role": "operator"}):
            status, problem = await call(first, "PATCH", f"/accounts/{own}", change, **{"If-Match": "*"})
            assert (status, slug(problem)) == (409, "last-admin")
        assert slug((await call(first, "POST", f"/accounts/{own}/reset"))[1]) == "last-admin"
        async with gateway.signed_in(Role.ADMIN) as other:
            others = (await call(other, "GET", "/session"))[1]["account_id"]
            answers = await asyncio.gather(
                call(first, "PATCH", f"/accounts/{others}", {"enabled": False}, **{"If-Match": "*"}),
                call(other, "PATCH", f"/accounts/{own}", {"enabled": False}, **{"If-Match": "*"}),
            )
            assert sorted(status for status, _ in answers) in ([200, 401], [200, 409]), "two cannot dismiss each other"


async def test_a_reset_takes_every_proof_away_and_gives_a_new_link(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.CLERK)
    async with gateway.signed_in(Role.ADMIN) as admin, gateway.signed_in(credentials=credentials) as person:
        account_id = (await call(person, "GET", "/session"))[1]["account_id"]
        async with aiohttp.ClientSession(gateway.url) as nobody:
            wrong = sign_in_body(credentials, password="wrong")
            assert {(await call(nobody, "POST", "/session", wrong))[0] for _ in range(7)} == {401, 429}
        status, link = await call(admin, "POST", f"/accounts/{account_id}/reset")
        assert status == 200
        assert (await call(person, "GET", "/session"))[0] == 401
        assert (await call(person, "POST", "/session", sign_in_body(credentials, offset_s=30)))[0] == 401, "unlocked, and refused"
        status, newer = await call(admin, "POST", f"/accounts/{account_id}/reset")
        async with aiohttp.ClientSession(gateway.url) as nobody:
            token = {"token": link["url"].partition("#")[2]}
            assert (await call(nobody, "POST", "/account-setups/inspection", token))[0] == 404, "a newer link replaces the older"
        browser, _, _ = await set_up(gateway, newer["url"])
        async with browser:
            assert (await call(admin, "DELETE", f"/accounts/{account_id}/sessions"))[0] == 204
            assert (await call(browser, "GET", "/session"))[0] == 401


async def test_the_first_administrator_comes_by_a_link_that_works_only_while_there_is_none(gateway: Gateway) -> None:
    def command() -> subprocess.CompletedProcess[str]:
        settings = gateway.settings
        assert settings.database_url is not None
        environment = {
            "HEJNAL_GATEWAY_DATABASE_URL": settings.database_url.get_secret_value(),
            "HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE": str(settings.credentials_key_file),
            "HEJNAL_GATEWAY_PUBLIC_URL": settings.public_url,
        }
        arguments = [sys.executable, "-m", "hejnal_gateway", "first-admin"]
        return subprocess.run(arguments, env=environment, capture_output=True, text=True, timeout=60, check=False)

    made = await asyncio.to_thread(command)
    link = json.loads(made.stdout)
    async with aiohttp.ClientSession(gateway.url) as nobody:
        token = {"token": link["url"].partition("#")[2]}
        assert (await call(nobody, "POST", "/account-setups/inspection", token))[1]["login"] is None
    browser, done, _ = await set_up(gateway, link["url"], login="burmistrz", name="Jan Burmistrz")
    async with browser:
        assert done["session"]["role"] == "admin"
        assert (await call(browser, "GET", "/accounts"))[0] == 200
    again = await asyncio.to_thread(command)
    assert again.returncode == 1
    assert "administrator already" in again.stderr


async def test_links_are_not_guessed_at_will(gateway: Gateway) -> None:
    async with aiohttp.ClientSession(gateway.url) as nobody:
        statuses = [
            (await call(nobody, "POST", "/account-setups/inspection", {"token": f"{number:043}"}))[0] for number in range(32)
        ]
        assert statuses == [404] * 30 + [429] * 2
    async with gateway.resources.database.transaction() as session:
        await session.execute(text("delete from sign_in_throttle"))


@pytest.mark.parametrize("password", ["kamera123456", "hasłohasłohasło", "qwertyuiop12", "Anna Nowak 1985", "aaaaaaaaaaaaaaaa"])
async def test_passwords_that_guessers_try_early_are_refused(password: str) -> None:
    with pytest.raises(AppError) as refused:
        await demand_good(password, ("anna.nowak", "Anna Nowak"))
    assert refused.value.slug == "password-weak"


async def test_a_few_words_make_a_password() -> None:
    await demand_good(GOOD_PASSWORD, ("anna.nowak", "Anna Nowak"))

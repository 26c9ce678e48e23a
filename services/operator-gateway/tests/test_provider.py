"""Signing in through a real OpenID Connect provider, and through one that lies."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import aiohttp
import jwt
import pytest
from gateway_console import chromium
from gateway_house import Gateway, Keys, running_gateway
from gateway_staff import call, on_record, set_up, slug
from pydantic import SecretStr
from sqlalchemy import select
from yarl import URL

from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings
from hejnal_gateway.tables import accounts
from hejnal_local.ports import free_ports

PROGRAM = Path(__file__).parents[3] / "web" / "tooling" / "identity-provider.mjs"
SECRET = "a-secret-of-this-test-alone"
PEOPLE: dict[str, dict[str, Any]] = {
    "u-1": {"name": "Ewa Lis", "preferred_username": "ewa.lis", "roles": ["staff", "cctv"], "camera_groups": ["rynek"]},
    "u-2": {"name": "Olga Bez", "preferred_username": "olga", "roles": ["staff"]},
    "u-3": {"name": "Jan Szef", "preferred_username": "jan", "roles": "it-admins", "camera_groups": ["rynek"]},
    "u-4": {"name": "Bez Grup", "preferred_username": "ewa.lis", "roles": ["cctv"]},
}
NAVIGATION = {"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "navigate", "Sec-Fetch-Dest": "document"}


class Provider:
    """The provider's process and what it is told."""

    def __init__(self, port: int, redirect_to: str) -> None:
        self.port = port
        self.issuer = f"http://127.0.0.1:{port}"
        self._redirect_to = redirect_to
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        client = {
            "client_id": "hejnal",
            "client_secret": SECRET,
            "redirect_uris": [self._redirect_to + "/api/v1/session/oidc/callback"],
            "post_logout_redirect_uris": [self._redirect_to + "/"],
            "backchannel_logout_uri": self._redirect_to.replace("localhost", "127.0.0.1") + "/api/v1/session/oidc/sign-out",
        }
        config = json.dumps({"port": self.port, "client": client, "people": PEOPLE})
        self._process = await asyncio.create_subprocess_exec(
            "node", str(PROGRAM), config, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL
        )
        assert self._process.stdout is not None
        line = await asyncio.wait_for(self._process.stdout.readline(), 30)
        assert json.loads(line)["issuer"] == self.issuer

    async def stop(self) -> None:
        if self._process is not None:
            self._process.kill()
            await self._process.wait()

    async def next(self, who: str | None, **bend: Any) -> None:
        async with aiohttp.ClientSession() as session, session.put(self.issuer + "/control", json={"who": who, **bend}) as answer:
            assert answer.status == 200


@pytest.fixture
async def provider(settings: GatewaySettings) -> AsyncIterator[Provider]:
    running = Provider(free_ports(1)[0], f"http://localhost:{settings.public_port}")
    await running.start()
    yield running
    await running.stop()


@pytest.fixture
async def gateway(settings: GatewaySettings, keys: Keys, provider: Provider) -> AsyncIterator[Gateway]:
    changes = {
        "public_url": f"http://localhost:{settings.public_port}",
        "oidc_issuer": provider.issuer,
        "oidc_client_id": "hejnal",
        "oidc_client_secret": SecretStr(SECRET),
        "oidc_name": "Konto gminne",
        "oidc_roles": {"it-admins": Role.ADMIN, "cctv": Role.OPERATOR},
        "oidc_groups_claim": "camera_groups",
    }
    async with running_gateway(settings.model_copy(update=changes), keys) as running:
        yield running


@asynccontextmanager
async def visitor(gateway: Gateway) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(gateway.url, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        yield browser


async def sign_in(gateway: Gateway, browser: aiohttp.ClientSession, **bend: str) -> str:
    """Follow the redirects by hand, as a browser would; where it ends. `bend` changes the question on its way to the provider."""
    browser.cookie_jar.clear(lambda cookie: cookie.key.startswith("_"))  # the provider's own session: it asks who comes each time
    url = URL(gateway.url + "/api/v1/session/oidc/start")
    for _ in range(12):
        if url.path == "/auth" and bend:
            url = url.update_query(bend)
        if url.host == "localhost":
            url = url.with_host("127.0.0.1")
        headers = NAVIGATION if url.path.endswith("/callback") else {}
        async with browser.get(url, allow_redirects=False, headers=headers) as answer:
            assert answer.status in (302, 303), (url.path, answer.status, await answer.text())
            url = url.join(URL(answer.headers["Location"]))
        if url.path == "/" and url.port == URL(gateway.url).port:
            return parse_qs(url.query_string).get("sign-in-problem", [""])[0]
    raise AssertionError("the redirects do not end")


async def test_the_provider_says_who_may_do_what(gateway: Gateway, provider: Provider) -> None:
    async with visitor(gateway) as browser, visitor(gateway) as other:
        _, methods = await call(browser, "GET", "/session/methods")
        assert methods["oidc"] == {"name": "Konto gminne", "start": "/api/v1/session/oidc/start"}
        await provider.next("u-1")
        assert await sign_in(gateway, browser) == ""
        _, ewa = await call(browser, "GET", "/session")
        assert (ewa["login"], ewa["name"], ewa["role"], ewa["camera_groups"], ewa["method"]) == (
            "ewa.lis",
            "Ewa Lis",
            "operator",
            ["rynek"],
            "oidc",
        )
        assert slug((await call(browser, "PUT", "/account/password", {"current_password": "x", "new_password": "y"}))[1]) == (
            "no-password"
        )
        for who, expected in (("u-2", "oidc-role-unknown"), (None, "oidc-denied")):
            await provider.next(who)
            assert await sign_in(gateway, other) == expected
        await provider.next("u-3")
        assert await sign_in(gateway, other) == ""
        _, jan = await call(other, "GET", "/session")
        assert (jan["role"], jan["camera_groups"]) == ("admin", None), "an administrator sees every camera"

        # one person, one account, whatever they are called; another person of the same login is another account
        assert (await call(browser, "GET", "/session"))[0] == 200
        await provider.next("u-4")
        async with visitor(gateway) as third:
            assert await sign_in(gateway, third) == ""
            _, namesake = await call(third, "GET", "/session")
            assert (namesake["login"], namesake["camera_groups"]) == ("ewa.lis@127.0.0.1", []), "no claim, no camera"
        await provider.next("u-1")
        assert await sign_in(gateway, browser) == ""
        assert (await call(browser, "GET", "/session"))[1]["account_id"] == ewa["account_id"]

        # the provider's word changes an account; what it opened before is over
        async with gateway.resources.database.transaction() as session:
            await session.execute(accounts.update().where(accounts.c.login == "ewa.lis").values(role="clerk"))
        async with visitor(gateway) as again:
            assert await sign_in(gateway, again) == ""
            assert (await call(again, "GET", "/session"))[1]["role"] == "operator"
            assert (await call(browser, "GET", "/session"))[0] == 401

            # kept by the provider: not reset here; switched off here: not let in, whatever the provider says
            path = f"/accounts/{ewa['account_id']}"
            assert slug((await call(other, "POST", path + "/reset"))[1]) == "account-of-provider"
            assert (await call(other, "PATCH", path, {"enabled": False}, **{"If-Match": "*"}))[0] == 200
            assert await sign_in(gateway, again) == "account-disabled"
    recorded = await on_record(gateway, "account.", 5)
    assert [action for action, _ in recorded].count("account.created") == 3


async def test_answers_that_do_not_fit_the_question_open_nothing(gateway: Gateway, provider: Provider) -> None:
    bends: list[dict[str, Any]] = [
        {"change": {"exp": 1_700_000_000}},
        {"change": {"iat": 4_000_000_000}},
        {"change": {"aud": "another-client"}},
        {"change": {"aud": ["hejnal", "another-client"], "azp": "another-client"}},
        {"change": {"iss": "https://evil.example"}},
        {"change": {"nonce": "another"}},
        {"change": {"sub": "u-3"}},  # userinfo is about u-1
        {"algorithm": "none"},
        {"algorithm": "foreign"},
    ]
    async with visitor(gateway) as browser:
        for bend in bends:
            await provider.next("u-1", **bend)
            assert await sign_in(gateway, browser) == "oidc-refused", bend
            assert (await call(browser, "GET", "/session"))[0] == 401
        await provider.next("u-1")
        assert await sign_in(gateway, browser, nonce="of-another-sign-in") == "oidc-refused"
        assert await sign_in(gateway, browser, state="of-another-sign-in") == "oidc-refused"
        assert await sign_in(gateway, browser) == ""
    async with gateway.resources.database.read() as session:
        assert (await session.execute(select(accounts.c.login))).scalars().all() == ["ewa.lis"]


async def test_the_way_back_belongs_to_the_browser_that_set_out_and_is_gone_once(gateway: Gateway, provider: Provider) -> None:
    await provider.next("u-1")
    async with visitor(gateway) as victim, visitor(gateway) as attacker:
        url = URL(gateway.url + "/api/v1/session/oidc/start")
        while url.path != "/api/v1/session/oidc/callback":
            async with attacker.get(url, allow_redirects=False) as answer:
                url = url.join(URL(answer.headers["Location"])).with_host("127.0.0.1")
        async with victim.get(url, allow_redirects=False, headers=NAVIGATION) as answer:
            assert "oidc-refused" in answer.headers["Location"], "signed in as somebody else against one's will"
        async with attacker.get(
            url, allow_redirects=False, headers={"Sec-Fetch-Site": "cross-site", "Sec-Fetch-Mode": "cors"}
        ) as answer:
            assert answer.status == 403
        async with attacker.get(url, allow_redirects=False, headers=NAVIGATION) as answer:
            assert answer.headers["Location"] == "/"
        async with attacker.get(url, allow_redirects=False, headers=NAVIGATION) as answer:
            assert "oidc-refused" in answer.headers["Location"], "the answer counts once"


async def test_a_second_factor_can_be_demanded_and_a_local_password_allowed(gateway: Gateway, provider: Provider) -> None:
    object.__setattr__(gateway.settings, "oidc_required_amr", ("mfa", "hwk"))
    async with visitor(gateway) as browser, gateway.signed_in(Role.ADMIN) as admin:
        await provider.next("u-1", change={"amr": ["pwd"]})
        assert await sign_in(gateway, browser) == "oidc-second-factor"
        await provider.next("u-1", change={"amr": ["pwd", "hwk"]})
        assert await sign_in(gateway, browser) == ""
        account_id = (await call(browser, "GET", "/session"))[1]["account_id"]
        assert (await call(admin, "GET", f"/accounts/{account_id}"))[1]["provider"] == provider.issuer
        object.__setattr__(gateway.settings, "oidc_local_passwords", True)
        status, link = await call(admin, "POST", f"/accounts/{account_id}/reset")
        assert status == 200
        local, done, _ = await set_up(gateway, link["url"])
        async with local:
            assert (done["session"]["account_id"], done["session"]["method"]) == (account_id, "set-up")


async def test_new_keys_are_learnt_and_an_absent_provider_is_said_to_be(gateway: Gateway, provider: Provider) -> None:
    await provider.next("u-1")
    async with visitor(gateway) as browser:
        assert await sign_in(gateway, browser) == ""
        await provider.stop()
        assert (await call(browser, "GET", "/session"))[0] == 200, "who is in stays in"
        async with visitor(gateway) as other:
            url = URL(gateway.url + "/api/v1/session/oidc/start")
            async with other.get(url, allow_redirects=False) as answer:
                state = URL(answer.headers["Location"]).query["state"]
            back = f"/api/v1/session/oidc/callback?code=x&state={state}"
            async with other.get(back, allow_redirects=False, headers=NAVIGATION) as answer:
                assert "oidc-unavailable" in answer.headers["Location"]
        await provider.start()  # with another key
        await provider.next("u-1")

        async def signed_in() -> bool:
            return await sign_in(gateway, browser) == ""

        await gateway.eventually(signed_in, 30)
        async with browser.get("/api/v1/session/oidc/sign-out", allow_redirects=False) as answer:
            there = urlsplit(answer.headers["Location"])
            assert (f"{there.scheme}://{there.netloc}", parse_qs(there.query)["client_id"]) == (provider.issuer, ["hejnal"])
        assert (await call(browser, "GET", "/session"))[0] == 401


async def test_who_is_signed_out_there_is_signed_out_here(gateway: Gateway, provider: Provider) -> None:
    await provider.next("u-1")
    async with visitor(gateway) as browser, visitor(gateway) as elsewhere, visitor(gateway) as stranger:
        for one in (browser, elsewhere):
            assert await sign_in(gateway, one) == ""
        forged = jwt.encode({"iss": provider.issuer, "aud": "hejnal", "sub": "u-1", "iat": 1, "events": {}}, "k" * 32)
        for token, expected in ((forged, 401), ("x", 401), ("", 422)):
            async with stranger.post("/api/v1/session/oidc/sign-out", data={"logout_token": token}) as answer:
                assert answer.status == expected
        assert (await call(elsewhere, "GET", "/session"))[0] == 200

        query = {"client_id": "hejnal", "post_logout_redirect_uri": gateway.settings.public_url + "/"}
        async with browser.get(provider.issuer + "/session/end", params=query) as answer:
            page = await answer.text()
        xsrf = re.search(r'name="xsrf" value="([^"]+)"', page)
        assert xsrf is not None
        form = {"xsrf": xsrf[1], "logout": "yes"}
        async with browser.post(provider.issuer + "/session/end/confirm", data=form, allow_redirects=False) as answer:
            assert answer.status == 303

        async def over() -> bool:
            return (await call(browser, "GET", "/session"))[0] == (await call(elsewhere, "GET", "/session"))[0] == 401

        await gateway.eventually(over)
    assert ("session.revoked", "allowed") in await on_record(gateway, "session.revoked", 1)


@pytest.mark.browser
async def test_a_real_browser_comes_back_from_another_site_signed_in(gateway: Gateway, provider: Provider) -> None:
    assert gateway.settings.static_dir is not None
    (gateway.settings.static_dir / "index.html").write_text("<!doctype html><title>Console</title><body>")
    await provider.next("u-1")
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(gateway.settings.public_url + "/api/v1/session/oidc/start")
        assert page.url == gateway.settings.public_url + "/"
        session = await page.evaluate("fetch('/api/v1/session').then(answer => answer.json())")
        assert (session["login"], session["sign_out_page"]) == ("ewa.lis", "/api/v1/session/oidc/sign-out")
        cookies = {cookie["name"]: cookie["sameSite"] for cookie in await page.context.cookies(gateway.settings.public_url)}
        assert cookies.get("hejnal-staff") == "Strict"
        assert "hejnal-oidc" not in cookies
        await page.goto(gateway.settings.public_url + session["sign_out_page"])
        assert page.url.startswith(provider.issuer), "the provider asks whether to sign out there too"
        assert await page.context.cookies(gateway.settings.public_url) == []

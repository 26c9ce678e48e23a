"""Passkeys with Chromium's own authenticators: registered, used, cloned, replayed, made for somebody else."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from gateway_console import chromium
from gateway_house import Gateway, Keys, running_app, running_gateway, sign_in_body
from gateway_staff import call, on_record, slug
from playwright.async_api import CDPSession, Page

from hejnal_gateway.accounts.accounts import Credentials
from hejnal_gateway.accounts.passkeys import RelyingParty
from hejnal_gateway.accounts.roles import Role
from hejnal_gateway.settings import GatewaySettings

SCRIPT = """
window.ask = async (method, path, body) => {
  const answer = await fetch('/api/v1' + path, body === undefined ? {method}
    : {method, headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  return {status: answer.status, body: answer.status === 204 ? null : await answer.json()};
};
window.register = async (password, name) => {
  const asked = await ask('POST', '/account/passkeys/options', {password});
  if (asked.status !== 200) return asked;
  const publicKey = PublicKeyCredential.parseCreationOptionsFromJSON(asked.body.public_key);
  try {
    const credential = await navigator.credentials.create({publicKey});
    return ask('POST', '/account/passkeys', {name, credential: credential.toJSON()});
  } catch (error) { return {status: 0, body: error.name}; }
};
window.assert = async (options, change) => {
  const publicKey = PublicKeyCredential.parseRequestOptionsFromJSON({...options, ...change});
  return (await navigator.credentials.get({publicKey})).toJSON();
};
window.signIn = async (change) => {
  const asked = await ask('POST', '/session/passkey/options');
  window.sent = {credential: await assert(asked.body.public_key, change ?? {})};
  return ask('POST', '/session/passkey', window.sent);
};
"""
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


@pytest.fixture
async def gateway(settings: GatewaySettings, keys: Keys) -> AsyncIterator[Gateway]:
    named = settings.model_copy(update={"public_url": f"http://localhost:{settings.public_port}"})
    assert named.static_dir is not None
    (named.static_dir / "index.html").write_text("<!doctype html><title>Console</title><body>")
    async with running_gateway(named, keys) as running:
        yield running


@asynccontextmanager
async def page_with_authenticator(gateway: Gateway, credentials: Credentials) -> AsyncIterator[tuple[Page, CDPSession, str]]:
    """A signed-in page whose browser has an authenticator with a working fingerprint reader."""
    async with chromium() as browser:
        page = await browser.new_page()
        devices = await page.context.new_cdp_session(page)
        await devices.send("WebAuthn.enable")
        added = await devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
        await page.add_init_script(SCRIPT)
        await page.goto(gateway.settings.public_url)
        signed_in = await page.evaluate("body => ask('POST', '/session', body)", sign_in_body(credentials))
        assert signed_in["status"] == 200
        yield page, devices, added["authenticatorId"]


@pytest.mark.browser
async def test_a_passkey_signs_in_by_itself_and_nothing_but_it_does(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    async with page_with_authenticator(gateway, credentials) as (page, devices, authenticator):
        refused = await page.evaluate("register('guess', 'Laptop')")
        assert slug(refused["body"]) == "password-wrong"
        made = await page.evaluate("password => register(password, 'Laptop')", credentials.password)
        assert (made["status"], made["body"]["name"]) == (201, "Laptop")
        again = await page.evaluate("password => register(password, 'Laptop')", credentials.password)
        assert again == {"status": 0, "body": "InvalidStateError"}, "the browser is told which keys are known"

        await page.context.clear_cookies()
        opened = await page.evaluate("signIn()")
        assert (opened["status"], opened["body"]["method"], opened["body"]["has_passkey"]) == (200, "passkey", True)
        assert opened["body"]["login"] == credentials.login

        # replayed, for a challenge of one's own, without the finger
        assert slug((await page.evaluate("ask('POST', '/session/passkey', window.sent)"))["body"]) == "passkey-too-late"
        own = await page.evaluate("signIn({challenge: 'AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'})")
        assert (own["status"], slug(own["body"])) == (401, "passkey-too-late")
        await devices.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
        unverified = await page.evaluate("signIn({userVerification: 'discouraged'})")
        assert (unverified["status"], slug(unverified["body"])) == (401, "sign-in-failed")
        await devices.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": True})
        for broken in ("{}", "{credential: {}}", "{credential: {...window.sent.credential, response: 7}}"):
            assert (await page.evaluate(f"ask('POST', '/session/passkey', {broken})"))["status"] == 422

        # a copy of the key whose counter lags behind
        [key] = (await devices.send("WebAuthn.getCredentials", {"authenticatorId": authenticator}))["credentials"]
        await devices.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
        await devices.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": key | {"signCount": 0}})
        cloned = await page.evaluate("signIn()")
        assert (cloned["status"], slug(cloned["body"])) == (401, "sign-in-failed")
        await devices.send("WebAuthn.clearCredentials", {"authenticatorId": authenticator})
        ahead = key | {"signCount": key["signCount"] + 50}
        await devices.send("WebAuthn.addCredential", {"authenticatorId": authenticator, "credential": ahead})
        assert (await page.evaluate("signIn()"))["status"] == 200

        # a second key, then the first is taken away
        second = await devices.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR | {"transport": "usb"}})
        await devices.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": authenticator})
        assert second["authenticatorId"] != authenticator
        made = await page.evaluate("password => register(password, 'Klucz')", credentials.password)
        assert made["status"] == 201
        keys = (await page.evaluate("ask('GET', '/account/passkeys')"))["body"]["items"]
        assert [item["name"] for item in keys] == ["Laptop", "Klucz"]
        assert (await page.evaluate("id => ask('DELETE', '/account/passkeys/' + id)", keys[0]["passkey_id"]))["status"] == 204
        assert (await page.evaluate("signIn()"))["status"] == 200
        await page.evaluate("id => ask('DELETE', '/account/passkeys/' + id)", keys[1]["passkey_id"])
        assert slug((await page.evaluate("signIn()"))["body"]) == "sign-in-failed"
    recorded = await on_record(gateway, "account.passkey", 4)
    assert [action for action, _ in recorded] == ["account.passkey-added"] * 2 + ["account.passkey-removed"] * 2
    assert ("session.opened", "refused") in await on_record(gateway, "session.opened", 6)


@pytest.mark.browser
async def test_a_passkey_used_at_another_address_opens_nothing_here(gateway: Gateway) -> None:
    credentials = await gateway.account(Role.OPERATOR)
    options: dict[str, Any] = {}

    async def other_site(_request: Any) -> Any:
        return aiohttp.web.Response(text="<!doctype html><title>Elsewhere</title>", content_type="text/html")

    async with (
        page_with_authenticator(gateway, credentials) as (page, _, _),
        running_app(other_site) as url,
        aiohttp.ClientSession(gateway.url) as browser,
    ):
        assert (await page.evaluate("password => register(password, 'Laptop')", credentials.password))["status"] == 201
        status, options = await call(browser, "POST", "/session/passkey/options")
        assert (status, options["public_key"]["userVerification"]) == (200, "required")
        await page.goto(url.replace("127.0.0.1", "localhost"))
        phished = await page.evaluate("options => assert(options, {})", options["public_key"])
        status, problem = await call(browser, "POST", "/session/passkey", {"credential": phished})
        assert (status, slug(problem)) == (401, "sign-in-failed")

        # switched off: the key is right, the account is not
        async with gateway.signed_in(Role.ADMIN) as admin:
            listed = (await call(admin, "GET", "/accounts"))[1]["items"]
            account_id = next(item["account_id"] for item in listed if item["login"] == credentials.login)
            await call(admin, "PATCH", f"/accounts/{account_id}", {"enabled": False}, **{"If-Match": "*"})
        await page.goto(gateway.settings.public_url)
        assert slug((await page.evaluate("signIn()"))["body"]) == "sign-in-failed"


@pytest.mark.parametrize(
    ("public_url", "party"),
    [
        ("https://straz.gmina.example", ("straz.gmina.example", "https://straz.gmina.example")),
        ("https://straz.gmina.example:8443/", ("straz.gmina.example", "https://straz.gmina.example:8443")),
        ("http://localhost:8081", ("localhost", "http://localhost:8081")),
        ("http://straz.gmina.example", None),
        ("https://10.0.0.7", None),
        ("https://[fd00::7]:8443", None),
    ],
)
def test_keys_are_for_the_public_address(public_url: str, party: tuple[str, str] | None) -> None:
    found = RelyingParty.of(public_url)
    assert (found and (found.id, found.origin)) == party

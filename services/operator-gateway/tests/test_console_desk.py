"""The desk's pages in Chromium against a whole gateway: alerts, incidents, registry, accounts, audit, rules."""

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pyotp
import pytest
from gateway_console import answer_as_services, build_console, chromium, console_of, hang_cameras, violations
from gateway_house import Gateway, Upstream
from gateway_relay import FakeIngest, encode, fake_ingest
from playwright.async_api import Browser, Page, expect

from hejnal_gateway.accounts.roles import Role
from hejnal_runtime.clock import SystemClock

expect.set_options(timeout=20_000)  # a busy machine is slow; nothing here is a measurement

pytestmark = [pytest.mark.browser, pytest.mark.timeout(170)]

ROOT = Path(__file__).parents[3]
PAGES: list[tuple[str, Role, str]] = [
    ("alerts", Role.OPERATOR, "/alerts"),
    ("alert", Role.OPERATOR, "/alerts/{alert}"),
    ("incident", Role.OPERATOR, "/incidents/{incident}"),
    ("own-account", Role.OPERATOR, "/account"),
    ("cameras", Role.ADMIN, "/cameras"),
    ("camera-new", Role.ADMIN, "/cameras/new"),
    ("camera-edit", Role.ADMIN, "/cameras/cam-001/edit"),
    ("camera-import", Role.ADMIN, "/cameras/import"),
    ("camera-discovery", Role.ADMIN, "/cameras/discovery"),
    ("accounts", Role.ADMIN, "/accounts"),
    ("rules", Role.ADMIN, "/alert-rules"),
    ("webhooks", Role.ADMIN, "/webhooks"),
    ("questions", Role.DPO, "/audit"),
    ("log", Role.DPO, "/audit/log"),
    ("chain", Role.DPO, "/audit/chain"),
]
POST = """async ([path, body]) => {
  const answer = await fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)});
  if (!answer.ok) throw new Error(await answer.text());
  return answer.json();
}"""


@pytest.fixture(scope="module")
def console_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return build_console(tmp_path_factory.mktemp("console"))


@pytest.fixture
async def town(gateway: Gateway, upstream: Upstream, console_files: Path) -> AsyncIterator[FakeIngest]:
    """A gateway with the console and three cameras with moving pictures."""
    object.__setattr__(gateway.settings, "static_dir", console_files)
    answer_as_services(upstream)
    async with fake_ingest(gateway, encode(width=640, height=360, bit_rate=600_000)) as ingest:
        await hang_cameras(gateway, ingest, 3)
        yield ingest


@pytest.fixture
async def browser() -> AsyncIterator[Browser]:
    async with chromium() as running:
        yield running


async def _raise(page: Page, request_id: str, summary: str, severity: str = "warning") -> dict[str, Any]:
    place = {"lat": 51.0501, "lon": 20.9501}
    body = {"request_id": request_id, "severity": severity, "summary": summary, "place": place, "address": "Rynek 4"}
    raised: dict[str, Any] = await page.evaluate(POST, ["/api/v1/alerts", body])
    return raised


async def _picture(page: Page, name: str) -> None:
    folder = ROOT / "test-results" / "pictures"
    folder.mkdir(parents=True, exist_ok=True)
    await page.screenshot(path=folder / f"desk-{name}.png")


@pytest.mark.parametrize(("width", "height"), [(1366, 768), (1920, 1080)])
@pytest.mark.parametrize("role", [Role.OPERATOR, Role.ADMIN, Role.DPO])
async def test_pages_are_accessible(
    gateway: Gateway, town: FakeIngest, browser: Browser, role: Role, width: int, height: int
) -> None:
    found: dict[str, list[str]] = {}
    named = {"alert": "", "incident": ""}
    async with console_of(gateway, browser, role, viewport={"width": width, "height": height}) as page:
        if role is Role.OPERATOR:
            alert = await _raise(page, "desk-0001", "Bójka na Rynku", "emergency")
            await _raise(page, "desk-0002", "Samochód na przejściu")
            case = {"request_id": "case-0001", "title": "Bójka na Rynku", "alert_ids": [alert["alert_id"]]}
            incident = await page.evaluate(POST, ["/api/v1/incidents", case])
            named = {"alert": alert["alert_id"], "incident": incident["incident_id"]}
        for name, whose, path in PAGES:
            if whose is not role:
                continue
            await page.goto(gateway.url + path.format(**named))
            await page.locator("h1").first.wait_for(state="attached")
            await page.locator(".skeleton").first.wait_for(state="detached")
            await page.wait_for_timeout(500)
            found[name] = await violations(page)
            wide = await page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
            assert not wide, f"{name} is wider than the window"
            await _picture(page, f"{name}-{width}")
    assert {name: said for name, said in found.items() if said} == {}


async def test_an_alert_reaches_another_desk_and_one_of_two_takes_it(
    gateway: Gateway, town: FakeIngest, browser: Browser
) -> None:
    async with (
        console_of(gateway, browser, Role.DISPATCHER) as dispatcher,
        console_of(gateway, browser, Role.OPERATOR) as operator,
    ):
        await operator.goto(gateway.url + "/cameras")
        await operator.get_by_role("heading", name="Kamery").wait_for()
        alert = await _raise(dispatcher, "desk-0003", "Bójka na Rynku", "emergency")
        notice = operator.get_by_role("region", name="Czekające alarmy")
        await expect(notice).to_contain_text("Bójka na Rynku")
        await _picture(operator, "notice")
        await operator.keyboard.press("Space")
        await expect(notice).to_be_hidden()

        # The other desk hears of it by its event line; what was on the screen a moment before is refused with a name.
        await dispatcher.goto(gateway.url + f"/alerts/{alert['alert_id']}")
        await expect(dispatcher.get_by_text(re.compile("Przyjął.*Test operator"))).to_be_visible()
        await dispatcher.keyboard.press("p")
        await dispatcher.get_by_label("Patrol albo osoba").fill("Patrol 3")
        await dispatcher.get_by_role("dialog").get_by_role("button", name="Przydziel").click()
        await expect(dispatcher.get_by_text(re.compile("Przydzielony: Patrol 3"))).to_be_visible()
        await expect(dispatcher.locator('.live-tile[data-state="live"]').first).to_be_visible()
        await _picture(dispatcher, "alert-taken")


async def test_a_new_colleague_sets_the_account_up(gateway: Gateway, town: FakeIngest, browser: Browser) -> None:
    async with console_of(gateway, browser, Role.ADMIN) as admin:
        await admin.goto(gateway.url + "/accounts")
        await admin.get_by_role("button", name="Dodaj konto").click()
        dialog = admin.get_by_role("dialog", name="Nowe konto")
        await dialog.get_by_label("Imię i nazwisko").fill("Iga Nowa")
        await dialog.get_by_label("Login").fill("iga.nowa")
        await dialog.get_by_role("button", name="Załóż i pokaż link").click()
        link = await admin.locator(".once code").inner_text()
        await _picture(admin, "account-link")
    page = await browser.new_page(locale="pl-PL", viewport={"width": 1366, "height": 768})
    await page.goto(link)
    secret = (await page.locator("code.secret").inner_text()).replace(" ", "")
    await page.get_by_label("Nowe hasło").fill("konie lubią siano i owies")
    await page.get_by_label("Kod jednorazowy").fill(pyotp.TOTP(secret).at(int(SystemClock().now().timestamp())))
    await _picture(page, "set-up")
    await page.get_by_role("button", name="Załóż konto").click()
    await expect(page.locator(".secret-codes li")).to_have_count(10)
    # What a pending button said stays in the library's own live region for some seconds, named by a button that is gone.
    await page.locator("[data-live-announcer] [role=img]").wait_for(state="detached")
    assert await violations(page) == []
    await page.get_by_role("button", name=re.compile("Mam kody")).click()
    await expect(page.get_by_role("button", name="Iga Nowa")).to_be_visible()
    await page.close()

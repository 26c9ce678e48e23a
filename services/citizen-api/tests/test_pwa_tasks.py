"""What residents do with the app, in Chromium: by keyboard alone, and with pushes in any order."""

import json
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, Locator, Page, expect
from pwa_town import Person, Town, person

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

MOST_TABS = 60
TOWN_TIME = ZoneInfo("Europe/Warsaw")
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.5 Safari/604.1"
)
CONTROLLED = "() => navigator.serviceWorker.controller !== null"


async def tab_to(page: Page, wanted: Locator) -> None:
    """Press Tab until that has the focus."""
    await wanted.wait_for(state="attached")
    for _ in range(MOST_TABS):
        if await wanted.evaluate("(element) => element === document.activeElement"):
            return
        await page.keyboard.press("Tab")
    raise AssertionError(f"{wanted} cannot be reached by Tab")


async def press(page: Page, wanted: Locator, key: str = "Enter") -> None:
    await tab_to(page, wanted)
    await page.keyboard.press(key)


async def test_a_report_with_a_pin_by_keyboard_alone(town: Town, browser: Browser) -> None:
    async with person(town, browser, viewport={"width": 1366, "height": 768}) as one:
        page = one.page
        await one.open("/")
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Przejdź do treści")).to_be_focused()
        await press(page, page.get_by_role("link", name="Zgłoś", exact=True).first)
        await tab_to(page, page.get_by_role("radio").first)
        while not await page.get_by_role("radio", name="Oświetlenie").is_checked():
            await page.keyboard.press("ArrowDown")
        await press(page, page.get_by_role("button", name="Dalej"))

        pin = page.get_by_role("application")
        await tab_to(page, pin)
        await page.keyboard.press("Enter")  # the pin stands in the middle of the map
        chosen = page.locator(".chosen-place")
        await expect(chosen).to_be_visible()
        before = await page.locator(".map-pin").bounding_box()
        await expect(page.get_by_role("button", name="Dalej")).to_be_enabled()
        await page.keyboard.press("ArrowUp")
        await page.keyboard.press("Shift+ArrowRight")
        await page.wait_for_function(
            "(x) => Math.abs(document.querySelector('.map-pin').getBoundingClientRect().x - x) > 20", arg=before["x"]
        )
        await expect(chosen).to_contain_text("Wybrane miejsce")
        await press(page, page.get_by_role("button", name="Dalej"))

        await press(page, page.get_by_role("button", name="Wyślij zgłoszenie"))
        summary = page.get_by_role("alert").first
        await expect(summary).to_be_focused()  # what is missing is said, and leads there
        await press(page, summary.get_by_role("link", name="Co się dzieje?"))
        await tab_to(page, page.get_by_role("radio", name="Nie świeci"))
        await page.keyboard.press("Space")
        await tab_to(page, page.get_by_role("textbox", name="Opis"))
        await page.keyboard.type("Ciemno przy szkole.")
        await press(page, page.get_by_role("button", name="Wyślij zgłoszenie"))
        await expect(page.get_by_text("Z-20").first).to_be_visible()
        await press(page, page.get_by_role("link", name="Zobacz zgłoszenie"))
        await expect(page.get_by_text("Nie świeci")).to_be_visible()
        await tab_to(page, page.get_by_role("textbox", name="Napisz do urzędu"))
        await page.keyboard.type("To już trzeci raz w tym roku.")
        await press(page, page.get_by_role("button", name="Wyślij wiadomość"))
        await expect(page.locator(".message-reporter")).to_contain_text("trzeci raz")


async def test_who_has_the_same_trouble_joins_a_report(town: Town, browser: Browser) -> None:
    async with person(town, browser) as one:
        page = one.page
        await one.open("/zglos")
        await page.get_by_role("radio", name="Uszkodzona droga").check(force=True)
        await page.get_by_role("button", name="Dalej").click()
        await page.get_by_role("combobox", name="Ulica").fill("Rynek 19")
        await page.get_by_role("listbox").get_by_role("option").first.click()
        await page.get_by_role("button", name="Dalej").click()
        await page.get_by_role("button", name="Mnie to też dotyczy").first.click()
        await page.get_by_role("button", name="Dopisz mnie").click()
        await expect(page.get_by_text("Dopisane.")).to_be_visible()
        assert not await one.violations()
        await page.get_by_role("button", name="Gotowe, nie muszę nic zgłaszać").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Co się dzieje")
    counted = await town.house.rows("select count(*) as n from report_followers")
    assert counted[0].n == 1


async def test_taking_part_in_a_consultation_by_keyboard_alone(town: Town, browser: Browser) -> None:
    async with person(town, browser) as one:
        page = one.page
        await one.open("/konsultacje")
        await press(page, page.get_by_role("link", name="Gdzie postawić kamerę na Rynku?"))
        await expect(page.get_by_text("Patrzy na północny wschód")).to_be_visible()  # what the map shows, in words
        await tab_to(page, page.get_by_role("radio").first)
        await page.keyboard.press("ArrowDown")
        await press(page, page.get_by_role("button", name="Oddaj głos"))
        await expect(page.get_by_text("Twój głos jest policzony")).to_be_visible()
        await tab_to(page, page.get_by_role("textbox", name="Twoja opinia"))
        await page.keyboard.type("Przy fontannie jest najciemniej.")
        await press(page, page.get_by_role("button", name="Wyślij opinię"))
        await expect(page.locator(".message")).to_contain_text("najciemniej")
        await page.reload()
        await expect(page.get_by_role("radio", name="Przy fontannie")).to_be_checked()
        assert not await one.violations()


async def test_asking_for_ones_own_footage(town: Town, browser: Browser) -> None:
    async with person(town, browser) as one:
        page = one.page
        await one.open("/nagranie?kamera=cam-001")
        await page.get_by_role("button", name="Wyślij prośbę").click()
        await expect(page.get_by_role("alert").first).to_be_focused()
        assert not await one.violations()
        for name, value in {
            "Dzień": (datetime.now(TOWN_TIME) - timedelta(days=1)).date().isoformat(),
            "Od godziny": "14:00",
            "Do godziny": "14:30",
            "Jak Cię rozpoznać": "Czerwona kurtka, niebieski plecak, szłam z psem",
            "Imię i nazwisko": "Anna Nowak",
            "E-mail, telefon albo adres": "anna@example.pl",
        }.items():
            await page.get_by_label(name).fill(value)
        await page.get_by_role("button", name="Wyślij prośbę").click()
        await expect(page.get_by_role("heading", level=1)).to_contain_text("Prośba")
        await expect(page.get_by_text("Mamy Twoją prośbę.")).to_be_visible()
        assert not await one.violations()


async def _subscribed(one: Person) -> str:
    """A browser that has notices turned on, as the town knows it; its push service is the test. Gives the contact's id."""
    wish = {
        "endpoint": "https://fcm.googleapis.com/fcm/send/abc",
        "keys": {
            "p256dh": "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM",
            "auth": "tBHItJI5svbpez7KI4CCXg",
        },
        "categories": ["water"],
    }
    made: dict[str, Any] = await one.page.evaluate(
        """async (wish) => (await (await fetch('/api/v1/push-subscriptions', {
          method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(wish) })).json())""",
        wish,
    )
    rows = await one.town.house.rows("select id from contacts where resident_id = :id", id=made["id"])
    return str(rows[0].id)


async def _shown(page: Page) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = await page.evaluate(
        """async () => (await (await navigator.serviceWorker.ready).getNotifications())
          .map(({ title, tag, silent, data }) => ({ title, tag, silent, version: data.version }))"""
    )
    return shown


async def test_an_older_word_never_takes_a_newer_ones_place_and_the_town_hears_what_was_shown(
    town: Town, browser: Browser, until: Any
) -> None:
    async with person(town, browser, permissions=["notifications"]) as one:
        page = one.page
        await one.open("/")
        await page.wait_for_function(CONTROLLED)
        contact = await _subscribed(one)
        client = await one.context.new_cdp_session(page)
        registrations: list[dict[str, Any]] = []
        client.on("ServiceWorker.workerRegistrationUpdated", lambda event: registrations.extend(event["registrations"]))
        await client.send("ServiceWorker.enable")

        async def registered() -> str:
            return str(registrations[-1]["registrationId"]) if registrations else ""

        registration = await until(registered)
        number = town.announcements[0]["id"]

        async def push(version: int, title: str) -> None:
            message = {"v": 1, "announcement_id": number, "version": version, "title": title, "tag": "t1", "contact_id": contact}
            await client.send(
                "ServiceWorker.deliverPushMessage",
                {"origin": town.url, "registrationId": registration, "data": json.dumps(message)},
            )

        async def heard() -> list[int]:
            return [data["version"] for _, _, data in await town.house.facts("shown-messages") if data]

        async def stands(version: int) -> Any:
            return [one for one in await _shown(page) if one["version"] == version]

        await push(2, "Woda wróciła")
        await until(lambda: stands(2))

        async def first_heard() -> bool:
            return await heard() == [2]

        await until(first_heard)
        await push(1, "Nie ma wody")  # the push service has turned them round

        async def both_heard() -> bool:
            return len(await heard()) == 2

        await until(both_heard)
        shown = await _shown(page)
        assert [(entry["title"], entry["version"]) for entry in shown] == [("Woda wróciła", 2)]
        assert shown[0]["silent"] is True
        assert await heard() == [2, 2]


async def test_an_iphone_is_told_how(town: Town, browser: Browser) -> None:
    async with person(town, browser, user_agent=IPHONE) as one:
        # Safari outside the home screen has no PushManager.
        await one.context.add_init_script("delete window.PushManager")
        await one.open("/powiadomienia")
        await expect(one.page.get_by_text("Na iPhonie najpierw dodaj Hejnał do ekranu początkowego.")).to_be_visible()
        assert await one.page.locator(".ios-guide li").count() == 4
        assert not await one.violations()
        await one.take_picture("notices-iphone")


async def _installed(one: Person, until: Any) -> None:
    """The service worker runs this page, and has what is needed at hand."""
    await one.page.wait_for_function(CONTROLLED)
    await one.page.reload()
    await one.settled()

    async def at_hand() -> bool:
        kept: list[str] = await one.page.evaluate(
            "async () => (await (await caches.open('public-data')).keys()).map(({ url }) => new URL(url).pathname)"
        )
        return {"/api/v1/announcements", "/api/v1/contacts", "/api/v1/guides/alarm-signals"} <= set(kept)

    await until(at_hand, timeout_s=60)


async def test_without_a_connection_the_last_notices_stand_and_a_report_sends_itself_later(
    town: Town, browser: Browser, until: Any
) -> None:
    center = town.facts["center"]
    here = {"latitude": center["lat"], "longitude": center["lon"]}
    async with person(town, browser, permissions=["geolocation"], geolocation=here) as one:
        page = one.page
        await one.open("/")
        await _installed(one, until)
        await one.context.set_offline(True)
        await page.reload()
        await one.settled()
        await expect(page.get_by_role("article").filter(has_text="Nie pij wody")).to_be_visible()
        await expect(page.get_by_text("Nie masz połączenia. To, co widzisz, zapisaliśmy")).to_be_visible()
        assert not await one.violations()
        await one.take_picture("home-offline")
        await one.open("/kontakty")
        await expect(page.get_by_role("link", name="112").first).to_be_visible()
        await one.open("/syreny")
        await expect(page.get_by_role("heading", name="Alarm", exact=True)).to_be_visible()

        await one.open("/zglos")
        await page.get_by_role("radio", name="Śmieci").check(force=True)
        await page.get_by_role("button", name="Dalej").click()
        await expect(page.locator(".notice-box")).to_be_visible()
        await page.get_by_role("button", name="Jestem na miejscu").click()
        await page.get_by_text("Wybrane miejsce").wait_for()
        await page.get_by_role("button", name="Dalej").click()
        await page.get_by_role("textbox", name="Opis").fill("Kosz się przewrócił.")
        await page.get_by_role("button", name="Wyślij zgłoszenie").click()
        await expect(page.get_by_role("heading", level=1)).to_have_text("Zapisane, wyślemy samo")
        await one.context.set_offline(False)
        await one.open("/zgloszenia")
        await expect(page.get_by_text("Kosz się przewrócił.")).to_be_visible()
    kept = await town.house.rows("select count(*) as n from reports where text = 'Kosz się przewrócił.'")
    assert kept[0].n == 1

"""Every page of the app in Chromium: nothing axe finds, nothing wider than the window, light enough for a slow phone."""

import pytest
from playwright.async_api import Browser, async_playwright
from pwa_town import Person, Town, person

from hejnal_local.chromium import launch_options

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(600)]

LOCALES = {"pl": "pl-PL", "en": "en-GB", "uk": "uk-UA"}
SIZES = ((360, 740), (1366, 768))
SCRIPT_LIMIT_BYTES = 150_000


def pages(town: Town) -> dict[str, str]:
    """Each page of the app by name; what a name stands for is looked at, not only fetched."""
    report = town.reports[0]
    return {
        "home": "/",
        "announcement": f"/komunikaty/{town.announcements[0]['id']}",
        "announcement-drill": f"/komunikaty/{town.announcements[3]['id']}",
        "announcement-gone": "/komunikaty/gone",
        "report-category": "/zglos",
        "reports": "/zgloszenia",
        "report": f"/zgloszenia/{report['id']}?token={report['follow_token']}",
        "notices": "/powiadomienia",
        "sign-in": "/logowanie",
        "cameras": "/kamery",
        "camera": "/kamery/cam-001",
        "footage": "/nagranie",
        "consultations": "/konsultacje",
        "consultation": f"/konsultacje/{town.consultations[0]['id']}",
        "contacts": "/kontakty",
        "sirens": "/syreny",
        "open-data": "/dane",
        "accessibility": "/dostepnosc",
        "about": "/o-serwisie",
        "not-found": "/gdzie-indziej",
    }


async def too_wide(one: Person) -> bool:
    """Whether the page can be scrolled sideways."""
    wide: bool = await one.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
    return wide


@pytest.mark.parametrize("language", LOCALES)
async def test_every_page_is_accessible_light_and_dark_narrow_and_wide(town: Town, browser: Browser, language: str) -> None:
    found: dict[str, list[str]] = {}
    async with person(town, browser, locale=LOCALES[language]) as one:
        for name, path in pages(town).items():
            await one.open(path)
            assert await one.page.evaluate("document.documentElement.lang") == language
            for width, height in SIZES:
                await one.page.set_viewport_size({"width": width, "height": height})
                for scheme in ("light", "dark"):
                    await one.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
                    await one.settled()
                    place = f"{name}-{width}-{scheme}-{language}"
                    found[place] = await one.violations() + (["wider than the window"] if await too_wide(one) else [])
                    if (width < 500) == (scheme == "light"):
                        await one.take_picture(place)
            await one.page.set_viewport_size({"width": 360, "height": 740})
    assert {place: said for place, said in found.items() if said} == {}


async def test_text_at_twice_its_size_loses_nothing(town: Town) -> None:
    """The reader's own text size, as a phone's settings set it: rem, and the media queries in rem, follow."""
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options("--blink-settings=defaultFontSize=32"))
        found: dict[str, str] = {}
        async with person(town, browser) as one:
            for name, path in pages(town).items():
                await one.open(path)
                assert float((await one.page.evaluate("getComputedStyle(document.body).fontSize")).removesuffix("px")) >= 36
                if await too_wide(one):
                    found[name] = await one.page.evaluate(
                        """() => [...document.querySelectorAll('body *')]
                          .filter((e) => { const box = e.getBoundingClientRect();
                            return box.left < 0 || box.right > innerWidth; })
                          .map((e) => e.outerHTML.slice(0, 120))
                          .slice(-3).join(' | ')"""
                    )
                await one.take_picture(f"{name}-text-200")
        await browser.close()
    assert found == {}


async def test_the_first_screen_needs_little_script(town: Town, browser: Browser) -> None:
    """What came over the wire until the notices stood there, packed as it was delivered; the map is no part of it."""
    async with person(town, browser, service_workers="block") as one:
        await one.open("/")
        await one.page.get_by_role("article").first.wait_for()
        scripts = await one.page.evaluate(
            """() => performance.getEntriesByType('resource').filter(({ name }) => new URL(name).pathname.endsWith('.js'))
              .map(({ name, encodedBodySize, decodedBodySize }) => ({ name, encodedBodySize, decodedBodySize }))"""
        )
        assert scripts
        assert not [entry["name"] for entry in scripts if "maplibre" in entry["name"] or "/map-" in entry["name"]]
        delivered = sum(entry["encodedBodySize"] for entry in scripts)
        unpacked = sum(entry["decodedBodySize"] for entry in scripts)
        print(f"first screen: {delivered} bytes of script delivered in {len(scripts)} files, {unpacked} unpacked")
        assert delivered < SCRIPT_LIMIT_BYTES
        assert delivered < unpacked / 2, "scripts went out packed"


async def test_it_can_be_installed(town: Town, browser: Browser) -> None:
    async with person(town, browser) as one:
        await one.open("/")
        client = await one.context.new_cdp_session(one.page)
        answer = await client.send("Page.getAppManifest")
        assert answer["errors"] == []
        errors = await client.send("Page.getInstallabilityErrors")
        assert [error["errorId"] for error in errors["installabilityErrors"]] in ([], ["in-incognito"])

"""The ways that the guides describe, walked as they are written, with the guides' pictures taken on the way."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .console import sign_in
from .town import Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]


def test_an_alert_is_raised_taken_given_and_ended_by_keys(
    town: Town, person: Callable[..., Page], take_picture: Callable[[Page, str], object]
) -> None:
    page = person(scheme="dark")
    sign_in(page, town, "dispatcher")
    page.get_by_role("link", name="Alarmy").first.click()
    what = "Bójka przy fontannie"
    page.get_by_role("button", name="Zgłoś alarm").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Co się dzieje").fill(what)
    dialog.get_by_label("Gdzie (adres)").fill("Rynek 2")
    page.get_by_role("option", name=re.compile("^Rynek 2 ")).click()
    dialog.get_by_role("button", name="Zgłoś alarm").click()
    row = page.get_by_role("link", name=re.compile(what)).first
    expect(row).to_be_visible()
    row.click()
    detail = page.get_by_role("region", name="Wybrany alarm")
    expect(detail.get_by_text("czeka").first).to_be_visible()
    expect(detail.get_by_text("Rynek 2").first).to_be_visible()
    expect(detail.get_by_text("w pobliżu").first).to_be_visible()
    take_picture(page, "operator-alerts")

    page.keyboard.press("a")
    expect(detail.get_by_text("Przyjął(-ęła)")).to_be_visible()
    page.keyboard.press("p")
    page.get_by_label("Patrol albo osoba").fill("Patrol 2")
    page.get_by_role("dialog").get_by_role("button", name="Przydziel").click()
    expect(detail.get_by_text("Przydzielony: Patrol 2")).to_be_visible()
    page.keyboard.press("r")
    page.get_by_role("dialog").get_by_role("button", name="Zakończ").click()
    expect(detail.get_by_text("Zakończył(a)")).to_be_visible()


@pytest.mark.parametrize(
    ("link", "heading", "picture"),
    [("Kamery", "Kamery", "admin-cameras"), ("Wysyłka", "Wysyłka", "admin-sending"), ("Konta", "Konta", "admin-accounts")],
)
def test_the_administrators_pages_show_what_runs(
    town: Town, person: Callable[..., Page], take_picture: Callable[[Page, str], object], link: str, heading: str, picture: str
) -> None:
    page = person()
    sign_in(page, town, "admin")
    page.get_by_role("navigation", name="Strony konsoli").get_by_role("link", name=link).click()
    expect(page.get_by_role("heading", name=re.compile(heading)).first).to_be_attached()
    expect(page.get_by_role("table").or_(page.get_by_role("list")).first).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="Wczytuję")).to_have_count(0)
    take_picture(page, picture)

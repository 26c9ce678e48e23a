"""(d) The town asks where a camera should stand: drafted, shown, voted on by phone and on paper, moderated, closed, reported."""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from .console import sign_in
from .town import Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

TITLE = "Gdzie kamera przy szkole?"
OPINION = "Najpierw latarnie, potem kamery."


def write_draft(page: Page, town: Town) -> None:
    """An editor writes the question with a site chosen by its address, open from this morning on."""
    page.goto(f"{town.console}/consultations/new")
    page.get_by_role("button", name="Zapisz szkic").click()
    expect(page.get_by_text("Wpisz po polsku pytanie i opis.")).to_be_visible()
    page.get_by_label("Pytanie w jednym zdaniu: Polski").fill(TITLE)
    page.get_by_label(re.compile("^Opis.*Polski$")).fill("Wybierz miejsce. Zdecyduje rada miasta.")
    page.get_by_label("Odpowiedź 1: nazwa: Polski").fill("Rynek")
    page.get_by_label("Odpowiedź 2: nazwa: Polski").fill("Nie chcę kamery")
    page.get_by_role("button", name="Wskaż miejsce odpowiedzi 1").click()
    page.get_by_role("combobox").fill("Rynek 2")
    page.get_by_role("option", name=re.compile("^Rynek 2 ")).click()
    expect(page.get_by_label("Szerokość geograficzna (°)")).not_to_have_value("")
    page.get_by_role("checkbox", name=re.compile("^Znane")).check()
    page.get_by_role("radio", name="jeden głos na urządzenie, bez logowania").check()
    year = page.get_by_role("group", name="Początek").get_by_role("spinbutton", name=re.compile("rok", re.IGNORECASE))
    year.press("ArrowDown")
    page.get_by_role("button", name="Zapisz szkic").click()
    expect(page.get_by_role("button", name="Pokaż mieszkańcom")).to_be_visible()


def enter_paper(page: Page, form: str, choice: str) -> None:
    page.get_by_label("Numer formularza").fill(form)
    page.get_by_role("dialog").get_by_role("checkbox", name=choice).check()
    page.get_by_role("button", name="Zapisz i wpisz następny").click()


def test_the_town_asks_and_counts_every_voice_once(
    town: Town, person: Callable[..., Page], take_picture: Callable[[Page, str], object]
) -> None:
    editor = person(scheme="dark")
    sign_in(editor, town, "editor")
    write_draft(editor, town)
    take_picture(editor, "operator-consultation-draft")
    address = editor.url.replace(town.console, "")
    page_of_it = f"{town.citizen}/konsultacje/{address.rsplit('/', 1)[-1]}"

    resident = person(width=390, height=844)
    resident.goto(page_of_it)
    expect(resident.get_by_role("heading", name=TITLE)).to_have_count(0)
    editor.get_by_role("button", name="Pokaż mieszkańcom").click()
    editor.get_by_role("dialog").get_by_role("button", name="Pokaż mieszkańcom").click()
    expect(editor.get_by_text("trwa", exact=True).first).to_be_visible()

    resident.goto(page_of_it)
    expect(resident.get_by_role("heading", name=TITLE)).to_be_visible()
    resident.get_by_role("radio", name="Rynek").check(force=True)
    resident.get_by_role("button", name="Oddaj głos").click()
    expect(resident.get_by_text("Dziękujemy, Twój głos jest policzony.")).to_be_visible()
    resident.get_by_label("Twoja opinia").fill(OPINION)
    resident.get_by_role("button", name="Wyślij opinię").click()
    expect(resident.get_by_text("Dziękujemy. Pokażemy ją, gdy urząd ją przeczyta.")).to_be_visible()

    clerk = person(scheme="dark")
    sign_in(clerk, town, "clerk")
    clerk.goto(town.console + address)
    opinion = clerk.locator("[data-opinion]", has_text=OPINION)
    expect(opinion).to_be_visible()
    opinion.get_by_role("button", name=re.compile("^Pokaż opinię")).click()
    expect(opinion).to_have_count(0)
    clerk.get_by_role("button", name="Wpisz formularz papierowy").click()
    enter_paper(clerk, "K-0001", "Nie chcę kamery")
    expect(clerk.get_by_text("Wpisano K-0001.")).to_be_visible()
    enter_paper(clerk, "k-0001", "Rynek")
    expect(clerk.get_by_text("Formularz k-0001 jest już wpisany", exact=False)).to_be_visible()
    take_picture(clerk, "operator-consultation-paper")

    editor.reload()
    editor.get_by_role("button", name="Zakończ i opublikuj wynik").click()
    editor.get_by_role("button", name="Zakończ na zawsze").click()
    editor.get_by_role("link", name="Wynik", exact=True).click()
    votes = editor.get_by_role("table", name="Głosy")
    expect(votes.locator("tr", has_text="Rynek").locator("td").first).to_have_text("1")
    expect(votes.locator("tr", has_text="Nie chcę kamery").locator("td").first).to_have_text("1")
    expect(editor.get_by_text("Otrzymano: 1. Pokazano: 1, ukryto: 0, czeka na decyzję: 0.")).to_be_visible()
    take_picture(editor, "operator-consultation-result")
    editor.emulate_media(media="print")
    expect(editor.get_by_role("navigation", name="Strony konsoli")).to_be_hidden()
    expect(votes).to_be_visible()

    resident.reload()
    expect(resident.get_by_text(OPINION)).to_be_visible()
    expect(resident.get_by_role("heading", name="Wynik")).to_be_visible()

"""(c) Of three residents with different wishes exactly the right ones get an announcement, its update and its all-clear."""

import json
import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.request import Request, urlopen

import pytest
from playwright.sync_api import Page, expect

from .console import sign_in
from .town import Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

EMAIL = "halina.nowak@example.org"
PHONE = "600100200"


def post(url: str, body: dict[str, Any], origin: str) -> dict[str, Any]:
    request = Request(url, json.dumps(body).encode(), {"Content-Type": "application/json", "Origin": origin})
    with urlopen(request, timeout=10) as response:
        answer: dict[str, Any] = json.load(response)
    return answer


@dataclass(frozen=True)
class Device:
    """A phone of the demo's push service, subscribed without an account."""

    endpoint: str
    subscription: str
    token: str

    def forget(self, town: Town) -> None:
        headers = {"Authorization": f"Bearer {self.token}", "Origin": town.citizen}
        url = f"{town.citizen}/api/v1/push-subscriptions/{self.subscription}"
        urlopen(Request(url, headers=headers, method="DELETE"), timeout=10).close()


def subscribe_device(town: Town, categories: list[str]) -> Device:
    device = post(f"{town.sinks}/push/subscriptions", {}, town.sinks)
    body = {"endpoint": device["endpoint"], "keys": device["keys"], "categories": categories, "language": "pl"}
    made = post(f"{town.citizen}/api/v1/push-subscriptions", body, town.citizen)
    return Device(device["endpoint"], made["id"], made["token"])


@pytest.fixture
def phones(town: Town) -> Iterator[tuple[Device, Device]]:
    """One phone that wants to hear of water and power, one that does not."""
    devices = subscribe_device(town, ["water", "power"]), subscribe_device(town, ["events"])
    yield devices
    for device in devices:
        device.forget(town)


def sign_in_and_choose(page: Page, town: Town, contact: str, channel: str, topics: list[str]) -> None:
    """Sign in by one-time code and tick the given topics on one channel, as a resident does."""
    page.goto(f"{town.citizen}/logowanie")
    page.get_by_label("E-mail albo numer telefonu").fill(contact)
    after = last_id(town)
    page.get_by_role("button", name="Wyślij kod").click()
    code = _code(town, channel, after)
    page.get_by_label("Kod z 6 cyfr").fill(code)
    consent = page.get_by_role("checkbox", name="Chcę dostawać tu komunikaty miasta")
    if consent.count():
        consent.check()
    confirm = page.get_by_role("button", name="Zaloguj się")
    if confirm.count():
        confirm.click()
    page.wait_for_url(lambda url: "logowanie" not in url)
    choose(page, town, channel, topics)


def choose(page: Page, town: Town, channel: str, topics: list[str]) -> None:
    """Tick the given topics on one channel and no others."""
    page.goto(f"{town.citizen}/powiadomienia")
    name = {"email": "E-mail", "sms": "SMS"}[channel]
    allow = page.get_by_role("button", name="Wysyłajcie tu komunikaty")
    if allow.count():
        allow.click()
    rows = page.locator("table.topics tbody tr")
    expect(rows.first).to_be_visible()
    for row in rows.all():
        box = row.get_by_role("checkbox", name=re.compile(f": {name}$"))
        box.set_checked(row.get_by_role("rowheader").inner_text().strip() in topics)
    page.get_by_role("button", name="Zapisz").click()
    expect(page.get_by_text("Zapisane.")).to_be_visible()


def _code(town: Town, channel: str, after: int) -> str:
    """The one-time code that "arrived"."""
    end = time.monotonic() + 15
    while time.monotonic() < end:
        for message in town.arrived(channel=channel):
            found = re.search(r"\b(\d{6})\b", f"{message['subject']} {message['text']}")
            if found and message["id"] > after:
                return found.group(1)
        time.sleep(0.1)
    raise AssertionError(f"no code arrived by {channel}")


def told(town: Town, after: int) -> dict[tuple[str, str], list[str]]:
    """What each resident's device has been shown since message `after`: text by (channel, to); repeats show nothing."""
    shown: dict[tuple[str, str], list[str]] = {}
    for message in town.arrived():
        if (
            message["channel"] != "webhook"
            and message["id"] > after
            and not message["repeat"]
            and not re.search(r"\b\d{6}\b", message["subject"] + message["text"])
        ):
            shown.setdefault((message["channel"], message["to"]), []).append(f"{message['subject']} {message['text']}")
    return shown


def wait_for(town: Town, after: int, count: int) -> tuple[dict[tuple[str, str], list[str]], float]:
    """Wait until `count` devices were told, then a moment longer for what must not come; (what they got, seconds it took)."""
    began = time.monotonic()
    while len(told(town, after)) < count:
        assert time.monotonic() - began < 20, told(town, after)
        time.sleep(0.05)
    took = time.monotonic() - began
    time.sleep(2)
    return told(town, after), took


def last_id(town: Town) -> int:
    return max((message["id"] for message in town.arrived()), default=0)


def test_exactly_the_right_residents_get_an_announcement_its_update_and_its_all_clear(
    town: Town,
    phones: tuple[Device, Device],
    person: Callable[..., Page],
    take_picture: Callable[[Page, str], object],
    record_property: Callable[[str, object], None],
) -> None:
    device, other_device = (phone.endpoint for phone in phones)
    halina = person(width=390, height=844)
    sign_in_and_choose(halina, town, EMAIL, "email", ["Woda"])
    stefan = person(width=390, height=844)
    sign_in_and_choose(stefan, town, PHONE, "sms", ["Prąd"])
    take_picture(halina, "citizen-notices")

    editor = person(scheme="dark")
    sign_in(editor, town, "editor")
    editor.get_by_role("link", name="Komunikaty").click()
    editor.get_by_role("link", name="Nowy komunikat").or_(editor.get_by_role("button", name="Nowy komunikat")).first.click()
    editor.get_by_label("Czego dotyczy").select_option(label="Woda")
    editor.get_by_label("Tytuł").fill("Nie ma wody na Rynku do 16:00")
    editor.get_by_label("Tekst", exact=True).fill("Pękła rura. Woda z beczkowozu stoi przy ratuszu.")
    for channel in ("powiadomienie w aplikacji", "e-mail", "SMS"):
        editor.get_by_role("checkbox", name=channel, exact=True).check()
    editor.get_by_role("button", name="Sprawdź przed wysłaniem").click()
    expect(editor.get_by_text("Dostaną to 2 osoby.")).to_be_visible()
    take_picture(editor, "operator-announcement")
    before = last_id(town)
    editor.get_by_role("button", name=re.compile("^Wyślij do 2")).click()
    issued, took = wait_for(town, before, 2)
    record_property("announcement_to_sink_s", took)
    print(json.dumps({"measure": "announcement to sink", "seconds": round(took, 2)}))
    addressed = {("push", device), ("email", EMAIL)}
    assert {(channel, _same(to, device)) for channel, to in issued} == addressed, issued
    assert all(len(texts) == 1 and "Nie ma wody na Rynku" in texts[0] for texts in issued.values()), issued

    # Stefan now wants to hear of water as well: he gets the update, and so do those who had the first word
    choose(stefan, town, "sms", ["Prąd", "Woda"])
    expect(editor.get_by_role("heading", name="Nie ma wody na Rynku do 16:00")).to_be_visible()
    editor.get_by_role("link", name="Zmień", exact=True).or_(editor.get_by_role("button", name="Zmień", exact=True)).first.click()
    editor.get_by_label("Tytuł").fill("Nie ma wody na Rynku do 19:00")
    editor.get_by_role("button", name="Sprawdź przed wysłaniem").click()
    before = last_id(town)
    editor.get_by_role("button", name="Wyślij zmianę").click()
    updated, _ = wait_for(town, before, 3)
    everyone = addressed | {("sms", "+48" + PHONE)}
    assert {(channel, _same(to, device)) for channel, to in updated} == everyone, updated
    assert all(len(texts) == 1 and "19:00" in texts[0] for texts in updated.values()), updated

    editor.get_by_role("button", name="Odwołaj", exact=True).click()
    dialog = editor.get_by_role("dialog")
    dialog.get_by_label("Tytuł").fill("Woda wróciła na Rynek")
    dialog.get_by_label("Dlaczego odwołujemy").fill("Rura jest naprawiona.")
    before = last_id(town)
    dialog.get_by_role("button", name="Odwołaj i powiadom").click()
    cleared, _ = wait_for(town, before, 3)
    assert {(channel, _same(to, device)) for channel, to in cleared} == everyone, cleared
    assert all(len(texts) == 1 and re.search("Woda wr[oó]ci[lł]a", texts[0]) for texts in cleared.values()), cleared
    organisations = {message["to"] for message in town.arrived(channel="webhook") if message["id"] > before}
    assert organisations == {"szpital", "szkola"}
    assert not [to for (_, to) in {**issued, **updated, **cleared} if other_device.endswith(to) or to == other_device]

    halina.goto(town.citizen)
    expect(halina.get_by_text("Woda wróciła na Rynek").first).to_be_visible()
    take_picture(halina, "citizen-home-phone")
    desk = person(width=1366, height=768)
    desk.goto(town.citizen)
    expect(desk.get_by_text("Woda wróciła na Rynek").first).to_be_visible()
    desk.wait_for_load_state("networkidle")
    take_picture(desk, "citizen-home")


def _same(to: str, device: str) -> str:
    """The sinks name a push device by the end of its endpoint."""
    return device if device == to or device.endswith(f"/{to}") else to

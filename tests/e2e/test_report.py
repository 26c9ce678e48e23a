"""(b) A resident reports with a photo and a pin; the operator's list shows it within two seconds, without a reload."""

import io
import json
import re
import time
from collections.abc import Callable

import pytest
from PIL import Image, ImageDraw
from playwright.sync_api import Page, expect

from .console import sign_in
from .town import Town

pytestmark = [pytest.mark.browser, pytest.mark.timeout(300)]

GPS_INFO = 0x8825


def photo() -> bytes:
    """A phone's JPEG of 12 megapixels with its place in EXIF."""
    image = Image.new("RGB", (4000, 3000), (126, 131, 128))
    draw = ImageDraw.Draw(image)
    for row in range(0, 3000, 60):
        draw.line((0, row, 4000, row + 200), fill=(110 + row % 37, 112, 116), width=18)
    draw.ellipse((1400, 1100, 2700, 1900), fill=(48, 44, 42))
    exif = Image.Exif()
    exif[GPS_INFO] = {1: "N", 2: (51.0, 3.0, 0.0), 3: "E", 4: (20.0, 57.0, 0.0)}
    exif[0x010F] = "A phone"
    out = io.BytesIO()
    image.save(out, "JPEG", quality=92, exif=exif)
    return out.getvalue()


def fill_report(page: Page, town: Town, address: str, text: str, files: list[dict[str, object]]) -> None:
    page.goto(town.citizen)
    page.get_by_role("link", name="Zgłoś", exact=True).first.click()
    page.get_by_role("radio", name="Uszkodzona droga").or_(page.get_by_role("radio").first).first.check(force=True)
    page.get_by_role("button", name="Dalej").click()
    search = page.get_by_role("combobox", name="Ulica i numer albo znane miejsce")
    search.fill(address)
    page.get_by_role("listbox").get_by_role("option").first.click()
    expect(page.get_by_text("Wybrane miejsce")).to_be_visible()
    page.get_by_role("button", name="Dalej").click()
    page.get_by_label("Opis").fill(text)
    if files:
        page.locator("input[type=file]").set_input_files(files)  # type: ignore[arg-type]


def test_a_report_with_photo_and_pin_reaches_the_operator_within_two_seconds(
    town: Town,
    person: Callable[..., Page],
    take_picture: Callable[[Page, str], object],
    record_property: Callable[[str, object], None],
) -> None:
    clerk = person(scheme="dark")
    sign_in(clerk, town, "clerk")
    clerk.get_by_role("link", name="Zgłoszenia").first.click()
    expect(clerk.get_by_role("heading", name="Zgłoszenia").first).to_be_attached()
    clerk.evaluate("window.stillTheSamePage = true")

    resident = person(width=390, height=844)
    text = "Głęboka dziura na przejściu dla pieszych."
    fill_report(resident, town, "Rynek 2", text, [{"name": "dziura.jpg", "mimeType": "image/jpeg", "buffer": photo()}])
    expect(resident.get_by_role("img", name="Zdjęcie 1")).to_be_visible()
    take_picture(resident, "citizen-report")
    resident.get_by_role("button", name="Wyślij zgłoszenie").click()
    reference = resident.get_by_text("Z-20").first
    expect(reference).to_be_visible(timeout=20_000)
    accepted = time.monotonic()
    number = re.search(r"Z-\d{4}-\d+", resident.locator("body").inner_text())
    assert number
    row = clerk.get_by_role("region", name="Zgłoszenia").get_by_role("link", name=re.compile(number.group()))
    expect(row).to_be_visible(timeout=10_000)
    took = time.monotonic() - accepted
    record_property("report_to_operator_s", took)
    print(json.dumps({"measure": "report to operator", "seconds": round(took, 2)}))
    assert clerk.evaluate("window.stillTheSamePage") is True, "the page was loaded again"
    take_picture(resident, "citizen-report-sent")

    row.click()
    expect(clerk.get_by_text(text).first).to_be_visible()
    picture = clerk.get_by_role("img", name=re.compile("Zdjęcie 1")).first
    expect(picture).to_be_visible()
    served = clerk.request.get(town.console + (picture.get_attribute("src") or ""))
    assert served.ok
    stored = Image.open(io.BytesIO(served.body()))
    assert not stored.getexif(), "EXIF must be gone"
    assert max(stored.size) <= 2048
    clerk.wait_for_timeout(1500)
    take_picture(clerk, "operator-report")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [("notatka.jpg", b"this is not an image at all" * 40, "image/jpeg"), ("wirus.png", b"MZ\x90\x00" + bytes(4000), "image/png")],
)
def test_what_is_no_photo_is_named_and_nothing_is_stored(
    town: Town, person: Callable[..., Page], name: str, content: bytes, kind: str
) -> None:
    before = len(list((town.run / "photos").rglob("*.jpg")))
    resident = person(width=390, height=844)
    fill_report(resident, town, "Rynek 2", "Latarnia nie świeci.", [{"name": name, "mimeType": kind, "buffer": content}])
    expect(resident.get_by_text(name).or_(resident.get_by_role("alert")).first).to_be_visible()
    assert resident.get_by_role("img", name="Zdjęcie 1").count() == 0
    assert len(list((town.run / "photos").rglob("*.jpg"))) == before


def test_a_pin_outside_the_town_says_so(town: Town, person: Callable[..., Page]) -> None:
    page = person()
    page.goto(town.citizen)
    answer = page.request.post(
        f"{town.citizen}/api/v1/reports",
        multipart={"category": "road_damage", "text": "Dziura", "lat": "52.2297", "lon": "21.0122"},
        headers={"Origin": town.citizen},
    )
    assert answer.status == 422, answer.text()
    problem = answer.json()
    assert problem["type"].endswith("outside-town")
    assert problem["detail"]

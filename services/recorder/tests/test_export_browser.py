"""Package pages in real Chromium, opened from file://: the verifier on a good and a tampered package, the player."""

import asyncio
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from axe_playwright_python.async_playwright import Axe
from export_case import Case, make_case
from playwright.async_api import Page, async_playwright
from recorder_footage import Clip

from hejnal_local.chromium import launch_options
from hejnal_verify.boxes import top_boxes

WEB = Path(__file__).resolve().parents[3] / "web"
VERIFIER = WEB / "verifier/dist"

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def package(tmp_path_factory: pytest.TempPathFactory, clip: Clip) -> tuple[Case, Path]:
    """A package with the verifier page in it, zipped and unpacked."""
    if not (VERIFIER / "weryfikacja.js").exists():
        subprocess.run(["npm", "run", "build", "-w", "@hejnal/verifier"], cwd=WEB, check=True, capture_output=True, timeout=100)
    folder = tmp_path_factory.mktemp("pages")
    case = make_case(folder, clip, verifier_dir=VERIFIER)
    [*_, last] = case.run()
    assert "finished" in last, last
    shutil.unpack_archive(case.package, folder / "unpacked")
    [unpacked] = (folder / "unpacked").iterdir()
    return case, unpacked


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        context = await browser.new_context(offline=True, locale="pl-PL")
        page = await context.new_page()
        errors: list[str] = []
        page.on("pageerror", lambda error: errors.append(str(error)))
        yield page
        assert errors == []
        await browser.close()


async def check(page: Page, unpacked: Path, chosen: Path, fingerprint: str = "") -> str:
    await page.goto((unpacked / "weryfikacja.html").as_uri())
    await page.get_by_label("Skrót certyfikatu urzędu (SHA-256)").fill(fingerprint)
    await page.get_by_label("Paczka (plik .zip)").set_input_files(chosen)
    await page.locator("#verdict:not([hidden])").wait_for(timeout=60_000)
    return (await page.locator("#verdict").text_content()) or ""


async def until(page: Page, condition: str) -> None:
    """Waits from outside: the page's content security policy knows no eval."""
    async with asyncio.timeout(40):
        while not await page.evaluate(condition):
            await asyncio.sleep(0.05)


def fingerprint_of(unpacked: Path) -> str:
    command = ["openssl", "x509", "-in", str(unpacked / "ca.pem"), "-noout", "-fingerprint", "-sha256"]
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().split("=")[1]


async def test_a_good_package_is_found_good_offline(page: Page, package: tuple[Case, Path]) -> None:
    case, unpacked = package
    verdict = await check(page, unpacked, case.package, fingerprint_of(unpacked))
    assert verdict == "✓ Zgodne: nic nie zostało zmienione", await page.locator("#findings").inner_text()
    facts = await page.locator("#facts").inner_text()
    assert "RSD-123/26" in facts
    assert "pliki z nagraniem: 3, fragmenty: 28" in facts
    assert "Gmina Bugielsk" in facts
    await page.get_by_role("button", name="English").click()
    assert (await page.locator("#verdict").text_content()) == "✓ Genuine: nothing was changed"
    found = await Axe().run(page)
    assert found.response["violations"] == []


async def test_without_the_towns_fingerprint_it_says_what_is_left_to_do(page: Page, package: tuple[Case, Path]) -> None:
    case, unpacked = package
    assert "Porównaj jeszcze" in await check(page, unpacked, case.package)
    assert "Niezgodne" in await check(page, unpacked, case.package, "AA" * 32)
    assert "nie jest certyfikat tego urzędu" in await page.locator("#findings").inner_text()


async def test_a_changed_second_is_named(page: Page, package: tuple[Case, Path], tmp_path: Path) -> None:
    case, unpacked = package
    data = bytearray(case.package.read_bytes())
    media = unpacked / "media/cam-001_20260503T120000Z_001.mp4"
    original = media.read_bytes()
    with media.open("rb") as file:
        box = [box for box in top_boxes(file, len(original)) if box.kind == b"mdat"][7]
    data[data.index(original) + box.offset_bytes + 30] ^= 4
    changed = tmp_path / "changed.zip"
    changed.write_bytes(data)
    assert "Niezgodne" in await check(page, unpacked, changed, fingerprint_of(unpacked))
    findings = await page.locator("#findings").inner_text()
    assert "14:00:07 – 3.05.2026, 14:00:08]: zmieniono fragment" in findings, findings
    assert "podpis C2PA się nie zgadza" in findings


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (b'"case_number": "RSD-123/26"', b'"case_number": "RSD-124/26"', "podpis się nie zgadza"),
        (b"window.hejnalPlayer", b"window.hejnalPlayed", "plik został zmieniony"),
    ],
)
async def test_changed_papers_are_found(
    page: Page, package: tuple[Case, Path], tmp_path: Path, before: bytes, after: bytes, said: str
) -> None:
    case, unpacked = package
    data = case.package.read_bytes()
    assert before in data
    changed = tmp_path / "changed.zip"
    changed.write_bytes(data.replace(before, after))
    assert "Niezgodne" in await check(page, unpacked, changed)
    assert said in await page.locator("#findings").inner_text()


async def test_something_else_is_told_apart(page: Page, package: tuple[Case, Path], tmp_path: Path) -> None:
    other = tmp_path / "other.zip"
    other.write_bytes(b"no zip at all")
    assert "nie można sprawdzić" in await check(page, package[1], other)


async def test_the_player_plays_all_cameras_together_over_a_gap(page: Page, package: tuple[Case, Path]) -> None:
    _, unpacked = package
    await page.goto((unpacked / "odtwarzacz.html").as_uri())
    assert await page.locator("video").count() == 2
    assert "Kolizja na </script> Rynku" in await page.locator("#facts").inner_text()
    rows = await page.locator("#gaplist tbody tr").all_inner_texts()
    assert len(rows) == 1
    assert "brak łączności" in rows[0]
    await page.get_by_role("button", name="Odtwarzaj").click()
    await until(page, "hejnalPlayer.state().now > 2500")
    state = await page.evaluate("hejnalPlayer.state()")
    times = [tile["time"] for tile in state["tiles"]]
    assert abs(times[0] - times[1]) < 0.5, state
    await page.locator("#seek").evaluate("one => { one.value = 9000; one.dispatchEvent(new Event('input')); }")
    await until(page, "hejnalPlayer.state().tiles[1].note.includes('brak łączności')")
    await page.locator("#seek").evaluate("one => { one.value = 16000; one.dispatchEvent(new Event('input')); }")
    await until(page, "hejnalPlayer.state().now > 16400 && hejnalPlayer.state().tiles[1].file.includes('_002')")
    state = await page.evaluate("hejnalPlayer.state()")
    first, second = (tile["time"] for tile in state["tiles"])
    assert abs(first - second - 8) < 0.5, state  # the file after the gap begins at 15 s, its media time at 7 s
    await page.get_by_role("button", name="Pauza").click()
    found = await Axe().run(page)
    assert found.response["violations"] == []

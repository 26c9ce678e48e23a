"""The built residents' app in real Chromium, served by a whole citizen-api over sockets, in a town that has something to say."""

import fcntl
import io
import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from PIL import Image, ImageDraw
from playwright.async_api import Browser, BrowserContext, Page, async_playwright

from hejnal_citizen.cameras import CameraRegisterKeeper
from hejnal_citizen.town.importer import TownFile, import_town
from hejnal_contracts.cameras import CameraRegistered, RecordingPlan, StreamSource, ViewCone
from hejnal_local.chromium import launch_options
from hejnal_runtime.bus import Message
from hejnal_runtime.ids import new_id

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PICTURES = ROOT / "test-results" / "pictures"
VAPID_KEY = "BHG5nxb1nnnE5xdLnPrsurlw2MNKmJ2D0ev2cA9Z0GgxuH-iL70MRcgFEbHUuf76ceT2Wqf2m_KSYAr9pFh1KbI"


def build_pwa(folder: Path) -> Path:
    """The app's files, built from its sources; the build itself fails above the script budget."""
    subprocess.run(["node", "tooling/generate-clients.mjs"], cwd=WEB, check=True, capture_output=True, timeout=60)
    command = ["npx", "vite", "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn"]
    done = subprocess.run(command, cwd=WEB / "citizen", capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def draw_town(folder: Path) -> Path:
    """Bugielsk with its map: town.json, town.pmtiles, cameras.json."""
    command = [sys.executable, "-m", "hejnal_town", "--out", str(folder), "--cameras", "6"]
    subprocess.run(command, check=True, capture_output=True, timeout=240)
    return folder


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], Path]) -> Path:
    """What `make` puts into a folder, made once for all workers of this run; who comes second waits."""
    root = factory.getbasetemp()
    if os.environ.get("PYTEST_XDIST_WORKER"):
        root = root.parent
    with (root / f"{name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder, done = root / name, root / f"{name}.done"
        if not done.exists():
            folder.mkdir(exist_ok=True)
            make(folder)
            done.touch()
    return folder


@dataclass
class Town:
    """A town that runs, and what was put into it."""

    url: str
    staff_url: str
    house: Any
    drawn: Path
    push_keys: Path
    """The file with the keys that browsers subscribe with."""
    announcements: list[dict[str, Any]] = field(default_factory=list)
    reports: list[dict[str, Any]] = field(default_factory=list)
    consultations: list[dict[str, Any]] = field(default_factory=list)

    @property
    def facts(self) -> dict[str, Any]:
        """The town's file."""
        loaded: dict[str, Any] = json.loads((self.drawn / "town.json").read_text())
        return loaded

    async def staff(self, method: str, path: str, body: dict[str, Any] | None = None, role: str = "editor") -> dict[str, Any]:
        """One act of a member of staff through the internal door."""
        headers = self.house.gateway.headers("citizen-api", subject=f"{role}-1", role=role)
        async with httpx.AsyncClient(base_url=f"{self.staff_url}/staff/v1", headers=headers, timeout=20) as http:
            answer = await http.request(method, path, json=body)
        assert answer.is_success, answer.text
        given: dict[str, Any] = answer.json() if answer.content else {}
        return given

    async def report(
        self, category: str, text: str, *, north: float = 0.0, east: float = 0.0, photo: bool = False
    ) -> dict[str, Any]:
        """One report of a resident without an account, near the town's centre."""
        center = self.facts["center"]
        fields = {"category": category, "text": text, "lat": str(center["lat"] + north), "lon": str(center["lon"] + east)}
        parts: list[Any] = [(name, (None, value)) for name, value in fields.items()]
        if photo:
            parts.append(("photos", ("dziura.jpg", picture(), "image/jpeg")))
        async with httpx.AsyncClient(base_url=self.url, headers={"Origin": self.url}, timeout=30) as http:
            answer = await http.post("/api/v1/reports", files=parts)
        assert answer.status_code == 201, answer.text
        self.reports.append(answer.json())
        return self.reports[-1]


def picture(size: tuple[int, int] = (1200, 900)) -> bytes:
    """A photo of a hole in the road, as far as a drawing goes."""
    image = Image.new("RGB", size, (126, 131, 128))
    draw = ImageDraw.Draw(image)
    for row in range(0, size[1], 30):
        draw.line((0, row, size[0], row + 60), fill=(110 + row % 37, 112, 116), width=9)
    draw.ellipse((size[0] * 0.35, size[1] * 0.4, size[0] * 0.7, size[1] * 0.65), fill=(48, 44, 42))
    out = io.BytesIO()
    image.save(out, "JPEG", quality=90)
    return out.getvalue()


@asynccontextmanager
async def resident_town(open_house: Any, running: Any, site: Path, drawn: Path) -> AsyncIterator[Town]:
    """A citizen-api with the app, the map, announcements, reports and cameras; its clock is the machine's."""
    push_keys = drawn.parent / f"{new_id()}.pub"
    push_keys.write_text(VAPID_KEY + "\n")
    async with (
        open_house(town=False) as house,
        running(
            house,
            bootstrap="127.0.0.1:1",
            SITE_DIR=site,
            MAP_FILE=drawn / "town.pmtiles",
            VAPID_PUBLIC_KEY_FILE=push_keys,
            FOUR_EYES_EMERGENCIES="false",
            CAMERA_ADMINISTRATOR="Prezydent Miasta Bugielska, iod@bugielsk.example, tel. 41 200 00 00",
        ) as service,
    ):
        async with house.res.database.transaction() as session:
            await import_town(session, TownFile.model_validate_json((drawn / "town.json").read_text()))
        town = Town(url=service.public, staff_url=service.internal, house=house, drawn=drawn, push_keys=push_keys)
        await _fill(town)
        yield town


async def _fill(town: Town) -> None:
    streets = [street["name"] for street in town.facts["streets"]][:2]
    for body in _announcements(datetime.now(UTC), streets):
        town.announcements.append(await town.staff("POST", "/announcements", body))
    first = town.announcements[0]
    change = _announcements(datetime.now(UTC), streets)[0] | {"expected_version": first["version"]}
    change["texts"]["pl"]["body"] += " Ekipa jest już na miejscu."
    await town.staff("PUT", f"/announcements/{first['id']}", change)
    gone = town.announcements[-1]
    clear = {"expected_version": gone["version"], "texts": {"pl": {"title": "Prąd już jest", "body": "Awaria usunięta."}}}
    await town.staff("POST", f"/announcements/{gone['id']}/cancellation", clear)
    await town.report("road_damage", "Głęboka dziura przy przejściu, rowery ją omijają jezdnią.", photo=True)
    await town.report("lighting", "Od tygodnia nie świecą dwie latarnie przy placu zabaw.", north=0.001)
    for body in _consultations(datetime.now(UTC), town.facts["center"]):
        made = await town.staff("POST", "/consultations", body)
        town.consultations.append(await town.staff("POST", f"/consultations/{made['id']}/opening"))
    await town.staff("PUT", "/report-categories/lighting", LIGHTING, role="admin")
    keeper = CameraRegisterKeeper(town.house.res.database)
    for number, camera in enumerate(json.loads((town.drawn / "cameras.json").read_text())):
        fact = CameraRegistered(
            camera_id=camera["camera_id"],
            version=1,
            name=camera["name"],
            place=camera["place"],
            address=camera["address"],
            streams=(StreamSource(name="main", url="rtsp://127.0.0.1/x"),),
            recording=RecordingPlan(enabled=number != 0),
            view_cone=ViewCone.model_validate(camera["view_cone"]) if camera.get("view_cone") else None,
            purpose=camera["purpose"],
            changed_at=datetime.now(UTC),
        )
        await keeper(_message(fact))


def _message(fact: CameraRegistered) -> Message:
    return Message(
        topic="cameras",
        partition=0,
        offset=0,
        key=fact.camera_id,
        id=fact.camera_id,
        type=fact.TYPE,
        source="operator-gateway",
        time=fact.changed_at,
        traceparent=None,
        fact=fact,
    )


def _words(polish: str, english: str, ukrainian: str) -> dict[str, str]:
    return {"pl": polish, "en": english, "uk": ukrainian}


LIGHTING: dict[str, Any] = {
    "names": _words("Oświetlenie", "Lighting", "Освітлення"),
    "unit": "Zarząd Dróg Miejskich",
    "anonymous_allowed": True,
    "questions": [
        {
            "code": "what",
            "kind": "single",
            "label": _words("Co się dzieje?", "What is it?", "Що сталося?"),
            "required": True,
            "choices": [
                {"code": "dark", "label": _words("Nie świeci", "It is dark", "Не світить")},
                {"code": "blinks", "label": _words("Mruga", "It blinks", "Блимає")},
            ],
        },
        {"code": "lamp", "kind": "string", "label": _words("Numer latarni", "Number of the lamp", "Номер ліхтаря")},
    ],
}


def _consultations(now: datetime, center: dict[str, float]) -> list[dict[str, Any]]:
    cone = {"azimuth_deg": 40, "angle_deg": 80, "range_m": 90}
    return [
        {
            "kind": "camera_site",
            "texts": {
                "pl": {"title": "Gdzie postawić kamerę na Rynku?", "body": "Chcemy, żeby wieczorem było tu bezpieczniej."},
                "en": {"title": "Where should the camera on the Rynek stand?", "body": "We want safer evenings here."},
                "uk": {"title": "Де поставити камеру на Ринку?", "body": "Ми хочемо, щоб увечері тут було безпечніше."},
            },
            "options": [
                {
                    "code": "north",
                    "names": _words("Pierzeja północna", "North side", "Північний бік"),
                    "place": center,
                    "view_cone": cone,
                },
                {
                    "code": "fountain",
                    "names": _words("Przy fontannie", "By the fountain", "Біля фонтана"),
                    "place": {"lat": center["lat"] + 0.0006, "lon": center["lon"] + 0.0006},
                    "view_cone": cone | {"azimuth_deg": 220},
                },
                {"code": "none", "names": _words("Nie stawiać", "No camera", "Не ставити")},
            ],
            "vote_rule": "device",
            "opinions": "at_once",
            "rules": "uchwała nr XII/99/2024",
            "opens_at": (now - timedelta(minutes=1)).isoformat(),
            "closes_at": (now + timedelta(days=14)).isoformat(),
        }
    ]


def _announcements(now: datetime, streets: list[str]) -> list[dict[str, Any]]:
    def until(hours: float) -> str:
        return (now + timedelta(hours=hours)).isoformat()

    return [
        {
            "category": "water",
            "severity": "emergency",
            "texts": {
                "pl": {
                    "title": f"Nie pij wody z kranu: {streets[0]} i okolice",
                    "body": "Pękła rura i woda jest zanieczyszczona. Beczkowóz stoi przy szkole.",
                    "instruction": "Nie pij i nie gotuj na tej wodzie.\nMożesz spłukiwać toaletę.",
                },
                "en": {
                    "title": f"Do not drink tap water: {streets[0]}",
                    "body": "A main has burst. A water tank stands at the school.",
                },
                "uk": {
                    "title": f"Не пийте воду з крана: {streets[0]}",
                    "body": "Прорвало трубу. Біля школи стоїть цистерна з водою.",
                },
            },
            "area": {"kind": "streets", "streets": streets},
            "valid_until": until(20),
            "channels": ["push", "email", "sms"],
        },
        {
            "category": "roads",
            "severity": "warning",
            "texts": {"pl": {"title": "Objazd na Warszawskiej", "body": "Wymieniamy nawierzchnię. Autobusy jadą objazdem."}},
            "area": {"kind": "town"},
            "valid_until": until(30),
            "channels": ["push"],
        },
        {
            "category": "events",
            "severity": "info",
            "texts": {"pl": {"title": "Jarmark na Rynku w sobotę", "body": "Od 10:00 do 18:00. Rękodzieło, miód i muzyka."}},
            "area": {"kind": "town"},
            "valid_from": until(40),
            "valid_until": until(90),
            "channels": ["push"],
        },
        {
            "category": "safety",
            "severity": "notice",
            "drill": True,
            "texts": {"pl": {"title": "Próba syren o 12:00", "body": "Syreny zawyją na trzy minuty. To tylko ćwiczenia."}},
            "area": {"kind": "town"},
            "valid_until": until(5),
            "channels": ["push"],
        },
        {
            "category": "power",
            "severity": "warning",
            "texts": {"pl": {"title": "Nie ma prądu na Łąkowej", "body": "Elektrycy już jadą."}},
            "area": {"kind": "town"},
            "valid_until": until(4),
            "channels": ["push"],
        },
    ]


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@dataclass
class Person:
    """Somebody with a phone: one browser context and its page."""

    page: Page
    context: BrowserContext
    town: Town

    async def open(self, path: str) -> None:
        """Go to a page of the app and wait until it stands: its heading is there, nothing is drawn as waiting any more."""
        await self.page.goto(self.town.url + path)
        await self.settled()

    async def settled(self) -> None:
        """The page's heading is there, and nothing is drawn as waiting."""
        await self.page.locator("main h1").wait_for()
        await self.page.wait_for_function("() => !document.querySelector('.skeleton')")

    async def violations(self) -> list[str]:
        """What axe finds on the page as it stands, contrast included."""
        await self.page.evaluate(AXE.read_text())  # through the debugger: the page's own policy lets no foreign script in
        found = await self.page.evaluate(
            "(tags) => axe.run(document, {runOnly: tags}).then(({violations}) => violations.map((v) => "
            "`${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`))",
            RULES,
        )
        return [str(one) for one in found]

    async def take_picture(self, name: str) -> None:
        """A picture of the whole page in the folder of test results."""
        PICTURES.mkdir(parents=True, exist_ok=True)
        await self.page.screenshot(path=PICTURES / f"pwa-{name}.png", full_page=True, animations="disabled")


@asynccontextmanager
async def person(town: Town, browser: Browser, **options: Any) -> AsyncIterator[Person]:
    """A page of somebody; what its scripts throw or the policy forbids fails the test."""
    chosen = {"viewport": {"width": 360, "height": 740}, "locale": "pl-PL", "timezone_id": "Europe/Warsaw", **options}
    context = await browser.new_context(**chosen)
    context.set_default_timeout(20_000)
    errors: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    try:
        yield Person(page, context, town)
    finally:
        await context.close()
    assert not errors, errors

"""The built console in real Chromium, served by a whole gateway; recorder and citizen-api answer as told."""

import json
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import web
from gateway_house import Gateway, Upstream, sign_in_body
from gateway_relay import FakeIngest
from playwright.async_api import Browser, Page, async_playwright

from hejnal_gateway.accounts.roles import Role
from hejnal_local.chromium import launch_options

ROOT = Path(__file__).parents[3]
WEB = ROOT / "web"
AXE = WEB / "node_modules" / "axe-core" / "axe.min.js"
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


def build_console(folder: Path) -> Path:
    """The console's files, built from its sources."""
    command = ["npx", "vite", "build", "--outDir", str(folder), "--emptyOutDir", "--logLevel", "warn"]
    done = subprocess.run(command, cwd=WEB / "operator", capture_output=True, text=True, timeout=150, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        yield browser
        await browser.close()


@asynccontextmanager
async def signed_in_page(gateway: Gateway) -> AsyncIterator[Page]:
    """An empty page of the gateway's origin, an operator signed in: for scripts of a test's own."""
    assert gateway.settings.static_dir is not None
    (gateway.settings.static_dir / "index.html").write_text("<!doctype html><title>Console</title><body>")
    credentials = await gateway.account(Role.OPERATOR)
    async with chromium() as browser:
        page = await browser.new_page()
        await page.goto(gateway.url)
        status = await page.evaluate(
            """async (body) => (await fetch('/api/v1/session',
              {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).status""",
            sign_in_body(credentials),
        )
        assert status == 200
        yield page


@asynccontextmanager
async def console_of(gateway: Gateway, browser: Browser, role: Role, **options: Any) -> AsyncIterator[Page]:
    """A page of somebody who is signed in; what its scripts throw or the policy forbids fails the test."""
    credentials = await gateway.account(role)
    context = await browser.new_context(
        **{"viewport": {"width": 1366, "height": 768}, "locale": "pl-PL", "timezone_id": "Europe/Warsaw", **options}
    )
    context.set_default_timeout(20_000)
    errors: list[str] = []
    page = await context.new_page()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda said: errors.append(said.text) if "Content Security Policy" in said.text else None)
    await page.goto(gateway.url)
    signed_in = await page.evaluate(
        """async (body) => (await fetch('/api/v1/session',
          {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})).status""",
        sign_in_body(credentials),
    )
    assert signed_in == 200
    await page.goto(gateway.url)
    await page.get_by_role("banner").wait_for()
    yield page
    await context.close()
    assert not errors, errors


async def violations(page: Page) -> list[str]:
    """What axe finds on the page as it stands, contrast included."""
    # Through the debugger: the page's own policy lets no foreign script in.
    await page.evaluate(AXE.read_text())
    found = await page.evaluate(
        "(tags) => axe.run(document, {runOnly: tags}).then(({violations}) => violations.map((v) => "
        "`${v.id}: ${v.nodes.map((n) => n.html.slice(0, 160)).join(' | ')}`))",
        RULES,
    )
    return [str(one) for one in found]


async def hang_cameras(gateway: Gateway, ingest: FakeIngest, count: int) -> None:
    """Cameras cam-001…, all of which `ingest` relays."""
    for number in range(1, count + 1):
        camera_id = f"cam-{number:03d}"
        await gateway.add_camera(camera_id, name=PLACES[number % len(PLACES)], address=f"Rynek {number}")
        await gateway.publish(ingest.status(camera_id), "ingest")
        await gateway.eventually(lambda id_=camera_id: gateway.resources.board.report(id_))


def answer_as_services(upstream: Upstream) -> None:
    """What recorder and citizen-api say when a town has an hour of footage, one gap, and packages in each state."""
    upstream.answers = _Answers()


PLACES = ("Rynek, ratusz", "Dworzec PKP, peron 1", "ul. Kościelna / Szkolna", "Most na Kamiennej", "Park miejski, fontanna")
_HOUR = timedelta(hours=1)


class _Answers(dict[str, Any]):
    def __missing__(self, path: str) -> Any:
        return lambda request: web.json_response(*_said(path, request))


def _said(path: str, request: web.Request) -> tuple[Any, ...]:
    if path.endswith("/timeline"):
        return (_timeline(request),)
    if path.endswith("/exports"):
        return ({"exports": [_export(number, **change) for number, change in enumerate(_EXPORTS)]},)
    if path.endswith("/keyframes"):
        return ({"items": []},)
    if path.endswith("/town"):
        return (_TOWN,)
    if path.endswith(("/reports", "/announcements")):
        return ({"items": [], "next_cursor": None},)
    return ({"type": "urn:hejnal:problem:not-found", "title": "not-found", "status": 404, "detail": path},)


def _timeline(request: web.Request) -> dict[str, Any]:
    begin, end = (datetime.fromisoformat(request.query[name]) for name in ("from", "to"))
    gap = begin + (end - begin) * 0.45, begin + (end - begin) * 0.5
    edges = [(begin, gap[0], "footage", None), (*gap, "gap", "link_down"), (gap[1], end, "footage", None)]
    spans = [
        {"kind": kind, "from": since.isoformat(), "to": until.isoformat(), "cause": cause, "detail": ""}
        for since, until, kind, cause in edges
    ]
    return {"camera_id": "cam-001", "from": begin.isoformat(), "to": end.isoformat(), "spans": spans, "completeness": 0.987}


_EXPORTS: tuple[dict[str, Any], ...] = (
    {"state": "awaiting_approval"},
    {"state": "running", "stage": "packing", "done_bytes": 60, "total_bytes": 100},
    {"state": "finished", "size_bytes": 48_000_000, "stamped": False, "damaged": 2},
    {"state": "failed", "failure": "disk-full"},
    {"state": "expired"},
)


def _export(number: int, **change: Any) -> dict[str, Any]:
    now = datetime.now(UTC)
    return {
        "export_id": f"e-{number}",
        "requested_by": "somebody",
        "requested_at": now.isoformat(),
        "approved_by": None,
        "cancelled_by": None,
        "reason": "Kolizja na Rynku, wniosek Policji",
        "case_number": f"RSD-{number + 1}/26",
        "cameras": ["cam-001", "cam-002"],
        "from": (now - _HOUR).isoformat(),
        "to": (now - _HOUR / 2).isoformat(),
        "masks": [],
        "originals": True,
        "footage_bytes": 1_000_000,
        "footage_s": 300,
        "stage": "",
        "done_bytes": 0,
        "total_bytes": 0,
        "finished_at": None,
        "expires_at": (now + 72 * _HOUR).isoformat(),
        "size_bytes": None,
        "sha256": None,
        "stamped": None,
        "damaged": None,
        "failure": None,
        "failure_detail": None,
    } | change


_TOWN: dict[str, Any] = {
    "name": "Bugielsk",
    "teryt": "0000000",
    "center": {"lat": 51.05, "lon": 20.95},
    "bounds": [20.9, 51.0, 21.0, 51.1],
    "boundary": json.loads('{"type": "Polygon", "coordinates": [[[20.9, 51], [21, 51], [21, 51.1], [20.9, 51]]]}'),
    "languages": ["pl", "en", "uk"],
    "vapid_public_key": None,
    "map_url": None,
    "announcement_categories": [],
    "report_categories": [],
    "consent": {"version": "1", "legal_basis": "", "texts": {}},
}

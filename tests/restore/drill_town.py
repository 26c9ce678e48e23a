"""The town of the drill: what `make run` starts, in a folder of its own; it can be ended, destroyed, brought back and asked."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import asyncpg
import httpx
import pyotp

from hejnal_local import settings as s
from hejnal_local.database_roles import url_of
from hejnal_local.ports import free_ports
from hejnal_local.programs import DATABASE, SERVICES, Town
from hejnal_local.seeds import run_command
from hejnal_local.settings import LocalSettings
from hejnal_local.workspace import Workspace

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 1500
CAMERAS, STREET_CAMERAS = 1, 1


class DrillError(AssertionError):
    """Something that must be there after a restore is not, or something happened that must not."""


@dataclass
class DrillTown:
    """A town under `folder`; `environment` makes every command of ours speak of it."""

    folder: Path
    environment: dict[str, str]
    town: Town
    process: subprocess.Popen[bytes] | None = None
    used_step: int = 0
    http: httpx.Client = field(default_factory=lambda: httpx.Client(timeout=30))

    @classmethod
    def make(cls, folder: Path) -> "DrillTown":
        """A town that does not run yet, on ports of its own."""
        ports = dict(zip((one.name for one in s.PORTS), map(str, free_ports(len(s.PORTS))), strict=True))
        own = ports | {s.CAMERAS.name: str(CAMERAS), s.STREET_CAMERAS.name: str(STREET_CAMERAS)}
        environment = {**os.environ, **own, "HEJNAL_RUN_DIR": str(folder / "run")}
        settings = LocalSettings.load(ROOT, environment)
        return cls(folder, environment, Town(Workspace(ROOT, folder / "run"), settings))

    @property
    def run(self) -> Path:
        return self.town.workspace.run

    def url(self, port: s.Variable) -> str:
        return f"http://localhost:{self.town.settings.port(port)}"

    def start(self) -> float:
        """Start and wait until everything is healthy; seconds."""
        began = time.monotonic()
        log = self.folder / "start.log"
        with log.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "hejnal_local", "run"], cwd=ROOT, env=self.environment, stdin=subprocess.DEVNULL,
                stdout=out, stderr=out,
            )  # fmt: skip
        while b"everything is healthy" not in log.read_bytes():
            if self.process.poll() is not None or time.monotonic() - began > START_TIMEOUT_S:
                raise DrillError("the town did not start:\n" + log.read_text()[-4000:])
            time.sleep(0.2)
        return time.monotonic() - began

    def end(self) -> None:
        """End the town; its state stays."""
        if self.process is None or self.process.poll() is not None:
            return
        self.process.send_signal(signal.SIGTERM)
        try:
            self.process.wait(90)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait(10)

    def destroy(self, *, spared: tuple[str, ...]) -> None:
        """The machine is gone; what is `spared` lay on another one."""
        self.end()
        self.town.database.forget()
        for path in self.run.iterdir():
            if path.name in spared:
                continue
            shutil.rmtree(path) if path.is_dir() and not path.is_symlink() else path.unlink()

    def command(self, *words: str) -> str:
        """Output of `python -m hejnal_local …`; DrillError with what it said when it fails."""
        command = [sys.executable, "-m", "hejnal_local", *words]
        done = subprocess.run(command, check=False, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise DrillError(f"`{' '.join(words)}` failed:\n{(done.stdout + done.stderr)[-3000:]}")
        return done.stdout + done.stderr

    def service(self, name: str, *words: str) -> str:
        """Output of a service's own command."""
        return run_command(self.town, next(one for one in SERVICES if one.name == name), *words)

    async def rows(self, query: str, *values: Any) -> list[Any]:
        """Look into the database as its superuser."""
        connection = await asyncpg.connect(url_of(self.town.database.admin_url, database=DATABASE), timeout=20)
        try:
            return [tuple(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    def credentials(self) -> dict[str, Any]:
        known: dict[str, Any] = json.loads((self.run / "credentials.json").read_text(encoding="utf-8"))
        return known

    def staff(self, method: str, path: str, body: Any = None) -> Any:
        """citizen-api's staff door, by a token of the gateway."""
        headers = {"Authorization": f"Bearer {self.credentials()['service_tokens']['citizen-api']}"}
        url = f"{self.town.internal_url('citizen-api')}/staff/v1{path}"
        answer = self.http.request(method, url, json=body, headers=headers)
        if answer.status_code >= 300:
            raise DrillError(f"{method} {path} answered {answer.status_code}: {answer.text[:500]}")
        return answer.json() if answer.content else None

    def announce(self, title: str, category: str, *channels: str) -> str:
        """Tell the town something."""
        body = {
            "category": category,
            "severity": "warning",
            "texts": {"pl": {"title": title, "body": "To są ćwiczenia odtwarzania."}},
            "area": {"kind": "town"},
            "valid_until": (datetime.now(UTC) + timedelta(hours=6)).isoformat(),
            "channels": list(channels),
        }
        return str(self.staff("POST", "/announcements", body)["id"])

    def arrived(self, channel: str, title: str) -> list[dict[str, Any]]:
        """What devices and mailboxes got of a title, repeats too."""
        found = self.http.get(f"{self.url(s.SINKS_PORT)}/api/messages", params={"channel": channel}).json()["messages"]
        return [one for one in found if title in f"{one['subject']} {one['text']}"]

    def outage(self, channel: str, seconds: int) -> None:
        """The provider of a channel is away."""
        self.http.post(f"{self.url(s.SINKS_PORT)}/api/outage", json={"channel": channel, "seconds": seconds}).raise_for_status()

    def sign_in(self, role: str) -> httpx.Client:
        """A member of staff's browser: password and the one-time code of this half minute, each code once."""
        person = next(one for one in self.credentials()["staff"] if one["role"] == role)
        totp = pyotp.TOTP(person["totp_secret"])
        while int(time.time()) // totp.interval <= self.used_step or time.time() % totp.interval > totp.interval - 4:
            time.sleep(0.5)
        self.used_step = int(time.time()) // totp.interval
        console = self.url(s.GATEWAY_PORT)
        browser = httpx.Client(timeout=30, base_url=console, headers={"Origin": console})
        body = {"login": person["login"], "password": person["password"], "code": totp.now()}
        answer = browser.post("/api/v1/session", json=body)
        if answer.status_code != 200:
            raise DrillError(f"{role} cannot sign in: {answer.status_code} {answer.text[:300]}")
        return browser


def until(check: Callable[[], Any], what: str, timeout_s: float = 90) -> Any:
    """The first true value of `check()`; DrillError when there is none in time."""
    deadline = time.monotonic() + timeout_s
    while True:
        value = check()
        if value:
            return value
        if time.monotonic() > deadline:
            raise DrillError(f"{what} did not happen within {timeout_s:.0f} s (last: {value!r})")
        time.sleep(0.3)

"""A whole town for the end-to-end tests: what `make run` starts, on ports and in a folder of its own."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import pyotp

from hejnal_local import settings as s
from hejnal_local.ports import free_ports

ROOT = Path(__file__).parents[2]
START_TIMEOUT_S = 600
SIMULATED_CAMERAS = 4


@dataclass(frozen=True)
class Town:
    """Addresses and secrets of a running town."""

    run: Path
    citizen: str
    console: str
    sinks: str
    environment: dict[str, str] = field(default_factory=dict)
    """With which commands of `make` speak to this town."""
    used: dict[str, int] = field(default_factory=dict)
    """The half minute whose code each role has used up: it opens the door once."""

    def staff(self, role: str) -> dict[str, str]:
        """Login, password and TOTP secret of the demo account with a role."""
        known: list[dict[str, str]] = json.loads((self.run / "credentials.json").read_text())["staff"]
        return next(one for one in known if one["role"] == role)

    def one_time_code(self, role: str) -> str:
        """The code of this half minute; waits for the next one when the present one is about to end or has been used."""
        totp = pyotp.TOTP(self.staff(role)["totp_secret"])
        left_s = totp.interval - time.time() % totp.interval
        if left_s < 3 or int(time.time()) // totp.interval <= self.used.get(role, 0):
            time.sleep(left_s + 0.2)
        self.used[role] = int(time.time()) // totp.interval
        return totp.now()

    def arrived(self, **query: str) -> list[dict[str, Any]]:
        """What the sinks have received, oldest first."""
        parameters = "&".join(f"{name}={value}" for name, value in query.items())
        with urlopen(f"{self.sinks}/api/messages?{parameters}", timeout=5) as response:
            messages: list[dict[str, Any]] = json.load(response)["messages"]
        return messages


@contextmanager
def running_town(**more: str) -> Iterator[Town]:
    """Start a town and end it, with its whole state, afterwards; `more` are variables of its own. `HEJNAL_E2E_RUN_DIR` names
    one that runs already (its ports are then those of `.env`)."""
    already = os.environ.get("HEJNAL_E2E_RUN_DIR")
    if already:
        settings = s.LocalSettings.load(ROOT)
        yield _town(Path(already), settings, {**settings.values, "HEJNAL_RUN_DIR": already})
        return
    folder = Path(tempfile.mkdtemp(prefix="hejnal-e2e-"))
    folder.chmod(0o711)  # PostgreSQL's own user has to pass through
    ports = dict(zip((variable.name for variable in s.PORTS), map(str, free_ports(len(s.PORTS))), strict=True))
    own = {**ports, s.CAMERAS.name: str(SIMULATED_CAMERAS), s.STREET_CAMERAS.name: "2", **more}
    own["HEJNAL_RUN_DIR"] = str(folder / "run")
    environment = {**os.environ, **own}
    log = (folder / "start.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "hejnal_local", "run"], cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log
    )
    try:
        deadline = time.monotonic() + START_TIMEOUT_S
        while b"everything is healthy" not in (folder / "start.log").read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError("the town did not start:\n" + (folder / "start.log").read_text()[-4000:])
            time.sleep(0.2)
        yield _town(folder / "run", s.LocalSettings.load(ROOT, environment), own)
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(10)
        log.close()
        _keep_logs(folder)
        shutil.rmtree(folder, ignore_errors=True)


def _town(run: Path, settings: s.LocalSettings, environment: dict[str, str]) -> Town:
    def url(port: s.Variable) -> str:
        return f"http://localhost:{settings.port(port)}"

    return Town(run, url(s.CITIZEN_PORT), url(s.GATEWAY_PORT), url(s.SINKS_PORT), environment)


def _keep_logs(folder: Path) -> None:
    """The services' logs outlive the town, for reading after a failure."""
    kept = ROOT / "test-results" / "e2e-logs"
    shutil.rmtree(kept, ignore_errors=True)
    if (folder / "run" / "log").is_dir():
        shutil.copytree(folder / "run" / "log", kept)

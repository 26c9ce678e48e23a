"""Fills the demo town: its map and addresses, its cameras, its staff. Repeating it changes nothing that is already there."""

import json
import os
import subprocess
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hejnal_local import settings as s
from hejnal_local.demo_life import DemoLife
from hejnal_local.keys import write_private
from hejnal_local.programs import SERVICES, Service, Town
from hejnal_local.second_copies import STANDBY
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_runtime.tokens import TokenIssuer, load_key

DEMO_LIFE = "1"
"""Changes when the demo town is to get more life."""

TOKEN_TTL_S = 300
"""The longest life the services accept; `make run` writes new tokens while it runs."""


class SeedError(RuntimeError):
    """A service refused what was to be put in; the text holds what it said."""


@dataclass(frozen=True, slots=True)
class Staff:
    """A member of the demo town's staff."""

    role: str
    login: str
    name: str


STAFF: tuple[Staff, ...] = (
    Staff("operator", "operator", "Marta Zielińska"),
    Staff("dispatcher", "dyspozytor", "Paweł Kaczmarek"),
    Staff("editor", "redaktor", "Anna Wójcik"),
    Staff("clerk", "referent", "Tomasz Lis"),
    Staff("dpo", "iod", "Ewa Sikora"),
    Staff("admin", "administrator", "Jan Mazur"),
)


class Seeds:
    """Puts the demo town in through the services' own commands."""

    def __init__(self, town: Town, say: Callable[[str], None]) -> None:
        self._town = town
        self._say = say
        self._stamps = Stamps(town.workspace.run / "stamps")

    @property
    def credentials_file(self) -> Path:
        """Who may sign in, with which secrets (mode 600)."""
        return self._town.workspace.run / "credentials.json"

    def write_camera_accounts(self) -> None:
        """Random passwords for the street cameras, where their simulator reads them."""
        accounts = {
            camera: {"username": camera, "password": self._town.keys.secret(camera)} for camera in self._town.street_camera_ids()
        }
        write_private(self._town.accounts_file, json.dumps(accounts))

    def import_town(self) -> None:
        """Addresses, districts and boundary into citizen-api; the cameras into the gateway. Only what has changed."""
        self._import("citizen-api", "import-town", self._town.town_folder / "town.json")
        self._import("operator-gateway", "import-cameras", self._town.town_folder / "cameras.json", "--prune")

    def let_programs_in(self) -> None:
        """The key of `open311_api_key` opens the town's Open311 door. Only when it has changed."""
        file = self._town.workspace.run / "open311-api-key"
        write_private(file, self._town.keys.secret("open311-api-key") + "\n")
        made_for = fingerprint(file)
        if not self._stamps.is_current("open311-key", made_for):
            self._say("letting other programs in by Open311")
            self._command("citizen-api", "open311-key", str(file), "--label", "credentials.json", "--may-read", "--may-update")
            self._stamps.record("open311-key", made_for)

    def create_staff(self, people: Sequence[Staff] = STAFF) -> None:
        """One account for each person, with a random password and TOTP secret."""
        credentials = self._read_credentials()
        known = {one["login"] for one in credentials["staff"]}
        missing = [person for person in people if person.login not in known]
        if missing:
            self._say(f"creating {len(missing)} staff accounts")
        with ThreadPoolExecutor(2) as pool:  # mostly the start of Python: two at a time suit two cores
            for made in pool.map(self._create_account, missing):
                credentials["staff"].append(made)
                self._write_credentials(credentials)

    def _create_account(self, person: Staff) -> dict[str, str]:
        arguments = ["--login", person.login, "--role", person.role, "--name", person.name, "--if-missing"]
        made = _last_json(self._command("operator-gateway", "create-account", *arguments))
        if made is None:
            raise SeedError(
                f"the account {person.login} exists, but its secrets are not in {self.credentials_file.name}: "
                "an earlier start was interrupted. `make clean-run` starts the town anew"
            )
        return {key: str(made[key]) for key in ("role", "login", "password", "totp_secret")}

    def bring_to_life(self) -> None:
        """Residents, announcements and reports, once; through the doors, so the services must be up. Raises DemoLifeError."""
        if self._stamps.is_current("demo-life", DEMO_LIFE):
            return
        self._say("bringing the demo town to life: residents, announcements, reports")
        settings = self._town.settings
        DemoLife(
            citizen=f"http://localhost:{settings.port(s.CITIZEN_PORT)}",
            staff=self._town.internal_url("citizen-api"),
            sinks=f"http://localhost:{settings.port(s.SINKS_PORT)}",
            staff_token=self._read_credentials()["service_tokens"]["citizen-api"],
            town=json.loads((self._town.town_folder / "town.json").read_text(encoding="utf-8")),
        ).fill()
        self._stamps.record("demo-life", DEMO_LIFE)

    def refresh_tokens(self) -> None:
        """Write tokens for outside checks of the internal doors, one per service, good for five minutes."""
        issuer = TokenIssuer("operator-gateway", load_key(self._town.keys.service("operator-gateway")))
        credentials = self._read_credentials()
        credentials["service_tokens"] = {
            service.name: issuer.issue(service.name, subject="local-town", role="admin", ttl_s=TOKEN_TTL_S)
            for service in SERVICES
        }
        credentials["open311_api_key"] = self._town.keys.secret("open311-api-key")
        self._write_credentials(credentials)

    def _read_credentials(self) -> dict[str, Any]:
        empty: dict[str, Any] = {"staff": [], "open311_api_key": "", "service_tokens": {}}
        if not self.credentials_file.exists():
            return empty
        kept: dict[str, Any] = json.loads(self.credentials_file.read_text(encoding="utf-8"))
        return empty | kept

    def _write_credentials(self, credentials: Mapping[str, Any]) -> None:
        write_private(self.credentials_file, json.dumps(credentials, indent=2, ensure_ascii=False) + "\n")

    def _import(self, service: str, command: str, file: Path, *options: str) -> None:
        made_for = fingerprint(file)
        if self._stamps.is_current(command, made_for):
            return
        self._say(f"{command.replace('import-', 'importing the demo town: ')}")
        self._command(service, command, str(file), *options)
        self._stamps.record(command, made_for)

    def _command(self, service_name: str, *arguments: str) -> str:
        service = next(one for one in SERVICES if one.name == service_name)
        return run_command(self._town, service, *arguments)


def migrate_standby(town: Town) -> None:
    """The second recorder's database. Raises SeedError."""
    recorder = next(service for service in SERVICES if service.name == "recorder")
    environment = next(program.environment for program in town.programs() if program.name == STANDBY)
    run_command(town, recorder, "migrate", environment=environment)


def run_command(
    town: Town, service: Service, *arguments: str, timeout_s: float = 180, environment: dict[str, str] | None = None
) -> str:
    """Standard output of one of a service's own commands, with the settings it serves with, or others. Raises SeedError."""
    command = [str(town.workspace.python), "-m", service.package, *arguments]
    environment = {**os.environ, **(environment or town.environment_of(service))}
    done = subprocess.run(
        command, check=False, capture_output=True, text=True, env=environment, timeout=timeout_s, cwd=town.workspace.run
    )
    if done.returncode != 0:
        end = "\n".join((done.stdout + done.stderr).splitlines()[-25:])
        raise SeedError(f"`{service.name} {' '.join(arguments[:2])}` failed:\n{end}")
    return done.stdout


def address_cameras(cameras: list[dict[str, Any]], town: Town) -> list[dict[str, Any]]:
    """The town's camera sites with ids, RTSP addresses and credentials of the simulators that play them.

    The sites come best first: those with real street footage take the first ones.
    """
    ids = [*town.street_camera_ids(), *(f"cam-{number:03d}" for number in range(1, town.settings.number(s.CAMERAS) + 1))]
    addressed = []
    for camera_id, site in zip(ids, cameras, strict=False):
        street = camera_id.startswith("gst-")
        port = town.settings.port(s.STREET_CAMERAS_PORT if street else s.CAMERAS_PORT)
        streams = [{"name": name, "url": f"rtsp://127.0.0.1:{port}/{camera_id}/{name}"} for name in ("main", "sub")]
        # The drawn cameras are open, so that any player can look at them; the street cameras ask for Digest.
        credentials = {"username": camera_id, "password": town.keys.secret(camera_id)} if street else None
        addressed.append({**site, "camera_id": camera_id, "streams": streams, "credentials": credentials})
    return addressed


def _last_json(text: str) -> dict[str, Any] | None:
    """The last JSON object printed on a line of its own (log lines may come before it), or the whole text if that is one."""
    for candidate in (text, *reversed(text.splitlines())):
        try:
            value = json.loads(candidate)
        except ValueError:
            continue
        if isinstance(value, dict) and "password" in value:
            return value
    return None

"""Starts a town from deploy/compose/compose.yaml's own definitions, on a real Kafka and a real PostgreSQL, without Docker.

`make test-compose`. The jobs run in the order that the file gives, then the five services as programs with exactly the
environment, secrets, folders and commands that their containers would have; each must answer its own health check. What stands
for a container is only this: `/run/secrets` and `/var/lib/hejnal` are folders, and the hosts of the file (kafka, postgres,
ingest …) are ports of 127.0.0.1. With a Go that is new enough the file is first read by Docker Compose's own loader. One line a
step; exit code 1 when one failed.
"""

import argparse
import asyncio
import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

from hejnal_local import database_roles, kafka, postgres
from hejnal_local.compose_secrets import DATABASE, write_secrets
from hejnal_local.images import IMAGES
from hejnal_local.ports import free_ports
from hejnal_local.setup import go_programs
from hejnal_local.setup.java import find_java
from hejnal_local.workspace import Workspace

ROOT = Workspace.of_this_clone().root
FOLDER = ROOT / "deploy/compose"
TOWN = {
    "HEJNAL_ORGANISATION": "Gmina Testowa",
    "HEJNAL_CITIZEN_URL": "https://hejnal.example.pl",
    "HEJNAL_CONSOLE_URL": "https://konsola.example.pl",
    "HEJNAL_SERVER_ADDRESS": "127.0.0.1",
}
HEALTHY_WITHIN_S = 180
PHOTO = "photos/resident.jpg"
KEPT_KEYS = ("at-rest.key", "citizen-secrets.key", "vapid.pem", "recorder.pem", "operator-gateway.pem", "evidence/ca.pem")
_VARIABLE = re.compile(r"\$\{([A-Z_]+)(?::([-?])([^}]*))?\}")


class ComposeError(AssertionError):
    """The file, or what it starts, is not as it must be; the text says how."""


def model(given: dict[str, str]) -> dict[str, Any]:
    """The file with the town's variables filled in, as Compose does (`${A:-default}`, `${A:?missing}`)."""

    def value(found: re.Match[str]) -> str:
        name, kind, text = found[1], found[2], found[3] or ""
        if given.get(name):
            return given[name]
        if kind == "?":
            raise ComposeError(f"{name}: {text}")
        return text

    source = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    filled: dict[str, Any] = yaml.safe_load(_VARIABLE.sub(value, source))
    return filled


def check_with_compose(given: dict[str, str]) -> str:
    """Read by Docker Compose's own loader, which is built here; what came of it."""
    go = go_programs.find_go()
    version = subprocess.run([go, "env", "GOVERSION"], capture_output=True, text=True, check=True).stdout if go else ""
    found = re.match(r"go1\.(\d+)", version)
    if go is None or found is None or int(found[1]) < 24:
        return "compose.yaml was not read by Compose's own loader: that needs Go 1.24"
    program = Workspace.of_this_clone().cache / "conformance/compose-loader"
    environment = os.environ | {"GOTOOLCHAIN": "local", "GOFLAGS": "-mod=readonly", "CGO_ENABLED": "0"}
    command = [go, "build", "-o", str(program), "."]
    subprocess.run(command, cwd=ROOT / "tests/compose/loader", env=environment, check=True, timeout=900)
    done = subprocess.run([program, FOLDER / "compose.yaml"], env=os.environ | given, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise ComposeError(f"Compose's loader refuses the file: {done.stderr}")
    services = json.loads(done.stdout)["services"]
    if sorted(services) != sorted(model(given)["services"]):
        raise ComposeError("Compose's loader sees other services")
    return f"compose.yaml is read by Compose's own loader: {len(services)} services"


@dataclass
class Machine:
    """What stands for containers: folders for mounts and ports for hosts."""

    folder: Path
    file: dict[str, Any]
    kafka_port: int
    postgres_port: int
    internal: dict[str, int] = field(default_factory=dict)
    public: dict[str, int] = field(default_factory=dict)
    programs: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)

    def place(self, name: str) -> Path:
        """The folder of one container."""
        return self.folder / "containers" / name

    def prepare(self, name: str) -> dict[str, str]:
        """Its secrets and volumes; the environment it has, with folders and ports in place of the container's."""
        definition, place = self.file["services"][name], self.place(name)
        (place / "run/secrets").mkdir(parents=True, exist_ok=True)
        for one in definition.get("secrets", []):
            source = one if isinstance(one, str) else one["source"]
            target = source if isinstance(one, str) else one["target"]
            file = self.folder / self.file["secrets"][source]["file"]
            inside = place / target.lstrip("/") if target.startswith("/") else place / "run/secrets" / target
            inside.parent.mkdir(parents=True, exist_ok=True)
            inside.write_text(self._here(file.read_text(encoding="utf-8"), name), encoding="utf-8")
        for volume in definition.get("volumes", []):
            source, target = volume.split(":")[:2]
            inside = place / target.lstrip("/")
            inside.parent.mkdir(parents=True, exist_ok=True)
            if source.startswith("./secrets"):  # in a container its user is not the owner: here only the owner may read
                shutil.copytree(self.folder / source, inside, dirs_exist_ok=True)
                for path in inside.rglob("*"):
                    path.chmod(0o600)
            elif not inside.exists():
                kept = self.folder / "volumes" / source
                kept.mkdir(parents=True, exist_ok=True)
                inside.symlink_to(kept)
        environment = {key: value for key, value in os.environ.items() if not key.startswith("HEJNAL_")}
        return environment | {key: self._here(str(value), name) for key, value in definition.get("environment", {}).items()}

    def _here(self, text: str, name: str) -> str:
        place = self.place(name)
        text = re.sub(r"(?<![\w.])/(run/secrets|var/(?:lib|backups)/hejnal|etc/hejnal)\b", rf"{place}/\1", text)
        text = text.replace("kafka:9092", f"127.0.0.1:{self.kafka_port}").replace(
            "@postgres:5432", f"@127.0.0.1:{self.postgres_port}"
        )
        for service, port in self.internal.items():
            text = text.replace(f"{service}:9000", f"127.0.0.1:{port}")
        own = {
            "9000": self.internal.get(name),
            "8080": self.public.get(name),
            "8189": 0,
            "0.0.0.0": "127.0.0.1",
            '["0.0.0.0"]': '["127.0.0.1"]',
        }
        return str(own[text]) if own.get(text) is not None else text

    def command(self, name: str) -> list[str]:
        """What the container would run: its own entry point, or that of the image."""
        definition = self.file["services"][name]
        words = [self._here(word, name) for word in definition.get("command", ["serve"])]
        if entry := definition.get("entrypoint"):
            return [sys.executable if word == "python" else word for word in entry] + words
        image = definition["image"].rpartition("/")[2].partition(":")[0].removeprefix("hejnal-")
        return [sys.executable, "-m", IMAGES[image], *words]

    def run_job(self, name: str, *words: str) -> str:
        """A job that must end well, with other words than the file's if given; its output. ComposeError with what it said."""
        command = self.command(name)
        if words:
            command = command[: -len(self.file["services"][name]["command"])] + [self._here(word, name) for word in words]
        done = subprocess.run(
            command,
            env=self.prepare(name),
            cwd=self.place(name),
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        if done.returncode != 0:
            raise ComposeError(f"{name} ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout + done.stderr

    def execute(self, name: str, *words: str) -> str:
        """`docker compose exec NAME /opt/hejnal/start WORDS`; its output. ComposeError with what it said."""
        command = [*self.command(name)[:-1], *(self._here(word, name) for word in words)]
        environment, place = self.prepare(name), self.place(name)
        done = subprocess.run(command, env=environment, cwd=place, capture_output=True, text=True, timeout=300, check=False)
        if done.returncode != 0:
            raise ComposeError(f"{name} {' '.join(words)} ended with {done.returncode}: {(done.stdout + done.stderr)[-1500:]}")
        return done.stdout + done.stderr

    def start(self, name: str) -> None:
        """A service that stays."""
        environment = self.prepare(name)
        with (self.place(name) / "log").open("wb") as log:
            command = self.command(name)
            self.programs[name] = subprocess.Popen(command, env=environment, cwd=self.place(name), stdout=log, stderr=log)

    def wait_until_healthy(self, name: str) -> float:
        """Until the health check of the file succeeds; seconds."""
        began, test = time.monotonic(), self.file["services"][name]["healthcheck"]["test"]
        url = re.search(r"http://127\.0\.0\.1:9000(/\w+)", test[-1])
        if url is None:
            raise ComposeError(f"{name}: its health check asks for no address")
        log, said = self.place(name) / "log", ""
        while time.monotonic() - began < HEALTHY_WITHIN_S:
            if self.programs[name].poll() is not None:
                raise ComposeError(f"{name} ended by itself: {log.read_text(errors='replace')[-1500:]}")
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{self.internal[name]}{url[1]}", timeout=5):
                    return time.monotonic() - began
            except urllib.error.HTTPError as error:
                said = error.read().decode(errors="replace")
            except OSError as error:
                said = str(error)
            time.sleep(0.5)
        raise ComposeError(f"{name} is not healthy after {HEALTHY_WITHIN_S} s: {said}")

    def stop(self) -> None:
        """End every program by its own handle."""
        for program in self.programs.values():
            program.terminate()
        for program in self.programs.values():
            try:
                program.wait(40)
            except subprocess.TimeoutExpired:
                program.kill()
                program.wait()


def in_order(file: dict[str, Any]) -> list[str]:
    """Names of our jobs and services that `up` starts, so that everybody comes after whom they wait for."""
    ours = {name: one for name, one in file["services"].items() if "/hejnal-" in one["image"] and "profiles" not in one}
    ordered: list[str] = []
    while len(ordered) < len(ours):
        ready = [
            name
            for name, one in ours.items()
            if name not in ordered and all(before in ordered or before not in ours for before in one.get("depends_on", {}))
        ]
        if not ready:
            raise ComposeError(f"these wait for each other: {sorted(set(ours) - set(ordered))}")
        ordered += ready
    return ordered


@contextlib.contextmanager
def servers(folder: Path) -> Iterator[tuple[kafka.Broker, postgres.Server]]:
    """A broker and a database of their own."""
    java = find_java()
    installation = kafka.Installation(Workspace.of_this_clone().cache / "kafka", java[0] if java else "java")
    ports = free_ports(3)
    broker, database = kafka.Broker(installation, folder / "kafka", *ports[:2]), postgres.Server(folder / "postgres", ports[2])
    try:
        broker.start()
        database.start()
        yield broker, database
    finally:
        broker.stop()
        database.stop()
        database.forget()


async def first_start(database: postgres.Server, roles: Path) -> None:
    """What the image of PostgreSQL does at its first start: the database, then the file with roles, by the superuser."""
    import asyncpg

    await database_roles.create_database(database.admin_url, DATABASE)
    connection = await asyncpg.connect(database_roles.url_of(database.admin_url, database=DATABASE))
    try:
        # the image of PostGIS makes these in the town's database before it reads the file
        for extension in ("postgis", "postgis_topology", "fuzzystrmatch", "postgis_tiger_geocoder"):
            await connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension}")
        await connection.execute(roles.read_text(encoding="utf-8"))
    finally:
        await connection.close()


def try_it(folder: Path) -> None:
    """The whole way of README.md, step by step; then the machine is lost, and the town comes back on another."""
    print(check_with_compose(TOWN), flush=True)
    write_secrets(folder / "secrets", TOWN["HEJNAL_ORGANISATION"])
    with a_machine(folder) as machine:
        start_all(machine)
        print("first administrator:", first_admin(machine), flush=True)
        (machine.folder / "volumes/citizen" / PHOTO).write_bytes(b"a photo of a resident")
        print("backup:", backed_up(machine), flush=True)
        identity, target = machine.folder / "identity", machine.folder / "volumes/backups"
    another = folder / "another"
    another.mkdir()
    keys_from_the_backup(another / "secrets/keys", target / "town", identity)
    write_secrets(another / "secrets", TOWN["HEJNAL_ORGANISATION"])  # passwords are new ones
    shutil.copytree(target, another / "volumes/backups")
    (another / "secrets/restore.identity").write_bytes(identity.read_bytes())
    for name in KEPT_KEYS:
        if (another / "secrets/keys" / name).read_bytes() != (folder / "secrets/keys" / name).read_bytes():
            raise ComposeError(f"the key {name} is not the one of before")
    with a_machine(another) as machine:
        print("restored on another machine:", restored(machine), flush=True)


@contextlib.contextmanager
def a_machine(folder: Path) -> Iterator[Machine]:
    """A machine whose database has started for the first time and where nothing of ours runs yet."""
    file = model(TOWN)
    with servers(folder) as (broker, database):
        asyncio.run(first_start(database, folder / file["secrets"]["postgres_roles"]["file"]))
        machine = Machine(folder, file, int(broker.bootstrap.rpartition(":")[2]), int(str(urlsplit(database.admin_url).port)))
        # the superuser has another name and password here than in the image of PostgreSQL
        superuser = folder / file["secrets"]["hejnal_restore_database_url"]["file"]
        superuser.write_text(database_roles.url_of(database.admin_url, database=DATABASE), encoding="utf-8")
        lasting = [name for name in in_order(file) if file["services"][name].get("restart") != "no"]
        machine.internal = dict(zip(lasting, free_ports(len(lasting)), strict=True))
        machine.public = dict(zip(lasting, free_ports(len(lasting)), strict=True))
        try:
            yield machine
        finally:
            machine.stop()


def start_all(machine: Machine) -> None:
    """`docker compose up -d`: jobs one after another, then services, until all are healthy."""
    for name in in_order(machine.file):
        if name in machine.internal:
            machine.start(name)
        else:
            machine.run_job(name)
            print(f"{name}: done", flush=True)
    for name in machine.internal:
        print(f"{name}: healthy after {machine.wait_until_healthy(name):.1f} s", flush=True)


def first_admin(machine: Machine) -> str:
    """The link that README.md says to ask for; its address is that of the console."""
    said = machine.execute("operator-gateway", "first-admin")
    if TOWN["HEJNAL_CONSOLE_URL"] not in said:
        raise ComposeError(f"no link for the first administrator: {said[-1500:]}")
    return "a link to the console"


def keys_from_the_backup(place: Path, target: Path, identity: Path) -> None:
    """The way of awaria.md where the folder `secrets` is lost: keys out of the backup, with the programs of the clone."""
    settings = {"HEJNAL_BACKUP_TARGET": str(target), "HEJNAL_BACKUP_FOLDERS": json.dumps({"keys": str(place)})}
    command = [sys.executable, "-m", "hejnal_backup", "restore", "--only-folders", "--identity", str(identity)]
    done = subprocess.run(command, env=os.environ | settings, capture_output=True, text=True, timeout=120, check=False)
    if done.returncode != 0:
        raise ComposeError(f"no keys out of the backup: {(done.stdout + done.stderr)[-1500:]}")


def restored(machine: Machine) -> str:
    """The steps of awaria.md, „W Dockerze”; what came back."""
    told = machine.run_job("restore", "verify", "--identity=/run/secrets/restore_identity")
    if "whole; every byte decrypted and compared" not in told:
        raise ComposeError(f"the backup is not whole: {told}")
    machine.run_job("restore")
    for name in ("topics", "migrate-recorder"):  # what the recorder waits for
        machine.run_job(name)
    machine.execute("recorder", "check", "--repair", "--archive-is-lost")
    start_all(machine)
    machine.execute("operator-gateway", "republish")
    machine.execute("citizen-api", "republish", "--erase", "/var/lib/hejnal/restored.json")
    machine.execute("notifier", "restored", "list")
    volume = machine.folder / "volumes/citizen"
    if (volume / PHOTO).read_bytes() != b"a photo of a resident":
        raise ComposeError("the photo is another one")
    report = json.loads((volume / "restored.json").read_text(encoding="utf-8"))
    if not report["rows"] or not report["kept_database"]:
        raise ComposeError(f"the report tells of no restored database: {report}")
    return f"{report['rows']} rows, the photo and every key; all services healthy"


def backed_up(machine: Machine) -> str:
    """A backup as README.md says to make one, read back with the private key."""
    import pyrage

    pair = pyrage.x25519.Identity.generate()
    recipients = machine.folder / machine.file["secrets"]["backup_recipients"]["file"]
    recipients.write_text(recipients.read_text(encoding="utf-8") + f"{pair.to_public()}\n", encoding="utf-8")
    identity = machine.folder / "identity"
    identity.write_text(f"{pair}\n", encoding="utf-8")
    machine.run_job("backup")
    told = machine.run_job("backup", "verify", "--identity", str(identity))
    if "whole; every byte decrypted and compared" not in told:
        raise ComposeError(f"the backup is not whole: {told}")
    return "made and read back"


def main() -> int:
    """Exit code 1 when a step failed."""
    argparse.ArgumentParser(description=__doc__).parse_args()
    with tempfile.TemporaryDirectory(prefix=f"hejnal-compose-{secrets.token_hex(2)}-") as folder:
        Path(folder).chmod(0o711)  # PostgreSQL's own user has to pass through
        try:
            try_it(Path(folder))
        except (ComposeError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            print(f"failed: {error}", flush=True)
            return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""`make run`: starts the town in order, waits until it is healthy, stays, and ends every process it started."""

import asyncio
import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from types import FrameType

from hejnal_local import database_roles, readiness
from hejnal_local import settings as s
from hejnal_local.keys import write_private
from hejnal_local.ports import is_taken
from hejnal_local.processes import ProcessId
from hejnal_local.programs import DATABASE, SERVERS, SERVICES, SIMULATORS, Town
from hejnal_local.second_copies import STANDBY, STANDBY_DATABASE, STORE
from hejnal_local.seeds import TOKEN_TTL_S, Seeds, address_cameras, migrate_standby, run_command
from hejnal_local.service_settings import refused
from hejnal_local.settings import read_env_file
from hejnal_local.setup.commands import run
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.started import Started
from hejnal_local.supervision import Supervisor
from hejnal_runtime.bus.topics import create_topics

_WATCH_EVERY_S = 1.0
LEAST_FREE_BYTES = 4 * 1024**3
"""Recording a few cameras fills 10 GB and more an hour; below this much free space a demo must not go on."""


class LaunchError(RuntimeError):
    """The town cannot be started; the text says why and what to do."""


class Launcher:
    """One start of the town."""

    def __init__(self, town: Town, say: Callable[[str], None]) -> None:
        self._town = town
        self._say = say
        self._supervisor = Supervisor(town.workspace.run, town.workspace.python)
        self._seeds = Seeds(town, say)
        self._stopping = False
        self._recording_ended = False

    def run(self) -> int:
        """Start, stay in the foreground until Ctrl-C, SIGTERM or `make stop`, end everything. Gives the exit code."""
        workspace = self._town.workspace
        self._refuse_second_start()
        self._refuse_taken_ports()
        workspace.run.mkdir(parents=True, exist_ok=True)
        workspace.run.chmod(0o711)  # PostgreSQL's own user has to pass through; what is secret below is closed by itself
        ProcessId.of(_own_pid()).write(workspace.run / "launcher.process")
        for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(signum, self._interrupt)
        try:
            self._start()
            self._watch()
        except KeyboardInterrupt:
            self._say("stopping")
        finally:
            self._stopping = True
            self._end()
        return 0

    def _start(self) -> None:
        began = time.monotonic()
        town = self._town
        town.keys.ensure()
        self._refuse_settings()
        Started.of(town.settings).write(town.workspace.run)
        self._seeds.write_camera_accounts()
        self._prepare_servers()
        self._prepare_town()
        self._supervisor.start(town.programs())
        self._supervisor.begin(*SERVERS, *([STORE] if town.second.has_store else []))
        self._await_servers()
        self._fill_servers()
        known = self._supervisor.states()
        self._supervisor.begin(*(name for name in SIMULATORS if name in known))
        self._seeds.import_town()
        self._seeds.let_programs_in()
        self._seeds.create_staff()
        self._seeds.refresh_tokens()
        self._say("starting the services")
        self._supervisor.begin(*(service.name for service in SERVICES), *([STANDBY] if town.second.has_standby else []))
        self._supervisor.begin(*town.watchers.names())
        readiness.wait_until_ready(town.doors(), self._failed, self._say)
        self._supervisor.record()
        self._seeds.bring_to_life()
        self._say(f"everything is healthy after {time.monotonic() - began:.0f} s")
        print(self._welcome(), flush=True)

    def _refuse_second_start(self) -> None:
        running = self._supervisor.running
        launcher = ProcessId.read(self._town.workspace.run / "launcher.process")
        if running is not None or (launcher is not None and launcher.alive):
            raise LaunchError("this town runs already: end it with `make stop` first")

    def _refuse_taken_ports(self) -> None:
        taken = [(port, variable) for port, variable in self._town.settings.ports() if is_taken(port)]
        if taken:
            lines = [f"  port {port} ({one.meaning}): choose another with {one.name}=… in .env" for port, one in taken]
            raise LaunchError("another program listens on a port that is needed here:\n" + "\n".join(lines))

    def _refuse_settings(self) -> None:
        """What a service would refuse is told now, not by a service that ends again and again."""
        town = self._town
        environment = {name: value for service in SERVICES for name, value in town.environment_of(service).items()}
        given = read_env_file(town.workspace.root / ".env")
        reasons = refused(town.workspace.python, [service.package for service in SERVICES], environment, given)
        if reasons:
            lines = "".join(f"\n  {one}" for one in reasons)
            raise LaunchError(f"these settings, of .env or the environment, cannot be used:{lines}")

    def _prepare_servers(self) -> None:
        run_folder = self._town.workspace.run
        for name in ("spool", "archive", "photos", "sinks"):
            (run_folder / name).mkdir(mode=0o700, exist_ok=True)
        write_private(self._town.organisations_file, json.dumps(self._town.organisations(), ensure_ascii=False, indent=1))
        if not (run_folder / "kafka").exists():
            self._say("making Kafka's and PostgreSQL's data folders")
        self._town.second.prepare()
        self._town.watchers.prepare()
        if self._town.kafka_security is not None:
            self._town.kafka_security.prepare()
        self._town.broker.prepare()
        self._town.database.prepare()

    def _prepare_town(self) -> None:
        """Draw the map and choose the camera sites; make the simulated cameras' clips."""
        town, folder = self._town, self._town.town_folder
        python = town.workspace.python
        cameras = town.settings.number(s.CAMERAS) + town.settings.number(s.STREET_CAMERAS)
        stamps = Stamps(town.workspace.run / "stamps")
        source = town.workspace.root / "deploy" / "town" / "src"
        made_for = fingerprint(str(cameras), *sorted(source.rglob("*.py")))
        if not stamps.is_current("town", made_for, folder / "town.json", folder / "town.pmtiles", folder / "sites.json"):
            self._say("drawing the demo town's map")
            folder.mkdir(exist_ok=True)
            run([python, "-m", "hejnal_town", "--out", folder, "--cameras", str(cameras)], step="demo town")
            (folder / "cameras.json").replace(folder / "sites.json")
            stamps.record("town", made_for)
        sites = json.loads((folder / "sites.json").read_text(encoding="utf-8"))
        write_private(folder / "cameras.json", json.dumps(address_cameras(sites, town), ensure_ascii=False, indent=1))
        clips = town.workspace.cache / "clips"
        if town.settings.number(s.CAMERAS) and not clips.exists():
            self._say("drawing the simulated cameras' pictures")
            run([python, "-m", "hejnal_media.simulator", "--prepare", "--cache", clips], step="simulated cameras")

    def _await_servers(self) -> None:
        deadline = time.monotonic() + 60
        while not (self._town.broker.answers() and self._town.database.is_ready()):
            broken = self._failed()
            if broken or time.monotonic() > deadline:
                names = broken or {name: str(self._supervisor.log_of(name)) for name in SERVERS}
                raise LaunchError("a server did not start: " + "; ".join(f"{name} ({reason})" for name, reason in names.items()))
            time.sleep(0.1)

    def _fill_servers(self) -> None:
        """Topics from their declaration; database, roles and schemas; then each service's own migrations if any has changed."""
        asyncio.run(self._declare())
        stamps = Stamps(self._town.workspace.run / "stamps")
        made_for = self._state_of_migrations()
        if self._town.second.has_standby and not stamps.is_current("migrations-second", made_for):
            migrate_standby(self._town)
            stamps.record("migrations-second", made_for)
        if stamps.is_current("migrations", made_for):
            return
        self._say("migrating the databases")
        with ThreadPoolExecutor(2) as pool:  # mostly the start of Python: two at a time suit two cores
            migrations = [pool.submit(run_command, self._town, service, "migrate") for service in SERVICES if service.schema]
            for migration in migrations:
                migration.result()
        stamps.record("migrations", made_for)

    def _state_of_migrations(self) -> str:
        """Changes with every script, with what the scripts build on, and with the database cluster itself."""
        root = self._town.workspace.root
        scripts = [*root.glob("services/*/src/*/migrations/**/*.py"), *root.glob("libs/runtime/src/hejnal_runtime/**/*.py")]
        return fingerprint(self._town.database.admin_url, *sorted(scripts))

    async def _declare(self) -> None:
        admin_url = self._town.database.admin_url
        security = self._town.kafka_security
        if security is not None:
            await security.apply()
        created = await create_topics(security.as_user("topics") if security else self._town.broker.bootstrap)
        if created:
            self._say(f"created {len(created)} Kafka topics")
        await database_roles.create_database(admin_url, DATABASE)
        await database_roles.provision(admin_url, DATABASE, self._town.role_passwords())
        if self._town.second.has_standby:
            recorder = database_roles.BY_SCHEMA["recorder"]
            await database_roles.create_database(admin_url, STANDBY_DATABASE)
            await database_roles.provision(admin_url, STANDBY_DATABASE, self._town.role_passwords(), [recorder])

    def _failed(self) -> dict[str, str]:
        """Programs that supervisord has given up, with where to look."""
        known = self._supervisor
        return {
            name: f"{state['spawnerr'] or 'it ends at once'}, see {known.log_of(name)}\n{known.log_end(name)}"
            for name, state in known.states().items()
            if state["statename"] == "FATAL"
        }

    def _watch(self) -> None:
        """Stay until asked to stop; keep the list of processes and the tokens for outside checks fresh."""
        refreshed = time.monotonic()
        pids: dict[str, int] = {}
        while True:
            time.sleep(_WATCH_EVERY_S)
            if self._supervisor.running is None:
                raise LaunchError("the supervisor has ended: `make run` starts the town again, its state is kept")
            self._supervisor.record()
            if time.monotonic() - refreshed > TOKEN_TTL_S / 3:
                self._seeds.refresh_tokens()
                refreshed = time.monotonic()
            with contextlib.suppress(OSError):
                pids = self._tell_restarts(pids)
            self._mind_the_disk(shutil.disk_usage(self._town.workspace.run).free)

    def _mind_the_disk(self, free_bytes: int) -> None:
        """Stop recording before the machine's disk is full."""
        if free_bytes < LEAST_FREE_BYTES and not self._recording_ended:
            self._recording_ended = True
            self._supervisor.halt("ingest")
            self._say(
                f"only {free_bytes / 1024**3:.1f} GiB are free on the disk: recording has been stopped, all else goes on. "
                "`make clean-run` forgets the recordings"
            )

    def _tell_restarts(self, before: dict[str, int]) -> dict[str, int]:
        now = {name: int(state["pid"]) for name, state in self._supervisor.states().items()}
        for name, pid in now.items():
            if before.get(name) and pid and pid != before[name]:
                asked = self._supervisor.was_halted(name, before[name])
                why = "was ended and started anew, as asked" if asked else "had ended by itself and was started anew"
                self._say(f"{name} {why}, see {self._supervisor.log_of(name)}")
        return {name: pid or before.get(name, 0) for name, pid in now.items()}

    def _end(self) -> None:
        forced = self._supervisor.stop()
        (self._town.workspace.run / "launcher.process").unlink(missing_ok=True)
        if forced:
            self._say(f"ended by force: {len(forced)} processes that did not end in time")
        self._say("everything has ended; `make run` goes on from here, `make clean-run` forgets the town")

    def _interrupt(self, _signum: int, _frame: FrameType | None) -> None:
        if self._stopping:
            return  # already ending everything; a second Ctrl-C must not leave processes behind
        self._stopping = True
        raise KeyboardInterrupt

    def _welcome(self) -> str:
        settings, credentials = self._town.settings, self._seeds.credentials_file
        port = settings.port
        cameras = f"rtsp://localhost:{port(s.CAMERAS_PORT)}/cam-001/main"
        more = ""
        if self._town.second.has_standby:
            more += f"\n  Second recorder        {self._town.second.standby_url}   (its copy: .run/archive-second)"
        if self._town.second.has_store:
            more += f"\n  S3 store               http://localhost:{port(s.S3_PORT)}   (keys: .run/store)"
        if self._town.kafka_security is not None:
            more += f"\n  Kafka is secured       users' passwords and certificates: {self._town.kafka_security.folder}"
        more += self._town.watchers.welcome()
        return f"""
  Residents' site        http://localhost:{port(s.CITIZEN_PORT)}   (API: /docs, /openapi.json)
  Operators' console     http://localhost:{port(s.GATEWAY_PORT)}   (API: /docs, /openapi.json)
  What "arrived"         http://localhost:{port(s.SINKS_PORT)}   (e-mail, SMS, push)
  Simulated cameras      {cameras}, and /sub
  Kafka                  localhost:{port(s.KAFKA_PORT)}      PostgreSQL  localhost:{port(s.POSTGRES_PORT)}{more}

  Console: logins, passwords and one-time-code secrets are in {credentials};
           `make totp LOGIN=operator` shows a password and the code of this minute.
  Residents: ask for a code with any e-mail address or phone number, and read it at http://localhost:{port(s.SINKS_PORT)}
  Logs are in {self._town.workspace.run / "log"}. Ctrl-C or `make stop` ends everything.
"""


def stop(town: Town, say: Callable[[str], None], timeout_s: float = 90) -> int:
    """`make stop`: ask the launcher to end; if there is none any more, end what it left behind."""
    launcher = ProcessId.read(town.workspace.run / "launcher.process")
    if launcher is not None and launcher.alive:
        launcher.send(signal.SIGTERM)
        if launcher.wait_end(timeout_s):
            say("stopped")
            return 0
    supervisor = Supervisor(town.workspace.run, town.workspace.python)
    was_running = supervisor.running is not None
    left = supervisor.stop()
    say("stopped" if was_running or left else "nothing was running")
    return 0


def _own_pid() -> int:

    return os.getpid()


def say_with_time(started: float) -> Callable[[str], None]:
    """Prints progress lines with the seconds since `started` (monotonic)."""

    def say(text: str) -> None:
        print(f"[{time.monotonic() - started:6.1f} s] {text}", file=sys.stdout, flush=True)

    return say

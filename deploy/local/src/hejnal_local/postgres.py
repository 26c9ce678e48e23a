"""A PostgreSQL server with PostGIS of our own on one machine: find, initialise, start, stop. Standard library only.

PostgreSQL refuses to run as root: as root its programs are started as the system user `postgres`, else as the caller.
"""

import hashlib
import os
import pwd
import secrets
import shutil
import signal
import stat
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from hejnal_local.ports import HOST
from hejnal_local.server_process import ServerProcess

OLDEST_VERSION = 14
ADMIN = "hejnal_admin"
_DEBIAN_PROGRAMS = Path("/usr/lib/postgresql")
_DEBIAN_EXTENSIONS = Path("/usr/share/postgresql")
_ROOTS_PLACE = Path("/var/lib/hejnal-local")


class PostgresError(RuntimeError):
    """The server could not be found, initialised or started; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Installation:
    """One installed major version."""

    version: int
    programs: Path
    has_postgis: bool


def installations() -> list[Installation]:
    """Every PostgreSQL server below the distribution's folder, newest first."""
    found = []
    for programs in _DEBIAN_PROGRAMS.glob("*/bin/postgres"):
        name = programs.parents[1].name
        if name.isdigit():
            has_postgis = (_DEBIAN_EXTENSIONS / name / "extension" / "postgis.control").exists()
            found.append(Installation(int(name), programs.parent, has_postgis))
    return sorted(found, key=lambda one: one.version, reverse=True)


def best_installation() -> Installation:
    """The newest server that can be used. Raises PostgresError naming what is missing or too old."""
    found = installations()
    for one in found:
        if one.version >= OLDEST_VERSION and one.has_postgis:
            return one
    if not found:
        raise PostgresError("no PostgreSQL server is installed: install PostgreSQL and its PostGIS package, or run `make setup`")
    if found[0].version < OLDEST_VERSION:
        raise PostgresError(f"PostgreSQL {found[0].version} is too old: {OLDEST_VERSION} or newer is needed")
    name = f"postgresql-{found[0].version}-postgis-3"
    raise PostgresError(f"PostgreSQL {found[0].version} has no PostGIS: install {name}, or run `make setup`")


class Server:
    """One database cluster. `prepare` and `command` serve a supervisor, `start` and `stop` a test.

    `settings` are the server's, and win over ours. The superuser `hejnal_admin` gets a random password, kept in `admin-password`
    (mode 600) beside the data.
    """

    def __init__(
        self,
        folder: Path,
        port: int,
        *,
        installation: Installation | None = None,
        durable: bool = True,
        settings: Mapping[str, str] | None = None,
    ) -> None:
        self._folder = folder.absolute()
        self._port = port
        self._installation = installation
        self._durable = durable
        self._settings = dict(settings or {})
        self._process = ServerProcess("PostgreSQL", self._log_file, PostgresError, ends_on=signal.SIGINT)

    @property
    def admin_url(self) -> str:
        """Libpq URL of the superuser in the database `postgres`. The server must have been prepared."""
        password = self._password_file.read_text(encoding="ascii").strip()
        return f"postgresql://{ADMIN}:{password}@{HOST}:{self._port}/postgres"

    @property
    def pid(self) -> int | None:
        """Pid of the server started by `start`, None when it does not run."""
        return self._process.pid

    def prepare(self) -> None:
        """Initialise the cluster the first time. A data folder of another major version is refused, never touched."""
        self._folder.mkdir(parents=True, exist_ok=True)
        data = self._data
        version_file = data / "PG_VERSION"
        if version_file.exists():
            made_by = version_file.read_text(encoding="ascii").strip()
            if made_by == str(self._installed.version):
                return
            raise PostgresError(
                f"{data} was made by PostgreSQL {made_by}, this is {self._installed.version}: "
                f"install postgresql-{made_by} and its PostGIS again, or forget the data with `make clean-run`"
            )
        home = data.parent
        home.mkdir(parents=True, exist_ok=True)
        shutil.rmtree(data, ignore_errors=True)  # an initialisation that was interrupted
        self._password_file.touch(mode=0o600)
        self._password_file.write_text(secrets.token_urlsafe(24) + "\n", encoding="ascii")
        for_initdb = home / "initdb-password"
        for_initdb.touch(mode=0o600)
        for_initdb.write_text(self._password_file.read_text(encoding="ascii"), encoding="ascii")
        self._give_to_server_user(home, for_initdb)
        try:
            self._run_initdb(data, for_initdb)
        finally:
            for_initdb.unlink(missing_ok=True)

    def command(self, *, ends_with_us: str | None = None) -> list[str]:
        """The command that runs the server in the foreground; SIGINT is its fast shutdown.

        `ends_with_us` names the signal it gets when the thread that started it is gone: start it by `spawn_with_us`.
        """
        settings = {
            "listen_addresses": HOST,
            "unix_socket_directories": "",
            "max_connections": "200",
            "shared_buffers": "128MB",
            "log_timezone": "UTC",
            "timezone": "UTC",
            "fsync": "on" if self._durable else "off",
            **self._settings,
        }
        arguments = [f"-p{self._port}", *(f"-c{name}={value}" for name, value in settings.items())]
        return [
            *_as_server_user(ends_with_us),
            str(self._installed.programs / "postgres"),
            "-D",
            str(self._data),
            f"-p{self._port}",
            *arguments,
        ]

    def start(self, timeout_s: float = 60) -> None:
        """Return when the server accepts connections. Raises PostgresError with the end of its log if it does not.

        It ends with this process, so that a killed test run leaves none behind.
        """
        self.prepare()
        command = self.command(ends_with_us="INT")
        self._process.start(command, self.is_ready, folder=Path("/"), timeout_s=timeout_s, look_every_s=0.05)

    def is_ready(self) -> bool:
        """True when the server accepts connections."""
        command = [str(self._installed.programs / "pg_isready"), "-q", "-h", HOST, "-p", str(self._port), "-t", "2"]
        return subprocess.run(command, check=False, timeout=10).returncode == 0

    def stop(self, timeout_s: float = 30) -> None:
        """Fast shutdown: open transactions are rolled back; after the time limit by force."""
        self._process.stop(timeout_s)

    def forget(self) -> None:
        """Delete the cluster and its password."""
        shutil.rmtree(self._data.parent, ignore_errors=True)
        shutil.rmtree(self._folder, ignore_errors=True)

    @property
    def _installed(self) -> Installation:
        if self._installation is None:
            self._installation = best_installation()
        return self._installation

    @property
    def _password_file(self) -> Path:
        return self._folder / "admin-password"

    @property
    def _log_file(self) -> Path:
        return self._folder / "postgres.log"

    @property
    def _data(self) -> Path:
        """Where the cluster lies: in our folder, or, if `postgres` may not walk into that (a clone below /root), in /var/lib."""
        if os.geteuid() != 0 or _everybody_may_enter(self._folder):
            return self._folder / "cluster" / "data"
        return _ROOTS_PLACE / hashlib.sha256(str(self._folder).encode()).hexdigest()[:16] / "data"

    def _give_to_server_user(self, *paths: Path) -> None:
        if os.geteuid() == 0:
            user = pwd.getpwnam("postgres")
            for path in paths:
                os.chown(path, user.pw_uid, user.pw_gid)

    def _run_initdb(self, data: Path, password_file: Path) -> None:
        command = [
            *_as_server_user(),
            str(self._installed.programs / "initdb"),
            f"--pgdata={data}",
            f"--username={ADMIN}",
            f"--pwfile={password_file}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C.UTF-8",
            *([] if self._durable else ["--no-sync"]),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True, timeout=120, cwd="/")
        if done.returncode != 0:
            raise PostgresError(f"initdb failed:\n{(done.stdout + done.stderr)[-2000:]}")


def _as_server_user(ends_with_us: str | None = None) -> list[str]:
    options = [f"--pdeathsig={ends_with_us}"] if ends_with_us else []
    if os.geteuid() == 0:
        options += ["--reuid=postgres", "--regid=postgres", "--clear-groups"]
    return ["setpriv", *options] if options else []


def _everybody_may_enter(folder: Path) -> bool:
    existing = next(path for path in (folder, *folder.parents) if path.exists())
    return all(path.stat().st_mode & stat.S_IXOTH for path in (existing, *existing.parents))

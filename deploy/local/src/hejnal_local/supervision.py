"""Runs programs under supervisord: starts them, starts them anew when they die, ends every one of them."""

import contextlib
import http.client
import json
import os
import shlex
import signal
import socket
import subprocess
import tempfile
import time
import xmlrpc.client
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hejnal_local.keys import write_private
from hejnal_local.processes import ProcessId, children_of

NO_ANSWER = (OSError, xmlrpc.client.Fault, http.client.HTTPException)
"""What asking supervisord raises while it is being started or ended."""
_LONGEST_SOCKET_PATH = 100  # sun_path holds 108 bytes
_LOG_BYTES = 10_000_000


class SupervisionError(RuntimeError):
    """A program could not be started or ended; the text names it and its log."""


@dataclass(frozen=True, slots=True)
class Program:
    """One supervised program. It must stay in the foreground and end cleanly on its stop signal."""

    name: str
    command: Sequence[str]
    environment: dict[str, str] = field(default_factory=dict)
    stop_signal: str = "TERM"
    stop_order: int = 500
    """Programs with the highest number end first, those with the same number together."""
    stop_wait_s: int = 12


class Supervisor:
    """One supervisord with its folder for configuration, logs and process identities."""

    def __init__(self, folder: Path, python: Path) -> None:
        self._folder = folder
        self._python = python
        self._groups: dict[str, str] = {}

    @property
    def running(self) -> ProcessId | None:
        """Identity of the supervisord that was started here and still runs."""
        found = ProcessId.read(self._folder / "supervisord.process")
        return found if found is not None and found.alive else None

    def log_of(self, name: str) -> Path:
        """What a program has written."""
        return self._folder / "log" / f"{name}.log"

    def start(self, programs: Iterable[Program], timeout_s: float = 20) -> None:
        """Start supervisord with these programs known and none of them running."""
        programs = list(programs)
        self._groups = {program.name: _group(program) for program in programs}
        (self._folder / "log").mkdir(parents=True, exist_ok=True)
        for program in programs:
            self._halted(program.name).unlink(missing_ok=True)
        self._write_scripts(programs)
        write_private(self._folder / "supervisord.conf", self._configuration(programs))
        command = [str(self._python), "-m", "supervisor.supervisord", "-n", "-c", str(self._folder / "supervisord.conf")]
        with (self._folder / "log" / "supervisord.out").open("ab") as out:
            process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True, cwd="/")
        ProcessId.of(process.pid).write(self._folder / "supervisord.process")
        deadline = time.monotonic() + timeout_s
        while True:
            try:
                self._call("supervisor.getState")
                return
            except (OSError, http.client.HTTPException):
                if process.poll() is not None or time.monotonic() > deadline:
                    end = (self._folder / "log" / "supervisord.out").read_text(encoding="utf-8", errors="replace")[-1500:]
                    raise SupervisionError(f"supervisord did not start:\n{end}") from None
                time.sleep(0.05)

    def begin(self, *names: str) -> None:
        """Start programs without waiting; one that runs already is left alone, one that ends at once is tried again."""
        for name in names:
            try:
                self._call("supervisor.startProcess", f"{self._groups.get(name, name)}:{name}", False)
            except xmlrpc.client.Fault as fault:
                # SPAWN_ERROR: it ended before supervisord had answered us; it is tried again, and `states` tells how that goes.
                if not any(known in fault.faultString for known in ("ALREADY_STARTED", "SPAWN_ERROR")):
                    raise SupervisionError(
                        f"{name} could not be started ({fault.faultString}), see {self.log_of(name)}"
                    ) from fault
        self.record()

    def halt(self, *names: str) -> None:
        """End programs and leave them ended; one that does not run is left alone. `was_halted` knows of it afterwards."""
        states = self.states()
        (self._folder / "halted").mkdir(exist_ok=True)
        for name in names:
            if pid := states.get(name, {}).get("pid"):
                with self._halted(name).open("a", encoding="utf-8") as file:
                    file.write(f"{pid}\n")
            try:
                self._call("supervisor.stopProcess", f"{self._groups.get(name, name)}:{name}", False)
            except xmlrpc.client.Fault as fault:
                if "NOT_RUNNING" not in fault.faultString:
                    raise SupervisionError(f"{name} could not be ended ({fault.faultString})") from fault

    def was_halted(self, name: str, pid: int) -> bool:
        """Whether this process of a program was ended because somebody asked for it."""
        with contextlib.suppress(OSError):
            return str(pid) in self._halted(name).read_text(encoding="utf-8").splitlines()
        return False

    def tell(self, name: str, settings: Mapping[str, str]) -> list[str]:
        """Give a program these variables and no others at its next start, with the command that its script has.

        Gives the names of those that were otherwise.
        """
        script = self._folder / "programs" / name
        before = script.read_text(encoding="utf-8")
        told = _told(before)
        changed = sorted(key for key in {*told, *settings} if told.get(key) != settings.get(key))
        if changed:
            write_private(script, _script(settings, before[before.rindex("\nexec ") + 1 :]))
            script.chmod(0o700)
        return changed

    def log_end(self, name: str, lines: int = 12) -> str:
        """The last lines that a program has written."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log_of(name).read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        return ""

    def states(self) -> dict[str, dict[str, Any]]:
        """What supervisord knows of each program: its state, pid, and why it could not be started."""
        found: list[dict[str, Any]] = self._call("supervisor.getAllProcessInfo")
        self._groups |= {one["name"]: one["group"] for one in found}
        return {one["name"]: one for one in found}

    def record(self) -> None:
        """Write down every process below supervisord, so that all of them can be found again even after it was killed."""
        supervisord = self.running
        if supervisord is not None:
            known = [supervisord, *children_of(supervisord.pid)]
            old = [one for one in self._recorded() if one.alive and one not in known]
            write_private(self._folder / "processes.json", json.dumps([[one.pid, one.started_ticks] for one in known + old]))

    def stop(self, timeout_s: float = 60) -> list[ProcessId]:
        """End supervisord and every process below it. Gives what had to be ended by force."""
        self.record()
        supervisord = self.running
        if supervisord is not None:
            supervisord.send(signal.SIGTERM)
            supervisord.wait_end(timeout_s)
        left = [one for one in self._recorded() if one.alive]
        for one in left:
            one.send(signal.SIGTERM)
        for one in left:
            one.stop(timeout_s=5)
        still = [str(one.pid) for one in self._recorded() if one.alive]
        if still:
            raise SupervisionError(f"these processes could not be ended: {', '.join(still)}")
        for name in ("processes.json", "supervisord.process"):
            (self._folder / name).unlink(missing_ok=True)
        return left

    def _recorded(self) -> list[ProcessId]:
        try:
            content = json.loads((self._folder / "processes.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return []
        return [ProcessId(pid, started) for pid, started in content]

    def _socket(self) -> Path:
        """In our folder, or, if its path is too long for a socket, in a private temporary one whose place is noted."""
        usual = self._folder / "supervisor.sock"
        if len(os.fsencode(usual)) <= _LONGEST_SOCKET_PATH:
            return usual
        note = self._folder / "supervisor.sock.place"
        if not note.exists() or not Path(note.read_text(encoding="utf-8")).parent.is_dir():
            note.write_text(str(Path(tempfile.mkdtemp(prefix="hejnal-")) / "s"), encoding="utf-8")
        return Path(note.read_text(encoding="utf-8"))

    def _configuration(self, programs: list[Program]) -> str:
        log = self._folder / "log"
        sections: list[tuple[str, dict[str, Any]]] = [
            ("unix_http_server", {"file": self._socket(), "chmod": "0700"}),
            (
                "supervisord",
                {
                    "logfile": log / "supervisord.log",
                    "logfile_maxbytes": _LOG_BYTES,
                    "logfile_backups": 1,
                    "pidfile": self._folder / "supervisord.pid",
                    "childlogdir": log,
                    "minfds": 65536 if _may_open_many() else 1024,
                },
            ),
            ("rpcinterface:supervisor", {"supervisor.rpcinterface_factory": "supervisor.rpcinterface:make_main_rpcinterface"}),
        ]
        sections += [(f"program:{program.name}", self._program(program)) for program in programs]
        # supervisord ends one group after the other, and the programs of a group together.
        for order in sorted({program.stop_order for program in programs}):
            members = [program for program in programs if program.stop_order == order]
            names = ",".join(program.name for program in members)
            sections.append((f"group:{_group(members[0])}", {"programs": names, "priority": order}))
        return "\n".join(_section(title, entries) for title, entries in sections)

    def _halted(self, name: str) -> Path:
        return self._folder / "halted" / name

    def _script_of(self, program: Program) -> Path:
        return self._folder / "programs" / program.name

    def _write_scripts(self, programs: list[Program]) -> None:
        """One private script per program with its settings, which a person can read and start by hand as well."""
        (self._folder / "programs").mkdir(mode=0o700, exist_ok=True)
        for program in programs:
            write_private(self._script_of(program), _script(program.environment, f"exec {shlex.join(program.command)}\n"))
            self._script_of(program).chmod(0o700)

    def _program(self, program: Program) -> dict[str, Any]:
        return {
            "command": shlex.quote(str(self._script_of(program))),
            "directory": "/" if program.name == "postgres" else self._folder,
            "autostart": "false",
            "autorestart": "true",
            "startsecs": 1,
            "startretries": 20,
            "stopsignal": program.stop_signal,
            "stopwaitsecs": program.stop_wait_s,
            # PostgreSQL's children must not be signalled: its first process ends them in order.
            "stopasgroup": "false",
            "killasgroup": "true",
            "redirect_stderr": "true",
            "stdout_logfile": self.log_of(program.name),
            "stdout_logfile_maxbytes": _LOG_BYTES,
            "stdout_logfile_backups": 2,
        }

    def _call(self, method: str, *arguments: Any) -> Any:
        connection = _UnixConnection(self._socket())
        try:
            body = xmlrpc.client.dumps(arguments, method)
            connection.request("POST", "/RPC2", body.encode(), {"Content-Type": "text/xml"})
            return xmlrpc.client.loads(connection.getresponse().read())[0][0]
        finally:
            connection.close()


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over a Unix socket."""

    def __init__(self, path: Path) -> None:
        super().__init__("localhost", timeout=15)
        self._path = path

    def connect(self) -> None:
        """Open the socket."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(self.timeout)
        self.sock.connect(str(self._path))


def _script(environment: Mapping[str, str], command: str) -> str:
    exports = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in sorted(environment.items()))
    return f"#!/bin/sh\n{exports}{command}"


def _told(script: str) -> dict[str, str]:
    """The variables that a script hands on."""
    exports = script[: script.rindex("\nexec ")]
    pairs = [word.partition("=") for word in shlex.split(exports, comments=True) if word != "export"]
    return {name: value for name, _, value in pairs}


def _section(title: str, entries: dict[str, Any]) -> str:
    return f"[{title}]\n" + "".join(f"{name} = {_escaped(value)}\n" for name, value in entries.items())


def _group(program: Program) -> str:
    return f"order-{program.stop_order}"


def _escaped(value: Any) -> str:
    """`%` expands in supervisord's configuration."""
    return str(value).replace("%", "%%")


def _may_open_many() -> bool:
    import resource

    return resource.getrlimit(resource.RLIMIT_NOFILE)[1] >= 65536

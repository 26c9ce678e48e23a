"""Processes by identity: a pid alone may have been given to somebody else since it was written down. Standard library only."""

import contextlib
import os
import signal
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SPAWNER = ThreadPoolExecutor(1, thread_name_prefix="spawner")
"""The kernel ties a death signal to the thread that made the child: this one lives as long as we do."""


def spawn_with_us(command: Sequence[str], **options: Any) -> "subprocess.Popen[bytes]":
    """`Popen` for a command that asks for a signal at its parent's death (`setpriv --pdeathsig`): it gets it when we end."""

    def spawn() -> "subprocess.Popen[bytes]":
        return subprocess.Popen(command, **options)

    return _SPAWNER.submit(spawn).result()


@dataclass(frozen=True, slots=True)
class ProcessId:
    """A pid together with the kernel's start time of it (clock ticks since boot): never mistaken for a later process."""

    pid: int
    started_ticks: int

    @classmethod
    def of(cls, pid: int) -> "ProcessId":
        """Identity of a running process. Raises ProcessLookupError if there is none."""
        started = _started_ticks(pid)
        if started is None:
            raise ProcessLookupError(pid)
        return cls(pid, started)

    @classmethod
    def read(cls, path: Path) -> "ProcessId | None":
        """The identity written by `write`, or None if the file is missing or unreadable."""
        try:
            pid, started = path.read_text(encoding="ascii").split()
            return cls(int(pid), int(started))
        except (OSError, ValueError):
            return None

    def write(self, path: Path) -> None:
        """Leave the identity for a later command."""
        path.write_text(f"{self.pid} {self.started_ticks}\n", encoding="ascii")

    @property
    def alive(self) -> bool:
        """True while exactly this process runs; a zombie counts as ended."""
        return _started_ticks(self.pid) == self.started_ticks

    def send(self, signum: signal.Signals) -> None:
        """Signal this process if it still is the same one."""
        if self.alive:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, signum)

    def wait_end(self, timeout_s: float) -> bool:
        """True as soon as the process has ended, False after the time limit."""
        deadline = time.monotonic() + timeout_s
        while self.alive:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def stop(self, timeout_s: float) -> None:
        """SIGTERM, and SIGKILL for what has not ended within the time limit."""
        self.send(signal.SIGTERM)
        if not self.wait_end(timeout_s):
            self.send(signal.SIGKILL)
            self.wait_end(5)


def children_of(pid: int) -> list[ProcessId]:
    """All living descendants of a process, parents before children."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            fields = _stat_fields(int(entry.name))
            if fields is not None:
                parents.setdefault(int(fields[1]), []).append(int(entry.name))
    found: list[ProcessId] = []
    waiting = [pid]
    while waiting:
        for child in parents.get(waiting.pop(0), []):
            with contextlib.suppress(ProcessLookupError):
                found.append(ProcessId.of(child))
                waiting.append(child)
    return found


def _stat_fields(pid: int) -> list[str] | None:
    """Fields of /proc/PID/stat from the state on (proc(5)): the name before may hold spaces and brackets."""
    try:
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    return stat.rpartition(")")[2].split()


def _started_ticks(pid: int) -> int | None:
    fields = _stat_fields(pid)
    if fields is None or fields[0] in "ZX":
        return None
    return int(fields[19])

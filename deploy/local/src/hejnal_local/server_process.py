"""A server that a command or a test runs for itself: started, waited for, ended in order, or killed."""

import signal
import subprocess
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from hejnal_local.processes import ProcessId, spawn_with_us


class ServerProcess:
    """One server at a time. Its command asks for a signal at its parent's death (`setpriv --pdeathsig`), so it ends with us.

    `failure` is what a start that came to nothing raises, with the end of the server's log.
    """

    def __init__(
        self,
        name: str,
        log_file: Path,
        failure: Callable[[str], Exception],
        *,
        ends_on: signal.Signals = signal.SIGTERM,
    ) -> None:
        self._name = name
        self._log_file = log_file
        self._failure = failure
        self._ends_on = ends_on
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int | None:
        """Of the running server; None before the start and after the end."""
        return None if self._process is None else self._process.pid

    def start(
        self, command: Sequence[str], answers: Callable[[], bool], *, folder: Path, timeout_s: float, look_every_s: float = 0.02
    ) -> None:
        """Return when it answers. Raises `failure` when it ends before that, or does not answer in time."""
        with self._log_file.open("ab") as log:
            self._process = spawn_with_us(
                command, stdout=log, stderr=log, stdin=subprocess.DEVNULL, start_new_session=True, cwd=folder
            )
        deadline = time.monotonic() + timeout_s
        while not answers():
            if self._process.poll() is not None:
                self._process = None
                raise self._failure(f"{self._name} ended during its start:\n{self._log_end()}")
            if time.monotonic() > deadline:
                self.kill()
                raise self._failure(f"{self._name} did not answer within {timeout_s:.0f} s:\n{self._log_end()}")
            time.sleep(look_every_s)

    def stop(self, timeout_s: float) -> None:
        """End it cleanly; after the time limit by force."""
        if self._process is None:
            return
        self._process.send_signal(self._ends_on)
        try:
            self._process.wait(timeout_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)
        self._process = None

    def kill(self) -> None:
        """Kill -9, as a power cut would."""
        if self._process is not None:
            ProcessId.of(self._process.pid).send(signal.SIGKILL)
            self._process.wait(10)
            self._process = None

    def _log_end(self) -> str:
        return self._log_file.read_text(encoding="utf-8", errors="replace")[-2000:]

"""Counts checks and tells each in a line."""

import contextlib
import time
from collections.abc import Iterator

from .control_plane import ClusterError


class Checks:
    """What passed and what failed so far."""

    def __init__(self) -> None:
        self.passed = 0
        self.failed = 0
        self._began = time.monotonic()

    def note(self, text: str) -> None:
        """A line that is no check."""
        print(f"[{time.monotonic() - self._began:6.1f} s]       {text}", flush=True)

    def fail(self, what: str, why: str) -> None:
        """A failed check."""
        self.failed += 1
        print(f"[{time.monotonic() - self._began:6.1f} s] FAIL  {what}: {why}", flush=True)

    @contextlib.contextmanager
    def check(self, what: str) -> Iterator[None]:
        """One check: passed unless an assertion fails or the cluster refuses something. What follows goes on."""
        try:
            yield
        except (AssertionError, ClusterError) as error:
            self.fail(what, str(error) or "not so")
        else:
            self.passed += 1
            print(f"[{time.monotonic() - self._began:6.1f} s]  ok   {what}", flush=True)

"""A machine's wall clock that can be set while services run on it: as a program it runs a service under that clock.

`python stepped_clock.py FILE hejnal_ingest serve`: wherever the service's process asks for the time of day it gets the machine's
plus the microseconds in FILE; the monotonic clock goes on, as it does when a real clock is set. Standard library only, until the
service's own modules are loaded.
"""

import mmap
import runpy
import struct
import sys
import time
from datetime import datetime, tzinfo
from pathlib import Path

_OFFSET_US = struct.Struct("=q")
_NOTICED_US = 15_000_000
"""A process on a busy machine goes on for so long with the time it had."""


class SteppedClock:
    """The clock as the test sets it, and what it has shown."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._steps = [(0, 0)]
        path.write_bytes(_OFFSET_US.pack(0))

    @property
    def offset_us(self) -> int:
        """How far it is ahead of the machine's."""
        return self._steps[-1][1]

    def step(self, by_us: int) -> None:
        """Sets it."""
        self._steps.append((time.time_ns() // 1000, self.offset_us + by_us))
        with self.path.open("r+b") as file:
            file.write(_OFFSET_US.pack(self.offset_us))

    def shown(self, machine_us: int) -> list[int]:
        """What services may have taken an instant of the machine's clock for."""
        return [machine_us + offset for offset in self._offsets(machine_us - _NOTICED_US, machine_us + _NOTICED_US)]

    def meant(self, shown_us: int) -> list[int]:
        """When, by the machine's clock, services may have said so."""
        found = []
        for number, (_, offset) in enumerate(self._steps):
            machine_us = shown_us - offset
            until_us = self._steps[number + 1][0] if number + 1 < len(self._steps) else 1 << 62
            if self._steps[number][0] - _NOTICED_US <= machine_us <= until_us + _NOTICED_US:
                found.append(machine_us)
        return found

    def is_repeated(self, machine_us: int) -> bool:
        """Whether the clock shows, or lately showed, a time for the second time: it was set back, and is not beyond that yet."""
        for at_us in (machine_us - _NOTICED_US, machine_us):
            offset, reached_us = 0, 0
            for began_us, following in self._steps[1:]:
                if began_us > at_us:
                    break
                reached_us, offset = max(reached_us, began_us + offset), following
            if at_us + offset < reached_us:
                return True
        return False

    def _offsets(self, from_us: int, until_us: int) -> set[int]:
        later = [(began_us, offset) for began_us, offset in self._steps if began_us > from_us]
        before = [offset for began_us, offset in self._steps if began_us <= from_us][-1:]
        return {*before, *(offset for began_us, offset in later if began_us <= until_us)}


def run_under(path: Path, module: str, arguments: list[str]) -> None:
    """Runs a module as the program, under the clock in the file."""
    with path.open("rb") as file:
        shared = mmap.mmap(file.fileno(), _OFFSET_US.size, access=mmap.ACCESS_READ)
    machine_ns = time.time_ns

    def time_ns() -> int:
        return machine_ns() + 1000 * int(_OFFSET_US.unpack_from(shared)[0])

    time.time_ns = time_ns
    time.time = lambda: time_ns() / 1e9
    import jwt.api_jwt

    import hejnal_runtime.clock

    class SteppedDatetime(datetime):
        """Modules that ask the machine for the date get it here."""

        @classmethod
        def now(cls, tz: tzinfo | None = None) -> "SteppedDatetime":
            return cls.fromtimestamp(time.time(), tz)

    for asking in (hejnal_runtime.clock, jwt.api_jwt):
        vars(asking)["datetime"] = SteppedDatetime
    sys.argv = [module, *arguments]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    del sys.path[0]  # modules beside this one are none of the service's
    run_under(Path(sys.argv[1]), sys.argv[2], sys.argv[3:])

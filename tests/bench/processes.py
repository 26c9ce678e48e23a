"""Children of a benchmark: their processor time and memory."""

import contextlib
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_TICK_HZ = os.sysconf("SC_CLK_TCK")


def end_children_with_us() -> None:
    """SIGTERM unwinds the program, so that what it has started is ended too."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))


def family(pid: int) -> list[int]:
    """A process and its children now."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *map(int, children)]


def cpu_s(pids: list[int]) -> float:
    """User and system time of processes, seconds."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
            total += int(fields[11]) + int(fields[12])
    return total / _TICK_HZ


def rss_mb(pids: list[int]) -> float:
    """Memory that is theirs alone, in MB (proportional set size, so that shared pages count once)."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            found = re.search(r"^Pss:\s+(\d+)", Path(f"/proc/{pid}/smaps_rollup").read_text(), re.MULTILINE)
            total += int(found[1]) if found else 0
    return round(total / 1024, 1)


@contextlib.contextmanager
def running(command: list[str], **options: Any) -> Iterator[subprocess.Popen[str]]:
    """A child that is ended with SIGTERM."""
    process = subprocess.Popen(command, text=True, **options)
    try:
        yield process
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()

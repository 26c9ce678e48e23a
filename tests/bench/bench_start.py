"""P10: `make run` to healthy, the first and later times, and the memory of the whole town with 20 cameras.

Starts a town of its own (state in a temporary folder, its own ports) twice. `--clone` also measures the very first start: a fresh
clone without environment and caches, everything installed. There is no peer: nothing else starts this town.
Prints one JSON line per measurement. `python tests/bench/bench_start.py [--cameras 20] [--clone]`
"""

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from hejnal_local import settings as s
from hejnal_local.ports import free_ports
from hejnal_local.processes import children_of
from hejnal_local.workspace import RUN_FOLDER, Workspace

FIRST_S, LATER_S, MEMORY_MB = 600, 20, 3000
SETTLE_S = 20


def line(**values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "start", "system": "hejnal", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


@contextmanager
def started(
    root: Path, environment: dict[str, str], cameras: int, timeout_s: float
) -> Iterator[tuple[subprocess.Popen[str], float]]:
    """`make run` until it says that everything is healthy, with the seconds that took; ended afterwards."""
    began = time.monotonic()
    process = subprocess.Popen(
        ["make", "run", f"CAMERAS={cameras}"],
        cwd=root,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []
    assert process.stdout is not None
    try:
        for text in process.stdout:
            said.append(text)
            if "everything is healthy" in text:
                break
            if time.monotonic() - began > timeout_s:
                raise TimeoutError("".join(said))
        else:
            raise RuntimeError("".join(said))
        yield process, time.monotonic() - began
    finally:
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=90)


def memory_mb(pid: int) -> float:
    """Proportional set size of a process and everything below it: shared pages are counted once."""
    kilobytes = 0
    for one in children_of(pid):
        try:
            rollup = Path(f"/proc/{one.pid}/smaps_rollup").read_text()
        except OSError:
            continue
        found = re.search(r"^Pss:\s+(\d+)", rollup, re.MULTILINE)
        kilobytes += int(found[1]) if found else 0
    return kilobytes / 1024


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, default=20)
    parser.add_argument("--clone", action="store_true", help="also the very first start, in a fresh clone")
    arguments = parser.parse_args()
    here = Workspace.of_this_clone().root
    folder = Path(tempfile.mkdtemp(prefix="hejnal-bench-start-"))
    folder.chmod(0o711)
    ports = {variable.name: str(port) for variable, port in zip(s.PORTS, free_ports(len(s.PORTS)), strict=True)}
    environment = {**os.environ, **ports, RUN_FOLDER: str(folder / "run")}
    try:
        root, first = here, "first start, everything installed"
        if arguments.clone:
            root, first = folder / "clone", "fresh clone, nothing installed"
            subprocess.run(["git", "clone", "-q", str(here), str(root)], check=True, timeout=120)
        with started(root, environment, arguments.cameras, 2 * FIRST_S) as (_, took_s):
            line(what=first, cameras=arguments.cameras, seconds=round(took_s, 1), met=took_s <= FIRST_S)
        with started(root, environment, arguments.cameras, FIRST_S) as (process, took_s):
            line(what="second start", cameras=arguments.cameras, seconds=round(took_s, 1), met=took_s <= LATER_S)
            time.sleep(SETTLE_S)
            used = memory_mb(process.pid)
            line(what="memory of the town", cameras=arguments.cameras, pss_mb=round(used), met=used <= MEMORY_MB)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()

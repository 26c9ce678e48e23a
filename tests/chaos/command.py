"""The command line of a run that hits a house of its own: one JSON line, whatever happens."""

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import shutil
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, Protocol


class Run(Protocol):
    """The whole run; gives the line that is printed."""

    async def __call__(self, size: int, kills: int, /, *, seed: int, folder: Path, gentle: bool) -> dict[str, Any]:
        """`size`: how much is going on; `gentle`: services are ended as by Kubernetes (SIGTERM), nothing else is hit."""


async def _limited(chaos: str, size: str, run: Run, arguments: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """The line, whatever happens."""
    amount: int = getattr(arguments, size)
    try:
        async with asyncio.timeout(60 * arguments.limit_min):
            return await run(amount, arguments.kills, seed=arguments.seed, folder=folder, gentle=arguments.gentle)
    except Exception as error:  # a part that does not come back is a result
        what = "".join(traceback.format_exception_only(error)).strip()
        line = {"chaos": chaos, size: amount, "seed": arguments.seed, "error": what[-1500:]}
        return line | {"load": round(os.getloadavg()[0], 2), "met": False}


def command(chaos: str, doc: str | None, size: str, usual: int, run: Run) -> int:
    """Reads the arguments, runs, prints; exit code 1 when what was asked for is not met. `size` names the first argument."""
    parser = argparse.ArgumentParser(prog=f"python -m tests.chaos.{chaos}", description=doc)
    parser.add_argument(f"--{size}", type=int, default=usual)
    parser.add_argument("--kills", type=int, default=100)
    parser.add_argument("--gentle", action="store_true", help="SIGTERM to the services, one after the other, instead of blows")
    parser.add_argument("--seed", type=int, default=secrets.randbelow(1_000_000))
    parser.add_argument("--dir", type=Path, default=Path(tempfile.gettempdir()), help="where everything is written meanwhile")
    parser.add_argument("--limit-min", type=float, default=60, help="the run is given up after so long")
    parser.add_argument("--keep", action="store_true", help="leave what was written, and the logs, there")
    arguments = parser.parse_args()
    folder = Path(tempfile.mkdtemp(prefix=f"hejnal-{chaos}-", dir=arguments.dir))
    folder.chmod(0o755)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what it has started is ended too
    try:
        line = asyncio.run(_limited(chaos, size, run, arguments, folder))
    finally:
        if arguments.keep:
            print(f"kept {folder}", file=sys.stderr)
        else:
            with contextlib.suppress(OSError):
                shutil.rmtree(folder)
    print(json.dumps(line, ensure_ascii=False))
    return 0 if line["met"] else 1

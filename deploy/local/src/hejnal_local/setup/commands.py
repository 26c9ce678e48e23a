"""Runs the programs of a set-up step; quiet when they succeed, with the end of what they said when they do not."""

import os
import re
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

_SHOWN_LINES = 20
"""Of the beginning and of the end: some programs say the cause first, some last."""


class SetupError(RuntimeError):
    """The set-up cannot go on; the text says what to do."""


def run(
    command: Sequence[str | Path],
    *,
    step: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    timeout_s: float = 1800,
) -> str:
    """Standard output of the command. Raises SetupError with the beginning and end of its words if it fails or takes too long."""
    arguments = [str(part) for part in command]
    try:
        done = subprocess.run(
            arguments,
            check=False,
            capture_output=True,
            text=True,
            errors="replace",
            cwd=cwd,
            env={**os.environ, **(environment or {})},
            stdin=subprocess.DEVNULL,
            timeout=timeout_s,
        )
    except FileNotFoundError:
        raise SetupError(f"{step}: {arguments[0]} is not installed") from None
    except subprocess.TimeoutExpired:
        raise SetupError(f"{step}: {' '.join(arguments[:4])} … took longer than {timeout_s:.0f} s") from None
    if done.returncode != 0:
        said = re.sub(r"\x1b\[[0-9;]*m", "", done.stdout + done.stderr).splitlines()
        end = "\n".join(said if len(said) <= 2 * _SHOWN_LINES else [*said[:_SHOWN_LINES], "…", *said[-_SHOWN_LINES:]])
        raise SetupError(f"{step}: `{' '.join(arguments[:6])}` failed with code {done.returncode}:\n{end}")
    return done.stdout

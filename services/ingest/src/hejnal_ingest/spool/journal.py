"""What a run must leave behind so that its story can be closed if this process dies: `run.json` in the run's folder.

It is written before the first fragment and removed when Kafka has the run's end. A folder with a `run.json` at start is a
run whose end nobody was told. `announced` holds how many fragments Kafka has, as a hint: telling one twice does no harm.
"""

import contextlib
import os
from datetime import datetime
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ValidationError

from hejnal_contracts.media import GapCause, RunStarted
from hejnal_ingest.spool.files import sync_folder

JOURNAL = "run.json"
ANNOUNCED = "announced"


class RunEnding(BaseModel):
    """How a run ended."""

    cause: GapCause
    detail: str
    ended_at: datetime
    fragments: int


class RunJournal(BaseModel):
    """Content of `run.json`."""

    version: Literal[1] = 1
    started: RunStarted
    ending: RunEnding | None = None


def write_journal(folder: Path, journal: RunJournal) -> None:
    """Replaces the journal, durably. Raises OSError."""
    part = folder / (JOURNAL + ".part")
    with part.open("wb") as file:
        file.write(journal.model_dump_json().encode())
        file.flush()
        os.fsync(file.fileno())
    part.replace(folder / JOURNAL)
    sync_folder(folder)


def read_journal(folder: Path) -> RunJournal | None:
    """The journal of a run folder; None when there is none or it cannot be read."""
    try:
        return RunJournal.model_validate_json((folder / JOURNAL).read_bytes())
    except (OSError, ValidationError):
        return None


def remove_journal(folder: Path) -> None:
    """The run's story is told. Raises OSError."""
    for name in (JOURNAL, ANNOUNCED):
        with contextlib.suppress(FileNotFoundError):
            (folder / name).unlink()


def note_announced(folder: Path, count: int) -> None:
    """Remembers that the first `count` fragments are with Kafka (not durable: a hint). Raises OSError."""
    descriptor = os.open(folder / ANNOUNCED, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o640)
    try:
        os.pwrite(descriptor, f"{count:020d}".encode(), 0)
    finally:
        os.close(descriptor)


def announced(folder: Path) -> int:
    """How many fragments are surely with Kafka; 0 when it is not known."""
    try:
        return int((folder / ANNOUNCED).read_bytes())
    except (OSError, ValueError):
        return 0

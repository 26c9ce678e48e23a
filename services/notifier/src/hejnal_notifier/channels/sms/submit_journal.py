"""What was written to an SMSC, noted on this machine's disk before it is written: what a kill -9 leaves undecided becomes small.

SMPP has no key that makes a repeat harmless. After a crash, everything that was claimed would be in doubt; with the journal only
what was written whole is (its receipt settles it), the rest goes again. A note is one short `write` and no `fsync`: it outlives
the process, not the machine. So a journal of another boot says nothing, and what it would decide stays in doubt.
"""

import contextlib
from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO
from uuid import UUID

import structlog

log = structlog.get_logger()

MOST_NOTES = 50_000
"""So many in one file. What has no outcome yet is far less, so the file before the present one is enough."""
_BOOT = Path("/proc/sys/kernel/random/boot_id")


def boot_id() -> str:
    """Which run of this machine's kernel it is; "" where that cannot be known."""
    try:
        return _BOOT.read_text().strip()
    except OSError:
        return ""


class SubmitJournal:
    """The journal of one provider of one replica. Nothing is read or written before `open`."""

    def __init__(self, folder: Path, name: str, *, boot: str | None = None) -> None:
        self._folder = folder
        self._name = name
        self._boot = boot_id() if boot is None else boot
        self._past: set[UUID] = set()
        self._past_began: datetime | None = None
        self._past_files: list[Path] = []
        self._file: TextIO | None = None
        self._serial = 0
        self._notes = 0

    @property
    def is_open(self) -> bool:
        """Whether notes are taken."""
        return self._file is not None

    def open(self, now: datetime) -> None:
        """Read what our last life has left, and begin a file of our own. OSError when the folder cannot be written."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._past_files = sorted(self._folder.glob(f"{self._name}.*.journal"), key=_serial)
        for path in self._past_files:
            self._read(path)
        self._serial = _serial(self._past_files[-1]) if self._past_files else 0
        self._begin(now)

    def never_submitted(self, delivery_id: UUID, claimed_at: datetime) -> bool:
        """True when our last life certainly did not write this message whole."""
        return self._past_began is not None and claimed_at >= self._past_began and delivery_id not in self._past

    def forget_past(self) -> None:
        """What our last life has left is settled."""
        for path in self._past_files:
            path.unlink(missing_ok=True)
        self._past, self._past_began, self._past_files = set(), None, []

    def note(self, delivery_id: UUID, now: datetime) -> None:
        """The last part of a message is about to be written."""
        if self._file is None:
            return
        try:
            if self._notes >= MOST_NOTES:
                self._begin(now)
                self._path(self._serial - 2).unlink(missing_ok=True)
            self._file.write(f"{delivery_id.hex}\n")
            self._notes += 1
        except OSError:  # a journal that lacks a line would have a message sent twice
            log.exception("submit_journal_given_up", provider=self._name)
            for serial in (self._serial - 1, self._serial):
                self._path(serial).unlink(missing_ok=True)
            self.close()

    def close(self) -> None:
        """Close the file. It stays: what was claimed and not noted is looked up in it."""
        if self._file is not None:
            with contextlib.suppress(OSError):
                self._file.close()
            self._file = None

    def _begin(self, now: datetime) -> None:
        self.close()
        self._serial += 1
        self._file = self._path(self._serial).open("w", encoding="ascii", buffering=1)  # each line is one write
        self._file.write(f"{self._boot} {now.astimezone(UTC).isoformat()}\n")
        self._notes = 0

    def _path(self, serial: int) -> Path:
        return self._folder / f"{self._name}.{serial}.journal"

    def _read(self, path: Path) -> None:
        header, *lines = path.read_text(encoding="ascii", errors="replace").splitlines() or [""]
        boot, _, began = header.partition(" ")
        try:
            began_at = datetime.fromisoformat(began)
        except ValueError:
            boot = ""
        if not boot or boot != self._boot:
            log.warning("submit_journal_of_another_boot", journal=path.name)
            return
        self._past_began = min(self._past_began or began_at, began_at)
        self._past.update(UUID(line) for line in lines if len(line) == 32)


def _serial(path: Path) -> int:
    number = path.name.split(".")[-2]
    return int(number) if number.isdigit() else 0

"""Remembers what a step was done for, so that it is done again only when that changes."""

import hashlib
from collections.abc import Iterable
from pathlib import Path


class Stamps:
    """One small file per finished step, holding the fingerprint of its inputs."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def is_current(self, step: str, fingerprint: str, *results: Path) -> bool:
        """True if the step was finished for these inputs and its results are still there."""
        try:
            done_for = (self._folder / step).read_text(encoding="ascii")
        except OSError:
            return False
        return done_for == fingerprint and all(path.exists() for path in results)

    def record(self, step: str, fingerprint: str) -> None:
        """Call after the step has succeeded."""
        self._folder.mkdir(parents=True, exist_ok=True)
        (self._folder / step).write_text(fingerprint, encoding="ascii")


def fingerprint(*parts: str | Path) -> str:
    """Hash over texts and the contents of files; a missing file counts as empty."""
    digest = hashlib.sha256()
    for part in parts:
        if isinstance(part, Path):
            content = part.read_bytes() if part.is_file() else b""
        else:
            content = part.encode()
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.hexdigest()


def files_below(folder: Path, *, without: Iterable[str] = ()) -> list[Path]:
    """All files below a folder in a fixed order, not entering folders with the given names."""
    skipped = set(without)
    found: list[Path] = []
    for entry in sorted(folder.iterdir()) if folder.is_dir() else []:
        if entry.is_dir() and not entry.is_symlink():
            if entry.name not in skipped:
                found += files_below(entry, without=skipped)
        elif entry.is_file() and entry.name not in skipped:
            found.append(entry)
    return found

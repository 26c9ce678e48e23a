"""Folders and single files as one tar stream, and back."""

import os
import shutil
import tarfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from hejnal_backup.errors import BackupError
from hejnal_backup.sealing import Readable, Writable

_SINGLE = "_file"
"""Name within the stream where not a folder but one file is kept."""


@contextmanager
def packed(path: Path) -> Iterator[Readable]:
    """The folder's files as a tar stream. Links are followed (Kubernetes mounts secrets as links); what vanishes is left out."""
    if not path.exists():
        raise BackupError(f"{path} is to be backed up and is not there: mend HEJNAL_BACKUP_FOLDERS or the mount")
    reading, writing = os.pipe()
    failed: list[BaseException] = []

    def pack() -> None:
        try:
            with os.fdopen(writing, "wb") as sink, tarfile.open(fileobj=sink, mode="w|", format=tarfile.PAX_FORMAT) as tar:
                for name, file in _files(path):
                    _add(tar, name, file)
        except BrokenPipeError:
            pass  # whoever reads has given up, and says why
        except BaseException as error:  # noqa: BLE001 handed to the reader's side
            failed.append(error)

    packer = threading.Thread(target=pack, name=f"pack {path.name}", daemon=True)
    packer.start()
    try:
        with os.fdopen(reading, "rb") as source:
            yield source
    finally:
        packer.join(60)
    if failed:
        raise BackupError(f"{path} could not be read: {failed[0]}") from failed[0]


def _files(path: Path) -> Iterator[tuple[str, Path]]:
    if path.is_file():
        yield _SINGLE, path
        return
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(one for one in folders if not one.startswith(".."))
        for name in sorted(names):
            file = Path(folder) / name
            if not name.startswith("..") and file.is_file():
                yield str(file.relative_to(path)), file


def _add(tar: tarfile.TarFile, name: str, file: Path) -> None:
    try:
        source = file.open("rb")
    except FileNotFoundError:
        return
    with source:
        status = os.fstat(source.fileno())
        entry = tarfile.TarInfo(name)
        entry.size, entry.mtime, entry.mode = status.st_size, int(status.st_mtime), status.st_mode & 0o700
        tar.addfile(entry, source)


class Unpacking:
    """Takes a tar stream by `write` and lays its files beside `path`; `put_in_place` exchanges the two.

    What is there already is never written over: it stays as `<name>.before-<stamp>`.
    """

    def __init__(self, path: Path) -> None:
        self._path = path.absolute()
        self._fresh = self._path.with_name(f"{path.name}.restoring")
        self._single = False
        self.files = 0

    @contextmanager
    def sink(self) -> Iterator[Writable]:
        """Where the stream goes; when the block ends all files lie ready. BackupError when they cannot be written."""
        shutil.rmtree(self._fresh, ignore_errors=True)
        self._fresh.mkdir(parents=True, mode=0o700)
        reading, writing = os.pipe()
        failed: list[BaseException] = []
        unpacker = threading.Thread(target=self._unpack, args=(os.fdopen(reading, "rb"), failed), daemon=True)
        unpacker.start()
        try:
            with os.fdopen(writing, "wb") as sink:
                yield sink
        except BrokenPipeError:
            pass  # the unpacker has stopped and says why
        finally:
            unpacker.join()
        if failed:
            raise BackupError(f"{self._path} could not be written: {failed[0]}") from failed[0]

    def _unpack(self, source: BinaryIO, failed: list[BaseException]) -> None:
        try:
            with source, tarfile.open(fileobj=source, mode="r|") as tar:
                for entry in tar:
                    self._single = self._single or entry.name == _SINGLE
                    self._lay_out(tar, entry)
                    self.files += 1
                while source.read(65536):
                    pass  # the padding after the last file
        except BaseException as error:  # noqa: BLE001 handed to the writer's side
            failed.append(error)

    def _lay_out(self, tar: tarfile.TarFile, entry: tarfile.TarInfo) -> None:
        """One file, within the folder. By hand: `extract(filter="data")` is not in the Python 3.11.2 of Debian 12."""
        target = self._fresh / entry.name
        content = tar.extractfile(entry) if entry.isreg() else None
        if content is None or ".." in target.parts or Path(entry.name).is_absolute():
            raise BackupError(f"{entry.name!r} is none of the files that a backup holds")
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with content, target.open("xb") as sink:
            shutil.copyfileobj(content, sink, 1024**2)
        target.chmod(entry.mode & 0o700)
        os.utime(target, (entry.mtime, entry.mtime))

    def put_in_place(self, stamp: datetime) -> Path | None:
        """Exchange; gives where what was there lies now."""
        before = None
        if self._path.exists() and not (self._path.is_dir() and not any(self._path.iterdir())):
            before = self._path.with_name(f"{self._path.name}.before-{stamp:%Y%m%dT%H%M%SZ}")
            try:
                self._path.rename(before)
            except OSError as error:
                raise BackupError(f"{self._path} cannot be set aside ({error}): empty it by hand and restore again") from error
        if self._single:
            (self._fresh / _SINGLE).replace(self._path)
            self._fresh.rmdir()
        elif self._path.is_dir():  # empty, perhaps a mount: its files go in one by one
            for one in self._fresh.iterdir():
                shutil.move(one, self._path / one.name)
            self._fresh.rmdir()
        else:
            self._fresh.rename(self._path)
        return before

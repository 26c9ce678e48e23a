"""Blocking file work of the spool; called in the writer's threads."""

import contextlib
import hashlib
import os
import re
from dataclasses import dataclass
from pathlib import Path

SEGMENT_PATH = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}/[0-9a-zA-Z-]{1,64}/[0-9a-zA-Z-]{1,64}\.mp4\Z")
"""<camera>/<run>/<segment>.mp4, as it stands in facts and URLs."""


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_all(descriptor: int, data: bytes, offset: int) -> None:
    """`pwrite` until all is written."""
    with memoryview(data) as view:
        done = 0
        while done < len(data):
            done += os.pwrite(descriptor, view[done:], offset + done)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a fragment lies, durably."""

    offset_bytes: int
    size_bytes: int
    sha256: str


class SegmentFile:
    """A segment being written. Not thread-safe: one call at a time."""

    def __init__(self, path: Path, init: bytes) -> None:
        """Creates the file with its init segment; the name and the bytes are durable after the first `append`."""
        self.path = path
        self.init_size_bytes = len(init)
        self.init_sha256 = hashlib.sha256(init).hexdigest()
        self._descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o640)
        self._whole = 0
        self._named = False
        try:
            write_all(self._descriptor, init, 0)
            self._whole = len(init)
        except OSError:
            self.discard()
            raise

    def append(self, head: bytes, pieces: list[bytes]) -> Written:
        """Writes a fragment, hashes it and makes it durable. On OSError the file is cut back to what was whole."""
        data = b"".join((head, *pieces))
        offset = self._whole
        try:
            write_all(self._descriptor, data, offset)
            digest = hashlib.sha256(data).hexdigest()
            os.fdatasync(self._descriptor)
            if not self._named:
                sync_folder(self.path.parent)
                self._named = True
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, offset)
            raise
        self._whole = offset + len(data)
        return Written(offset, len(data), digest)

    def close(self) -> None:
        """No more fragments; a file without any is removed."""
        if self._descriptor < 0:
            return
        if self._whole <= self.init_size_bytes:
            self.discard()
            return
        os.close(self._descriptor)
        self._descriptor = -1

    def discard(self) -> None:
        """Closes and removes the file."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
        with contextlib.suppress(OSError):
            self.path.unlink()


def hash_range(path: Path, offset_bytes: int, size_bytes: int) -> str:
    """SHA-256 of a part of a file. Raises OSError."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        file.seek(offset_bytes)
        left = size_bytes
        while left > 0:
            data = file.read(min(left, 1024 * 1024))
            if not data:
                raise OSError(f"{path.name} ends early")
            digest.update(data)
            left -= len(data)
    return digest.hexdigest()

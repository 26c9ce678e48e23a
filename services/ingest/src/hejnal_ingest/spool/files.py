"""Blocking file work of the spool; called in the writer's threads."""

import contextlib
import errno
import fcntl
import hashlib
import itertools
import mmap
import os
import re
import struct
import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

SEGMENT_PATH = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}/[0-9a-zA-Z-]{1,64}/[0-9a-zA-Z-]{1,64}\.mp4\Z")
"""<camera>/<run>/<segment>.mp4, as it stands in facts and URLs."""
BLOCK_BYTES = 4096
_STAGING_BYTES = 4 * 1024 * 1024
_BOX_HEAD = struct.Struct(">I4s")


def sync_folder(path: Path) -> None:
    """Makes the names in a folder durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class _Staging(threading.local):
    """Page-aligned memory of one writer thread, through which everything goes to the disk (O_DIRECT asks for it)."""

    def __init__(self) -> None:
        self.memory = mmap.mmap(-1, _STAGING_BYTES + 2 * BLOCK_BYTES)  # the padding always fits behind
        self.view = memoryview(self.memory)

    def fill(self, parts: Iterable[bytes]) -> Iterator[memoryview]:
        """The parts, and a `free` box up to the end of the block, in as few writes as they fit in."""
        memory, room, total = self.memory, _STAGING_BYTES, 0
        memory.seek(0)
        for part in parts:
            rest = part
            while len(rest) > room:
                memory.write(rest[:room])
                yield self.view[:_STAGING_BYTES]
                rest, room = rest[room:], _STAGING_BYTES
                memory.seek(0)
            memory.write(rest)
            room -= len(rest)
            total += len(part)
        memory.write(_free_box(-total % BLOCK_BYTES))
        yield self.view[: memory.tell()]


def _free_box(size_bytes: int) -> bytes:
    """A box without meaning (ISO/IEC 14496-12 §8.1.2) of this size, or a block more where none is so small."""
    if size_bytes == 0:
        return b""
    if size_bytes < _BOX_HEAD.size:
        size_bytes += BLOCK_BYTES
    return _BOX_HEAD.pack(size_bytes, b"free") + bytes(size_bytes - _BOX_HEAD.size)


@dataclass(frozen=True, slots=True)
class Written:
    """Where a fragment lies, durably."""

    offset_bytes: int
    size_bytes: int
    sha256: str


_staging = _Staging()


class SegmentFile:
    """A segment being written. Not thread-safe: one call at a time.

    Footage goes past the page cache (O_DIRECT): nobody reads it back soon, and the copy into the cache was the largest single
    cost of recording. So each part of a file begins at a block; a `free` box fills what is left, and hashes cover it.
    """

    def __init__(self, path: Path, init: bytes) -> None:
        """Creates the file with its init segment; the name and the bytes are durable after the first `append`."""
        self.path = path
        self._descriptor = _create(path)
        self._whole = 0
        self._before = 0
        self._named = False
        try:
            self._whole, self.init_sha256 = self._write((init,))
            self.init_size_bytes = self._whole
        except OSError:
            self.discard()
            raise

    def append(self, head: bytes, pieces: list[bytes]) -> Written:
        """Writes a fragment and makes it durable. On OSError the file is cut back to what was whole."""
        written = self.write(head, pieces)
        self.sync()
        return written

    def write(self, head: bytes, pieces: list[bytes]) -> Written:
        """Writes a fragment and hashes it; `sync` must follow. On OSError the file is cut back to what was whole."""
        offset = self._whole
        try:
            size, sha256 = self._write(itertools.chain((head,), pieces))
        except OSError:
            self._cut_back(offset)
            raise
        self._before, self._whole = offset, offset + size
        return Written(offset, size, sha256)

    def sync(self) -> None:
        """Makes the last fragment durable. On OSError the file is cut back to the one before; it must not be tried again.

        A file without a name is one: what is told must be there to be taken.
        """
        try:
            os.fdatasync(self._descriptor)
            if not self._named:
                sync_folder(self.path.parent)
                self._named = True
            if os.fstat(self._descriptor).st_nlink == 0:
                raise FileNotFoundError(errno.ENOENT, "the file has vanished from the spool", str(self.path))
        except OSError:
            self._whole = self._before
            self._cut_back(self._before)
            raise

    def _cut_back(self, size_bytes: int) -> None:
        with contextlib.suppress(OSError):
            os.ftruncate(self._descriptor, size_bytes)

    def _write(self, parts: Iterable[bytes]) -> tuple[int, str]:
        """Writes whole blocks behind what is there; gives their size and SHA-256."""
        digest, at = hashlib.sha256(), self._whole
        for blocks in _staging.fill(parts):
            done = 0
            while done < len(blocks):
                done += _pwrite(self._descriptor, blocks[done:], at + done)
            digest.update(blocks)
            at += done
        return at - self._whole, digest.hexdigest()

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


def _create(path: Path) -> int:
    flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC
    try:
        return os.open(path, flags | os.O_DIRECT, 0o640)
    except OSError as error:
        if error.errno != errno.EINVAL:
            raise
    with contextlib.suppress(FileNotFoundError):
        path.unlink()
    return os.open(path, flags, 0o640)  # a file system without direct writes, e.g. an older tmpfs


def _pwrite(descriptor: int, blocks: memoryview, offset: int) -> int:
    try:
        return os.pwrite(descriptor, blocks, offset)
    except OSError as error:
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        if error.errno != errno.EINVAL or not flags & os.O_DIRECT:
            raise
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags & ~os.O_DIRECT)  # blocks larger than ours
        return os.pwrite(descriptor, blocks, offset)


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

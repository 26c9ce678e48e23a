"""Reading a range of recorded bytes piece by piece, wherever they lie."""

import asyncio
import os
from pathlib import Path
from typing import Protocol, Self

from hejnal_recorder.tiers.store import ObjectStore

CHUNK_BYTES = 512 * 1024


class Reading(Protocol):
    """An open range. Whoever holds it reads on although the file is moved or deleted meanwhile."""

    async def next(self) -> bytes:
        """The next piece; empty at the end. OSError when the bytes end early."""

    def close(self) -> None:
        """Let go of it."""


class FileReading:
    """A range of a local file, through an open descriptor: the file may be unlinked meanwhile."""

    def __init__(self, descriptor: int, first: int, length: int) -> None:
        self._descriptor = descriptor
        self._at = first
        self._end = first + length

    @classmethod
    async def open(cls, path: Path, first: int, length: int) -> Self:
        """FileNotFoundError when the file is not there or ends before the range does."""
        return cls(await asyncio.to_thread(_open_checked, path, first + length), first, length)

    async def next(self) -> bytes:
        """As promised by `Reading`."""
        if self._at >= self._end:
            return b""
        piece = await asyncio.to_thread(os.pread, self._descriptor, min(CHUNK_BYTES, self._end - self._at), self._at)
        if not piece:
            raise OSError(f"the file ended {self._end - self._at} bytes early")
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """As promised by `Reading`."""
        os.close(self._descriptor)


class ObjectReading:
    """A range of an object. Its first piece is there when it opens, so that a store that is away is known in time."""

    def __init__(self, store: ObjectStore, path: str, first: bytes, at: int, end: int) -> None:
        self._store = store
        self._path = path
        self._first = first
        self._at = at
        self._end = end

    @classmethod
    async def open(cls, store: ObjectStore, path: str, first: int, length: int) -> Self:
        """FileNotFoundError when there is no object or it is too short; AppError(UNAVAILABLE) when the store is away."""
        piece, size_bytes = await store.read(path, first, length)
        if size_bytes < first + length:
            raise FileNotFoundError(path)
        return cls(store, path, piece, first + len(piece), first + length)

    async def next(self) -> bytes:
        """As promised by `Reading`."""
        if self._first:
            piece, self._first = self._first, b""
            return piece
        if self._at >= self._end:
            return b""
        piece, _ = await self._store.read(self._path, self._at, self._end - self._at)
        if not piece:
            raise OSError(f"the object ended {self._end - self._at} bytes early")
        self._at += len(piece)
        return piece

    def close(self) -> None:
        """Nothing is held."""


def _open_checked(path: Path, needed_bytes: int) -> int:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    if os.fstat(descriptor).st_size < needed_bytes:
        os.close(descriptor)
        raise FileNotFoundError(path)
    return descriptor

"""Where an export reads from: the archive's folder, and the object store for what has moved there."""

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

from hejnal_recorder.export.plan import SourceFragment
from hejnal_recorder.tiers.store import ObjectStore, StorePlace
from hejnal_runtime.errors import AppError

CHUNK_BYTES = 1 << 20
ATTEMPTS = 6
"""With the pauses between them, a store may be away for about a minute before an export fails for it."""


class StoreAwayError(Exception):
    """The store did not answer for so long that the export has to be asked for again."""


class Source:
    """Ranges of recorded files, blocking, in pieces of bounded size."""

    def __init__(self, archive_dir: Path, place: StorePlace | None = None, archive_name: str = "") -> None:
        self._archive_dir = archive_dir
        self._place = place
        self._archive_name = archive_name
        self._store: ObjectStore | None = None

    def chunks(self, fragment: SourceFragment, offset: int, size: int) -> Iterator[bytes]:
        """A range of the fragment's file; it ends early where the file does, and is empty when there is none.

        StoreAwayError when the store does not answer: that is not the same as damaged footage.
        """
        return self._of_store(fragment.path, offset, size) if fragment.in_store else self._of_disk(fragment.path, offset, size)

    def _of_disk(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        try:
            descriptor = os.open(self._archive_dir / path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return
        try:
            end = offset + size
            while offset < end:
                data = os.pread(descriptor, min(CHUNK_BYTES, end - offset), offset)
                if not data:
                    return
                offset += len(data)
                yield data
        finally:
            os.close(descriptor)

    def _of_store(self, path: str, offset: int, size: int) -> Iterator[bytes]:
        end = offset + size
        while offset < end:
            try:
                data = self._read(path, offset, end - offset)
            except FileNotFoundError:
                return
            if not data:
                return
            offset += len(data)
            yield data

    def _read(self, path: str, offset: int, size: int) -> bytes:
        for attempt in range(ATTEMPTS):
            try:
                return self._opened().read_now(path, offset, size)
            except AppError as error:
                if attempt == ATTEMPTS - 1:
                    detail = "Some of this footage lies in the object store, which does not answer. Ask again when it does."
                    raise StoreAwayError(detail) from error
            time.sleep(min(20.0, 2.0**attempt) * random.uniform(0.5, 1))
        raise AssertionError("unreachable")

    def _opened(self) -> ObjectStore:
        if self._place is None:
            raise StoreAwayError("Some of this footage lies in the object store, and none is configured.")
        if self._store is None:
            try:
                self._store = ObjectStore.open(self._place, self._archive_name)
            except OSError as error:
                raise StoreAwayError("The keys of the object store cannot be read by the recorder.") from error
        return self._store

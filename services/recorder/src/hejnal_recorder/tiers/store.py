"""The S3-compatible store: whole files in, byte ranges out. Every object lies under the archive's name."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, Self

import obstore
from obstore.exceptions import BaseError
from obstore.store import S3Store
from pydantic import BaseModel, ConfigDict

from hejnal_runtime.errors import AppError, Kind

CHUNK_BYTES = 4 * 1024 * 1024
"""One request reads so much: the memory a reader takes, however long the range and however slow the viewer."""

PART_BYTES = 8 * 1024 * 1024
PARTS_AT_ONCE = 2


class StorePlace(BaseModel):
    """Where the store is and how to get in. Holds no secret: the keys are read from their files."""

    model_config = ConfigDict(frozen=True)

    endpoint: str
    bucket: str
    region: str
    access_key_file: Path
    secret_key_file: Path
    timeout_s: float = 30.0


@dataclass(frozen=True, slots=True)
class Copied:
    """What was sent to the store."""

    size_bytes: int
    sha256: str


class ObjectStore:
    """`archive_name` sets several archives (a standby's too) in one bucket apart.

    Every method raises AppError(UNAVAILABLE, "store-unreachable") when the store does not answer or lets nobody in, and
    FileNotFoundError for an object that is not there.
    """

    def __init__(self, store: S3Store, archive_name: str) -> None:
        self._store = store
        self._archive_name = archive_name

    @classmethod
    def open(cls, place: StorePlace, archive_name: str) -> Self:
        """Reads the keys; the store need not answer yet. OSError when a key file cannot be read."""
        timeout = timedelta(seconds=place.timeout_s)
        store = S3Store(
            place.bucket,
            endpoint=place.endpoint,
            region=place.region,
            access_key_id=place.access_key_file.read_text().strip(),
            secret_access_key=place.secret_key_file.read_text().strip(),
            virtual_hosted_style_request=False,
            client_options={
                "allow_http": place.endpoint.startswith("http://"),
                "connect_timeout": timedelta(seconds=3),
                "timeout": timeout,
            },
            retry_config={"max_retries": 2, "retry_timeout": timeout},
        )
        return cls(store, archive_name)

    def _key(self, path: str) -> str:
        return f"{self._archive_name}/{path}"

    async def put(self, path: str, source: Path, size_bytes: int) -> Copied:
        """Send the file's first `size_bytes`. OSError when it is shorter."""
        digest = hashlib.sha256()

        async def pieces(file: IO[bytes]) -> AsyncIterator[bytes]:
            left = size_bytes
            while left:
                data = await asyncio.to_thread(file.read, min(PART_BYTES, left))
                if not data:
                    raise OSError(f"{source.name} ended {left} bytes early")
                digest.update(data)
                left -= len(data)
                yield data

        with source.open("rb") as file:
            sent = [piece async for piece in pieces(file)] if size_bytes <= PART_BYTES else None
            try:
                if sent is not None:
                    await obstore.put_async(self._store, self._key(path), b"".join(sent), use_multipart=False)
                else:
                    await obstore.put_async(
                        self._store, self._key(path), pieces(file), chunk_size=PART_BYTES, max_concurrency=PARTS_AT_ONCE
                    )
            except (BaseError, FileNotFoundError) as error:  # not found: the bucket
                raise away(error) from error
        return Copied(size_bytes, digest.hexdigest())

    async def read(self, path: str, first: int, length: int) -> tuple[bytes, int]:
        """At most `CHUNK_BYTES` of the range (fewer where the object ends) and its size, 0 when it ends before the range."""
        end = first + min(length, CHUNK_BYTES)
        try:
            found = await obstore.get_async(self._store, self._key(path), options={"range": (first, end)})
            return bytes(await found.bytes_async()), found.meta["size"]
        except (BaseError, ValueError) as error:
            if _behind_the_end(error):
                return b"", 0
            raise away(error) from error

    def read_now(self, path: str, first: int, length: int) -> bytes:
        """The same, blocking, for a worker process."""
        end = first + min(length, CHUNK_BYTES)
        try:
            found = obstore.get(self._store, self._key(path), options={"range": (first, end)})
            return bytes(found.bytes())
        except (BaseError, ValueError) as error:
            if _behind_the_end(error):
                return b""
            raise away(error) from error

    async def pieces(self, path: str, size_bytes: int) -> AsyncIterator[bytes]:
        """The object's bytes from the first to `size_bytes`, or to its end when that comes first."""
        at = 0
        while at < size_bytes:
            data, _ = await self.read(path, at, size_bytes - at)
            if not data:
                return
            at += len(data)
            yield data

    async def size(self, path: str) -> int:
        """The object's size."""
        try:
            return (await obstore.head_async(self._store, self._key(path)))["size"]
        except BaseError as error:
            raise away(error) from error

    async def delete(self, path: str) -> None:
        """Remove an object; one that is gone already is fine."""
        try:
            await obstore.delete_async(self._store, self._key(path))
        except FileNotFoundError:
            return
        except BaseError as error:
            raise away(error) from error

    async def listed(self, camera_id: str | None) -> AsyncIterator[tuple[str, int]]:
        """Path and size of each object of a camera, or of the whole archive."""
        prefix = f"{self._archive_name}/" + (f"{camera_id}/" if camera_id else "")
        try:
            async for batch in obstore.list(self._store, prefix, chunk_size=1000):
                for one in batch:
                    yield one["path"].removeprefix(f"{self._archive_name}/"), one["size"]
        except BaseError as error:
            raise away(error) from error

    def chunks_now(self, path: str, first: int, length: int) -> Iterator[bytes]:
        """A range, blocking, in pieces; it ends early where the object does."""
        at, end = first, first + length
        while at < end:
            data = self.read_now(path, at, end - at)
            if not data:
                return
            at += len(data)
            yield data


def _behind_the_end(error: Exception) -> bool:
    """The library has no class for status 416: the object ends before the range begins."""
    return "InvalidRange" in str(error) or "status code: 416" in str(error)


def away(error: BaseException) -> AppError:
    """What a reader is told: the rest of the archive goes on."""
    return AppError(
        Kind.UNAVAILABLE,
        "store-unreachable",
        "Footage of this age lies in the object store, which does not answer right now. Younger footage is not affected. "
        "Try again in a minute; if it lasts, have the store and its access keys looked at.",
        retry_after_s=30,
        errors=[{"detail": type(error).__name__}],
    )

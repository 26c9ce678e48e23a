"""What `check` sees of the object store. Nothing of it is repaired without a person: what is wrong may be the bucket's name."""

import hashlib
from collections.abc import AsyncIterator
from typing import Any

from hejnal_recorder.finding import Finding, torn
from hejnal_recorder.fragments import unpack
from hejnal_recorder.tiers.rows import Tier
from hejnal_recorder.tiers.store import ObjectStore


class StoreLook:
    """One look at the objects of an archive, beside its rows."""

    def __init__(self, store: ObjectStore | None, *, hashes: bool) -> None:
        self._store = store
        self._hashes = hashes
        self._named: set[str] = set()
        self._sizes: dict[str, int] = {}
        self._camera_id: str | None = None

    def name(self, path: str, tier: Tier) -> None:
        """A row that an object may belong to."""
        if tier is not Tier.LOCAL:
            self._named.add(path)

    async def look(self, camera_id: str, row: Any) -> list[Finding]:
        """What does not fit of a row whose bytes are read from the store."""
        try:
            fragments = list(unpack(row.fragments))
        except ValueError as error:
            return [Finding("torn", camera_id, str(error), row.segment_id)]
        found = [Finding("torn", camera_id, detail, row.segment_id) for detail in torn(row, fragments)]
        if self._store is None:
            detail = f"{row.path} is in the object store, and none is configured"
            return [*found, Finding("object_missing", camera_id, detail, row.segment_id)]
        if camera_id != self._camera_id:
            self._sizes = {path: size async for path, size in self._store.listed(camera_id)}
            self._camera_id = camera_id
        size_bytes = self._sizes.get(row.path)
        if size_bytes is None:
            found.append(Finding("object_missing", camera_id, f"{row.path} is not in the object store", row.segment_id))
        elif size_bytes < row.size_bytes:
            detail = f"{row.path} has {size_bytes} of {row.size_bytes} bytes in the object store"
            found.append(Finding("object_short", camera_id, detail, row.segment_id))
        elif self._hashes:
            parts = [("init", 0, row.init_size_bytes, row.init_sha256)]
            parts += [(f"fragment {one.sequence}", one.offset_bytes, one.size_bytes, one.sha256) for one in fragments]
            for name, offset, size, sha256 in parts:
                if await self._digest(row.path, offset, size) != sha256:
                    detail = f"{row.path}: {name} differs in the object store from what ingest wrote"
                    found.append(Finding("object_hash", camera_id, detail, row.segment_id))
        return found

    async def _digest(self, path: str, first: int, length: int) -> bytes | None:
        assert self._store is not None
        digest, end = hashlib.sha256(), first + length
        try:
            while first < end:
                data, _ = await self._store.read(path, first, end - first)
                if not data:
                    return None
                digest.update(data)
                first += len(data)
        except FileNotFoundError:
            return None
        return digest.digest()

    async def orphans(self, camera_id: str | None) -> AsyncIterator[Finding]:
        """Objects that belong to no row; call it when all rows are named."""
        if self._store is None:
            return
        async for path, _ in self._store.listed(camera_id):
            if path not in self._named:
                yield Finding(
                    "object_orphan", path.partition("/")[0], f"{path} in the object store is named by no row", path=path
                )

"""`verify`: every byte of a backup is there and unchanged; with the private key also that it can be read."""

from pathlib import Path

import pyrage

from hejnal_backup.errors import BackupError
from hejnal_backup.manifest import Manifest, Part
from hejnal_backup.sealing import CountedReader, CountedWriter, Writable, unseal
from hejnal_backup.store import BackupStore

_CHUNK_BYTES = 1024**2


class _Nowhere:
    def write(self, data: bytes, /) -> int:
        return len(data)


def verify(store: BackupStore, manifest: Manifest, identities: list[pyrage.x25519.Identity]) -> list[str]:
    """What is wrong, one line each; empty when nothing is. Without identities only the encrypted bytes are compared."""
    return [problem for part in manifest.parts if (problem := _problem(store, manifest, part, identities))]


def _problem(store: BackupStore, manifest: Manifest, part: Part, identities: list[pyrage.x25519.Identity]) -> str | None:
    path = f"{manifest.backup_id}/{part.name}"
    size_bytes = store.size_bytes(path)
    if size_bytes is None:
        return f"{part.name} is missing"
    if size_bytes != part.size_bytes:
        return f"{part.name} has {size_bytes} bytes, the manifest says {part.size_bytes}"
    try:
        if identities:
            read_part(store, manifest, part, identities, _Nowhere())
        else:
            _compare_sealed(store, path, part)
    except BackupError as error:
        return str(error)
    return None


def _compare_sealed(store: BackupStore, path: str, part: Part) -> None:
    with store.reader(path) as source:
        reader = CountedReader(source)
        while reader.read(_CHUNK_BYTES):
            pass
    _compare(part, reader, None)


def read_part(
    store: BackupStore, manifest: Manifest, part: Part, identities: list[pyrage.x25519.Identity], sink: Writable
) -> None:
    """Decrypt one part into `sink`, comparing both hashes. BackupError at the end when one differs: then nothing may be used."""
    with store.reader(f"{manifest.backup_id}/{part.name}") as source:
        reader, writer = CountedReader(source), CountedWriter(sink)
        try:
            unseal(reader, writer, identities)
        except BackupError as error:
            raise BackupError(f"{part.name}: {error}") from error
        while reader.read(_CHUNK_BYTES):
            pass
    _compare(part, reader, writer)


def _compare(part: Part, sealed: CountedReader, plain: CountedWriter | None) -> None:
    if sealed.sha256 != part.sha256:
        raise BackupError(f"{part.name} is not what was written: its SHA-256 differs from the manifest's")
    if plain is not None and plain.sha256 != part.plain_sha256:
        raise BackupError(f"{part.name} decrypts to something else than was backed up")


def read_identities_or_none(path: Path | None) -> list[pyrage.x25519.Identity]:
    """The private keys, or none where no file is named."""
    from hejnal_backup.sealing import read_identities

    return [] if path is None else read_identities(path)

"""Where backups lie: a folder or an S3 bucket, by one interface. A backup is a folder whose manifest was written last."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast
from urllib.parse import urlsplit

import obstore
from obstore.exceptions import BaseError
from obstore.store import LocalStore, S3Store
from pydantic import ValidationError

from hejnal_backup.errors import BackupError
from hejnal_backup.manifest import FILE, Manifest
from hejnal_backup.sealing import Readable, Writable
from hejnal_backup.settings import BackupSettings

BUFFER_BYTES = 8 * 1024**2
"""Also the size of S3's parts: 10,000 of them are 80 GB a file."""


class BackupStore:
    """The target of the settings. Every method raises BackupError when it does not answer."""

    def __init__(self, settings: BackupSettings) -> None:
        self._is_local = not settings.target.startswith("s3://")
        self._where = settings.target
        self._store = _open(settings)

    @contextmanager
    def writer(self, path: str) -> Iterator[Writable]:
        """A file that appears when the block ends, and not at all when it raises."""
        with _translated(self._where):
            file = obstore.open_writer(self._store, path, buffer_size=BUFFER_BYTES)
            with file:
                yield cast("Writable", file)

    @contextmanager
    def reader(self, path: str) -> Iterator[Readable]:
        """A file to read from its beginning."""
        with _translated(self._where):
            yield cast("Readable", obstore.open_reader(self._store, path, buffer_size=BUFFER_BYTES))

    def finish(self, manifest: Manifest) -> None:
        """Make the parts last, then say that the backup is whole."""
        with _translated(self._where):
            folder = Path(self._where).absolute() / manifest.backup_id
            if self._is_local:  # the parts are on the disk before the manifest says so
                _sync(folder, *(part.name for part in manifest.parts))
            obstore.put(self._store, f"{manifest.backup_id}/{FILE}", manifest.model_dump_json(indent=1).encode())
            if self._is_local:
                _sync(folder, FILE)

    def manifests(self) -> list[Manifest]:
        """Every whole backup, oldest first. One whose manifest cannot be read is left out; `broken` names it."""
        return sorted((found for found in map(self._manifest, self._ids()) if found), key=lambda one: one.taken_at)

    def broken(self) -> list[str]:
        """Ids of backups that were begun and never finished, or whose manifest cannot be read."""
        return [one for one in self._ids() if self._manifest(one) is None]

    def find(self, backup_id: str) -> Manifest:
        """One backup, or the newest as `latest`. BackupError when there is none."""
        found = self.manifests()
        if backup_id == "latest" and found:
            return found[-1]
        for one in found:
            if one.backup_id == backup_id:
                return one
        known = ", ".join(one.backup_id for one in found[-5:]) or "none yet"
        raise BackupError(f"there is no whole backup {backup_id!r} in {self._where}; the newest are: {known}")

    def size_bytes(self, path: str) -> int | None:
        """Size of a file, None when it is not there."""
        with _translated(self._where):
            try:
                return int(obstore.head(self._store, path)["size"])
            except FileNotFoundError:
                return None

    def delete(self, backup_id: str) -> None:
        """Remove a backup, its manifest first: what is half removed is no backup."""
        with _translated(self._where):
            files = [str(meta["path"]) for batch in obstore.list(self._store, prefix=f"{backup_id}/") for meta in batch]
            for path in sorted(files, key=lambda one: not one.endswith(f"/{FILE}")):
                obstore.delete(self._store, path)
        if self._is_local:
            folder = Path(self._where).absolute() / backup_id
            if folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def _ids(self) -> list[str]:
        with _translated(self._where):
            prefixes = obstore.list_with_delimiter(self._store)["common_prefixes"]
        return [one.strip("/") for one in prefixes if _looks_like_ours(one.strip("/"))]

    def _manifest(self, backup_id: str) -> Manifest | None:
        with _translated(self._where):
            try:
                raw = bytes(obstore.get(self._store, f"{backup_id}/{FILE}").bytes())
            except FileNotFoundError:
                return None
        try:
            return Manifest.model_validate_json(raw)
        except ValidationError:
            return None


def _looks_like_ours(name: str) -> bool:
    stamp, _, rest = name.partition("-")
    return len(stamp) == 16 and stamp[8:9] == "T" and stamp.endswith("Z") and rest.isalnum()


def _sync(folder: Path, *names: str) -> None:
    """Files, their folder and its parent are on the disk when this returns."""
    for path in (*(folder / name for name in names), folder, folder.parent):
        descriptor = os.open(path, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _open(settings: BackupSettings) -> LocalStore | S3Store:
    if not settings.target:
        raise BackupError("HEJNAL_BACKUP_TARGET is not set: a folder on another disk or machine, or s3://bucket/folder")
    if not settings.target.startswith("s3://"):
        folder = Path(settings.target).absolute()
        try:
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        except OSError as error:
            raise BackupError(f"the target {folder} cannot be made: {error}") from error
        return LocalStore(prefix=str(folder), mkdir=True)
    parts = urlsplit(settings.target)
    if settings.s3_access_key_file is None or settings.s3_secret_key_file is None:
        raise BackupError("S3 needs HEJNAL_BACKUP_S3_ACCESS_KEY_FILE and HEJNAL_BACKUP_S3_SECRET_KEY_FILE")
    plain = settings.s3_endpoint.startswith("http://")
    return S3Store(
        parts.netloc,
        prefix=parts.path.strip("/") or None,
        endpoint=settings.s3_endpoint or None,
        region=settings.s3_region,
        access_key_id=settings.s3_access_key_file.read_text(encoding="utf-8").strip(),
        secret_access_key=settings.s3_secret_key_file.read_text(encoding="utf-8").strip(),
        client_options={"allow_http": plain, "timeout": "120s"},
    )


@contextmanager
def _translated(where: str) -> Iterator[None]:
    try:
        yield
    except (BackupError, FileNotFoundError):
        raise
    except (BaseError, OSError) as error:
        raise BackupError(f"the target {where} refused: {str(error).splitlines()[0][:300]}") from error

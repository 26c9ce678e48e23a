"""The archive's files: hard links of ingest's spool where both lie on one file system. Blocking; called in a thread."""

import contextlib
import errno
import hashlib
import os
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from hejnal_recorder.retention.pressure import Disk

# No link is possible here (other file system, no permission, no such operation, too many links): fetch instead.
_NO_LINK = {errno.EXDEV, errno.EPERM, errno.EACCES, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOSYS}


MARKER = ".hejnal-archive"


@dataclass(frozen=True, slots=True)
class Wanted:
    """One announced fragment and where it belongs."""

    run_id: str
    sequence: int
    spool_path: str
    archive_path: str
    init_size_bytes: int
    init_sha256: str
    offset_bytes: int
    size_bytes: int
    sha256: str

    @property
    def end_bytes(self) -> int:
        """First byte after the fragment."""
        return self.offset_bytes + self.size_bytes


class Found(StrEnum):
    """What a look at the disk says of a fragment."""

    STORED = "stored"
    SHORT = "short"
    """The shared file ends before the fragment does: its bytes will not come."""
    ABSENT = "absent"
    """Not here and not in a spool that can be linked."""


class Archive:
    """`archive_dir` is ours; `spool_dir` is ingest's when it is on this machine."""

    def __init__(self, archive_dir: Path, spool_dir: Path | None) -> None:
        self.archive_dir = archive_dir
        self.spool_dir = spool_dir
        self.name: str | None = None
        """What the marker file has to say; None: not asked for."""

    def check_mounted(self) -> None:
        """OSError when the folder is not the archive that the index knows: nothing is written there, try again later."""
        if not is_mounted(self.archive_dir, self.name):
            raise OSError(errno.ENODEV, "not the archive of this index; is its disk mounted?", str(self.archive_dir))

    def is_there(self) -> bool:
        """Whether the archive's disk is mounted."""
        return is_mounted(self.archive_dir, self.name)

    def link_all(self, wanted: Iterable[Wanted]) -> list[Found]:
        """Take fragments over by link, in order; new directory entries are durable when it returns.

        OSError when the archive itself does not work (full, read-only): try again later.
        """
        self.check_mounted()
        new_folders: set[Path] = set()
        found = [self._link(one, new_folders) for one in wanted]
        for folder in sorted(new_folders):
            sync_folder(folder)
        return found

    def _link(self, wanted: Wanted, new_folders: set[Path]) -> Found:
        target = self.archive_dir / wanted.archive_path
        source = self._source(wanted.spool_path)
        here = _stat(target)
        there = _stat(source) if source is not None else None
        if here is None:
            if there is None or source is None:
                return Found.ABSENT
            folder = target.parent
            try:
                made = make_folders(folder, self.archive_dir)
                os.link(source, target)
            except FileExistsError:
                pass
            except FileNotFoundError:  # the spool's ring was faster
                return Found.ABSENT
            except OSError as error:
                if error.errno in _NO_LINK:
                    return Found.ABSENT
                raise
            else:
                new_folders |= {folder, *made}
            here = _stat(target)
            if here is None:
                return Found.ABSENT
        if there is not None and (here.st_ino, here.st_dev) == (there.st_ino, there.st_dev):
            return Found.STORED if here.st_size >= wanted.end_bytes else Found.SHORT
        return Found.STORED if self._holds(target, wanted) else Found.ABSENT

    def _source(self, spool_path: str) -> Path | None:
        """The spool file; None without a spool here or for a path that would lead out of it."""
        if self.spool_dir is None:
            return None
        path = Path(spool_path)
        if path.is_absolute() or ".." in path.parts:
            return None
        return self.spool_dir / path

    def _holds(self, target: Path, wanted: Wanted) -> bool:
        """Whether our own copy has the fragment, by its hash: a crash may have left a file of the right size with holes."""
        try:
            descriptor = os.open(target, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            if hash_range(descriptor, wanted.offset_bytes, wanted.size_bytes) != wanted.sha256:
                return False
            if hash_range(descriptor, 0, wanted.init_size_bytes) != wanted.init_sha256:
                return False
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        return True

    def write(self, archive_path: str, pieces: Iterable[tuple[int, bytes]]) -> bool:
        """Write fetched (offset, bytes) durably; False when the file is shared with the spool and must not be written."""
        self.check_mounted()
        target = self.archive_dir / archive_path
        new_folders = {target.parent, *make_folders(target.parent, self.archive_dir)}
        existed = target.exists()
        descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o640)
        try:
            if os.fstat(descriptor).st_nlink > 1:
                return False
            for offset, data in pieces:
                written = 0
                while written < len(data):
                    written += os.pwrite(descriptor, memoryview(data)[written:], offset + written)
            os.fdatasync(descriptor)
        finally:
            os.close(descriptor)
        if not existed:
            for folder in sorted(new_folders):
                sync_folder(folder)
        return True

    def has_init(self, wanted: Wanted) -> bool:
        """Whether the segment's file exists and begins with its ftyp and moov."""
        try:
            descriptor = os.open(self.archive_dir / wanted.archive_path, os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return False
        try:
            return hash_range(descriptor, 0, wanted.init_size_bytes) == wanted.init_sha256
        finally:
            os.close(descriptor)

    def unlink(self, archive_path: str) -> int:
        """Remove a file durably; a file that is gone already is fine. An emptied day folder goes with it.

        Gives the bytes that this does not free yet: those of a file that ingest's spool has too, until its ring lets go.
        """
        self.check_mounted()
        target = self.archive_dir / archive_path
        lingering_bytes = 0
        with contextlib.suppress(FileNotFoundError):
            figures = target.stat()
            target.unlink()
            lingering_bytes = figures.st_blocks * 512 if figures.st_nlink > 1 else 0
        with contextlib.suppress(FileNotFoundError):
            sync_folder(target.parent)
        with contextlib.suppress(OSError):  # other segments lie there
            target.parent.rmdir()
        return lingering_bytes

    def disk(self) -> Disk:
        """The archive's file system as we may use it: what is kept for root counts as used by others."""
        figures = os.statvfs(self.archive_dir)
        ours = figures.f_blocks - figures.f_bfree + figures.f_bavail
        return Disk(total_bytes=ours * figures.f_frsize, free_bytes=figures.f_bavail * figures.f_frsize)


def is_mounted(archive_dir: Path, name: str | None) -> bool:
    """Whether the folder is the archive of that name. True while it has none."""
    if name is None:
        return True
    try:
        return (archive_dir / MARKER).read_text().strip() == name
    except OSError:
        return False


def make_folders(folder: Path, root: Path) -> set[Path]:
    """Make `folder` below `root`; gives the folders whose entries are new and must be synced."""
    missing = []
    while folder != root and not folder.exists():
        missing.append(folder)
        folder = folder.parent
    for path in reversed(missing):
        path.mkdir(mode=0o750, exist_ok=True)
    return {path.parent for path in missing}


def sync_folder(folder: Path) -> None:
    """Make a folder's entries durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def hash_range(descriptor: int, offset: int, size: int) -> str:
    """SHA-256 (hex) of a byte range; of what is there when the file is shorter."""
    digest = hashlib.sha256()
    end = offset + size
    while offset < end:
        data = os.pread(descriptor, min(1 << 20, end - offset), offset)
        if not data:
            break
        digest.update(data)
        offset += len(data)
    return digest.hexdigest()


def _stat(path: Path) -> os.stat_result | None:
    try:
        return path.stat()
    except FileNotFoundError:
        return None

"""The files of a package, in a folder or in its zip, as seekable streams."""

import io
import struct
import zipfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, cast

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LOCAL_HEAD = struct.Struct("<4s22xHH")


class NotAPackageError(ValueError):
    """What was given cannot be read as a package."""


class Package(Protocol):
    """Read access to a package's files by their relative names."""

    def names(self) -> list[str]:
        """All files, `/` between folders."""

    def size_bytes(self, name: str) -> int:
        """Size of one file; KeyError when there is none."""

    def open(self, name: str) -> BinaryIO:
        """A seekable stream; KeyError when there is none."""


class _Folder:
    def __init__(self, root: Path) -> None:
        self._root = root
        # A link may lead out of the package: what it points to is not part of it.
        files = (path for path in root.rglob("*") if path.is_file() and not path.is_symlink())
        self._files = {path.relative_to(root).as_posix(): path for path in files}

    def names(self) -> list[str]:
        return sorted(self._files)

    def size_bytes(self, name: str) -> int:
        return self._files[name].stat().st_size

    def open(self, name: str) -> BinaryIO:
        return self._files[name].open("rb")


class _Slice(io.RawIOBase):
    """A stored member of a zip, seekable without reading what lies before."""

    def __init__(self, path: Path, offset: int, size: int) -> None:
        self._file = path.open("rb")
        self._offset, self._size, self._at = offset, size, 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        wanted = min(len(view), max(0, self._size - self._at))
        self._file.seek(self._offset + self._at)
        count = self._file.readinto(view[:wanted])
        self._at += count
        return count

    def close(self) -> None:
        self._file.close()
        super().close()


class _Zip:
    def __init__(self, path: Path, archive: zipfile.ZipFile) -> None:
        self._path = path
        members = [info for info in archive.infolist() if not info.is_dir()]
        prefix = _common_folder([info.filename for info in members])
        self._members: dict[str, zipfile.ZipInfo] = {}
        for info in members:
            name = info.filename.removeprefix(prefix)
            if name in self._members:
                raise NotAPackageError(f"the zip holds {name} twice")
            if info.compress_type != zipfile.ZIP_STORED:
                raise NotAPackageError(f"{name} is compressed; packages are stored as they are")
            self._members[name] = info

    def names(self) -> list[str]:
        return sorted(self._members)

    def size_bytes(self, name: str) -> int:
        return self._members[name].file_size

    def open(self, name: str) -> BinaryIO:
        info = self._members[name]
        with self._path.open("rb") as file:
            file.seek(info.header_offset)
            head = file.read(_LOCAL_HEAD.size)
        if len(head) < _LOCAL_HEAD.size or head[:4] != b"PK\x03\x04":
            raise NotAPackageError(f"the zip is damaged before {name}")
        _, name_length, extra_length = _LOCAL_HEAD.unpack(head)
        start = info.header_offset + _LOCAL_HEAD.size + name_length + extra_length
        return cast("BinaryIO", io.BufferedReader(_Slice(self._path, start, info.file_size), 1 << 20))


class Counted:
    """A stream that tells how many bytes were read from it; all else is the stream's own."""

    def __init__(self, stream: BinaryIO, tell: Callable[[int], None]) -> None:
        self._stream = stream
        self._tell = tell

    def read(self, size: int = -1) -> bytes:
        """As the stream reads."""
        data = self._stream.read(size)
        self._tell(len(data))
        return data

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def open_package(path: Path) -> Iterator[Package]:
    """The package at `path`; NotAPackageError when it is neither a folder nor a readable zip with a manifest."""
    with ExitStack() as stack:
        package: Package
        if path.is_dir():
            package = _Folder(path)
        else:
            try:
                package = _Zip(path, stack.enter_context(zipfile.ZipFile(path)))
            except (zipfile.BadZipFile, OSError, UnicodeDecodeError) as error:
                raise NotAPackageError(f"{path.name} is no readable zip: {error}") from error
        if "manifest.json" not in package.names():
            raise NotAPackageError(f"{path.name} holds no manifest.json: it is no package of exported footage")
        yield package


def is_safe(name: str) -> bool:
    """Whether a name from a manifest stays inside the package."""
    path = PurePosixPath(name)
    return bool(name) and not path.is_absolute() and ".." not in path.parts and "\\" not in name


def _common_folder(names: list[str]) -> str:
    heads = {name.split("/", 1)[0] for name in names}
    return f"{heads.pop()}/" if len(heads) == 1 and all("/" in name for name in names) else ""

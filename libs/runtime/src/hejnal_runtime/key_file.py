"""Keys for secrets at rest from a file that may hold several: the first seals, all open. Read again when the file changes.

So a key is changed without a stop: add the new one under a line `# next` until every copy of the service knows it, put it first
without that line, seal everything anew, take the old one away.
"""

import base64
import binascii
import os
import secrets
from pathlib import Path

import structlog

log = structlog.get_logger()

KEY_BYTES = 32
_NEXT = [b"#", b"next"]


def new_key() -> str:
    """A fresh key as a line of a key file: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


def write_whole(path: Path, text: str, mode: int) -> None:
    """A file of keys, whole or not at all, never readable for more than `mode` says."""
    part = path.with_name(path.name + ".part")
    part.unlink(missing_ok=True)
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "w", encoding="utf-8") as file:
        file.write(text if text.endswith("\n") else text + "\n")
        file.flush()
        os.fsync(file.fileno())
    part.replace(path)


class KeyFile:
    """The keys of one file: 32 raw bytes, or lines of base64 (`openssl rand -base64 32`), the newest first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = self._version()
        self._keys, self._coming = _read(path)
        self._oldest = self._keys[-1]

    def read(self) -> tuple[bytes, ...]:
        """At least one key, the one to seal with first; those marked as next are last, since they only open.

        A file that was spoilt meanwhile is reported; the keys before it hold.
        """
        try:
            version = self._version()
            if version != self._read_at:
                (self._keys, self._coming), self._read_at = _read(self._path), version
                log.info("key_file_read_again", file=self._path.name, keys=len(self._keys) + len(self._coming))
                self._keep_oldest()
        except (OSError, ValueError) as error:
            log.error("key_file_unreadable", file=self._path.name, error=str(error))  # noqa: TRY400 the text says it all
        return self._keys + self._coming

    def oldest(self) -> bytes:
        """The key whose derivations have to stay the same for years: the last line that is not marked as next.

        As long as this object lives it stays the same while the file has it at all, wherever a hand has put another.
        """
        self.read()
        return self._oldest

    def _keep_oldest(self) -> None:
        if self._keys[-1] == self._oldest:
            return
        if self._oldest in self._keys:
            log.error("key_file_oldest_not_last", file=self._path.name, advice="put the newest key first, or under `# next`")
        else:
            self._oldest = self._keys[-1]
            log.warning("key_file_oldest_gone", file=self._path.name)

    def _version(self) -> tuple[int, int, int]:
        stat = self._path.stat()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read(path: Path) -> tuple[tuple[bytes, ...], tuple[bytes, ...]]:
    """The keys in use, and those marked as next."""
    raw = path.read_bytes()
    if len(raw) == KEY_BYTES:
        return (raw,), ()
    keys: list[bytes] = []
    coming: list[bytes] = []
    marked = False
    for number, line in enumerate((line.strip() for line in raw.splitlines()), 1):
        if not line or line.startswith(b"#"):
            marked = marked or line.split()[:2] == _NEXT
            continue
        try:
            key = base64.b64decode(line, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path}, line {number}: not {KEY_BYTES} bytes in base64; make a key with `openssl rand -base64 32`")
        (coming if marked else keys).append(key)
        marked = False
    if not keys:
        raise ValueError(f"{path} holds no key in use: make one with `openssl rand -base64 32`")
    return tuple(dict.fromkeys(keys)), tuple(dict.fromkeys(key for key in coming if key not in keys))

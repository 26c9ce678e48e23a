"""Keys for secrets at rest from a file that may hold several: the first seals, all open. Read again when the file changes.

So a key is changed without a stop: add the new one as a second line, put it first, seal everything anew, take the old one away.
"""

import base64
import binascii
import secrets
from pathlib import Path

import structlog

log = structlog.get_logger()

KEY_BYTES = 32


def new_key() -> str:
    """A fresh key as a line of a key file: 32 random bytes in base64."""
    return base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()


class KeyFile:
    """The keys of one file: 32 raw bytes, or lines of base64 (`openssl rand -base64 32`), the newest first."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at = self._version()
        self._keys = _read(path)

    def read(self) -> tuple[bytes, ...]:
        """At least one key, the one to seal with first. A file that was spoilt meanwhile is reported; the keys before it hold."""
        try:
            version = self._version()
            if version != self._read_at:
                self._keys, self._read_at = _read(self._path), version
                log.info("key_file_read_again", file=self._path.name, keys=len(self._keys))
        except (OSError, ValueError) as error:
            log.error("key_file_unreadable", file=self._path.name, error=str(error))  # noqa: TRY400 the text says it all
        return self._keys

    def _version(self) -> tuple[int, int, int]:
        stat = self._path.stat()
        return stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read(path: Path) -> tuple[bytes, ...]:
    raw = path.read_bytes()
    if len(raw) == KEY_BYTES:
        return (raw,)
    keys = []
    for number, line in enumerate((line.strip() for line in raw.splitlines()), 1):
        if not line or line.startswith(b"#"):
            continue
        try:
            key = base64.b64decode(line, validate=True)
        except binascii.Error:
            key = b""
        if len(key) != KEY_BYTES:
            raise ValueError(f"{path}, line {number}: not {KEY_BYTES} bytes in base64; make a key with `openssl rand -base64 32`")
        keys.append(key)
    if not keys:
        raise ValueError(f"{path} holds no key: make one with `openssl rand -base64 32`")
    return tuple(dict.fromkeys(keys))

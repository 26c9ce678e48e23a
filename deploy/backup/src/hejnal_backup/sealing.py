"""Streams through age (age-encryption.org/v1, X25519): only whoever holds a private half can read what was sealed.

Nothing is held in memory but a chunk. What is cut short or changed does not decrypt: age authenticates each 64 KiB and the end.
"""

import hashlib
from pathlib import Path
from typing import Protocol

import pyrage

from hejnal_backup.errors import BackupError


class Readable(Protocol):
    """Where bytes come from."""

    def read(self, size: int, /) -> bytes:
        """Up to `size` bytes; none at the end."""
        ...


class Writable(Protocol):
    """Where bytes go."""

    def write(self, data: bytes, /) -> int | None:
        """Take all of `data`."""
        ...


class CountedReader:
    """Hashes and counts what is read through it."""

    def __init__(self, source: Readable) -> None:
        self._source = source
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """Of everything read so far, hex."""
        return self._digest.hexdigest()

    def read(self, size: int = 65536) -> bytes:
        """Up to `size` bytes."""
        data = bytes(self._source.read(size))
        self._digest.update(data)
        self.size_bytes += len(data)
        return data


class CountedWriter:
    """Hashes and counts what is written through it."""

    def __init__(self, sink: Writable) -> None:
        self._sink = sink
        self._digest = hashlib.sha256()
        self.size_bytes = 0

    @property
    def sha256(self) -> str:
        """Of everything written so far, hex."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> int:
        """Pass all of `data` on."""
        self._sink.write(data)
        self._digest.update(data)
        self.size_bytes += len(data)
        return len(data)

    def flush(self) -> None:
        """Nothing waits here."""


def read_recipients(path: Path | None) -> list[pyrage.x25519.Recipient]:
    """Public keys from a file, `#` begins a comment. BackupError when there is none, or a private key among them."""
    if path is None:
        raise BackupError(
            "HEJNAL_BACKUP_RECIPIENTS_FILE is not set: it names a file with age public keys. `age-keygen -o FILE` (package age) "
            "or `python -m hejnal_backup key FILE` makes a key pair. Run it on another machine, keep FILE there and bring the "
            "line that begins with age1 here"
        )
    found = []
    for line in _lines(path, "recipients"):
        if line.upper().startswith("AGE-SECRET-KEY-"):
            raise BackupError(f"{path} holds a private key: whoever takes this server could read every backup. Take it away")
        try:
            found.append(pyrage.x25519.Recipient.from_str(line))
        except pyrage.RecipientError as error:
            raise BackupError(f"{path}: {line[:20]}… is no age public key (age1…)") from error
    if not found:
        raise BackupError(f"{path} names nobody: put at least one age public key (age1…) into it")
    return found


def read_identities(path: Path) -> list[pyrage.x25519.Identity]:
    """Private keys from a file. BackupError when there is none."""
    found = []
    for line in _lines(path, "private key"):
        try:
            found.append(pyrage.x25519.Identity.from_str(line))
        except pyrage.IdentityError as error:
            raise BackupError(f"{path} is no age private key (AGE-SECRET-KEY-…)") from error
    if not found:
        raise BackupError(f"{path} holds no age private key (AGE-SECRET-KEY-…)")
    return found


def seal(source: Readable, sink: Writable, recipients: list[pyrage.x25519.Recipient]) -> None:
    """Encrypt everything from `source` into `sink`."""
    pyrage.encrypt_io(source, sink, recipients)


def unseal(source: Readable, sink: Writable, identities: list[pyrage.x25519.Identity]) -> None:
    """Decrypt everything from `source` into `sink`. BackupError for another key, or bytes that were changed or cut."""
    try:
        pyrage.decrypt_io(source, sink, identities)
    except pyrage.DecryptError as error:
        raise BackupError(f"it cannot be decrypted ({error}): this is not its private key, or the file was changed") from error


def _lines(path: Path, what: str) -> list[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BackupError(f"the file with the {what}, {path}, cannot be read: {error}") from error
    return [line for raw in text.splitlines() if (line := raw.partition("#")[0].strip())]

"""Secrets that must be read back (camera passwords, TOTP secrets) lie in the database only under AES-256-GCM."""

import os
from collections.abc import Callable
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from hejnal_runtime.key_file import KEY_BYTES, KeyFile

_NONCE_BYTES = 12
_VERSION = b"\x01"


class SecretBox:
    """Seals and opens short secrets. `purpose` binds a sealed value to its place: moved to another row it does not open."""

    def __init__(self, *keys: bytes) -> None:
        if not keys or any(len(key) != KEY_BYTES for key in keys):
            raise ValueError(f"the keys for secrets at rest must have {KEY_BYTES} bytes each")
        self._keys: Callable[[], tuple[bytes, ...]] = lambda: keys
        self._ciphers: dict[bytes, AESGCM] = {}

    @classmethod
    def load(cls, path: Path | None) -> "SecretBox":
        """The box of the keys in `path`, which may change while it is in use; see `hejnal_runtime.key_file`."""
        if path is None:
            raise ValueError("HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE is not set: make a key with `openssl rand -base64 32`")
        file = KeyFile(path)
        box = cls(*file.read())
        box._keys = file.read
        return box

    def seal(self, secret: str, purpose: str) -> bytes:
        """`secret` encrypted under the first key: version byte, nonce, ciphertext with tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher(self._keys()[0]).encrypt(nonce, secret.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """The secret again; ValueError when no key of ours sealed it or the value was moved or changed."""
        return self._opened(sealed, purpose)[0]

    def sealed_anew(self, sealed: bytes, purpose: str) -> bytes | None:
        """The same secret under the first key, None when it lies under it already. ValueError as `open`."""
        secret, number = self._opened(sealed, purpose)
        return self.seal(secret, purpose) if number else None

    def _opened(self, sealed: bytes, purpose: str) -> tuple[str, int]:
        if sealed[:1] != _VERSION:
            raise ValueError("unknown version of a sealed secret")
        nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        for number, key in enumerate(self._keys()):
            try:
                return self._cipher(key).decrypt(nonce, body, purpose.encode()).decode(), number
            except InvalidTag:
                continue
        raise ValueError("a sealed secret does not open with any key of HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE")

    def _cipher(self, key: bytes) -> AESGCM:
        if key not in self._ciphers:
            self._ciphers[key] = AESGCM(key)
        return self._ciphers[key]

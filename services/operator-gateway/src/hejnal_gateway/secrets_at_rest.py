"""Secrets that must be read back (camera passwords, TOTP secrets) lie in the database only under AES-256-GCM."""

import base64
import binascii
import os
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

_KEY_BYTES = 32
_NONCE_BYTES = 12
_VERSION = b"\x01"


class SecretBox:
    """Seals and opens short secrets. `purpose` binds a sealed value to its place: moved to another row it does not open."""

    def __init__(self, key: bytes) -> None:
        if len(key) != _KEY_BYTES:
            raise ValueError(f"the key for secrets at rest must have {_KEY_BYTES} bytes, not {len(key)}")
        self._cipher = AESGCM(key)

    @classmethod
    def load(cls, path: Path | None) -> "SecretBox":
        """The box of the key in `path`: 32 bytes, raw or as one line of base64 (`openssl rand -base64 32`)."""
        if path is None:
            raise ValueError("HEJNAL_GATEWAY_CREDENTIALS_KEY_FILE is not set: make a key with `openssl rand -base64 32`")
        raw = path.read_bytes()
        if len(raw) != _KEY_BYTES:
            try:
                raw = base64.b64decode(raw.strip(), validate=True)
            except binascii.Error as error:
                raise ValueError(f"{path} holds neither 32 raw bytes nor base64") from error
        return cls(raw)

    def seal(self, secret: str, purpose: str) -> bytes:
        """`secret` encrypted: version byte, nonce, ciphertext with tag."""
        nonce = os.urandom(_NONCE_BYTES)
        return _VERSION + nonce + self._cipher.encrypt(nonce, secret.encode(), purpose.encode())

    def open(self, sealed: bytes, purpose: str) -> str:
        """The secret again; ValueError when the key is another one or the value was moved or changed."""
        try:
            nonce, body = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
            if sealed[:1] != _VERSION:
                raise ValueError("unknown version of a sealed secret")
            return self._cipher.decrypt(nonce, body, purpose.encode()).decode()
        except InvalidTag as error:
            raise ValueError("a sealed secret does not open with this key") from error

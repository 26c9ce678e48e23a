"""Secrets of residents: one-time codes, session and follow-up tokens. Only hashes of them are stored."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

_NONCE_BYTES = 12


class Secrets:
    """Keyed hashes under keys derived (HKDF, RFC 5869) from this service's own private key, one per purpose."""

    def __init__(self, key: Ed25519PrivateKey) -> None:
        seed = key.private_bytes_raw()
        self._codes = HKDF(SHA256(), 32, None, b"hejnal citizen-api one-time codes").derive(seed)
        self._follow = HKDF(SHA256(), 32, None, b"hejnal citizen-api follow-up tokens").derive(seed)
        self._sealing = AESGCM(HKDF(SHA256(), 32, None, b"hejnal citizen-api secrets at rest").derive(seed))
        self._callers = HKDF(SHA256(), 32, None, b"hejnal citizen-api caller addresses").derive(seed)

    def code_hash(self, challenge_id: str, code: str) -> bytes:
        """What is stored of a one-time code: useless without the key, though a code has only a million values."""
        return hmac.digest(self._codes, f"{challenge_id}:{code}".encode(), "sha256")

    def follow_token(self, report_id: str) -> str:
        """The secret follow-up token of a report. Derived, so that a repeated submission gives the same one again."""
        return _text(hmac.digest(self._follow, report_id.encode(), "sha256")[:24])

    def caller_key(self, purpose: str, value: str) -> str:
        """A name for a caller's address or contact in counters, which does not give it away."""
        return f"{purpose}:{_text(hmac.digest(self._callers, f'{purpose}:{value}'.encode(), 'sha256')[:18])}"

    def seal(self, purpose: str, secret: str) -> bytes:
        """A secret that must be read back (AES-256-GCM); `purpose` binds it to its place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._sealing.encrypt(nonce, secret.encode(), purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> str:
        """What was sealed for this purpose. ValueError when it was not, or under another key."""
        try:
            return self._sealing.decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode()).decode()
        except InvalidTag as error:
            raise ValueError(f"the secret for {purpose!r} was sealed under another key") from error


def new_code() -> str:
    """Six random digits."""
    return f"{secrets.randbelow(1_000_000):06d}"


def new_token() -> str:
    """A random token of 256 bits."""
    return secrets.token_urlsafe(32)


def token_hash(token: str) -> bytes:
    """What is stored of a random token."""
    return hashlib.sha256(token.encode()).digest()


def _text(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")

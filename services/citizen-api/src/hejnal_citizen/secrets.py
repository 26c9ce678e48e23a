"""Secrets of residents: one-time codes, session and follow-up tokens. Only hashes of them are stored."""

import hashlib
import hmac
import secrets
from base64 import urlsafe_b64encode
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from hejnal_citizen.settings import Settings
from hejnal_runtime.key_file import KeyFile

_NONCE_BYTES = 12


class Seeds(Protocol):
    """Where keys are derived from."""

    def read(self) -> tuple[bytes, ...]:
        """Those that hold now, the newest first."""

    def oldest(self) -> bytes:
        """The one that stays."""


class OneSeed:
    """Seeds where there is only one."""

    def __init__(self, seed: bytes) -> None:
        self._seed = seed

    def read(self) -> tuple[bytes, ...]:
        """Itself."""
        return (self._seed,)

    def oldest(self) -> bytes:
        """Itself."""
        return self._seed


class Secrets:
    """Keyed hashes and sealed secrets under keys derived (HKDF, RFC 5869) from seeds, one key per purpose.

    The newest seed seals and hashes codes; what was sealed or hashed under an older one is still known. Names that have to stay
    the same for years (follow-up tokens, who has voted) come from the oldest.
    """

    def __init__(self, seeds: Seeds) -> None:
        self._seeds = seeds.read
        self._oldest = seeds.oldest
        self._derived: dict[tuple[bytes, str], bytes] = {}

    def code_hash(self, challenge_id: str, code: str) -> bytes:
        """What is stored of a one-time code: useless without the key, though a code has only a million values."""
        return self._code_hash(self._seeds()[0], challenge_id, code)

    def is_code(self, stored: bytes, challenge_id: str, code: str) -> bool:
        """Whether this is the code of which `stored` is the hash."""
        return any(hmac.compare_digest(stored, self._code_hash(seed, challenge_id, code)) for seed in self._seeds())

    def follow_token(self, report_id: str) -> str:
        """The secret follow-up token of a report. Derived, so that a repeated submission gives the same one again."""
        return _text(hmac.digest(self._key(self._oldest(), "follow-up tokens"), report_id.encode(), "sha256")[:24])

    def caller_key(self, purpose: str, value: str) -> str:
        """A name for a caller's address or contact in counters, which does not give it away."""
        key = self._key(self._oldest(), "caller addresses")
        return f"{purpose}:{_text(hmac.digest(key, f'{purpose}:{value}'.encode(), 'sha256')[:18])}"

    def seal(self, purpose: str, secret: str) -> bytes:
        """A secret that must be read back (AES-256-GCM); `purpose` binds it to its place."""
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return nonce + self._cipher(self._seeds()[0]).encrypt(nonce, secret.encode(), purpose.encode())

    def unseal(self, purpose: str, sealed: bytes) -> str:
        """What was sealed for this purpose. ValueError when it was not, or under no key of ours."""
        return self._unsealed(purpose, sealed)[0]

    def sealed_anew(self, purpose: str, sealed: bytes) -> bytes | None:
        """The same secret under the newest key; None when it lies under it already. ValueError as `unseal`."""
        secret, number = self._unsealed(purpose, sealed)
        return self.seal(purpose, secret) if number else None

    def _unsealed(self, purpose: str, sealed: bytes) -> tuple[str, int]:
        for number, seed in enumerate(self._seeds()):
            try:
                plain = self._cipher(seed).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], purpose.encode())
            except InvalidTag:
                continue
            return plain.decode(), number
        raise ValueError(f"the secret for {purpose!r} was sealed under a key that is not in HEJNAL_CITIZEN_SECRETS_KEY_FILE")

    def _code_hash(self, seed: bytes, challenge_id: str, code: str) -> bytes:
        return hmac.digest(self._key(seed, "one-time codes"), f"{challenge_id}:{code}".encode(), "sha256")

    def _cipher(self, seed: bytes) -> AESGCM:
        return AESGCM(self._key(seed, "secrets at rest"))

    def _key(self, seed: bytes, what: str) -> bytes:
        if (seed, what) not in self._derived:
            self._derived[seed, what] = HKDF(SHA256(), 32, None, f"hejnal citizen-api {what}".encode()).derive(seed)
        return self._derived[seed, what]


def seeds_of(settings: Settings, token_key: Ed25519PrivateKey) -> Seeds:
    """Where the seeds come from: the file of the settings, or the service's token key where there is none."""
    if settings.secrets_key_file is not None:
        return KeyFile(settings.secrets_key_file)
    return OneSeed(token_key.private_bytes_raw())


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

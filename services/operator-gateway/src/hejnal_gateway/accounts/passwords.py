"""Passwords and one-time codes: checking them costs the same whether or not the account exists."""

import asyncio
import hmac
import secrets
from datetime import datetime

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

TOTP_STEP_S = 30
_HASHER = PasswordHasher()  # argon2id, RFC 9106 low-memory profile (64 MiB, 3 passes, 4 lanes)
_ALPHABET = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKMNPQRSTUVWXYZ23456789"


def random_password(length: int = 20) -> str:
    """A password nobody has to guess twice: about 5.7 bits a character, no look-alike letters."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def random_totp_secret() -> str:
    """A fresh TOTP secret, 160 bits in base32 (RFC 4226 §4)."""
    return pyotp.random_base32()


class PasswordChecker:
    """Hashes and verifies passwords in threads, a few at a time: each takes 64 MiB and tens of milliseconds."""

    def __init__(self, *, at_once: int = 2) -> None:
        self._slots = asyncio.Semaphore(at_once)
        self._nobody: str | None = None

    async def hash(self, password: str) -> str:
        """The argon2id hash to store."""
        async with self._slots:
            return await asyncio.to_thread(_HASHER.hash, password)

    async def verify(self, password_hash: str | None, password: str) -> bool:
        """Whether the password belongs to the hash; with no hash the same work is done and the answer is no."""
        if self._nobody is None:
            self._nobody = await self.hash(secrets.token_hex(16))
        async with self._slots:
            correct = await asyncio.to_thread(_verify, password_hash or self._nobody, password)
        return correct and password_hash is not None


def _verify(password_hash: str, password: str) -> bool:
    try:
        return _HASHER.verify(password_hash, password)
    except (VerificationError, InvalidHashError):
        return False


def matching_step(totp_secret: str, code: str, now: datetime) -> int | None:
    """The time step (RFC 6238) whose code this is, one step of drift allowed either way; None when it is no one's."""
    totp = pyotp.TOTP(totp_secret, interval=TOTP_STEP_S)
    step_now = int(now.timestamp()) // TOTP_STEP_S
    found = None
    for step in (step_now - 1, step_now, step_now + 1):
        if hmac.compare_digest(totp.generate_otp(step).encode(), code.encode()):
            found = step
    return found

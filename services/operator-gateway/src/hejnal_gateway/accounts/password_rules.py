"""What a password must be like (NIST SP 800-63B §5.1.1): long, and not one that guessers try early. Nothing else."""

import asyncio
from collections.abc import Sequence

from zxcvbn import zxcvbn

from hejnal_runtime.errors import AppError, Kind

SHORTEST = 12
LONGEST = 200
_JUDGED = 72
_GUESSES = 10**10
"""Guesses it must withstand: years at the rate argon2id allows even somebody who has the hashes."""
_WORDS = (
    "hejnał",
    "hejnal",
    "monitoring",
    "kamera",
    "straz",
    "straż",
    "miasto",
    "gmina",
    "urzad",
    "urząd",
    "haslo",
    "hasło",
    "polska",
)


async def demand_good(password: str, about: Sequence[str] = ()) -> None:
    """AppError(INVALID, password-weak) for one that is too short or easily guessed. `about`: login and name of its owner."""
    if len(password) < SHORTEST:
        raise AppError(Kind.INVALID, "password-short", f"A password has at least {SHORTEST} characters. A few words will do.")
    if len(password) > LONGEST:
        raise AppError(Kind.INVALID, "password-long", f"A password has at most {LONGEST} characters.")
    known = [part for text in about for part in (text, *text.split()) if part]
    judged = await asyncio.to_thread(zxcvbn, password[:_JUDGED], user_inputs=[*_WORDS, *known], max_length=_JUDGED)
    if judged["guesses"] < _GUESSES:
        detail = "This password is easily guessed: common words, names, dates or rows of keys. Take four words of no connection."
        raise AppError(Kind.INVALID, "password-weak", detail)

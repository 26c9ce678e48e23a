"""Codes on paper for the day the phone is lost: ten, 80 bits each, each works once in place of the one-time code."""

import hashlib
import secrets
from datetime import datetime

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.tables import recovery_codes

COUNT = 10
_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"  # no letters that look alike
_LENGTH = 16


def _hash(account_id: str, code: str) -> bytes:
    """Plain SHA-256 suffices: what is hashed is random and too long to be guessed."""
    kept = "".join(character for character in code.lower() if character in _ALPHABET)
    return hashlib.sha256(f"recovery:{account_id}:{kept}".encode()).digest()


async def renew(session: AsyncSession, account_id: str) -> list[str]:
    """Ten fresh codes, shown this once; those before are worth nothing from now on."""
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH)) for _ in range(COUNT)]
    await forget(session, account_id)
    await session.execute(
        insert(recovery_codes).values([{"account_id": account_id, "code_hash": _hash(account_id, code)} for code in codes])
    )
    return ["-".join(code[at : at + 4] for at in range(0, _LENGTH, 4)) for code in codes]


async def use(session: AsyncSession, account_id: str, code: str, now: datetime) -> bool:
    """Whether this is a code of the account that was not used before; it is now."""
    used = await session.execute(
        update(recovery_codes)
        .where(
            recovery_codes.c.account_id == account_id,
            recovery_codes.c.code_hash == _hash(account_id, code),
            recovery_codes.c.used_at.is_(None),
        )
        .values(used_at=now)
        .returning(recovery_codes.c.account_id)
    )
    return used.first() is not None


async def left(session: AsyncSession, account_id: str) -> int:
    """How many can still be used."""
    query = select(func.count()).where(recovery_codes.c.account_id == account_id, recovery_codes.c.used_at.is_(None))
    return int((await session.execute(query)).scalar_one())


async def forget(session: AsyncSession, account_id: str) -> None:
    """None of the account's codes works any more."""
    await session.execute(delete(recovery_codes).where(recovery_codes.c.account_id == account_id))

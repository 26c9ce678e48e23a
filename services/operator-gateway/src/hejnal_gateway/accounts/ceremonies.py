"""What was begun and waits for an answer. Each can be answered once, until its time is over."""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.accounts.tables import account_setups, ceremonies

CeremonyKind = Literal["passkey-sign-in", "passkey-registration", "oidc"]
TIME_S = 300


def _hash(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


async def begin(
    session: AsyncSession, kind: CeremonyKind, key: str, state: dict[str, Any], *, now: datetime, account_id: str | None = None
) -> None:
    """Remember what was asked for under a secret that the answer will carry."""
    row = {"key_hash": _hash(key), "kind": kind, "account_id": account_id, "state": state}
    await session.execute(insert(ceremonies).values(**row, expires_at=now + timedelta(seconds=TIME_S)))


async def take(
    session: AsyncSession, kind: CeremonyKind, key: str, *, now: datetime, account_id: str | None = None
) -> dict[str, Any] | None:
    """What was remembered, out of the store; None when there is none, it is too old, or another's."""
    gone = (
        delete(ceremonies)
        .where(ceremonies.c.key_hash == _hash(key), ceremonies.c.kind == kind, ceremonies.c.expires_at > now)
        .where(ceremonies.c.account_id.is_not_distinct_from(account_id))
        .returning(ceremonies.c.state)
    )
    state: dict[str, Any] | None = (await session.execute(gone)).scalar()
    return state


async def forget_old(session: AsyncSession, now: datetime) -> None:
    """Drop what nobody answered in time, set-up links too."""
    await session.execute(delete(ceremonies).where(ceremonies.c.expires_at < now))
    await session.execute(delete(account_setups).where(account_setups.c.expires_at < now))

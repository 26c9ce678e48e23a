"""Wrong tries are counted by what was typed, not by who exists."""

import hashlib
from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

# Counted before the password is looked at, so that parallel guesses cannot slip past the limit.
_COUNT = text(
    """
    insert into sign_in_throttle as t (subject, failures, last_failure_at) values (:subject, 1, :now)
    on conflict (subject) do update set
        failures = case when t.locked_until > :now then t.failures
                        when t.locked_until is not null or t.last_failure_at < :forget_before then 1
                        else t.failures + 1 end,
        locked_until = case when t.locked_until > :now then t.locked_until
                            when t.locked_until is not null or t.last_failure_at < :forget_before then null
                            when t.failures + 1 > :limit then cast(:lock_until as timestamptz) end,
        last_failure_at = case when t.locked_until > :now then t.last_failure_at else :now end
    returning locked_until
    """
)
_CLEAR = text("delete from sign_in_throttle where subject = :subject")
_UNCOUNT = text("update sign_in_throttle set failures = greatest(failures - 1, 0) where subject = :subject")
_FORGET = text(
    "delete from sign_in_throttle where last_failure_at < :before and (locked_until is null or locked_until < :before)"
)


def subject_of(kind: str, value: str) -> bytes:
    """The stored form of a login or address: a hash, so the table lists nobody."""
    return hashlib.sha256(f"{kind}:{value}".encode()).digest()


async def count_try(session: AsyncSession, subject: bytes, *, now: datetime, limit: int, lock_s: int) -> datetime | None:
    """Note a try; None when it may go on, otherwise until when the subject is locked."""
    row = await session.execute(
        _COUNT,
        {
            "subject": subject,
            "now": now,
            "limit": limit,
            "forget_before": now - timedelta(seconds=lock_s),
            "lock_until": now + timedelta(seconds=lock_s),
        },
    )
    locked_until: datetime | None = row.scalar_one()
    return locked_until


async def clear(session: AsyncSession, subject: bytes) -> None:
    """Forget the tries of a subject that has proven itself."""
    await session.execute(_CLEAR, {"subject": subject})


async def uncount(session: AsyncSession, subject: bytes) -> None:
    """Take back one try that turned out right."""
    await session.execute(_UNCOUNT, {"subject": subject})


async def forget_old(session: AsyncSession, before: datetime) -> None:
    """Drop rows nothing depends on any more."""
    await session.execute(_FORGET, {"before": before})

"""The SMS that waits for a push: spared when a device has shown the message, sent at once when no push can arrive any more."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

SPARED = "push_shown"
"""Cause of an SMS that a shown push has made needless."""

# Only what no provider has touched in vain or in doubt: a text that may be on the phone is not called off.
_SPARE = text(
    """
    update deliveries d set state = 'cancelled', cause = :cause, changed_at = :now
    from unnest(cast(:versions as bigint[]), cast(:residents as text[])) as seen(version_id, resident_id)
    where d.version_id = seen.version_id and d.resident_id = seen.resident_id and d.after_push and d.state = 'queued'
        and not d.in_doubt
    returning d.version_id
    """
)
_HURRY = text(
    """
    update deliveries s set not_before = :now, changed_at = :now
    from unnest(cast(:versions as bigint[]), cast(:residents as text[])) as failed(version_id, resident_id)
    where s.version_id = failed.version_id and s.resident_id = failed.resident_id and s.after_push and s.state = 'queued'
        and s.not_before > :now and s.attempts = 0
        and not exists (
            select from deliveries p where p.version_id = s.version_id and p.resident_id = s.resident_id and p.channel = 'push'
                and p.state in ('queued', 'sending', 'unknown', 'sent', 'delivered'))
    returning s.delivery_id
    """
)

Reached = tuple[int, str]
"""A version and a resident."""


async def spare(session: AsyncSession, reached: Collection[Reached], now: datetime) -> int:
    """Call off the SMS of residents who have seen the version on a device; how many were called off."""
    pairs = sorted(set(reached))
    parameters = {"versions": [version for version, _ in pairs], "residents": [resident for _, resident in pairs]}
    return len((await session.execute(_SPARE, {**parameters, "cause": SPARED, "now": now})).all())


async def hurry(session: AsyncSession, failed: Collection[Reached], now: datetime) -> int:
    """Make the SMS due of residents whose last push for a version has failed for good; how many there were."""
    pairs = sorted(set(failed))
    parameters = {"versions": [version for version, _ in pairs], "residents": [resident for _, resident in pairs]}
    return len((await session.execute(_HURRY, {**parameters, "now": now})).all())

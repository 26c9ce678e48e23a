"""How often something may be done: counters per caller and hour, shared by all processes."""

from datetime import datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.sql import command
from hejnal_runtime.errors import AppError, Kind

_SPEND = command(
    """
    insert into rates (key, starts, count) values (:key, :starts, 1)
    on conflict (key, starts) do update set count = rates.count + 1 returning count
    """
)
_FORGET = command("delete from rates where starts < :before")

HOUR_S = 3600


async def spend(session: AsyncSession, key: str, limit: int, *, now: datetime) -> int:
    """Count one more, and how many there are in the present hour; AppError(RATE_LIMITED) beyond `limit`.

    `key` must not name a person readably.
    """
    starts = now.replace(minute=0, second=0, microsecond=0)
    count = (await session.execute(_SPEND, {"key": key, "starts": starts})).scalar_one()
    if count > limit:
        retry_after_s = int((starts + timedelta(seconds=HOUR_S) - now).total_seconds()) + 1
        detail = f"That was too many in a short time. Please try again in {max(1, round(retry_after_s / 60))} minutes."
        name = key.partition(":")[0]
        headers = {
            "RateLimit-Policy": f'"{name}";q={limit};w={HOUR_S}',
            "RateLimit": f'"{name}";r=0;t={retry_after_s}',
        }
        raise AppError(Kind.RATE_LIMITED, "too-many", detail, retry_after_s=retry_after_s, headers=headers)
    return int(count)


async def forget_old(session: AsyncSession, *, now: datetime) -> None:
    """Drop counters of hours that are over."""
    await session.execute(_FORGET, {"before": now - timedelta(seconds=2 * HOUR_S)})

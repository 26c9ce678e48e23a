"""What SMS cost: counted when a provider takes a message, by the town's calendar month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_runtime.quiet_hours import TOWN_TIME

_SPENT = text(
    "insert into spending (month, provider, parts, messages, cost_grosze) values (:month, :provider, :parts, :messages, :cost) "
    "on conflict (month, provider) do update set parts = spending.parts + excluded.parts, "
    "messages = spending.messages + excluded.messages, cost_grosze = spending.cost_grosze + excluded.cost_grosze"
)
_MONTH = text("select coalesce(sum(cost_grosze), 0) from spending where month = :month")


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a provider has taken."""

    provider: str
    parts: int


def month_of(now: datetime) -> date:
    """The first day of the town's calendar month."""
    return now.astimezone(TOWN_TIME).date().replace(day=1)


async def note_spending(session: AsyncSession, taken: Sequence[Taken], prices: Mapping[str, int], now: datetime) -> None:
    """Add messages to the month's bill; `prices` in grosze for a part."""
    month = month_of(now)
    for provider in sorted({one.provider for one in taken}):
        own = [one for one in taken if one.provider == provider]
        parts = sum(one.parts for one in own)
        values = {"month": month, "provider": provider, "parts": parts, "messages": len(own)}
        await session.execute(_SPENT, {**values, "cost": parts * prices.get(provider, 0)})


async def spent_in_month(session: AsyncSession, now: datetime) -> int:
    """Grosze spent in the month of `now`."""
    return int((await session.execute(_MONTH, {"month": month_of(now)})).scalar_one())

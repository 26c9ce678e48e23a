"""Messages whose receipts come part by part, under the provider's own ids: a delivery is what all its parts are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_notifier.delivery import Meaning

_INSERT = text(
    """
    insert into parts (provider, provider_id, delivery_id, number, state, cause, sent_at)
    select p.provider, p.provider_id, p.delivery_id, p.number,
        case early.meaning when 'delivered' then 'delivered' when 'failed' then 'failed' else 'sent' end, null, :now
    from unnest(cast(:providers as text[]), cast(:provider_ids as text[]), cast(:deliveries as uuid[]),
        cast(:numbers as smallint[])) as p(provider, provider_id, delivery_id, number)
    left join lateral (
        select meaning from receipts r
        where r.provider = p.provider and r.provider_id = p.provider_id and r.delivery_id is null
            and r.meaning in ('delivered', 'failed')
        order by r.meaning limit 1) early on true
    on conflict do nothing
    returning delivery_id, state
    """
)
_CLAIM_EARLY = text(
    """
    update receipts r set delivery_id = p.delivery_id
    from unnest(cast(:providers as text[]), cast(:provider_ids as text[]), cast(:deliveries as uuid[]))
        as p(provider, provider_id, delivery_id)
    where r.provider = p.provider and r.provider_id = p.provider_id and r.delivery_id is null
    """
)
# delivered wins over failed: the device has it, whatever was said before
_MARK = text(
    """
    update parts set state = case when :meaning = 'on_the_way' then state else :meaning end,
        cause = case when :meaning = 'failed' then :cause end
    where provider = :provider and provider_id = :provider_id and state <> 'delivered' returning delivery_id
    """
)
_OWNER = text("select delivery_id from parts where provider = :provider and provider_id = :provider_id")
_STATES = text("select state, cause from parts where delivery_id = :delivery_id")


@dataclass(frozen=True, slots=True)
class SentPart:
    """A part that a provider has taken."""

    provider: str
    provider_id: str
    delivery_id: UUID
    number: int


async def note_parts(session: AsyncSession, sent: Sequence[SentPart], now: datetime) -> set[UUID]:
    """Write parts down; the deliveries for which a receipt has been waiting already."""
    columns = {
        "providers": [part.provider for part in sent],
        "provider_ids": [part.provider_id for part in sent],
        "deliveries": [part.delivery_id for part in sent],
    }
    rows = await session.execute(_INSERT, {**columns, "numbers": [part.number for part in sent], "now": now})
    early = {row.delivery_id for row in rows if row.state != "sent"}
    if early:
        await session.execute(_CLAIM_EARLY, columns)
    return early


async def mark_part(session: AsyncSession, provider: str, provider_id: str, meaning: Meaning, cause: str | None) -> UUID | None:
    """Note what became of a part; its delivery, or None when no such part is known (yet)."""
    key = {"provider": provider, "provider_id": provider_id}
    row = (await session.execute(_MARK, {**key, "meaning": meaning.value, "cause": cause})).first()
    if row is None:
        row = (await session.execute(_OWNER, key)).first()
    return row.delivery_id if row is not None else None


async def settled(session: AsyncSession, delivery_id: UUID) -> tuple[Meaning, str | None] | None:
    """What all parts together say: delivered when each one is, failed when one is; None while they are on their way."""
    rows = (await session.execute(_STATES, {"delivery_id": delivery_id})).all()
    if any(row.state == "failed" for row in rows):
        return Meaning.FAILED, next(row.cause for row in rows if row.state == "failed") or "undelivered"
    if rows and all(row.state == "delivered" for row in rows):
        return Meaning.DELIVERED, None
    return None

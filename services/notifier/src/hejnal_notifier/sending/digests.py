"""Digests on their way: what is in one when it is claimed, and what becomes of it becomes of all that it brings."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_notifier.sending.job import AnnouncementContent, content_of

# Between gathering and sending lie seconds, or an outage: only what still matters is in it.
_END_STALE = text(
    """
    update deliveries i set changed_at = :now,
        state = case when i.expires_at <= :now then 'expired' else 'cancelled' end,
        cause = case when i.expires_at <= :now then 'too_late' else 'superseded' end
    from versions v join announcements a using (announcement_id)
    where i.digest_id = any(:ids) and i.state = 'held' and v.version_id = i.version_id
        and (i.expires_at <= :now or v.version < a.newest_version)
    returning i.version_id
    """
)
_ITEMS = text(
    """
    select i.digest_id, v.version_id, v.announcement_id, v.version, v.kind, v.category, v.severity, v.texts, v.valid_from,
        v.valid_until, v.page_url, v.drill, v.issued_at
    from deliveries i join versions v using (version_id)
    where i.digest_id = any(:ids) and i.state = 'held' order by v.severity desc, v.issued_at, v.version_id
    """
)
_EMPTY = text(
    "update deliveries set state = 'cancelled', cause = 'nothing_left', lease_until = null, changed_at = :now "
    "where delivery_id = any(:ids) and state = 'sending'"
)
_FOLLOW = text(
    """
    update deliveries i set state = d.state, cause = d.cause, changed_at = :now, sent_at = d.sent_at
    from deliveries d
    where d.delivery_id = any(:ids) and i.digest_id = d.delivery_id
        and d.state in ('sent', 'delivered', 'failed', 'expired', 'cancelled', 'unknown')
        and i.state in ('held', 'unknown', 'sent', 'failed') and i.state <> d.state
    returning i.version_id
    """
)


async def items_of(
    session: AsyncSession, digests: Sequence[UUID], now: datetime
) -> tuple[dict[UUID, tuple[AnnouncementContent, ...]], set[int]]:
    """What each claimed digest brings, the most important first, and the versions that changed.

    One that brings nothing any more is cancelled and not in the answer.
    """
    changed = {row.version_id for row in await session.execute(_END_STALE, {"ids": list(digests), "now": now})}
    found: dict[UUID, list[AnnouncementContent]] = {}
    for row in await session.execute(_ITEMS, {"ids": list(digests)}):
        found.setdefault(row.digest_id, []).append(content_of(row))
    empty = [one for one in digests if one not in found]
    if empty:
        await session.execute(_EMPTY, {"ids": empty, "now": now})
    return {one: tuple(items) for one, items in found.items()}, changed


async def follow(session: AsyncSession, digests: Collection[UUID], now: datetime) -> set[int]:
    """Let what became of digests become of what they bring; the versions that changed."""
    if not digests:
        return set()
    return {row.version_id for row in await session.execute(_FOLLOW, {"ids": list(digests), "now": now})}

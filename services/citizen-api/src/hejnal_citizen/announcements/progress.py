"""Keeps what notifier tells of an announcement's deliveries; the topic `deliveries` feeds it."""

import json

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.residents import failures
from hejnal_citizen.resources import Resources
from hejnal_citizen.sql import command
from hejnal_contracts.deliveries import ContactFailed, DeliveryProgressed
from hejnal_runtime.bus import Message
from hejnal_runtime.inbox import first_time

CONSUMER = "deliveries"

# Facts of one version come in order, but a repeated one must not set the clock back.
_PROGRESS = command(
    """
    insert into delivery_progress (announcement_id, version, counts, finished, at)
    values (:announcement_id, :version, cast(:counts as jsonb), :finished, :at)
    on conflict (announcement_id, version) do update
        set counts = excluded.counts, finished = excluded.finished, at = excluded.at
        where delivery_progress.at <= excluded.at
    """
)


class DeliveriesHandler:
    """Handler of the topic `deliveries`: progress for the staff, failed contacts for their residents."""

    def __init__(self, res: Resources) -> None:
        self._res = res

    async def __call__(self, message: Message) -> None:
        """Apply one fact; repeats change nothing."""
        async with self._res.database.transaction() as session:
            match message.fact:
                case DeliveryProgressed() as fact:
                    await _note(session, fact)
                case ContactFailed() as fact:
                    if await first_time(session, CONSUMER, message):
                        await failures.contact_failed(session, self._res, fact)
                case _:
                    return


async def _note(session: AsyncSession, fact: DeliveryProgressed) -> None:
    row = {
        "announcement_id": fact.announcement_id,
        "version": fact.version,
        "counts": json.dumps([counts.model_dump(mode="json") for counts in fact.counts]),
        "finished": fact.finished,
        "at": fact.at,
    }
    await session.execute(_PROGRESS, row)

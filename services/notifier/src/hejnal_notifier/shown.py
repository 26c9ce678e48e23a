"""What devices have shown: the best receipt that web push has. It ends the wait of the SMS behind it."""

from collections.abc import Sequence

from sqlalchemy import text

from hejnal_contracts.base import Channel
from hejnal_contracts.deliveries import MessageShown
from hejnal_notifier import metrics
from hejnal_notifier.delivery import Event, allowed_from, delivery_id_of, target
from hejnal_notifier.sending.fallback import spare
from hejnal_notifier.sending.marks import TOUCH
from hejnal_runtime.bus.message import Message
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database

TOPIC = "shown-messages"

# in the order of ids: two batches with the same deliveries never wait for each other in a circle
_FOUND = text(
    "select delivery_id, version_id, resident_id from deliveries "
    "where delivery_id = any(:ids) and channel = :channel and version_id is not null order by delivery_id for update"
)
_SHOWN = text(
    "update deliveries set state = :state, cause = null, lease_until = null, changed_at = :now, "
    "sent_at = coalesce(sent_at, :now) where delivery_id = any(:ids) and state = any(:allowed_from)"
)


class ShownHandler:
    """Applies batches; a repeat, or a message that was never planned here, changes nothing."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    async def __call__(self, messages: Sequence[Message]) -> None:
        """Mark pushes as delivered and spare the SMS that waited for them."""
        facts = [message.fact for message in messages if isinstance(message.fact, MessageShown)]
        ids = sorted({delivery_id_of(one.announcement_id, one.version, one.resident_id, one.contact_id) for one in facts})
        if not ids:
            return
        now = self._clock.now()
        async with self._database.transaction() as session:
            found = (await session.execute(_FOUND, {"ids": ids, "channel": Channel.PUSH.value})).all()
            if not found:
                return
            event = Event.RECEIPT_DELIVERED
            guard = {"ids": [row.delivery_id for row in found], "allowed_from": allowed_from(event)}
            await session.execute(_SHOWN, {**guard, "state": target(event).value, "now": now})
            spared = await spare(session, [(row.version_id, row.resident_id) for row in found], now)
            await session.execute(TOUCH, {"versions": sorted({row.version_id for row in found})})
        metrics.SHOWN.inc(len(found))
        metrics.SPARED_SMS.inc(spared)

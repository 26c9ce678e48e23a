"""Delivery receipts: kept as they come, applied through the state machine; early, twice, late and unknown ones do no harm."""

import json
from collections.abc import Mapping
from enum import StrEnum
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel
from hejnal_notifier import metrics
from hejnal_notifier.delivery import Event, allowed_from, target
from hejnal_notifier.sending.queue import TOUCH
from hejnal_runtime.clock import Clock


class Meaning(StrEnum):
    """What a receipt tells."""

    DELIVERED = "delivered"
    FAILED = "failed"
    ON_THE_WAY = "on_the_way"


_EVENTS = {Meaning.DELIVERED: Event.RECEIPT_DELIVERED, Meaning.FAILED: Event.RECEIPT_FAILED}

_KEEP = text(
    "insert into receipts (channel, delivery_id, provider_id, meaning, raw, received_at) "
    "values (:channel, :delivery_id, :provider_id, :meaning, cast(:raw as jsonb), :now)"
)
_APPLY = text(
    "update deliveries set state = :state, cause = :cause, lease_until = null, changed_at = :now, "
    "provider_id = coalesce(provider_id, :provider_id), sent_at = coalesce(sent_at, :now) "
    "where delivery_id = :delivery_id and channel = :channel and state = any(:allowed_from) returning version_id"
)


async def apply_receipt(
    session: AsyncSession,
    clock: Clock,
    *,
    channel: Channel,
    delivery_id: UUID | None,
    provider_id: str,
    meaning: Meaning,
    cause: str | None,
    raw: Mapping[str, str],
) -> bool:
    """Keep a receipt and let it move its delivery; True when it did."""
    now = clock.now()
    key = {"channel": channel.value, "delivery_id": delivery_id, "provider_id": provider_id, "now": now}
    await session.execute(_KEEP, {**key, "meaning": meaning.value, "raw": json.dumps(dict(raw))})
    applied = False
    event = _EVENTS.get(meaning)
    if delivery_id is not None and event is not None:
        parameters = {**key, "state": target(event).value, "cause": cause, "allowed_from": allowed_from(event)}
        row = (await session.execute(_APPLY, parameters)).first()
        applied = row is not None
        if row is not None and row.version_id is not None:
            await session.execute(TOUCH, {"versions": [row.version_id]})
    metrics.RECEIPTS.labels(channel.value, meaning.value, str(applied).lower()).inc()
    return applied

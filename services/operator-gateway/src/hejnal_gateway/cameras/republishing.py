"""Publishes the registry again: after Kafka was lost, or the database restored. The table is the source, the topic repeats it."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.cameras import CameraChanged, CameraRemoved
from hejnal_gateway.audit.facts import SOURCE
from hejnal_gateway.tables import cameras
from hejnal_runtime.outbox import publish


async def republish(session: AsyncSession) -> dict[str, int]:
    """Every camera's state as it is, removed ones as removed, in the caller's transaction; versions stay. How many of each."""
    query = select(cameras.c.state, cameras.c.removed_at).order_by(cameras.c.camera_id).with_for_update()
    done = {"cameras": 0, "removed": 0}
    for row in await session.execute(query):
        fact = CameraChanged.model_validate(row.state) if row.removed_at is None else CameraRemoved.model_validate(row.state)
        await publish(session, fact, source=SOURCE)
        done["cameras" if row.removed_at is None else "removed"] += 1
    return done

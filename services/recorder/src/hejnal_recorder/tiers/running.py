"""Tiers as a part of the running recorder."""

import asyncio
import random
from datetime import timedelta

import structlog

from hejnal_recorder.resources import Resources
from hejnal_recorder.settings import Settings
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.tiers.mover import Mover
from hejnal_recorder.tiers.opening import store_place
from hejnal_runtime.errors import is_transient

log = structlog.get_logger()

ASK_AGAIN_S = 30.0


def check_tiers(settings: Settings) -> None:
    """ValueError when footage is to move and nobody said where to."""
    if store_place(settings) is None and settings.tier_enabled:
        raise ValueError("HEJNAL_RECORDER_TIER_ENABLED needs HEJNAL_RECORDER_STORE_ENDPOINT")


async def run_mover(resources: Resources, archive: Archive) -> None:
    """Move footage for ever; waits for database and key files first."""
    settings = resources.settings
    store = None
    while store is None:
        try:
            store = await resources.object_store()
        except Exception as error:
            if not is_transient(error):
                raise
            log.warning("store_not_usable", error=repr(error))
            await asyncio.sleep(ASK_AGAIN_S * random.uniform(0.5, 1))
    mover = Mover(
        resources.database,
        archive,
        store,
        resources.clock,
        after=timedelta(days=settings.tier_after_days),
        at_once=settings.tier_at_once,
        interval_s=settings.tier_interval_s,
    )
    await mover.run()

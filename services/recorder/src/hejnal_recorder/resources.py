"""What the recorder holds while it runs, built and closed in one place."""

import asyncio
from dataclasses import dataclass, field
from typing import cast

import aiohttp
from fastapi import Request

from hejnal_recorder.settings import Settings
from hejnal_recorder.stills.stills import Stills
from hejnal_recorder.tiers.opening import Stores
from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import Clock, SystemClock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenIssuer, load_key
from hejnal_runtime.traced_http import traced_requests

SCHEMA = "recorder"


@dataclass(frozen=True)
class Resources:
    """Open connections and the things every room needs."""

    settings: Settings
    clock: Clock
    database: Database
    producer: Producer
    http: aiohttp.ClientSession
    issuer: TokenIssuer | None
    stores: Stores | None = None
    stills: Stills = field(default_factory=Stills)

    async def object_store(self) -> ObjectStore | None:
        """The archive's second tier; None when none is configured. AppError(UNAVAILABLE) while it cannot be opened."""
        return None if self.stores is None else await self.stores.get(self.database)

    @classmethod
    async def open(cls, settings: Settings, *, clock: Clock | None = None) -> "Resources":
        """Build everything; nothing has to answer yet. ValueError when the database address is missing."""
        if settings.database_url is None:
            raise ValueError("HEJNAL_RECORDER_DATABASE_URL is not set")
        issuer = None
        if settings.token_key_file is not None:
            issuer = TokenIssuer(settings.service, await asyncio.to_thread(load_key, settings.token_key_file))
        await asyncio.to_thread(settings.archive_dir.mkdir, parents=True, exist_ok=True)
        return cls(
            settings=settings,
            clock=clock or SystemClock(),
            database=Database(settings.database_url.get_secret_value(), schema=SCHEMA),
            producer=Producer(settings.kafka, settings.topic_prefix),
            http=aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=settings.fetch_timeout_s, sock_connect=3),
                trace_configs=traced_requests(inside=True),
            ),
            issuer=issuer,
            stores=Stores(settings),
        )

    async def close(self) -> None:
        """Close in reverse order."""
        await self.stills.close()
        await self.http.close()
        await self.producer.stop()
        await self.database.close()


def get_resources(request: Request) -> Resources:
    """FastAPI dependency: the resources of the running app."""
    return cast("Resources", request.app.state.resources)

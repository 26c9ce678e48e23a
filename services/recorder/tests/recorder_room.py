"""A recorder without its bus, and its API as the gateway calls it."""

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import aiohttp
import httpx
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import text

from hejnal_recorder.check import findings
from hejnal_recorder.finding import Finding
from hejnal_recorder.resources import SCHEMA, Resources
from hejnal_recorder.retention.pressure import Admission
from hejnal_recorder.settings import Settings
from hejnal_recorder.takeover.archive import Archive
from hejnal_recorder.takeover.fetch import SpoolFetcher
from hejnal_recorder.takeover.takeover import Takeover
from hejnal_recorder.tiers.store import ObjectStore
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer

START = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
NOW = datetime(2026, 5, 3, 13, 0, tzinfo=UTC)


@dataclass
class Room:
    """A recorder without its bus: hand facts in, look at what came of them."""

    url: str
    archive_dir: Path
    spool: Path
    http: aiohttp.ClientSession
    clock: ManualClock = field(default_factory=lambda: ManualClock(NOW))
    linked: bool = True
    admission: Admission = field(default_factory=Admission)

    def __post_init__(self) -> None:
        self.database = Database(self.url, schema=SCHEMA)
        self.archive = Archive(self.archive_dir, self.spool if self.linked else None)
        self.takeover = self.another_takeover()

    def another_takeover(self, *, give_up_s: float = 60) -> Takeover:
        fetcher = SpoolFetcher(self.http, self.archive, None, self.clock, give_up_s=give_up_s)
        return Takeover(self.database, self.archive, fetcher, self.clock, new_id, self.admission)

    async def rows(self, query: str) -> list[Any]:
        async with self.database.read() as session:
            return list((await session.execute(text(query))).all())

    async def dump(self) -> list[Any]:
        """All of the index, for comparing."""
        tables = ("runs", "segments", "gaps", "stories", "outbox")
        return [await self.rows(f"select * from {table} order by 1, 2") for table in tables]

    async def facts(self) -> list[tuple[str, Any]]:
        return [(row.type, json.loads(row.value)) for row in await self.rows("select type, value from outbox order by id")]

    async def check(self, *, hashes: bool = True, store: ObjectStore | None = None) -> list[Finding]:
        async with self.database.read() as session:
            found = findings(session, self.archive_dir, camera_id=None, hashes=hashes, orphan_age_s=0, store=store)
            return [finding async for finding in found]


@dataclass
class Door:
    settings: Settings
    resources: Resources
    app: Any
    client: httpx.AsyncClient
    headers: dict[str, str]
    issuer: TokenIssuer


def write_keys(folder: Path, service: str) -> TokenIssuer:
    """A service's key and the key set that trusts it."""
    issuer = TokenIssuer(service, Ed25519PrivateKey.generate())
    (folder / "jwks.json").write_text(json.dumps(issuer.jwks()))
    return issuer

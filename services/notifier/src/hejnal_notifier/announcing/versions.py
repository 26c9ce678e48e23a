"""Takes announcement versions in as they come: once each, in any order, whole."""

import json
from collections.abc import Awaitable, Callable

from sqlalchemy import text

from hejnal_contracts.announcements import AnnouncementCancelled, AnnouncementUpdated, AnnouncementVersion
from hejnal_notifier.area import GEOMETRY_SQL, shape_of
from hejnal_notifier.severity import RANK
from hejnal_runtime.bus.message import Message
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.inbox import first_time
from hejnal_runtime.tracing import current_traceparent

TOPIC = "announcements"
CONSUMER = "announcements"

_ANNOUNCEMENT = text(
    "insert into announcements (announcement_id, newest_version) values (:announcement_id, :version) "
    "on conflict (announcement_id) do update "
    "set newest_version = greatest(announcements.newest_version, excluded.newest_version)"
)
_VERSION = text(
    "insert into versions (announcement_id, version, kind, category, severity, texts, reach, area, streets, valid_from, "  # noqa: S608
    "valid_until, channels, page_url, drill, issued_at, issued_by, received_at, traceparent) "
    "values (:announcement_id, :version, :kind, "
    f":category, :severity, cast(:texts as jsonb), :reach, {GEOMETRY_SQL}, :streets, :valid_from, :valid_until, :channels, "
    ":page_url, :drill, :issued_at, :issued_by, :received_at, :traceparent) on conflict on constraint versions_once do nothing"
)


def _kind(fact: AnnouncementVersion) -> str:
    if isinstance(fact, AnnouncementCancelled):
        return "cancelled"
    return "updated" if isinstance(fact, AnnouncementUpdated) else "issued"


class AnnouncementsHandler:
    """Stores a version; planning follows in its own transaction, so a slow plan never holds the topic up."""

    def __init__(self, database: Database, clock: Clock, on_stored: Callable[[], Awaitable[None]]) -> None:
        self._database = database
        self._clock = clock
        self._on_stored = on_stored

    async def __call__(self, message: Message) -> None:
        """Store one version if it is new."""
        fact = message.fact
        assert isinstance(fact, AnnouncementVersion)
        shape = shape_of(fact.area, fact.footprint)
        row = {
            "announcement_id": fact.announcement_id,
            "version": fact.version,
            "kind": _kind(fact),
            "category": fact.category,
            "severity": RANK[fact.severity],
            "texts": json.dumps({language.value: words.model_dump() for language, words in fact.texts.items()}),
            "reach": shape.reach.value,
            "ewkt": shape.ewkt,
            "radius_m": shape.radius_m,
            "streets": list(shape.streets) or None,
            "valid_from": fact.valid_from,
            "valid_until": fact.valid_until,
            "channels": [channel.value for channel in fact.channels],
            "page_url": fact.page_url,
            "drill": fact.drill,
            "issued_at": fact.issued_at,
            "issued_by": fact.issued_by,
            "received_at": self._clock.now(),
            "traceparent": current_traceparent(),
        }
        async with self._database.transaction() as session:
            if not await first_time(session, CONSUMER, message):
                return
            await session.execute(_ANNOUNCEMENT, {"announcement_id": fact.announcement_id, "version": fact.version})
            await session.execute(_VERSION, row)
        await self._on_stored()

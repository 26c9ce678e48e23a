"""Town templates in the database, every version kept, and the newest ones in memory."""

import asyncio
import contextlib
import json
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog
from jinja2 import TemplateError
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.base import Channel, Language
from hejnal_notifier import metrics
from hejnal_notifier.town_templates.language import TooLongError, TownTemplate
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.periodic import PeriodicLoop
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

RETRY_S = 5.0
REFRESH_S = 60.0
"""Between two looks while nobody wakes us."""
LOADED_WITHIN_S = 1.0
"""Longest wait of a question for the first reading."""

_NEWEST = text(
    "select distinct on (channel, language) channel, language, version, parts, created_at, created_by from message_templates "
    "order by channel, language, version desc"
)
_ONE = text(
    "select version, parts, created_at, created_by from message_templates where channel = :channel and language = :language "
    "order by version desc limit :limit"
)
_LOCK = text("select pg_advisory_xact_lock(hashtext('hejnal template ' || :channel || ' ' || :language))")
_TELL = text("select pg_notify('wake_' || current_schema(), 'message_templates')")
_ADD = text(
    "insert into message_templates (channel, language, version, parts, created_at, created_by) "
    "values (:channel, :language, :version, cast(:parts as jsonb), :now, :created_by)"
)


@dataclass(frozen=True, slots=True)
class Stored:
    """One version of a template; `parts` None: back to the built-in one."""

    channel: Channel
    language: Language
    version: int
    parts: dict[str, str] | None
    created_at: datetime | None
    created_by: str


class TemplateBook:
    """The town's templates. `find` answers from memory; `run` keeps it up to date."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock
        self._templates: dict[tuple[Channel, Language], TownTemplate] = {}
        self._loaded = asyncio.Event()
        self._wake = asyncio.Event()

    def find(self, channel: Channel, language: Language) -> TownTemplate | None:
        """The town's template, or None where the built-in one is used."""
        return self._templates.get((channel, language))

    def render(self, channel: Channel, language: Language, values: Mapping[str, Any]) -> dict[str, str] | None:
        """The parts as the town words them; None where the built-in ones are used, also when the town's cannot be rendered."""
        template = self.find(channel, language)
        if template is None:
            return None
        try:
            return template.render(values)
        except (TooLongError, TemplateError) as error:
            log.warning("template_not_used", channel=channel, language=language, version=template.version, error=str(error))
            metrics.TEMPLATE_FAILURES.labels(channel.value, language.value).inc()
            return None

    async def refresh(self) -> None:
        """Read the newest versions."""
        async with self._database.read() as session:
            rows = (await session.execute(_NEWEST)).all()
        found: dict[tuple[Channel, Language], TownTemplate] = {}
        for row in rows:
            key = Channel(row.channel), Language(row.language)
            known = self._templates.get(key)
            if row.parts is None:
                continue
            if known is not None and known.version == row.version:
                found[key] = known
                continue
            try:
                found[key] = TownTemplate.compiled(key[0], row.version, row.parts)
            except ValueError as error:  # written by another version of ours, with other rules
                log.warning(
                    "template_not_used", channel=row.channel, language=row.language, version=row.version, error=str(error)
                )
        self._templates = found
        self._loaded.set()

    async def run(self) -> None:
        """Refresh for ever; a database that is away is tried again."""
        await PeriodicLoop("templates_not_refreshed", self._round, every_s=RETRY_S).run()

    async def _round(self) -> bool:
        self._wake.clear()
        await self.refresh()
        with contextlib.suppress(TimeoutError):
            await wait_for(self._wake.wait(), REFRESH_S * random.uniform(0.8, 1.2))
        return True

    def wake(self) -> None:
        """Somebody has written a template, or nobody could have told us of it for a while."""
        self._wake.set()

    async def loaded(self) -> None:
        """Returns when the templates are known; AppError(UNAVAILABLE) where the database does not give them soon."""
        try:
            await wait_for(self._loaded.wait(), LOADED_WITHIN_S)
        except TimeoutError as error:
            detail = "The town's templates are not known yet. Try again in a minute."
            raise AppError(Kind.UNAVAILABLE, "templates-not-loaded", detail, retry_after_s=10) from error

    def before(self, work: Callable[[], Awaitable[None]]) -> Callable[[], Awaitable[None]]:
        """`work` that begins when the templates are known: no first message goes out in the wrong words."""

        async def run() -> None:
            await self._loaded.wait()
            await work()

        return run

    async def all(self) -> list[Stored]:
        """The newest version of every template the town has ever written."""
        async with self._database.read() as session:
            return [_stored(Channel(row.channel), Language(row.language), row) for row in await session.execute(_NEWEST)]

    async def history(self, channel: Channel, language: Language, limit: int = 100) -> list[Stored]:
        """Versions of one template, newest first."""
        async with self._database.read() as session:
            rows = await session.execute(_ONE, {"channel": channel.value, "language": language.value, "limit": limit})
            return [_stored(channel, language, row) for row in rows]

    async def write(
        self, channel: Channel, language: Language, parts: Mapping[str, str] | None, *, based_on: int, created_by: str
    ) -> Stored:
        """Store a new version (None: back to the built-in one); AppError(PRECONDITION) when somebody was faster."""
        key = {"channel": channel.value, "language": language.value}
        now = self._clock.now()
        async with self._database.transaction() as session:
            await session.execute(_LOCK, key)
            version = await self._newest(session, key)
            if version != based_on:
                detail = f"Version {version} is the newest, not {based_on}: look at it and change that one."
                raise AppError(Kind.PRECONDITION, "template-changed", detail)
            values = {"version": version + 1, "now": now, "created_by": created_by}
            written = None if parts is None else json.dumps(dict(parts))
            await session.execute(_ADD, {**key, **values, "parts": written})
            await session.execute(_TELL)
        await self.refresh()
        return Stored(channel, language, version + 1, None if parts is None else dict(parts), now, created_by)

    async def _newest(self, session: AsyncSession, key: dict[str, str]) -> int:
        row = (await session.execute(_ONE, {**key, "limit": 1})).first()
        return int(row.version) if row is not None else 0


def _stored(channel: Channel, language: Language, row: Any) -> Stored:
    return Stored(channel, language, row.version, row.parts, row.created_at, row.created_by)

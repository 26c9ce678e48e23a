"""Every change of an alert to every console, whichever process of the gateway made it."""

import asyncio
import random
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime, timedelta

import asyncpg
import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway import metrics
from hejnal_gateway.accounts.roles import SEE_ALERTS
from hejnal_gateway.alerts import store
from hejnal_gateway.alerts.schemas import Alert, shown
from hejnal_gateway.events import AlertEvent, EventRing
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.waiting import wait_for

log = structlog.get_logger()

APPLICATION = "hejnal-alert-feed"
_KNOWN = 10_000
_BATCH = 200
_OVERLAP = timedelta(seconds=60)
_PING_S = 15.0


class AlertFeed:
    """Listens to the database (NOTIFY at commit), loads what has changed and publishes it, each version once and in order.

    A connection that breaks is made anew, and what changed meanwhile is looked up by its time: nothing is lost.
    """

    def __init__(self, database: Database, events: EventRing, clock: Clock) -> None:
        self._database = database
        self._dsn = database.url.replace("postgresql+asyncpg://", "postgresql://", 1)
        self._channel = f"alerts_{database.schema}"
        self._events = events
        self._clock = clock
        self._pending: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._versions: OrderedDict[str, int] = OrderedDict()
        self._newest: datetime | None = None
        self._trouble: str | None = "not connected to the database yet"

    def health(self) -> str | None:
        """None while changes are heard; otherwise what is wrong."""
        return self._trouble

    async def run(self) -> None:
        """Listen for ever."""
        failures = 0
        while True:
            connection: asyncpg.Connection | None = None
            try:
                connection = await asyncpg.connect(
                    self._dsn, timeout=5, command_timeout=10, server_settings={"application_name": APPLICATION}
                )
                connection.add_termination_listener(lambda _: self._wake.set())
                await connection.add_listener(self._channel, self._heard)
                await self._catch_up()
                self._trouble, failures = None, 0
                await self._follow(connection)
            except (OSError, TimeoutError, SQLAlchemyError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
                failures += 1
                self._trouble = "PostgreSQL does not tell of alerts"
                log.warning("alert_feed_interrupted", error=repr(error))
            finally:
                if connection is not None:
                    connection.terminate()
            await asyncio.sleep(min(5.0, 0.2 * 2 ** min(failures, 8)) * random.uniform(0.5, 1))

    async def _follow(self, connection: asyncpg.Connection) -> None:
        while True:
            try:
                await wait_for(self._wake.wait(), _PING_S)
            except TimeoutError:
                await connection.fetchval("select 1")  # a connection that died silently is found out
                continue
            self._wake.clear()
            if connection.is_closed():
                raise ConnectionResetError("the database ended the connection")
            while self._pending:
                alert_ids = list(self._pending)[:_BATCH]
                for alert_id in alert_ids:  # before they are loaded: a change meanwhile puts them back
                    del self._pending[alert_id]
                await self._publish(alert_ids)  # a failure is made good by the catch-up that follows it

    def _heard(self, _connection: object, _pid: int, _channel: str, alert_id: object) -> None:
        self._pending[str(alert_id)] = None
        self._wake.set()

    async def _publish(self, alert_ids: Sequence[str]) -> None:
        async with self._database.read() as session:
            found = await shown(session, await store.find_many(session, alert_ids))
        for alert in found:
            self._tell(alert)

    async def _catch_up(self) -> None:
        """What changed while nobody listened; consoles know versions, telling one twice does no harm."""
        since = (self._newest or self._clock.now()) - _OVERLAP
        async with self._database.read() as session:
            found = await shown(session, await store.changed_since(session, since, _KNOWN))
        for alert in found:
            self._tell(alert)

    def _tell(self, alert: Alert) -> None:
        if self._versions.get(alert.alert_id, 0) >= alert.version:
            return
        self._versions[alert.alert_id] = alert.version
        self._versions.move_to_end(alert.alert_id)
        while len(self._versions) > _KNOWN:
            self._versions.popitem(last=False)
        self._newest = max(alert.changed_at, self._newest or alert.changed_at)
        metrics.ALERT_SHOWN_S.observe(max(0.0, (self._clock.now() - alert.changed_at).total_seconds()))
        self._events.publish("alert", AlertEvent(alert=alert), SEE_ALERTS, camera_ids=alert.camera_ids)

"""What nobody sends a fact about: alerts that nobody takes, quiet hours that end, cameras that stay dark.

Every process of the gateway runs these loops; what is due is locked by the one that gets there first (SKIP LOCKED).
"""

import asyncio
import random
from datetime import datetime, timedelta

import structlog
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.alerts import store
from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.occurrence import offline
from hejnal_gateway.alerts.rule import AlertRule, deciding, waits_until
from hejnal_gateway.alerts.rules import AlertRules
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_gateway.cameras.status import CameraStatus, ShownCondition, StatusBoard
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError
from hejnal_runtime.inbox import forget_old as forget_inbox

log = structlog.get_logger()

_AWAY = (SQLAlchemyError, OSError, TimeoutError)
_BATCH = 50
_LONGEST_NAP_S = 2.0
_SHORTEST_NAP_S = 0.05
_DARK = (ShownCondition.RETRYING, ShownCondition.CONNECTING, ShownCondition.UNKNOWN)


class Escalation:
    """Alerts that nobody took in time go up a level; what waited for the end of quiet hours is raised."""

    def __init__(self, database: Database, alerts: Alerts, clock: Clock) -> None:
        self._database = database
        self._alerts = alerts
        self._clock = clock

    async def run(self) -> None:
        """Watch for ever; due times are rows, so that a restart forgets none."""
        while True:
            try:
                nap_s = await self._nap_s()
                if nap_s <= 0:
                    while await self.step():
                        pass
            except _AWAY as error:
                log.warning("escalation_waits", error=repr(error))
                nap_s = _LONGEST_NAP_S
            await asyncio.sleep(max(_SHORTEST_NAP_S, nap_s) * random.uniform(0.9, 1))

    async def step(self) -> bool:
        """One round; True when there may be more to do at once."""
        now = self._clock.now()
        async with self._database.transaction() as session:
            late = await store.due(session, now, _BATCH)
            for alert in late:
                await self._alerts.escalate(session, alert, now)
        async with self._database.transaction() as session:
            waited = await self._alerts.take_deferred(session, now, _BATCH)
        return len(late) == _BATCH or waited == _BATCH

    async def _nap_s(self) -> float:
        async with self._database.read() as session:
            due = await store.next_due(session)
        if due is None:
            return _LONGEST_NAP_S
        return min(_LONGEST_NAP_S, (due - self._clock.now()).total_seconds())


class DarkCameras:
    """Cameras that give no picture for longer than a rule allows; and the end of that.

    What is asked is the board that every process keeps from `camera-status`; whoever looks first raises the alert.
    """

    def __init__(
        self,
        database: Database,
        registry: CameraRegistry,
        board: StatusBoard,
        alerts: Alerts,
        rules: AlertRules,
        clock: Clock,
        *,
        every_s: float,
    ) -> None:
        self._database = database
        self._registry = registry
        self._board = board
        self._alerts = alerts
        self._rules = rules
        self._clock = clock
        self._every_s = every_s
        self._started_at = clock.now()
        self._dark_since: dict[str, datetime] = {}

    async def run(self) -> None:
        """Look for ever."""
        while True:
            await asyncio.sleep(self._every_s * random.uniform(0.8, 1.2))
            try:
                await self.look()
            except _AWAY as error:
                log.warning("dark_cameras_not_looked_for", error=repr(error))

    async def look(self) -> None:
        """Raise what is due, clear what is over."""
        now = self._clock.now()
        states = {camera_id: self._board.status(camera_id, now) for camera_id in self._board.cameras()}
        self._note_darkness(states)
        async with self._database.read() as session:
            rules = [rule for rule in await self._rules.all(session) if rule.trigger == "camera_offline"]
            told = {alert.dedup_key.partition(":")[2] for alert in await store.open_of_trigger(session, "camera_offline:")}
        live = {camera_id for camera_id, status in states.items() if status.condition is ShownCondition.LIVE}
        for camera_id in sorted(told & live):
            async with self._database.transaction() as session:
                await self._alerts.clear(session, f"camera_offline:{camera_id}", now)
        shortest = min((rule.offline_after_s for rule in rules if rule.enabled), default=None)
        if shortest is None:
            return
        for camera_id, since in sorted(self._dark_since.items()):
            if camera_id not in told and (now - since).total_seconds() >= shortest:
                await self._consider(camera_id, states[camera_id], since, rules, now)

    def _note_darkness(self, states: dict[str, CameraStatus]) -> None:
        """A change of cause or a try in between does not begin the darkness anew.

        Silence while nobody watched proves nothing: a word that is missing counts from this process's start on.
        """
        for camera_id, status in states.items():
            if status.condition in _DARK and status.since is not None:
                unknown = status.condition is ShownCondition.UNKNOWN
                since = max(status.since, self._started_at) if unknown else status.since
                self._dark_since[camera_id] = min(since, self._dark_since.get(camera_id, since))
            else:
                self._dark_since.pop(camera_id, None)
        for camera_id in self._dark_since.keys() - states.keys():
            del self._dark_since[camera_id]

    async def _consider(
        self, camera_id: str, status: CameraStatus, since: datetime, rules: list[AlertRule], now: datetime
    ) -> None:
        async with self._database.transaction() as session:
            try:
                camera = await self._registry.get(session, camera_id)
            except AppError:  # taken out of the registry
                return
            what = offline(camera_id, camera, status.cause, since)
            rule = deciding(rules, what)
            if not camera.enabled or rule is None or now - since < timedelta(seconds=rule.offline_after_s):
                return
            if waits_until(rule, rule.severity or what.severity, now) is not None:
                return  # asked again every time: when the quiet hours end and it is still dark, it is raised
            if not await store.raised_since(session, what.dedup_key, since):  # resolved while it stays dark: not raised anew
                await self._alerts.raise_(session, what, now)


class AlertSweep:
    """Forgets what is long over."""

    def __init__(self, database: Database, clock: Clock, *, keep_days: int, inbox_days: int) -> None:
        self._database = database
        self._clock = clock
        self._keep = timedelta(days=keep_days)
        self._inbox_days = inbox_days

    async def run(self) -> None:
        """Once an hour."""
        while True:
            await asyncio.sleep(3600 * random.uniform(0.8, 1.2))
            try:
                async with self._database.transaction() as session:
                    gone = await store.forget_old(session, self._clock.now() - self._keep)
                    await forget_inbox(session, self._inbox_days)
                    await store.forget_requests(session, self._clock.now() - timedelta(days=self._inbox_days))
                log.info("alerts_swept", alerts=gone)
            except _AWAY as error:
                log.warning("alerts_not_swept", error=repr(error))

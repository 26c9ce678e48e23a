"""From facts to alerts: camera events, residents' reports, requests of outside systems. Each fact counts once."""

from datetime import timedelta

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.alerts import AlertRequested
from hejnal_contracts.base import Fact
from hejnal_contracts.cameras import CameraState, CameraTampered, StreamFaulted
from hejnal_contracts.residents import ReportSubmitted
from hejnal_gateway.alerts.alerts import Alerts
from hejnal_gateway.alerts.occurrence import Occurrence, faulted, reported, requested, tampered
from hejnal_gateway.cameras.registry import CameraRegistry
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError
from hejnal_runtime.inbox import first_time

CONSUMER = "alerts"
TOPICS = ("camera-events", "reports", "alert-requests")


class AlertIntake:
    """Handles one message in one transaction: the inbox row, the alert and its fact are committed together.

    Facts older than `max_age_s` raise nothing: a group that begins to read (or comes back after days) is not a reason to act.
    """

    def __init__(self, database: Database, registry: CameraRegistry, alerts: Alerts, clock: Clock, *, max_age_s: float) -> None:
        self._max_age = timedelta(seconds=max_age_s)
        self._database = database
        self._registry = registry
        self._alerts = alerts
        self._clock = clock

    async def handle(self, message: Message) -> None:
        """Raise, join, or clear what this fact means; most mean nothing here."""
        fact = message.fact
        if not isinstance(fact, CameraTampered | StreamFaulted | ReportSubmitted | AlertRequested):
            return
        async with self._database.transaction() as session:
            if not await first_time(session, CONSUMER, message):
                return
            now = self._clock.now()
            if isinstance(fact, CameraTampered) and fact.phase == "cleared":
                await self._alerts.clear(session, tampered(fact, None).dedup_key, now)
                return
            what = await self._occurrence(session, fact)
            if now - what.at > self._max_age:
                return
            key = f"request:{fact.source_id}:{fact.request_id}" if isinstance(fact, AlertRequested) else None
            await self._alerts.raise_(session, what, now, request_key=key)

    async def _occurrence(self, session: AsyncSession, fact: Fact) -> Occurrence:
        match fact:
            case CameraTampered():
                return tampered(fact, await self._camera(session, fact.camera_id))
            case StreamFaulted():
                return faulted(fact, await self._camera(session, fact.camera_id))
            case ReportSubmitted():
                return reported(fact)
            case AlertRequested():
                return requested(fact)
            case _:
                raise TypeError(f"{fact.TYPE} is nothing that raises an alert")

    async def _camera(self, session: AsyncSession, camera_id: str) -> CameraState | None:
        try:
            return await self._registry.get(session, camera_id)
        except AppError:  # taken out of the registry while its event was on the way
            return None

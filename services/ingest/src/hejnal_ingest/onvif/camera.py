"""One camera over ONVIF while this process holds it: its clock, its groups of pictures, its events, its head."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

import aiohttp
import structlog

from hejnal_contracts.cameras import CameraClockSet, CameraState, CameraTampered, MotionDetected, OnvifAccess
from hejnal_ingest import metrics
from hejnal_ingest.credentials import CredentialsUnavailableError
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.onvif.client import OnvifClient, OnvifLimits
from hejnal_ingest.onvif.device import set_clock
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_ingest.onvif.media import profiles, set_gov_length
from hejnal_ingest.onvif.notifications import CameraProperties, Change, Meaning, Notification
from hejnal_ingest.onvif.ptz import PtzHead
from hejnal_ingest.onvif.pull_point import PullPoint
from hejnal_media.rtsp import Credentials
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

CLOCK_TOLERANCE_S = 1.0
_CONFIDENCE = 0.7
"""A camera's own word for tampering: it has looked at every picture, but with thresholds that nobody here has set."""
_MAX_CLOCK_SETS = 3
"""After so many that did not last, something else sets the camera's clock: leave it alone."""


@dataclass(frozen=True, slots=True)
class OnvifContext:
    """What all cameras of this process share."""

    http: aiohttp.ClientSession
    clock: Clock
    facts: FactQueue
    passwords: Callable[[str], Awaitable[Credentials | None]]
    allowed_hosts: frozenset[str]
    limits: OnvifLimits
    check_interval_s: float
    gop_s: float
    pull_s: float


class OnvifCamera:
    """`run()` lasts until cancelled. The registry says what may be changed at the camera."""

    def __init__(self, context: OnvifContext, state: CameraState, access: OnvifAccess) -> None:
        self.state = state
        self.access = access
        self._context = context
        self._properties = CameraProperties()
        self._motion: tuple[str, datetime] | None = None
        self._tampers: dict[str, tuple[str, datetime]] = {}
        self._client: OnvifClient | None = None
        self._head: PtzHead | None = None
        self._clock_sets = 0
        self._gops_asked: dict[str, int] = {}

    async def client(self) -> OnvifClient:
        """A client signed in as the camera's account. Raises OnvifError."""
        if self._client is None:
            context = self._context
            try:
                credentials = await context.passwords(self.state.camera_id) if self.state.has_credentials else None
            except CredentialsUnavailableError as error:
                raise OnvifError(OnvifFault.UNAUTHORIZED, f"the camera's password cannot be had: {error}") from None
            self._client = OnvifClient(
                context.http,
                self.access.url,
                credentials,
                clock=context.clock,
                limits=context.limits,
                allowed_hosts=context.allowed_hosts,
            )
        return self._client

    async def head(self) -> PtzHead:
        """The camera's head. Raises OnvifError, AppError (NOT_FOUND) when it has none."""
        if self._head is None:
            client = await self.client()
            if not await client.offers("tptz"):
                raise AppError(Kind.NOT_FOUND, "camera-fixed", "The camera cannot be moved.")
            profile = self.access.main_profile or next((one.token for one in await profiles(client) if one.ptz), "")
            if not profile:
                raise AppError(Kind.NOT_FOUND, "camera-fixed", "The camera has no profile that can be moved.")
            self._head = PtzHead(client, profile)
        return self._head

    async def run(self) -> None:
        """Looks after clock and groups of pictures, and listens."""
        try:
            async with asyncio.TaskGroup() as group:
                group.create_task(self._look_after())
                group.create_task(self._listen())
        finally:
            if self._head is not None:
                await self._head.close()

    # --- clock and groups of pictures

    async def _look_after(self) -> None:
        while True:
            try:
                await self.check_clock()
                await self.check_gop()
                pause_s = self._context.check_interval_s
            except OnvifError as error:
                metrics.ONVIF_FAULTS.labels(error.fault.value).inc()
                log.info("onvif_check_failed", camera_id=self.state.camera_id, cause=error.fault.value, detail=error.detail)
                pause_s = min(60.0, self._context.check_interval_s)
            await asyncio.sleep(pause_s)

    async def check_clock(self) -> float:
        """Camera clock minus server clock; sets it when it is wrong and that is allowed. Raises OnvifError."""
        client = await self.client()
        offset_s = await client.clock_offset_s()
        if abs(offset_s) <= CLOCK_TOLERANCE_S:
            self._clock_sets = 0
            return offset_s
        if not self.access.allow_clock_set or self._clock_sets >= _MAX_CLOCK_SETS:
            log.info("camera_clock_wrong", camera_id=self.state.camera_id, offset_s=round(offset_s, 1))
            return offset_s
        before_s, after_s = await set_clock(client, self._context.clock)
        self._clock_sets += 1
        log.info("camera_clock_set", camera_id=self.state.camera_id, before_s=round(before_s, 1), after_s=round(after_s, 1))
        fact = CameraClockSet(
            event_id=new_id(),
            camera_id=self.state.camera_id,
            offset_before_s=round(before_s, 3),
            offset_after_s=round(after_s, 3),
            at=self._context.clock.now(),
        )
        self._tell(fact)
        return after_s

    async def check_gop(self) -> None:
        """Sets the recorded stream's group of pictures where that is allowed. Raises OnvifError."""
        if not self.access.allow_gop_set:
            return
        client = await self.client()
        for one in await profiles(client):
            if one.token not in (self.access.main_profile, self.access.sub_profile) or one.fps <= 0:
                continue
            wanted = max(1, round(one.fps * self._context.gop_s))
            if one.gov_length and one.gov_length != wanted and self._gops_asked.get(one.token) != wanted:
                self._gops_asked[one.token] = wanted  # setting it may begin the stream anew: a camera is asked once
                told = await set_gov_length(client, one.token, wanted)
                log.info("camera_gop_set", camera_id=self.state.camera_id, profile=one.token, wanted=wanted, told=told)

    # --- events

    async def _listen(self) -> None:
        while True:
            try:
                client = await self.client()
                break
            except OnvifError:
                await asyncio.sleep(min(30.0, self._context.check_interval_s))
        await PullPoint(client, self.state.camera_id, self._take, pull_s=self._context.pull_s).run()

    def _take(self, notification: Notification) -> None:
        offset_s = self._client.known_offset_s if self._client is not None else None
        change = self._properties.take(notification, now=self._context.clock.now(), offset_s=offset_s or 0.0)
        if change is None:
            return
        metrics.ONVIF_EVENTS.labels(change.meaning.value).inc()
        if change.meaning is Meaning.MOTION:
            self._take_motion(change)
        elif change.meaning is Meaning.TAMPER:
            self._take_tamper(change)
        else:
            log.info("camera_input", camera_id=self.state.camera_id, active=change.active, at=change.at.isoformat())

    def _take_motion(self, change: Change) -> None:
        if change.active:
            self._motion = (new_id(), change.at)
        if self._motion is None:
            return
        event_id, started_at = self._motion
        ended_at = None if change.active else max(change.at, started_at)
        self._tell(
            MotionDetected(
                event_id=event_id, camera_id=self.state.camera_id, started_at=started_at, ended_at=ended_at, source="onvif"
            )
        )
        if not change.active:
            self._motion = None

    def _take_tamper(self, change: Change) -> None:
        assert change.kind is not None
        if change.active:
            self._tampers[change.kind] = (new_id(), change.at)
        event_id, started_at = self._tampers.get(change.kind, (new_id(), change.at))
        self._tell(
            CameraTampered(
                event_id=event_id if change.active else new_id(),
                camera_id=self.state.camera_id,
                kind=change.kind,
                confidence=_CONFIDENCE,
                at=change.at,
                phase="onset" if change.active else "cleared",
                started_at=started_at,
                detail=f"the camera says so: {change.topic}",
            )
        )
        if not change.active:
            self._tampers.pop(change.kind, None)

    def _tell(self, fact: MotionDetected | CameraTampered | CameraClockSet) -> None:
        """A camera that tells more than Kafka takes does not fill our memory."""
        if self._context.facts.is_full(self.state.camera_id):
            metrics.ONVIF_EVENTS.labels("dropped").inc()
            return
        self._context.facts.put(self.state.camera_id, fact)

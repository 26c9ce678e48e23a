"""Which gap is fetched when: the oldest first, one per camera, a few cameras at a time, live pictures before all."""

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass

import structlog

from hejnal_contracts.cameras import CameraCondition
from hejnal_ingest import metrics
from hejnal_ingest.backfill.filling import FilledCamera, GapFilling
from hejnal_ingest.backfill.gaps import Gap
from hejnal_ingest.backfill.ledgers import GapLedgers
from hejnal_ingest.backfill.link_budget import LinkBudget
from hejnal_ingest.backfill.replay_session import ReplaySession
from hejnal_ingest.camera.recording import RecordingPlace
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.credentials import CredentialsUnavailableError
from hejnal_ingest.onvif.cameras import OnvifCameras
from hejnal_ingest.onvif.client import OnvifClient
from hejnal_ingest.onvif.errors import OnvifError, OnvifFault
from hejnal_ingest.onvif.recordings import CardRecording, recordings, replay_uri
from hejnal_media.rtsp import Credentials, RtspError, SessionLimits
from hejnal_runtime.clock import Clock
from hejnal_runtime.errors import AppError

log = structlog.get_logger()

_LOOK_INTERVAL_S = 0.5
_FIRST_PAUSE_S, _LAST_PAUSE_S = 5.0, 600.0
_UNSUPPORTED_PAUSE_S = 3600.0
_EMPTY_ATTEMPTS = 5
"""A card writes with delay: a gap of which it has nothing is asked for so often. After so many replays that broke off at the
same place what came of the last group of pictures is taken as it is."""
_LEAD_US = 2_000_000
"""Cameras begin at the key frame at or before the time asked for, or after it: ask for earlier."""


@dataclass(frozen=True, slots=True)
class BackfillPlan:
    """Bounds."""

    rate_bps: int
    workers: int
    max_age_s: float
    settle_s: float
    limits: SessionLimits


@dataclass(slots=True)
class _Job:
    gap: Gap
    runner: CameraRunner
    task: asyncio.Task[None]


class Backfill:
    """`run()` lasts until cancelled; what was fetched by then is in the spool and is not fetched again."""

    def __init__(
        self,
        plan: BackfillPlan,
        place: RecordingPlace,
        ledgers: GapLedgers,
        onvif: OnvifCameras,
        held: Callable[[], Iterable[CameraRunner]],
        *,
        passwords: Callable[[str], Awaitable[Credentials | None]],
        live_is_well: Callable[[str], bool],
        clock: Clock,
    ) -> None:
        self._plan = plan
        self._place = place
        self._ledgers = ledgers
        self._onvif = onvif
        self._held = held
        self._passwords = passwords
        self._live_is_well = live_is_well
        self._clock = clock
        self._jobs: dict[str, _Job] = {}
        self._not_before_s: dict[str, float] = {}
        self._live_since_s: dict[str, float] = {}

    async def run(self) -> None:
        """Fetches for ever."""
        try:
            while True:
                await self._look()
                await asyncio.sleep(_LOOK_INTERVAL_S)
        finally:
            tasks = [job.task for job in self._jobs.values()]
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _look(self) -> None:
        runners = {runner.camera_id: runner for runner in self._held()}
        now_s = self._clock.monotonic()
        self._ledgers.forget_older(int((self._clock.now().timestamp() - self._plan.max_age_s) * 1e6))
        for camera_id, job in list(self._jobs.items()):
            if job.task.done():
                del self._jobs[camera_id]
                if not job.task.cancelled() and (error := job.task.exception()) is not None:
                    log.error("backfill_failed", camera_id=camera_id, exc_info=error)
                    self._pause(job.gap, now_s)
            elif runners.get(camera_id) is not job.runner:
                job.task.cancel()
        live = {
            camera_id
            for camera_id, runner in runners.items()
            if runner.condition is CameraCondition.LIVE and runner.state.onvif is not None and runner.state.onvif.card_recording
        }
        self._live_since_s = {camera_id: self._live_since_s.get(camera_id, now_s) for camera_id in live}
        for camera_id, gap in list(self._ledgers.pending()):
            if len(self._jobs) >= self._plan.workers:
                break
            if camera_id in self._jobs or camera_id not in live or not self._ready(camera_id, gap, now_s):
                continue
            task = asyncio.create_task(self._fetch(runners[camera_id], gap), name=f"backfill {camera_id}")
            self._jobs[camera_id] = _Job(gap, runners[camera_id], task)

    def _ready(self, camera_id: str, gap: Gap, now_s: float) -> bool:
        if gap.clock_changed:
            log.warning("backfill_clock_changed", camera_id=camera_id, gap_id=gap.gap_id)
            self._ledgers.remove(camera_id, gap, "clock_changed")
            return False
        settled = now_s - self._live_since_s[camera_id] >= self._plan.settle_s
        known = gap.offset_before_us is not None or gap.offset_after_us is not None
        return settled and known and now_s >= self._not_before_s.get(gap.gap_id, 0.0)

    # --- one gap

    async def _fetch(self, runner: CameraRunner, gap: Gap) -> None:
        camera_id = runner.camera_id
        gap.attempts += 1
        self._ledgers.changed(camera_id)
        began_us = gap.filled_until_us
        camera = FilledCamera(camera_id, "main", runner.epoch)
        filling = GapFilling(self._place, camera, gap)
        broken_off = True
        try:
            session = await self._open(runner, gap, filling)
            try:
                await session.run()
                broken_off = False
            finally:
                metrics.BACKFILL_BYTES.inc(session.bytes_received)
                await session.close()
        except (RtspError, OnvifError) as error:
            self._failed(camera_id, gap, error)
        except (AppError, CredentialsUnavailableError) as error:
            log.info("backfill_not_possible", camera_id=camera_id, detail=str(error))
            self._pause(gap, self._clock.monotonic())
        finally:
            await asyncio.shield(filling.close(broken_off=broken_off and gap.attempts < _EMPTY_ATTEMPTS))
        if filling.failed is not None:
            log.warning("backfill_not_written", camera_id=camera_id, detail=filling.failed)
            self._pause(gap, self._clock.monotonic())
        elif not broken_off:
            self._finished(camera_id, gap, filling)
        elif gap.filled_until_us > began_us:
            gap.attempts = 0  # it goes on, if in steps

    async def _open(self, runner: CameraRunner, gap: Gap, filling: GapFilling) -> ReplaySession:
        camera_id = runner.camera_id
        client = await self._onvif.get(camera_id).client()
        from_us, until_us = (edge + (gap.offset_us(edge) or 0) for edge in (gap.filled_until_us, gap.until_us))
        url = await replay_uri(client, await self._recording(client, from_us, until_us))
        credentials = await self._passwords(camera_id) if runner.state.has_credentials else None
        session = ReplaySession(
            url,
            filling,
            credentials=credentials,
            budget=LinkBudget(self._plan.rate_bps, asyncio.get_running_loop().time()),
            live_is_well=lambda: self._live_is_well(camera_id),
            limits=self._plan.limits,
        )
        try:
            await session.open(from_us - _LEAD_US, until_us + _LEAD_US)
        except BaseException:
            with contextlib.suppress(RtspError):
                await session.close()
            raise
        return session

    async def _recording(self, client: OnvifClient, from_us: int, until_us: int) -> str:
        """The recording on the card that covers most of the gap."""
        found = [one for one in await recordings(client) if one.has_video]
        if not found:
            raise OnvifError(OnvifFault.REFUSED, "the card holds no video")

        def covered_us(one: CardRecording) -> float:
            low = one.earliest.timestamp() * 1e6 if one.earliest else 0.0
            high = one.latest.timestamp() * 1e6 if one.latest else until_us
            return min(high, until_us) - max(low, from_us)

        return max(found, key=covered_us).token

    def _finished(self, camera_id: str, gap: Gap, filling: GapFilling) -> None:
        """The camera has given what it has of the gap."""
        if filling.complete or filling.frames or gap.filled_until_us > gap.from_us or gap.attempts >= _EMPTY_ATTEMPTS:
            outcome = "filled" if filling.complete else ("partly" if gap.filled_until_us > gap.from_us else "not_on_card")
            seconds = round((gap.until_us - gap.from_us) / 1e6, 1)
            self._not_before_s.pop(gap.gap_id, None)
            log.info("gap_backfilled", camera_id=camera_id, outcome=outcome, gap_s=seconds, frames=filling.frames)
            self._ledgers.remove(camera_id, gap, outcome)
        else:
            self._pause(gap, self._clock.monotonic())

    def _failed(self, camera_id: str, gap: Gap, error: RtspError | OnvifError) -> None:
        log.info("backfill_interrupted", camera_id=camera_id, cause=error.fault.value, detail=error.detail)
        self._pause(gap, self._clock.monotonic(), unsupported=error.fault is OnvifFault.UNSUPPORTED)

    def _pause(self, gap: Gap, now_s: float, *, unsupported: bool = False) -> None:
        pause_s = min(_LAST_PAUSE_S, _FIRST_PAUSE_S * 2 ** min(10, max(0, gap.attempts - 1)))
        if unsupported:
            pause_s = _UNSUPPORTED_PAUSE_S
        self._not_before_s[gap.gap_id] = now_s + pause_s * random.uniform(0.8, 1.2)

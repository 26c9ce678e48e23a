"""Watches the links of all cameras held here and chooses what is recorded."""

import asyncio
import contextlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import structlog

from hejnal_contracts.cameras import StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest import metrics
from hejnal_ingest.camera.hooks import RecordingChoice, StreamObserver
from hejnal_ingest.camera.runner import CameraRunner
from hejnal_ingest.camera.streams import NotLiveError
from hejnal_ingest.radio.meter import StreamMeter
from hejnal_ingest.radio.policy import LinkPolicy, LinkThresholds, Step

log = structlog.get_logger()

_INTERVAL_S = 0.5
_BUSY_S = 0.2
"""A loop that wakes so late is itself why pictures seem late."""
_BUSY_FOR_S = 3.0


@dataclass(slots=True)
class _Watched:
    runner: CameraRunner
    policy: LinkPolicy
    breaks_seen: int = 0
    meter: StreamMeter | None = None
    probe: asyncio.Task[None] | None = None


class LinkWatch:
    """`observers` goes to the cameras' streams, `run()` lasts until cancelled."""

    def __init__(self, *, enabled: bool = True, thresholds: LinkThresholds | None = None) -> None:
        self._enabled = enabled
        self._thresholds = thresholds
        self._meters: dict[tuple[str, StreamName], StreamMeter] = {}
        self._watched: dict[str, _Watched] = {}
        self._busy_until_s = 0.0

    def observers(self, camera_id: str, stream: StreamName) -> Sequence[StreamObserver]:
        """An ObserverFactory: only main streams are measured."""
        if not self._enabled or stream != "main":
            return ()
        meter = self._meters[camera_id, stream] = StreamMeter()
        return (meter,)

    def is_well(self, camera_id: str) -> bool:
        """False while a camera's link has nothing to spare for anything but live pictures."""
        watched = self._watched.get(camera_id)
        return watched is None or not watched.policy.late

    async def run(self, held: Callable[[], Iterable[CameraRunner]]) -> None:
        """Measures and chooses."""
        loop = asyncio.get_running_loop()
        try:
            while True:
                slept_s = loop.time()
                await asyncio.sleep(_INTERVAL_S)
                overslept_s = loop.time() - slept_s - _INTERVAL_S
                if overslept_s > _BUSY_S:
                    self._busy_until_s = loop.time() + _BUSY_FOR_S + overslept_s
                runners = {runner.camera_id: runner for runner in held() if self._concerns(runner)}
                for camera_id in [key for key, one in self._watched.items() if runners.get(key) is not one.runner]:
                    self._end_probe(self._watched.pop(camera_id))
                    self._meters = {key: meter for key, meter in self._meters.items() if key[0] in runners}
                for camera_id, runner in runners.items():
                    watched = self._watched.get(camera_id)
                    if watched is None:
                        policy = LinkPolicy(loop.time(), self._thresholds)
                        watched = self._watched[camera_id] = _Watched(runner, policy)
                    self._look(camera_id, watched, loop.time())
        finally:
            for watched in self._watched.values():
                self._end_probe(watched)

    def _concerns(self, runner: CameraRunner) -> bool:
        state = runner.state
        names = {source.name for source in state.streams}
        return self._enabled and state.enabled and state.recording.enabled and state.recording.stream == "main" and "sub" in names

    def _look(self, camera_id: str, watched: _Watched, now_s: float) -> None:
        meter, policy = self._meters.get((camera_id, "main")), watched.policy
        if meter is not None:
            if meter is not watched.meter:
                watched.meter, watched.breaks_seen = meter, 0
            for _ in range(meter.interrupted_when_late - watched.breaks_seen):
                policy.main_broke(now_s)
            watched.breaks_seen = meter.interrupted_when_late
            lag_s = meter.sample()
            blameless = now_s >= self._busy_until_s
            if lag_s is not None and blameless and (policy.recorded == "main" or policy.probing):
                policy.main_lag(lag_s, now_s)
        if policy.recorded == "sub" and not policy.probing:
            watched.runner.close_unwatched("main")
        step = policy.decide(now_s)
        if step is not None:
            log.info("link_step", camera_id=camera_id, step=step.value, reason=policy.reason)
            self._take(watched, step)

    def _take(self, watched: _Watched, step: Step) -> None:
        runner, reason = watched.runner, watched.policy.reason
        if step is Step.RECORD_SUB:
            metrics.LINK_CHOICES.labels("sub").inc()
            runner.choose_recording(RecordingChoice("sub", GapCause.LINK_THIN, f"the link is too thin: {reason}"))
        elif step is Step.PROBE_MAIN:
            watched.probe = asyncio.create_task(_pull_main(runner), name=f"probe of main {runner.camera_id}")
        elif step is Step.END_PROBE:
            self._end_probe(watched)
        elif step is Step.RECORD_MAIN:
            metrics.LINK_CHOICES.labels("main").inc()
            runner.choose_recording(RecordingChoice("main", GapCause.LINK_THIN, f"the link has room again: {reason}"))
            self._end_probe(watched)

    def _end_probe(self, watched: _Watched) -> None:
        if watched.probe is not None:
            watched.probe.cancel()
            watched.probe = None


async def _pull_main(runner: CameraRunner) -> None:
    """Has the main stream pulled beside the recorded one, until cancelled; its meter sees how it comes."""
    with contextlib.suppress(NotLiveError, KeyError):
        async with runner.reading("main") as reader:
            async for _ in reader.chunks():
                pass

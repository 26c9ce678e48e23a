"""Which cameras this process holds: those of the partitions of `cameras` that its consumer group gives it."""

import asyncio
from dataclasses import dataclass

import structlog

from hejnal_contracts.cameras import CameraCondition, CameraRemoved, CameraState, FaultCause
from hejnal_contracts.media import GapCause
from hejnal_ingest import metrics
from hejnal_ingest.camera.runner import CameraRunner, RunnerFactory
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

_SETTLE_S = 0.2
"""The state of many cameras arrives at once, each perhaps in several versions: look when it has calmed down."""
_RESTART_S = 5.0
STOP_TIMEOUT_S = 8.0

Partitions = set[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    partition: int
    state: CameraState


@dataclass(slots=True)
class _Running:
    runner: CameraRunner
    task: asyncio.Task[None]


class CameraLeases:
    """Consumes `cameras`, starts and stops runners. The epoch of a partition is the time it was acquired, in ms.

    A rebalance takes all partitions away and gives most back: only cameras of those that are really gone are stopped.
    """

    def __init__(self, create_runner: RunnerFactory, clock: Clock) -> None:
        self._create_runner = create_runner
        self._clock = clock
        self._epochs: dict[int, int] = {}
        self._wanted: dict[str, _Wanted] = {}
        self._running: dict[str, _Running] = {}
        self._changed = asyncio.Event()
        self._lost: set[str] = set()

    def runner(self, camera_id: str) -> CameraRunner | None:
        """The runner of a camera held here."""
        running = self._running.get(camera_id)
        return running.runner if running is not None else None

    @property
    def cameras(self) -> int:
        """How many run."""
        return len(self._running)

    def close_relays(self) -> None:
        """Ends the answers to all relay readers."""
        for running in self._running.values():
            running.runner.close_relays()

    # --- from the bus

    async def assigned(self, partitions: Partitions) -> None:
        """These partitions, and no others, are ours now."""
        numbers = {number for _, number in partitions}
        now_ms = int(self._clock.now().timestamp() * 1000)
        for number in numbers - self._epochs.keys():
            self._epochs[number] = now_ms
        for number in self._epochs.keys() - numbers:
            del self._epochs[number]
        for camera_id, wanted in list(self._wanted.items()):
            if wanted.partition not in numbers:
                del self._wanted[camera_id]
                self._lost.add(camera_id)
        self._changed.set()

    async def take(self, message: Message) -> None:
        """A fact of `cameras`; each assignment begins with the whole state."""
        fact = message.fact
        known = self._wanted.get(message.key)
        if fact is None or isinstance(fact, CameraRemoved):
            self._wanted.pop(message.key, None)
        elif isinstance(fact, CameraState):
            if known is not None and known.state.version > fact.version:
                return
            self._wanted[fact.camera_id] = _Wanted(message.partition, fact)
        self._changed.set()

    # --- life

    async def run(self) -> None:
        """Keeps what runs equal to what is wanted, until cancelled; then stops all."""
        try:
            while True:
                try:
                    async with asyncio.timeout(_RESTART_S):
                        await self._changed.wait()
                    await asyncio.sleep(_SETTLE_S)
                except TimeoutError:
                    pass  # look after runners that have failed
                self._changed.clear()
                await self._reconcile()
        finally:
            stops = [self._stop(camera_id, GapCause.INGEST_LOST, "ingest was shut down") for camera_id in list(self._running)]
            await asyncio.gather(*stops)

    async def _reconcile(self) -> None:
        stops = []
        for camera_id, running in list(self._running.items()):
            wanted = self._wanted.get(camera_id)
            if wanted is None:
                lost = camera_id in self._lost
                cause = GapCause.INGEST_FAILOVER if lost else GapCause.OPERATOR_OFF
                detail = "another ingest process holds the camera now" if lost else "the camera was removed"
                stops.append(self._stop(camera_id, cause, detail))
            elif running.task.done():
                error = running.task.exception() if not running.task.cancelled() else None
                log.error("camera_runner_failed", camera_id=camera_id, exc_info=error)
                stops.append(self._stop(camera_id, GapCause.INGEST_LOST, "ingest failed"))
            elif running.runner.epoch != self._epochs.get(wanted.partition, running.runner.epoch):
                stops.append(self._stop(camera_id, GapCause.INGEST_FAILOVER, "the camera was held elsewhere meanwhile"))
            elif running.runner.needs_restart(wanted.state):
                stops.append(self._stop(camera_id, GapCause.OPERATOR_OFF, "the camera's settings were changed"))
            elif running.runner.state.version != wanted.state.version:
                running.runner.update(wanted.state)
        self._lost.clear()
        if stops:
            await asyncio.gather(*stops)
        for camera_id, wanted in self._wanted.items():
            if camera_id not in self._running and (epoch := self._epochs.get(wanted.partition)) is not None:
                runner = self._create_runner(wanted.state, epoch)
                self._running[camera_id] = _Running(runner, asyncio.create_task(runner.run(), name=f"camera {camera_id}"))
        self._count()

    async def _stop(self, camera_id: str, cause: GapCause, detail: str) -> None:
        running = self._running.pop(camera_id)
        running.runner.stop(cause, FaultCause.OPERATOR_OFF if cause is GapCause.OPERATOR_OFF else FaultCause.CLOSED, detail)
        running.task.cancel()
        _, late = await asyncio.wait({running.task}, timeout=STOP_TIMEOUT_S)
        try:
            async with asyncio.timeout(STOP_TIMEOUT_S):
                await running.runner.closed()
        except TimeoutError:
            late.add(running.task)
        if late:
            log.warning("camera_stop_late", camera_id=camera_id)

    def _count(self) -> None:
        counts = dict.fromkeys(CameraCondition, 0)
        for running in self._running.values():
            counts[running.runner.condition] += 1
        for condition, count in counts.items():
            metrics.CAMERAS.labels(condition.value).set(count)

"""Which cameras this process holds: those of the partitions of `cameras` that its consumer group gives it."""

import asyncio
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import structlog

from hejnal_contracts.cameras import (
    CameraCondition,
    CameraRemoved,
    CameraState,
    CameraStatusReported,
    FaultCause,
)
from hejnal_contracts.media import GapCause
from hejnal_ingest import metrics
from hejnal_ingest.camera.runner import CameraRunner, RunnerFactory
from hejnal_ingest.held import HeldCamera
from hejnal_runtime.bus import Message
from hejnal_runtime.clock import Clock

log = structlog.get_logger()

_SETTLE_S = 0.1
"""The state of many cameras arrives at once, each perhaps in several versions: look when it has calmed down."""
_RESTART_S = 5.0
_CONFIRM_S = 30.0
"""A camera known from the disk that the registry has not named this long after Kafka is back is registered no more."""
_BELIEVE_S = 20.0
"""So long another's higher epoch keeps us from a camera that the group has given to us."""
HANDOVER_S = 20.0
"""A camera that goes to another process is recorded here so long, until it is there: what both have of it is kept once."""
_LEAVING_S = 6.0
"""The same when this process ends: whoever ends it does not wait longer."""
_PEER_S = 30.0
"""Whoever holds cameras is heard of more often than this."""
STOP_TIMEOUT_S = 8.0
NO_GROUP = "-"
"""How the metrics call the cameras that are in no group."""

Partitions = set[tuple[str, int]]


@dataclass(frozen=True, slots=True)
class _Wanted:
    partition: int
    state: CameraState
    from_disk: bool = False


@dataclass(slots=True)
class _Running:
    runner: CameraRunner
    task: asyncio.Task[None]


class CameraLeases:
    """Consumes `cameras`, starts and stops runners.

    The epoch of a camera is the time its partition was acquired (ms), and above every epoch that was ever told of it: the
    clocks of two machines need not agree. A rebalance takes all partitions away and gives most back: only cameras of those
    that are really gone are stopped. Who was thrown out of the group (`member` changes) may have been replaced meanwhile:
    its cameras go on without a hole, under new epochs.
    """

    def __init__(self, create_runner: RunnerFactory, clock: Clock, *, member: Callable[[], str], ingest_id: str) -> None:
        self._create_runner = create_runner
        self._clock = clock
        self._member = member
        self._ingest_id = ingest_id
        self._member_id = ""
        self._acquired_ms: dict[int, int] = {}
        self._told: dict[str, int] = {}
        self._superseded: dict[str, float] = {}
        self._wanted: dict[str, _Wanted] = {}
        self._running: dict[str, _Running] = {}
        self._stopping: set[asyncio.Task[None]] = set()
        self._changed = asyncio.Event()
        self._lost: dict[str, float] = {}
        self._peers: dict[str, float] = {}
        self._leaving = False
        self._assigned_at_s: float | None = None
        self.on_disk_lease = False
        """True while cameras are held on what the disk says, because Kafka has not spoken."""

    def runner(self, camera_id: str) -> CameraRunner | None:
        """The runner of a camera held here."""
        running = self._running.get(camera_id)
        return running.runner if running is not None else None

    def state(self, camera_id: str) -> CameraState | None:
        """The registration of a camera held here."""
        runner = self.runner(camera_id)
        return runner.state if runner is not None else None

    def priority(self, camera_id: str) -> str:
        """How important a camera's footage is; `normal` for one that is not held here."""
        state = self.state(camera_id)
        return state.recording.priority if state is not None else "normal"

    @property
    def cameras(self) -> int:
        """How many run."""
        return len(self._running)

    def runners(self) -> list[CameraRunner]:
        """Of all cameras held here."""
        return [running.runner for running in self._running.values()]

    def held(self) -> list[HeldCamera]:
        """What is to be remembered on disk."""
        return [
            HeldCamera(
                partition=wanted.partition,
                epoch=running.runner.epoch,
                state=wanted.state,
            )
            for camera_id, running in sorted(self._running.items())
            if (wanted := self._wanted.get(camera_id)) is not None
        ]

    @property
    def assigned_once(self) -> bool:
        """True when Kafka has said what is held here."""
        return self._assigned_at_s is not None

    def health(self) -> str | None:
        """None while Kafka says what is held."""
        if self.on_disk_lease:
            return f"Kafka is away: {self.cameras} cameras are held as before, under their last epochs"
        return None

    @property
    def has_peers(self) -> bool:
        """Whether another process has been heard of lately."""
        now_s = asyncio.get_running_loop().time()
        return any(now_s - heard_s < _PEER_S for heard_s in self._peers.values())

    def close_relays(self) -> None:
        """Ends the answers to all relay readers."""
        for runner in self.runners():
            runner.close_relays()

    # --- from the bus

    async def assigned(self, partitions: Partitions) -> None:
        """These partitions, and no others, are ours now."""
        numbers = {number for _, number in partitions}
        now_ms = int(self._clock.now().timestamp() * 1000)
        member_id = self._member()
        if member_id != self._member_id or self.on_disk_lease:
            self._acquired_ms.clear()
        self._member_id = member_id
        self.on_disk_lease = False
        self._assigned_at_s = asyncio.get_running_loop().time()
        self._superseded.clear()
        for number in numbers - self._acquired_ms.keys():
            self._acquired_ms[number] = now_ms
        for number in self._acquired_ms.keys() - numbers:
            del self._acquired_ms[number]
        for camera_id, wanted in list(self._wanted.items()):
            if wanted.partition not in numbers:
                del self._wanted[camera_id]
                self._hand_over(camera_id, HANDOVER_S)
        self._changed.set()

    def _hand_over(self, camera_id: str, within_s: float) -> None:
        """Recording goes on until another process has the camera, or time is up; what gives no picture just ends."""
        loop = asyncio.get_running_loop()
        runner = self.runner(camera_id)
        gives_pictures = runner is not None and runner.condition is CameraCondition.LIVE
        self._lost[camera_id] = loop.time() + (within_s if gives_pictures else 0)
        loop.call_later(within_s, self._changed.set)

    async def hand_over_all(self) -> None:
        """The group has been left: returns when other processes record all cameras held here, or when they had time to.

        Recording goes on meanwhile.
        """
        self._leaving = True
        self._wanted.clear()
        for camera_id in self._running:
            self._hand_over(camera_id, _LEAVING_S)
        log.info("cameras_handed_over", cameras=len(self._running))
        self._changed.set()
        while self._running:  # noqa: ASYNC110 each stop takes its own time
            await asyncio.sleep(_SETTLE_S)

    async def take(self, message: Message) -> None:
        """A fact of `cameras`; each assignment begins with the whole state."""
        fact = message.fact
        known = self._wanted.get(message.key)
        if fact is None or isinstance(fact, CameraRemoved):
            self._wanted.pop(message.key, None)
        elif isinstance(fact, CameraState):
            if known is not None and not known.from_disk and known.state.version > fact.version:
                return
            self._wanted[fact.camera_id] = _Wanted(message.partition, fact)
        self._changed.set()

    def take_from_disk(self, cameras: Iterable[HeldCamera]) -> bool:
        """Kafka has not spoken yet: the cameras held before are held again, under their last epochs. False if it has."""
        cameras = list(cameras)
        if self._assigned_at_s is not None or not cameras:
            return False
        self.on_disk_lease = True
        for camera in cameras:
            state = camera.state
            self._wanted[state.camera_id] = _Wanted(camera.partition, state, from_disk=True)
            self._acquired_ms[camera.partition] = 0
            self._told[state.camera_id] = max(camera.epoch - 1, self._told.get(state.camera_id, 0))
        log.warning("leases_from_disk", cameras=len(cameras))
        self._changed.set()
        return True

    def seen(self, status: CameraStatusReported, *, live: bool) -> None:
        """What some process tells of a camera. Another's higher epoch, told just now: it holds the camera, we do not."""
        camera_id = status.camera_id
        running = self._running.get(camera_id)
        self._told[camera_id] = max(status.epoch, self._told.get(camera_id, 0))
        if live and status.ingest_id != self._ingest_id and status.cause is not FaultCause.INGEST_AWAY:
            self._peers[status.ingest_id] = asyncio.get_running_loop().time()
        if running is None or status.ingest_id == self._ingest_id or status.epoch <= running.runner.epoch:
            return
        if status.condition is CameraCondition.CONNECTING:
            return  # it has no picture yet, we have
        if live and not self.on_disk_lease:
            self._superseded.setdefault(camera_id, asyncio.get_running_loop().time())
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
                self._forget_unconfirmed()
                await self._reconcile()
        finally:
            for camera_id in list(self._running):
                self._begin_stop(camera_id, GapCause.INGEST_LOST, "ingest was shut down")
            await self._all_stopped()

    def _forget_unconfirmed(self) -> None:
        now_s = asyncio.get_running_loop().time()
        # the group would have told us by now: so the camera is ours after all
        self._superseded = {camera: since_s for camera, since_s in self._superseded.items() if now_s < since_s + _BELIEVE_S}
        if self._assigned_at_s is None or now_s < self._assigned_at_s + _CONFIRM_S:
            return
        for camera_id, wanted in list(self._wanted.items()):
            if wanted.from_disk:
                del self._wanted[camera_id]

    def _epoch(self, camera_id: str, partition: int, running: CameraRunner | None) -> int:
        """The epoch a camera is to have now; the one it has while that is good."""
        acquired_ms = self._acquired_ms.get(partition, 0)
        told = self._told.get(camera_id, 0)
        if running is not None and running.epoch >= max(acquired_ms, told):
            return running.epoch
        return max(acquired_ms, told + 1)

    async def _reconcile(self) -> None:
        now_s = asyncio.get_running_loop().time()
        for camera_id in self._lost.keys() & self._wanted.keys():
            del self._lost[camera_id]  # it came back
        for camera_id, running in list(self._running.items()):
            wanted = self._wanted.get(camera_id)
            runner = running.runner
            if camera_id in self._lost and camera_id not in self._superseded and now_s < self._lost[camera_id]:
                continue
            if wanted is None:
                lost = camera_id in self._lost
                cause = GapCause.INGEST_FAILOVER if lost else GapCause.OPERATOR_OFF
                detail = "another ingest process holds the camera now" if lost else "the camera was removed"
                self._begin_stop(camera_id, cause, detail)
            elif camera_id in self._superseded:
                self._begin_stop(camera_id, GapCause.INGEST_FAILOVER, "another ingest process holds the camera")
            elif running.task.done():
                error = running.task.exception() if not running.task.cancelled() else None
                log.error("camera_runner_failed", camera_id=camera_id, exc_info=error)
                self._begin_stop(camera_id, GapCause.INGEST_LOST, "ingest failed")
            elif runner.needs_restart(wanted.state):
                self._begin_stop(camera_id, GapCause.OPERATOR_OFF, "the camera's settings were changed")
            else:
                epoch = self._epoch(camera_id, wanted.partition, runner)
                if runner.epoch != epoch:
                    log.info("lease_renewed", camera_id=camera_id, epoch=epoch)
                    runner.renew(epoch)
                if runner.state.version != wanted.state.version:
                    runner.update(wanted.state)
        self._lost = {camera: until_s for camera, until_s in self._lost.items() if camera in self._running}
        await self._all_stopped()
        for camera_id, wanted in self._wanted.items():
            if (
                camera_id not in self._running
                and not self._leaving
                and camera_id not in self._superseded
                and wanted.partition in self._acquired_ms
            ):
                runner = self._create_runner(wanted.state, self._epoch(camera_id, wanted.partition, None))
                self._running[camera_id] = _Running(runner, asyncio.create_task(runner.run(), name=f"camera {camera_id}"))
        self._count()

    def _begin_stop(self, camera_id: str, cause: GapCause, detail: str) -> None:
        running = self._running.pop(camera_id)
        task = asyncio.create_task(self._stop(camera_id, running, cause, detail), name=f"stop {camera_id}")
        self._stopping.add(task)
        task.add_done_callback(self._stopping.discard)

    async def _all_stopped(self) -> None:
        """Whoever is cancelled while he waits leaves the stops to go on."""
        if self._stopping:
            await asyncio.wait(set(self._stopping))

    async def _stop(self, camera_id: str, running: _Running, cause: GapCause, detail: str) -> None:
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
        metrics.GROUP_CAMERAS.clear()
        for running in self._running.values():
            for group in running.runner.state.groups or (NO_GROUP,):
                for condition in CameraCondition:
                    metrics.GROUP_CAMERAS.labels(group, condition.value).inc(condition is running.runner.condition)

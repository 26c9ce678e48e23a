"""Recording of one stream: runs begin with a key frame, end with a cause, and pause while the disk is full."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from hejnal_contracts.cameras import StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest.facts import FactQueue
from hejnal_ingest.spool.fragments import Fragment, FragmentBuilder
from hejnal_ingest.spool.ring import SpoolRoom
from hejnal_ingest.spool.run_facts import RunIdentity
from hejnal_ingest.spool.run_writer import RunWriter
from hejnal_ingest.spool.writers import PendingBytes, SpoolWriters
from hejnal_media.access_unit import AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_runtime.ids import new_id

_SILENT_US = 5_000_000
"""Sound that has stayed away for so long is not waited for: a track without data would stop players."""
_OVERLAP_US = 10_000_000
"""A camera that replays its last seconds at the start does not make a run overlap the one before."""


@dataclass(frozen=True, slots=True)
class RecordingPlace:
    """Where and as whom this process records."""

    spool_dir: Path
    spool_url: str
    ingest_id: str
    segment_s: float
    split_s: float
    disk_retry_s: float
    pool: SpoolWriters
    pending: PendingBytes
    stall_s: float
    room: SpoolRoom
    facts: FactQueue


class StreamRecording:
    """Takes the pictures of one camera that are recorded while it is leased under `epoch`, from one stream at a time."""

    def __init__(
        self,
        place: RecordingPlace,
        camera_id: str,
        stream: StreamName,
        *,
        epoch: int,
        on_fault: Callable[[str | None], None],
    ) -> None:
        self._place = place
        self._camera_id = camera_id
        self._stream = stream
        self._epoch = epoch
        self._on_fault = on_fault
        self._builder: FragmentBuilder | None = None
        self._writer: RunWriter | None = None
        self._closing: set[asyncio.Task[None]] = set()
        self._retry_at_s = 0.0
        self._last_ended_us = 0
        self._renewed: str | None = None
        self._sound: AudioParameters | None = None
        self._sound_time_us: Callable[[int], int | None] = lambda _ticks: None
        self._sound_heard_us = 0
        self._before: RunWriter | None = None
        self._camera_time_us: Callable[[int], int | None] = lambda _ticks: None

    def set_camera_clock(self, camera_time_us: Callable[[int], int | None]) -> None:
        """Where the camera's own time of a tick is had from."""
        self._camera_time_us = camera_time_us

    def change_parameters(self, parameters: CodecParameters) -> None:
        """The next key frame has other parameters: within a run a new segment, with another picture size a new run."""
        if self._builder is None or self._writer is None:
            return
        if not self._builder.parameters.same_picture(parameters):
            self.end(GapCause.CAMERA_REBOOT, "the camera's picture format has changed")
        elif self._builder.parameters != parameters and (last := self._builder.change_parameters(parameters)):
            self._writer.write(last)

    def change_sound(
        self, parameters: AudioParameters | None, sound_time_us: Callable[[int], int | None] = lambda _ticks: None
    ) -> None:
        """The sound that follows is coded so; None: there is none, e.g. because another session begins.

        `sound_time_us` gives the camera's own time of a sound's tick.
        """
        self._sound, self._sound_time_us = parameters, sound_time_us
        self._sound_heard_us = 0

    def add_sound(self, frame: AudioFrame) -> None:
        """The next sound frame."""
        self._sound_heard_us = frame.received_at_us
        builder = self._builder
        if builder is not None and self._sound is not None and builder.begin_sound(self._sound, self._sound_time_us):
            builder.add_sound(frame)

    def add(self, unit: AccessUnit, parameters: CodecParameters) -> None:
        """The next picture."""
        if unit.key_frame:
            if (full := self._place.room.full) is not None:
                self.end(GapCause.DISK_FULL, full)
                self._on_fault(full)
                return
            if self._renewed is not None:
                self.end(GapCause.INGEST_FAILOVER, self._renewed)
            elif self._builder is not None and self._builder.fragments and self._builder.audio != self._audible(unit):
                self.end(GapCause.CAMERA_REBOOT, "the camera's sound has begun, ended or changed")
        if self._builder is None:
            if not unit.key_frame or not self._may_begin():
                return
            self._begin(unit, parameters)
        assert self._builder is not None
        fragment = self._builder.add(unit)
        if fragment is not None:
            self._write(fragment)

    def change_stream(self, stream: StreamName, cause: GapCause, detail: str) -> None:
        """The pictures that follow, a key frame first, are another stream's: the run ends and theirs begins where it ended."""
        self.end(cause, detail)
        self._stream = stream

    def renew(self, epoch: int, detail: str) -> None:
        """What follows is recorded under another epoch: the next key frame ends the run and begins another, without a hole."""
        self._epoch = epoch
        if self._builder is not None:
            self._renewed = detail

    def end(self, cause: GapCause, detail: str) -> None:
        """The run is over: what has come of the last group of pictures is written too."""
        builder, writer = self._builder, self._writer
        self._builder = self._writer = None
        self._renewed = None
        if builder is None or writer is None:
            return
        last = builder.finish()
        if last is not None:
            writer.write(last)
            self._last_ended_us = last.ends_at_us
        task = asyncio.create_task(writer.end(cause, detail), name=f"end of run {writer.identity.run_id}")
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)

    async def closed(self) -> None:
        """Waits until every ended run is on disk and told (bounded by the writers)."""
        if self._closing:
            await asyncio.wait(set(self._closing))

    def _may_begin(self) -> bool:
        """After a failure not at once, and not while the disk still hangs over the last run's footage."""
        if asyncio.get_running_loop().time() < self._retry_at_s:
            return False
        return self._retry_at_s == 0 or self._before is None or self._before.finished

    def _audible(self, unit: AccessUnit) -> AudioParameters | None:
        """The sound that is to be recorded with this picture and those behind it."""
        return self._sound if unit.received_at_us - self._sound_heard_us < _SILENT_US else None

    def _write(self, fragment: Fragment) -> None:
        assert self._writer is not None
        self._last_ended_us = fragment.ends_at_us
        self._writer.write(fragment)

    def _begin(self, unit: AccessUnit, parameters: CodecParameters) -> None:
        place = self._place
        not_before_us = self._last_ended_us if unit.received_at_us > self._last_ended_us - _OVERLAP_US else 0
        self._builder = FragmentBuilder(
            self._camera_id,
            parameters,
            segment_s=place.segment_s,
            new_id=new_id,
            not_before_us=not_before_us,
            camera_time_us=self._camera_time_us,
            split_s=place.split_s,
        )
        if (sound := self._audible(unit)) is not None:
            self._builder.begin_sound(sound, self._sound_time_us)
        identity = RunIdentity(self._camera_id, new_id(), self._epoch, place.ingest_id, self._stream, place.spool_url)
        writer = RunWriter(
            identity,
            parameters,
            spool_dir=place.spool_dir,
            pool=place.pool,
            facts=place.facts,
            on_failed=lambda detail: self._failed(writer, detail),
            on_begun=lambda: self._on_fault(None),
            pending=place.pending,
            after=self._before if self._before is not None and not self._before.finished else None,
            stall_s=place.stall_s,
        )
        self._writer = self._before = writer

    def _failed(self, writer: RunWriter, detail: str) -> None:
        if self._writer is writer:
            self._builder = self._writer = None
            self._retry_at_s = asyncio.get_running_loop().time() + self._place.disk_retry_s
            self._on_fault(detail)

"""From recorded pictures to runs in the spool that are marked as fetched later."""

import asyncio
from dataclasses import dataclass, replace

from hejnal_contracts.cameras import StreamName
from hejnal_contracts.media import GapCause
from hejnal_ingest import metrics
from hejnal_ingest.backfill.gaps import Gap
from hejnal_ingest.backfill.placing import GapPlacer, Interval
from hejnal_ingest.camera.recording import RecordingPlace
from hejnal_ingest.spool.fragments import Fragment, FragmentBuilder
from hejnal_ingest.spool.run_facts import RunIdentity
from hejnal_ingest.spool.run_writer import RunWriter
from hejnal_media.access_unit import AccessUnit, CodecParameters
from hejnal_runtime.ids import new_id

_DETAIL = "fetched from the camera's card"


@dataclass(frozen=True, slots=True)
class FilledCamera:
    """Whose gap it is."""

    camera_id: str
    stream: StreamName
    epoch: int


class GapFilling:
    """Takes the pictures of one replay (ReplaySink). `close` writes what is whole and tells the end."""

    def __init__(self, place: RecordingPlace, camera: FilledCamera, gap: Gap) -> None:
        self._place = place
        self._camera = camera
        self._gap = gap
        self._interval = Interval(gap.filled_until_us, gap.until_us)
        self._placer = GapPlacer(self._interval)
        self._parameters: CodecParameters | None = None
        self._builder: FragmentBuilder | None = None
        self._writer: RunWriter | None = None
        self._before: RunWriter | None = None
        self._ending: list[asyncio.Task[None]] = []
        self.complete = False
        """The gap is over, and nothing is missing before its end."""
        self.failed: str | None = None
        self.frames = 0

    # --- ReplaySink

    def codec_changed(self, parameters: CodecParameters) -> None:
        """Another picture format is another run."""
        if self._parameters is not None and self._parameters != parameters:
            self._end_run(self._placer.next_ticks)
        self._parameters = parameters

    def recorded(self, unit: AccessUnit, camera_us: int) -> bool:
        """A picture; False when the gap is full or cannot be written."""
        if self.failed is not None:
            return False
        due_ticks = self._placer.next_ticks
        placed = self._placer.add(unit, self._gap.server_us(camera_us))
        if placed.new_run:
            self._end_run(due_ticks)
        for one in placed.units:
            self._add(one)
        if placed.units:
            self.frames += 1
            metrics.BACKFILL_FRAMES.inc()
        if placed.complete:
            self.complete = not placed.new_run
        return not placed.complete

    def interrupted(self) -> None:
        """Something is missing before the next picture."""
        self._placer.broken()
        self._end_run(self._placer.next_ticks)

    async def close(self, *, broken_off: bool) -> None:
        """The replay is over. `broken_off`: more is to come, so a group of pictures that is not whole is left for then."""
        if not broken_off and self._placer.at_end:
            self.complete = True
        whole_until = None if broken_off else self._placer.next_ticks
        self._end_run(self._placer.end_ticks if self.complete else whole_until)
        if self._ending:
            await asyncio.wait(self._ending)

    # --- inside

    def _add(self, unit: AccessUnit) -> None:
        if self._builder is None:
            if not unit.key_frame or self._parameters is None:
                return
            self._begin(self._parameters)
        assert self._builder is not None
        self._write(self._builder.add(unit))

    def _write(self, fragment: Fragment | None) -> None:
        if fragment is not None and self._writer is not None:
            self._writer.write(fragment)

    def _begin(self, parameters: CodecParameters) -> None:
        place, camera, interval, gap = self._place, self._camera, self._interval, self._gap

        def camera_time_us(ticks: int) -> int:
            server_us = interval.instant_us(ticks)
            return server_us + (gap.offset_us(server_us) or 0)

        self._builder = FragmentBuilder(
            camera.camera_id,
            parameters,
            segment_s=place.segment_s,
            split_s=place.split_s,
            new_id=new_id,
            camera_time_us=camera_time_us,
        )
        self._writer = self._before = RunWriter(
            RunIdentity(
                camera.camera_id, new_id(), camera.epoch, place.ingest_id, camera.stream, place.spool_url, backfilled=True
            ),
            parameters,
            spool_dir=place.spool_dir,
            pool=place.pool,
            facts=place.facts,
            on_failed=self._fail,
            after=self._before,  # the ledger knows one point up to which all is in the spool
        )

    def _end_run(self, due_ticks: int | None) -> None:
        """`due_ticks` is when the next picture would have been due; None: the last group of pictures is not written."""
        builder, writer = self._builder, self._writer
        self._builder = self._writer = None
        if writer is None:
            return
        if builder is not None and due_ticks is not None:
            last = builder.finish(due_ticks)
            if last is not None and due_ticks == self._placer.end_ticks:
                last = replace(last, ends_at_us=self._gap.until_us)  # a tick is 11 µs: no sliver of the gap stays
            if last is not None:
                writer.write(last)
        self._ending.append(asyncio.create_task(writer.end(GapCause.BACKFILLED, _DETAIL), name="end of back-fill"))

    def _fail(self, detail: str) -> None:
        self.failed = detail
        self._builder = None

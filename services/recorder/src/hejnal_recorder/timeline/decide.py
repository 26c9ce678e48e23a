"""The rules of the timeline: one fact in, the new story and its effects out.

Whatever the order facts come in (repeated, replayed, a run's end lost, several ingests with different epochs), footage and
gaps tile the camera's time from its first sight: no overlap, no hole, each gap with its cause.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_recorder.fragments import Fragment
from hejnal_recorder.timeline.story import (
    ClosedGap,
    Decision,
    Effect,
    FragmentAdded,
    GapEnded,
    GapStarted,
    OpenGap,
    OpenSegment,
    Outcome,
    PartClosed,
    PartOpened,
    RunClosed,
    RunOpened,
    SegmentCompleted,
    Story,
)

SEAM = timedelta(milliseconds=50)
"""A break between two fragments of a run up to this (about a frame) is rounding, not missing footage."""

LONGEST_PART = timedelta(hours=12)
"""A row covers at most this and one fragment more; the database refuses rows of more than a day."""

NewId = Callable[[], str]
StoryFact = RunStarted | FragmentWritten | RunEnded

NOT_ANNOUNCED = "Ingest never announced this footage"
FILE_MISSING = "Announced, but its file could not be taken over"
NO_ROOM = "The archive's disk is full; cameras of this priority give way"
NO_END = "The run ended without a word"


@dataclass(frozen=True, slots=True)
class NotStored:
    """Why an announced fragment does not come into the archive."""

    cause: GapCause
    detail: str


GONE = NotStored(GapCause.INGEST_LOST, FILE_MISSING)
DISK_FULL = NotStored(GapCause.DISK_FULL, NO_ROOM)


def decide(story: Story | None, fact: StoryFact, *, run_known: bool, why_not: NotStored | None = None, new_id: NewId) -> Decision:
    """What a fact means.

    `story` is None for a camera never seen. `run_known` says whether the fact's run is already in the index (the story
    itself remembers only the latest). `why_not` says why a fragment does not come into the archive: its time becomes a gap.
    """
    if story is not None:
        if fact.epoch < story.epoch:
            return Decision(Outcome.STALE, story)
        if fact.run_id != story.run_id and run_known:
            return Decision(Outcome.DUPLICATE, story)
    teller = _Teller(new_id)
    if story is None or fact.run_id != story.run_id:
        current = teller.begin(story, _run_of(fact))
        if isinstance(fact, RunStarted):
            return Decision(Outcome.APPLIED, current, tuple(teller.effects))
    else:
        current = story
        if isinstance(fact, RunStarted) or not story.run_open:
            return Decision(Outcome.DUPLICATE, story)
        if isinstance(fact, FragmentWritten) and fact.sequence < story.next_sequence:
            return Decision(Outcome.DUPLICATE, story)
    if isinstance(fact, RunEnded):
        current = teller.end_run(current, fact.cause, fact.detail, fact.ended_at)
    elif isinstance(fact, FragmentWritten):
        current = teller.add(current, fact) if why_not is None else teller.miss(current, fact, why_not)
    return Decision(Outcome.APPLIED, current, tuple(teller.effects))


def fragment_of(fact: FragmentWritten, starts_at: datetime, ends_at: datetime) -> Fragment:
    """The fragment as it is kept, at its place on the timeline."""
    return Fragment(
        sequence=fact.sequence,
        offset_bytes=fact.offset_bytes,
        size_bytes=fact.size_bytes,
        starts_at=starts_at,
        ends_at=ends_at,
        media_time=fact.media_time,
        duration_ticks=fact.duration_ticks,
        frames=fact.frames,
        camera_time=None if fact.camera_time is None else fact.camera_time.astimezone(UTC),
        sha256=bytes.fromhex(fact.sha256),
        starts_with_key_frame=fact.starts_with_key_frame,
    )


def archive_path(camera_id: str, segment_id: str, starts_at: datetime) -> str:
    """Where a segment lies in the archive: <camera>/<yyyy-mm-dd>/<segment>.mp4, the day in UTC."""
    return f"{camera_id}/{starts_at.astimezone(UTC):%Y-%m-%d}/{segment_id}.mp4"


class _Teller:
    """Collects effects while a story moves on."""

    def __init__(self, new_id: NewId) -> None:
        self.effects: list[Effect] = []
        self._new_id = new_id

    def begin(self, story: Story | None, run: RunOpened) -> Story:
        """A new run. Whatever lasted ends where it begins; a run still open has ended without a word."""
        if story is not None and story.run_open:
            failover = bool(run.ingest_id) and run.ingest_id != story.ingest_id
            cause = GapCause.INGEST_FAILOVER if failover else GapCause.INGEST_LOST
            story = self._close_run(story, cause, NO_END, story.until)
            if run.started_at > story.until:
                story = self._insert_gap(story, cause, NO_END, run.started_at)
        self.effects.append(run)
        if story is None:
            until = first_seen = run.started_at
        else:
            first_seen = story.first_seen
            until = max(story.until, run.started_at)
            if story.gap is not None:
                gap = story.gap
                self.effects.append(GapEnded(gap.gap_id, story.camera_id, gap.cause, gap.starts_at, until))
        return Story(
            camera_id=run.camera_id,
            first_seen=first_seen,
            until=until,
            epoch=run.epoch,
            ingest_id=run.ingest_id,
            run_id=run.run_id,
            run_open=True,
            next_sequence=0,
        )

    def end_run(self, story: Story, cause: GapCause, detail: str, ended_at: datetime) -> Story:
        """The run's own end: a gap begins where its footage ends."""
        story = self._close_run(story, cause, detail, ended_at)
        gap = OpenGap(self._new_id(), cause, story.until)
        self.effects.append(GapStarted(gap.gap_id, story.camera_id, cause, detail, gap.starts_at))
        return replace(story, gap=gap, last_gap=None)

    def add(self, story: Story, fact: FragmentWritten) -> Story:
        """A fragment that lies in the archive."""
        if story.segment is not None and story.segment.segment_id != fact.segment_id:
            story = self._complete_segment(story)
        starts_at = fact.starts_at.astimezone(UTC)
        if starts_at > story.until + SEAM:
            story = self._insert_gap(story, GapCause.INGEST_LOST, NOT_ANNOUNCED, starts_at)
        ends_at = max(story.until, fact.ends_at.astimezone(UTC))
        fragment = fragment_of(fact, story.until, ends_at)
        segment = story.segment or OpenSegment(
            fact.segment_id,
            -1,
            part_open=False,
            part_starts_at=story.until,
            starts_at=story.until,
            ends_at=story.until,
            fragments=0,
            size_bytes=0,
        )
        if segment.part_open and ends_at - segment.part_starts_at > LONGEST_PART:
            self.effects.append(PartClosed(segment.segment_id, segment.part, segment.part_starts_at))
            segment = replace(segment, part_open=False)
        if not segment.part_open:
            segment = replace(segment, part=segment.part + 1, part_open=True, part_starts_at=story.until, last=None)
            self.effects.append(
                PartOpened(
                    segment_id=fact.segment_id,
                    part=segment.part,
                    camera_id=story.camera_id,
                    run_id=story.run_id,
                    path=archive_path(story.camera_id, fact.segment_id, segment.starts_at),
                    starts_at=story.until,
                    init_size_bytes=fact.init_size_bytes,
                    init_sha256=bytes.fromhex(fact.init_sha256),
                )
            )
        self.effects.append(FragmentAdded(fact.segment_id, segment.part, segment.part_starts_at, fragment, segment.last))
        segment = replace(
            segment,
            ends_at=ends_at,
            fragments=segment.fragments + 1,
            size_bytes=max(segment.size_bytes, fragment.end_bytes),
            last=fragment,
        )
        story = replace(story, until=ends_at, next_sequence=fact.sequence + 1, segment=segment, last_gap=None)
        return self._complete_segment(story) if fact.segment_ends else story

    def miss(self, story: Story, fact: FragmentWritten, why: NotStored) -> Story:
        """A fragment that does not come into the archive: its time is a gap."""
        if story.segment is not None and story.segment.segment_id != fact.segment_id:
            story = self._complete_segment(story)
        ends_at = fact.ends_at.astimezone(UTC)
        if ends_at > story.until:
            story = self._insert_gap(story, why.cause, why.detail, ends_at)
        story = replace(story, next_sequence=fact.sequence + 1)
        return self._complete_segment(story) if fact.segment_ends and story.segment is not None else story

    def _insert_gap(self, story: Story, cause: GapCause, detail: str, ends_at: datetime) -> Story:
        """A gap that is over already, one with the gap right before it if that has the same cause.

        An open segment's row ends before it; its file may go on in another row.
        """
        segment = story.segment
        if segment is not None and segment.part_open:
            self.effects.append(PartClosed(segment.segment_id, segment.part, segment.part_starts_at))
            segment = replace(segment, part_open=False)
        last = story.last_gap
        if last is None or (last.cause, last.detail) != (cause, detail):
            last = ClosedGap(self._new_id(), cause, detail, story.until)
            self.effects.append(GapStarted(last.gap_id, story.camera_id, cause, detail, story.until))
        self.effects.append(GapEnded(last.gap_id, story.camera_id, cause, last.starts_at, ends_at))
        return replace(story, until=ends_at, segment=segment, last_gap=last)

    def _complete_segment(self, story: Story) -> Story:
        segment = story.segment
        if segment is None:
            return story
        if segment.part_open:
            self.effects.append(PartClosed(segment.segment_id, segment.part, segment.part_starts_at))
        self.effects.append(
            SegmentCompleted(
                camera_id=story.camera_id,
                segment_id=segment.segment_id,
                run_id=story.run_id,
                starts_at=segment.starts_at,
                ends_at=segment.ends_at,
                fragments=segment.fragments,
                size_bytes=segment.size_bytes,
            )
        )
        return replace(story, segment=None)

    def _close_run(self, story: Story, cause: GapCause, detail: str, ended_at: datetime) -> Story:
        story = self._complete_segment(story)
        self.effects.append(RunClosed(story.run_id, ended_at.astimezone(UTC), cause, detail))
        return replace(story, run_open=False)


def _run_of(fact: StoryFact) -> RunOpened:
    """The fact's run; what only its announcement says stays empty when that was lost."""
    if isinstance(fact, RunStarted):
        return RunOpened(
            run_id=fact.run_id,
            camera_id=fact.camera_id,
            epoch=fact.epoch,
            ingest_id=fact.ingest_id,
            stream=fact.stream,
            spool_url=fact.spool_url,
            codec=fact.codec,
            width=fact.width,
            height=fact.height,
            timescale=fact.timescale,
            started_at=fact.started_at.astimezone(UTC),
            audio_codec=fact.audio_codec,
        )
    started_at = fact.starts_at if isinstance(fact, FragmentWritten) else fact.ended_at
    return RunOpened(
        run_id=fact.run_id,
        camera_id=fact.camera_id,
        epoch=fact.epoch,
        ingest_id="",
        stream="main",
        spool_url="",
        codec="",
        width=0,
        height=0,
        timescale=0,
        started_at=started_at.astimezone(UTC),
    )

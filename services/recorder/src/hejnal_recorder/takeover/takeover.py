"""One batch of `camera-media` facts: files durable, then rows and our facts in one transaction. Offsets follow outside."""

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import structlog

from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_recorder import metrics
from hejnal_recorder.days import SegmentDays
from hejnal_recorder.retention.pressure import Admission
from hejnal_recorder.takeover.archive import Archive, Found, Wanted
from hejnal_recorder.takeover.changes import Changes
from hejnal_recorder.takeover.fetch import SpoolFetcher
from hejnal_recorder.takeover.fill import Filler
from hejnal_recorder.takeover.rows import KnownRun, LostRaceError, load_runs, load_stories, write
from hejnal_recorder.timeline.decide import DISK_FULL, GONE, NewId, StoryFact, archive_path, decide
from hejnal_recorder.timeline.story import Decision, Outcome, RunOpened, SegmentCompleted, Story
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.errors import AppError, Kind
from hejnal_runtime.outbox import publish

log = structlog.get_logger()

SOURCE = "recorder"
FUTURE_TOLERANCE = timedelta(minutes=10)
LONGEST_FRAGMENT = timedelta(hours=1)
RUNS_REMEMBERED = 5000

Place = tuple[str, int]
"""A fragment by run id and sequence."""


@dataclass(slots=True)
class _Plan:
    """What a batch means if `missing` fragments cannot be had."""

    changes: Changes
    wanted: dict[Place, tuple[str, Wanted]] = field(default_factory=dict)
    """Spool address and fragment, in order."""
    outcomes: dict[str, int] = field(default_factory=dict)
    refused: int = 0
    recorded_s: float = 0.0
    """Length of the wanted fragments together."""


class Takeover:
    """Takes facts over. Remembers stories between batches; the rows' versions tell when another recorder was there."""

    def __init__(
        self, database: Database, archive: Archive, fetcher: SpoolFetcher, clock: Clock, new_id: NewId, admission: Admission
    ) -> None:
        self._database = database
        self._archive = archive
        self._fetcher = fetcher
        self._clock = clock
        self._new_id = new_id
        self._admission = admission
        self._stories: dict[str, tuple[int, Story]] = {}
        self._runs: OrderedDict[str, KnownRun] = OrderedDict()
        self._days = SegmentDays(database)
        self._filler = Filler(database, self._bring, self._days, clock, new_id)
        self._lag_s = 0.0
        self._in_hand: datetime | None = None
        """End of the oldest fragment that is being taken over, or was tried in vain."""

    def forget(self) -> None:
        """Read all stories anew: partitions have moved."""
        self._stories.clear()
        self._in_hand = None

    def lag_s(self) -> float:
        """How far the archive is behind the cameras; grows while nothing can be committed. Back-filled footage is not counted."""
        if self._in_hand is None:
            return self._lag_s
        return max(0.0, (self._clock.now() - self._in_hand).total_seconds())

    async def take(self, facts: Sequence[StoryFact]) -> None:
        """Facts of any cameras, each camera's in order; safe to repeat.

        Raises AppError(INVALID) for a fact from the future, transient errors (database, disk, spool) to be retried.
        """
        with metrics.TAKEOVER_SECONDS.time():
            for attempt in range(5):
                try:
                    await self._take(facts)
                    return
                except LostRaceError as race:
                    for camera_id in race.camera_ids:
                        self._stories.pop(camera_id, None)
                    log.info("story_changed_meanwhile", cameras=len(race.camera_ids), attempt=attempt)
                except BaseException:
                    self._runs.clear()  # a run that only was to be taken over is not known yet
                    self._stories.clear()  # it may have been committed although the answer was lost
                    self._days.forget()
                    raise
        raise AppError(Kind.UNAVAILABLE, "story-contended", "Another recorder writes the same cameras.")

    async def _take(self, facts: Sequence[StoryFact]) -> None:
        await self._load(facts)
        self._refuse_future(facts)
        live, filling = self._parted(facts)
        for run_id, of_run in filling.items():
            await self._filler.take(run_id, of_run)
        if live:
            await self._take_live(live)

    def _parted(self, facts: Sequence[StoryFact]) -> tuple[list[StoryFact], dict[str, list[StoryFact]]]:
        """Facts of live runs in order, and those of back-filled runs by run."""
        live: list[StoryFact] = []
        filling: dict[str, list[StoryFact]] = {}
        for fact in facts:
            if isinstance(fact, RunStarted) and fact.backfilled:
                self._remember_run(fact.run_id, KnownRun(fact.spool_url, backfilled=True))
            known = self._runs.get(fact.run_id)
            if known is not None and known.backfilled:
                filling.setdefault(fact.run_id, []).append(fact)
            else:
                live.append(fact)
        return live, filling

    async def _take_live(self, facts: Sequence[StoryFact]) -> None:
        self._in_hand = min((fact.ends_at for fact in facts if isinstance(fact, FragmentWritten)), default=None)
        missing: set[Place] = set()
        held: set[tuple[Place, str]] = set()
        while True:
            plan = self._plan(facts, missing)
            todo = {place: one for place, one in plan.wanted.items() if (place, one[1].archive_path) not in held}
            lost = await self._bring(todo)
            held |= {(place, one[1].archive_path) for place, one in todo.items() if place not in lost}
            if not lost:
                break
            missing |= lost
        await self._commit(plan)
        self._in_hand = None
        self._count(plan, missing)

    async def _load(self, facts: Sequence[StoryFact]) -> None:
        cameras = {fact.camera_id for fact in facts} - self._stories.keys()
        runs = {fact.run_id for fact in facts} - self._runs.keys()
        if not cameras and not runs:
            return
        async with self._database.read() as session:
            if cameras:
                self._stories |= await load_stories(session, cameras)
            if runs:
                for run_id, run in (await load_runs(session, runs)).items():
                    self._remember_run(run_id, run)

    def _remember_run(self, run_id: str, run: KnownRun) -> None:
        self._runs[run_id] = run
        if len(self._runs) > RUNS_REMEMBERED:
            self._runs.popitem(last=False)

    def _plan(self, facts: Sequence[StoryFact], missing: set[Place]) -> _Plan:
        plan = _Plan(Changes())
        begun: dict[str, str] = {}
        for fact in facts:
            story = plan.changes.stories.get(fact.camera_id)
            if story is None and (known := self._stories.get(fact.camera_id)):
                story = known[1]
            run_known = fact.run_id in begun or fact.run_id in self._runs
            place = (fact.run_id, fact.sequence) if isinstance(fact, FragmentWritten) else None
            refused = place is not None and self._admission.refuses(fact.camera_id)
            why_not = DISK_FULL if refused else GONE if place in missing else None
            decision = decide(story, fact, run_known=run_known, why_not=why_not, new_id=self._new_id)
            plan.outcomes[decision.outcome] = plan.outcomes.get(decision.outcome, 0) + 1
            if decision.outcome is not Outcome.APPLIED:
                continue
            begun |= {effect.run_id: effect.spool_url for effect in decision.effects if isinstance(effect, RunOpened)}
            plan.changes.add(decision.story, decision.effects)
            if refused:
                plan.refused += 1
            elif isinstance(fact, FragmentWritten) and place is not None and place not in missing:
                known_run = self._runs.get(fact.run_id)
                spool_url = begun.get(fact.run_id) or (known_run.spool_url if known_run else "")
                plan.wanted[place] = (spool_url, _wanted(fact, decision))
                plan.recorded_s += (fact.ends_at - fact.starts_at).total_seconds()
        return plan

    async def _bring(self, todo: dict[Place, tuple[str, Wanted]]) -> set[Place]:
        """Make fragments durable in the archive; gives those whose bytes are gone."""
        if not todo:
            return set()
        found = await asyncio.to_thread(self._archive.link_all, [wanted for _, wanted in todo.values()])
        lost: set[Place] = set()
        files: dict[str, list[Place]] = {}
        for (place, (_, wanted)), state in zip(todo.items(), found, strict=True):
            if state is Found.STORED:
                metrics.TAKEOVER_BYTES.labels("link").inc(wanted.size_bytes)
            elif state is Found.SHORT:
                log.error("spool_file_short", path=wanted.spool_path, needed_bytes=wanted.end_bytes)
                lost.add(place)
            else:
                files.setdefault(wanted.archive_path, []).append(place)
        if files:
            results = await asyncio.gather(*(self._fetch_file(todo, places) for places in files.values()))
            lost = lost.union(*results)
        return lost

    async def _fetch_file(self, todo: dict[Place, tuple[str, Wanted]], places: list[Place]) -> set[Place]:
        lost = set()
        for place in places:
            spool_url, wanted = todo[place]
            if await self._fetcher.fetch(spool_url, wanted):
                metrics.TAKEOVER_BYTES.labels("fetch").inc(wanted.size_bytes)
            else:
                log.error("footage_lost", path=wanted.spool_path, sequence=wanted.sequence)
                lost.add(place)
        return lost

    async def _commit(self, plan: _Plan) -> None:
        changes = plan.changes
        if not changes.stories:
            return
        versions = {camera_id: known[0] for camera_id in changes.stories if (known := self._stories.get(camera_id))}
        await self._days.make(changes.days())
        async with self._database.transaction() as session:
            await write(session, changes, versions)
            await publish(session, *changes.facts, source=SOURCE)
        for camera_id, story in changes.stories.items():
            self._stories[camera_id] = (versions[camera_id] + 1 if camera_id in versions else 0, story)
        for run in changes.runs.values():
            self._remember_run(run.run_id, KnownRun(run.spool_url, backfilled=False))

    def _count(self, plan: _Plan, missing: set[Place]) -> None:
        metrics.FRAGMENTS.labels("stored").inc(len(plan.wanted))
        metrics.RECORDED_SECONDS.inc(max(0.0, plan.recorded_s))
        metrics.FRAGMENTS.labels("missing").inc(len(missing))
        metrics.FRAGMENTS.labels("refused").inc(plan.refused)
        for outcome in (Outcome.DUPLICATE, Outcome.STALE):
            if number := plan.outcomes.get(outcome):
                metrics.FRAGMENTS.labels(outcome.value).inc(number)
        for gap in plan.changes.gaps.values():
            if gap.started is not None:
                metrics.GAPS.labels(gap.started.cause.value).inc()
        metrics.SEGMENTS_STORED.inc(sum(fact.TYPE.startswith("segment.stored") for fact in plan.changes.facts))
        if newest := plan.changes.newest():
            self._lag_s = max(0.0, (self._clock.now() - newest).total_seconds())

    def _refuse_future(self, facts: Sequence[StoryFact]) -> None:
        """A machine whose clock is years ahead must not claim those years.

        What goes on from where the camera's story stands is none of that: the clock may have been set back meanwhile.
        """
        now = self._clock.now()
        for fact in facts:
            if isinstance(fact, FragmentWritten) and fact.ends_at - fact.starts_at > LONGEST_FRAGMENT:
                detail = (
                    f"A fragment of {fact.camera_id} is said to last {fact.ends_at - fact.starts_at}: no group of pictures does."
                )
                raise AppError(Kind.INVALID, "fragment-too-long", detail)
            instant = _latest(fact)
            known = self._stories.get(fact.camera_id)
            if instant > max(now, known[1].until if known is not None else now) + FUTURE_TOLERANCE:
                detail = (
                    f"{fact.TYPE} of {fact.camera_id} says {instant.isoformat()}, which is yet to come: check ingest's clock."
                )
                raise AppError(Kind.INVALID, "from-the-future", detail)


def _wanted(fact: FragmentWritten, decision: Decision) -> Wanted:
    segment = decision.story.segment
    if segment is not None and segment.segment_id == fact.segment_id:
        starts_at = segment.starts_at
    else:  # this fragment was its last
        ended = (effect for effect in decision.effects if isinstance(effect, SegmentCompleted))
        starts_at = next(effect.starts_at for effect in ended if effect.segment_id == fact.segment_id)
    return Wanted(
        run_id=fact.run_id,
        sequence=fact.sequence,
        spool_path=fact.segment_path,
        archive_path=archive_path(fact.camera_id, fact.segment_id, starts_at),
        init_size_bytes=fact.init_size_bytes,
        init_sha256=fact.init_sha256,
        offset_bytes=fact.offset_bytes,
        size_bytes=fact.size_bytes,
        sha256=fact.sha256,
    )


def _latest(fact: StoryFact) -> datetime:
    if isinstance(fact, FragmentWritten):
        return fact.ends_at
    return fact.started_at if isinstance(fact, RunStarted) else fact.ended_at

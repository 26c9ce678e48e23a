"""Reading stories and writing a batch of changes, a few statements whatever its size."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import TextClause, text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_recorder.fragments import pack, pack_further, unpack
from hejnal_recorder.takeover.changes import Changes, PartChange
from hejnal_recorder.timeline.story import ClosedGap, OpenGap, OpenSegment, PartOpened, Story

_STORY_COLUMNS: tuple[tuple[str, str], ...] = (
    ("camera_id", "text"),
    ("version", "bigint"),
    ("first_seen", "timestamptz"),
    ("until", "timestamptz"),
    ("epoch", "bigint"),
    ("ingest_id", "text"),
    ("run_id", "text"),
    ("run_open", "boolean"),
    ("next_sequence", "bigint"),
    ("segment_id", "text"),
    ("segment_part", "smallint"),
    ("segment_part_open", "boolean"),
    ("segment_part_starts_at", "timestamptz"),
    ("segment_starts_at", "timestamptz"),
    ("segment_ends_at", "timestamptz"),
    ("segment_fragments", "integer"),
    ("segment_size_bytes", "bigint"),
    ("segment_last", "bytea"),
    ("gap_id", "text"),
    ("gap_cause", "text"),
    ("gap_starts_at", "timestamptz"),
    ("last_gap_id", "text"),
    ("last_gap_cause", "text"),
    ("last_gap_detail", "text"),
    ("last_gap_starts_at", "timestamptz"),
)


def _unnest(columns: Iterable[tuple[str, str]]) -> str:
    columns = list(columns)
    arrays = ", ".join(f"cast(:{name} as {kind}[])" for name, kind in columns)
    return f"unnest({arrays}) as new({', '.join(name for name, _ in columns)})"


def _insert(table: str, columns: Sequence[tuple[str, str]], tail: str = "") -> TextClause:
    names = ", ".join(name for name, _ in columns)
    return text(f"insert into {table} ({names}) select {names} from {_unnest(columns)} {tail}")  # noqa: S608 constants only


_SELECT_STORIES = text("select * from stories where camera_id = any(cast(:camera_ids as text[]))")
_SELECT_RUNS = text("select run_id, spool_url, backfilled from runs where run_id = any(cast(:run_ids as text[]))")
# `version` is the one the story was read with: whoever wrote meanwhile wins, and the batch is decided anew.
_UPDATE_STORIES = text(
    "update stories s set version = new.version + 1, "  # noqa: S608 constants only
    + ", ".join(f"{name} = new.{name}" for name, _ in _STORY_COLUMNS if name not in {"camera_id", "version", "first_seen"})
    + f" from {_unnest(_STORY_COLUMNS)} where s.camera_id = new.camera_id and s.version = new.version returning s.camera_id"
)
# Everybody who writes several cameras locks them in this order.
_LOCK_STORIES = text(
    "select from stories where camera_id = any(cast(:camera_ids as text[])) order by camera_id for no key update"
)
_INSERT_STORIES = _insert("stories", _STORY_COLUMNS, "on conflict do nothing returning camera_id")

_RUN_COLUMNS = (
    ("run_id", "text"), ("camera_id", "text"), ("epoch", "bigint"), ("ingest_id", "text"), ("stream", "text"),
    ("spool_url", "text"), ("codec", "text"), ("width", "integer"), ("height", "integer"), ("timescale", "bigint"),
    ("started_at", "timestamptz"), ("audio_codec", "text"),
)  # fmt: skip
_INSERT_RUNS = _insert("runs", _RUN_COLUMNS)
_END_COLUMNS = (("run_id", "text"), ("ended_at", "timestamptz"), ("cause", "text"), ("detail", "text"))
_END_RUNS = text(
    f"update runs r set ended_at = new.ended_at, cause = new.cause, detail = new.detail "  # noqa: S608 constants only
    f"from {_unnest(_END_COLUMNS)} where r.run_id = new.run_id"
)

_APPEND_COLUMNS = (
    ("segment_id", "text"), ("part", "smallint"), ("starts_at", "timestamptz"), ("state", "text"), ("ends_at", "timestamptz"),
    ("fragment_count", "integer"), ("footage_bytes", "bigint"), ("size_bytes", "bigint"), ("fragments", "bytea"),
)  # fmt: skip
_APPEND_PARTS = text(
    "update segments s set state = new.state, ends_at = coalesce(new.ends_at, s.ends_at), "  # noqa: S608 constants only
    "fragment_count = s.fragment_count + new.fragment_count, footage_bytes = s.footage_bytes + new.footage_bytes, "
    "size_bytes = greatest(s.size_bytes, new.size_bytes), "
    f"fragments = s.fragments || new.fragments from {_unnest(_APPEND_COLUMNS)} "
    "where s.segment_id = new.segment_id and s.part = new.part and s.starts_at = new.starts_at "
    "and s.starts_at between :oldest and :newest"  # names the partitions before it runs
)
_PART_COLUMNS = (
    ("segment_id", "text"), ("part", "smallint"), ("camera_id", "text"), ("run_id", "text"), ("state", "text"), ("path", "text"),
    ("starts_at", "timestamptz"), ("ends_at", "timestamptz"), ("fragment_count", "integer"), ("footage_bytes", "bigint"),
    ("size_bytes", "bigint"), ("init_size_bytes", "integer"), ("init_sha256", "bytea"), ("fragments", "bytea"),
)  # fmt: skip
_INSERT_PARTS = _insert("segments", _PART_COLUMNS)

_END_GAPS = text(
    "update gaps g set ends_at = new.ends_at "  # noqa: S608 constants only
    f"from {_unnest((('gap_id', 'text'), ('ends_at', 'timestamptz')))} where g.gap_id = new.gap_id"
)
_DELETE_GAPS = text("delete from gaps where gap_id = any(cast(:gap_ids as text[]))")
_GAP_COLUMNS = (
    ("gap_id", "text"), ("camera_id", "text"), ("cause", "text"), ("detail", "text"), ("starts_at", "timestamptz"),
    ("ends_at", "timestamptz"),
)  # fmt: skip
_INSERT_GAPS = _insert("gaps", _GAP_COLUMNS)


class LostRaceError(Exception):
    """Another recorder wrote one of the stories; `camera_ids` have to be read anew."""

    def __init__(self, camera_ids: frozenset[str]) -> None:
        super().__init__(f"stories changed meanwhile: {sorted(camera_ids)}")
        self.camera_ids = camera_ids


async def load_stories(session: AsyncSession, camera_ids: Iterable[str]) -> dict[str, tuple[int, Story]]:
    """Version and story of each camera that has one."""
    rows = await session.execute(_SELECT_STORIES, {"camera_ids": list(camera_ids)})
    return {row.camera_id: (row.version, _story(row)) for row in rows}


@dataclass(frozen=True, slots=True)
class KnownRun:
    """A run of the index: where its spool is, and whether it comes from a camera's own memory."""

    spool_url: str
    backfilled: bool


async def load_runs(session: AsyncSession, run_ids: Iterable[str]) -> dict[str, KnownRun]:
    """Each run that the index knows."""
    rows = await session.execute(_SELECT_RUNS, {"run_ids": list(run_ids)})
    return {row.run_id: KnownRun(row.spool_url, row.backfilled) for row in rows}


async def write(session: AsyncSession, changes: Changes, versions: dict[str, int]) -> None:
    """Write a batch. `versions` are those the stories were read with; cameras without one are new.

    Raises LostRaceError when another writer was faster. The stories go first: their row locks order the outbox.
    """
    await _write_stories(session, changes, versions)
    if changes.runs:
        await _execute(session, _INSERT_RUNS, _RUN_COLUMNS, [_values(run, _RUN_COLUMNS) for run in changes.runs.values()])
    if changes.ended_runs:
        rows = [(run.run_id, run.ended_at, run.cause.value, run.detail) for run in changes.ended_runs.values()]
        await _execute(session, _END_RUNS, _END_COLUMNS, rows)
    # Rows that are there already first: closing one makes room for the next of its camera.
    appended = [_appended(key, part) for key, part in changes.parts.items() if part.opened is None]
    if appended:
        starts = [part.starts_at for part in changes.parts.values() if part.opened is None]
        bounds = {"oldest": min(starts), "newest": max(starts)}
        await session.execute(_APPEND_PARTS, _arrays(_APPEND_COLUMNS, appended) | bounds)
    opened = [_inserted(part.opened, part) for part in changes.parts.values() if part.opened is not None]
    if opened:
        await _execute(session, _INSERT_PARTS, _PART_COLUMNS, opened)
    await _write_gaps(session, changes)


async def _write_stories(session: AsyncSession, changes: Changes, versions: dict[str, int]) -> None:
    await session.execute(_LOCK_STORIES, {"camera_ids": sorted(changes.stories)})
    for statement, known in ((_UPDATE_STORIES, True), (_INSERT_STORIES, False)):
        stories = [changes.stories[camera_id] for camera_id in sorted(changes.stories) if (camera_id in versions) is known]
        if not stories:
            continue
        rows = [_story_values(story, versions.get(story.camera_id, 0)) for story in stories]
        result = await session.execute(statement, _arrays(_STORY_COLUMNS, rows))
        lost = {story.camera_id for story in stories} - set(result.scalars())
        if lost:
            raise LostRaceError(frozenset(lost))


async def _write_gaps(session: AsyncSession, changes: Changes) -> None:
    there = {gap_id: gap for gap_id, gap in changes.gaps.items() if gap.started is None and gap.ended is not None}
    empty = [gap_id for gap_id, gap in there.items() if gap.ended and gap.ended.ends_at == gap.ended.starts_at]
    if empty:
        await session.execute(_DELETE_GAPS, {"gap_ids": empty})
    ended = [(gap_id, gap.ended.ends_at) for gap_id, gap in there.items() if gap.ended and gap_id not in empty]
    if ended:
        await _execute(session, _END_GAPS, (("gap_id", ""), ("ends_at", "")), ended)
    new = []
    for gap in changes.gaps.values():
        started, ends_at = gap.started, gap.ended.ends_at if gap.ended else None
        if started is not None and started.starts_at != ends_at:
            row = (started.gap_id, started.camera_id, started.cause.value, started.detail, started.starts_at, ends_at)
            new.append(row)
    if new:
        await _execute(session, _INSERT_GAPS, _GAP_COLUMNS, new)


async def _execute(
    session: AsyncSession, statement: TextClause, columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]
) -> None:
    await session.execute(statement, _arrays(columns, rows))


def _arrays(columns: Sequence[tuple[str, str]], rows: Sequence[Sequence[Any]]) -> dict[str, Any]:
    return {name: list(values) for (name, _), values in zip(columns, zip(*rows, strict=True), strict=True)}


def _values(item: object, columns: Sequence[tuple[str, str]]) -> tuple[Any, ...]:
    return tuple(getattr(item, name) for name, _ in columns)


def _appended(key: tuple[str, int], change: PartChange) -> tuple[Any, ...]:
    last = change.fragments[-1] if change.fragments else None
    return (
        *key,
        change.starts_at,
        "stored" if change.closed else "open",
        last.ends_at if last else None,
        len(change.fragments),
        sum(fragment.size_bytes for fragment in change.fragments),
        max((fragment.end_bytes for fragment in change.fragments), default=0),
        pack_further(change.fragments, after=change.after),
    )


def _inserted(opened: PartOpened, change: PartChange) -> tuple[Any, ...]:
    return (
        opened.segment_id,
        opened.part,
        opened.camera_id,
        opened.run_id,
        "stored" if change.closed else "open",
        opened.path,
        opened.starts_at,
        change.fragments[-1].ends_at,
        len(change.fragments),
        sum(fragment.size_bytes for fragment in change.fragments),
        max(fragment.end_bytes for fragment in change.fragments),
        opened.init_size_bytes,
        opened.init_sha256,
        pack(change.fragments),
    )


def _story_values(story: Story, version: int) -> tuple[Any, ...]:
    segment, gap = story.segment, story.gap
    in_segment: tuple[Any, ...] = (None,) * 9
    if segment is not None:
        in_segment = (
            segment.segment_id,
            segment.part,
            segment.part_open,
            segment.part_starts_at,
            segment.starts_at,
            segment.ends_at,
            segment.fragments,
            segment.size_bytes,
            pack([segment.last]) if segment.last and segment.part_open else None,
        )
    in_gap: tuple[Any, ...] = (None,) * 3 if gap is None else (gap.gap_id, gap.cause.value, gap.starts_at)
    last = story.last_gap
    after_gap: tuple[Any, ...] = (None,) * 4 if last is None else (last.gap_id, last.cause.value, last.detail, last.starts_at)
    return (
        story.camera_id,
        version,
        story.first_seen,
        story.until,
        story.epoch,
        story.ingest_id,
        story.run_id,
        story.run_open,
        story.next_sequence,
        *in_segment,
        *in_gap,
        *after_gap,
    )


def _story(row: Any) -> Story:
    segment = None
    if row.segment_id is not None:
        segment = OpenSegment(
            segment_id=row.segment_id,
            part=row.segment_part,
            part_open=row.segment_part_open,
            part_starts_at=row.segment_part_starts_at,
            starts_at=row.segment_starts_at,
            ends_at=row.segment_ends_at,
            fragments=row.segment_fragments,
            size_bytes=row.segment_size_bytes,
            last=None if row.segment_last is None else unpack(row.segment_last)[0],
        )
    gap = None if row.gap_id is None else OpenGap(row.gap_id, GapCause(row.gap_cause), row.gap_starts_at)
    last_gap = None
    if row.last_gap_id is not None:
        last_gap = ClosedGap(row.last_gap_id, GapCause(row.last_gap_cause), row.last_gap_detail, row.last_gap_starts_at)
    return Story(
        camera_id=row.camera_id,
        first_seen=row.first_seen,
        until=row.until,
        epoch=row.epoch,
        ingest_id=row.ingest_id,
        run_id=row.run_id,
        run_open=row.run_open,
        next_sequence=row.next_sequence,
        segment=segment,
        gap=gap,
        last_gap=last_gap,
    )

"""`check --repair`: puts right what can be put right without a guess, and leaves the rest as it was found.

| finding | repair |
|---|---|
| hole | a gap `ingest_lost` in its place |
| coverage | the camera's sums are made anew from its rows |
| orphan with our stamps | taken over again, into time that is a gap; else left alone |
| missing, short | the row goes, its time becomes a gap `ingest_lost`; held rows stay |
| overlap, torn, hash, other orphans, all of the object store | none: a person has to look |
"""

import asyncio
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from sqlalchemy import text

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_media.fmp4 import read_fragments
from hejnal_recorder.days import SegmentDays
from hejnal_recorder.finding import Finding
from hejnal_recorder.retention.deletion import Candidates, condemn
from hejnal_recorder.takeover.archive import Archive, Wanted, hash_range
from hejnal_recorder.takeover.fill import Filler, Place
from hejnal_recorder.timeline.decide import archive_path
from hejnal_runtime.clock import Clock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id

log = structlog.get_logger()

UNEXPLAINED = "The index lost what was here"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

_LOCK_STORY = text("select first_seen, until from stories where camera_id = :camera_id for no key update")
_HOLES = text(
    """
    with spans as (
        select starts_at, ends_at from segments where camera_id = :camera_id and state <> 'garbage' and ends_at > starts_at
        union all
        select starts_at, ends_at from gaps where camera_id = :camera_id),
    reached as (
        select starts_at, max(ends_at) over (order by starts_at rows between unbounded preceding and 1 preceding) as before
        from (select * from spans union all select :first_seen, :first_seen union all select :until, null) s)
    select before as starts_at, starts_at as ends_at from reached where before is not null and starts_at > before
    """
)
_INSERT_GAP = text(
    """
    insert into gaps (gap_id, camera_id, cause, detail, starts_at, ends_at)
    values (:gap_id, :camera_id, 'ingest_lost', :detail, :starts_at, :ends_at)
    """
)
_FORGET_SUMS = text("delete from coverage where camera_id = :camera_id and kind not like 'event:%'")
_MAKE_SUMS = text(
    """
    insert into coverage (camera_id, level, bucket, kind, amount)
    select cast(:camera_id as text), level, bucket, kind, amount from coverage_of(:camera_id)
    """
)
_PARTS = text(
    "select min(starts_at) as oldest, max(starts_at) as newest from segments where segment_id = :segment_id having count(*) > 0"
)
_INDEXED = text("select 1 from segments where segment_id = :segment_id limit 1")


class Repair:
    """Repairs findings one by one, each in its own transaction. True for what is put right."""

    def __init__(self, database: Database, archive: Archive, clock: Clock) -> None:
        self._database = database
        self._archive = archive
        self._clock = clock

    async def repair(self, finding: Finding) -> bool:
        """Put it right; False when it has to stay as it is."""
        match finding.kind:
            case "hole":
                return await self._fill_holes(finding.camera_id)
            case "coverage":
                return await self._sum_anew(finding.camera_id)
            case "missing" | "short":
                return await self._give_up(finding)
            case "orphan":
                return await self._adopt(Path(finding.path))
            case _:
                return False

    async def _fill_holes(self, camera_id: str) -> bool:
        async with self._database.transaction() as session:
            story = (await session.execute(_LOCK_STORY, {"camera_id": camera_id})).one()
            values = {"camera_id": camera_id, "first_seen": story.first_seen, "until": story.until}
            for hole in (await session.execute(_HOLES, values)).all():
                span = {"starts_at": hole.starts_at, "ends_at": hole.ends_at}
                await session.execute(_INSERT_GAP, span | {"gap_id": new_id(), "camera_id": camera_id, "detail": UNEXPLAINED})
        return True

    async def _sum_anew(self, camera_id: str) -> bool:
        async with self._database.transaction() as session:
            await session.execute(_LOCK_STORY, {"camera_id": camera_id})
            await session.execute(_FORGET_SUMS, {"camera_id": camera_id})
            await session.execute(_MAKE_SUMS, {"camera_id": camera_id})
        return True

    async def _give_up(self, finding: Finding) -> bool:
        """The file's bytes are gone: so goes what the index says of them. What is left of a short file is adopted afterwards."""
        async with self._database.transaction() as session:
            parts = (await session.execute(_PARTS, {"segment_id": finding.segment_id})).one_or_none()
            if parts is None:
                return True
            one = Candidates(finding.camera_id, (finding.segment_id,), parts.oldest, parts.newest)
            return (await condemn(session, one, "lost")).segments == 1

    async def _adopt(self, relative: Path) -> bool:
        """A file with our stamps comes into the index again where there is a gap; a file of anybody else is left alone."""
        facts = await asyncio.to_thread(facts_of, self._archive.archive_dir, relative)
        if not facts:
            return False
        filler = Filler(self._database, self._there, SegmentDays(self._database), self._clock, new_id)
        await filler.take(facts[0].run_id, facts)
        async with self._database.read() as session:
            return (await session.execute(_INDEXED, {"segment_id": relative.stem})).one_or_none() is not None

    async def _there(self, todo: dict[Place, tuple[str, Wanted]]) -> set[Place]:
        """The bytes lie in the archive already, if the path says so."""
        return {place for place, (_, wanted) in todo.items() if not (self._archive.archive_dir / wanted.archive_path).is_file()}


def facts_of(archive_dir: Path, relative: Path) -> Sequence[RunStarted | FragmentWritten | RunEnded]:
    """What ingest would tell of a file that lies where the archive keeps it; nothing when it is not one of ours."""
    if len(relative.parts) != 3 or relative.suffix != ".mp4":
        return []
    camera_id, segment_id, path = relative.parts[0], relative.stem, archive_dir / relative
    found = read_fragments(path)
    stamped = [(one, one.stamp) for one in found.fragments if one.stamp is not None]
    if not stamped or found.init_size_bytes == 0:
        return []
    starts_at = _instant(stamped[0][1].starts_at_us)
    if archive_path(camera_id, segment_id, starts_at) != str(relative):
        return []
    run_id = f"adopted-{segment_id}"[:64]
    with path.open("rb") as file:
        init = file.read(found.init_size_bytes)
        init_sha256 = hash_range(file.fileno(), 0, found.init_size_bytes)
        hashes = [hash_range(file.fileno(), one.offset_bytes, one.size_bytes) for one, _ in stamped]
    codec, timescale = _described(init)
    camera_and_run = {"camera_id": camera_id, "run_id": run_id, "epoch": 0}
    # Read from the file and handed to the filler as if ingest had told them; told to nobody else.
    started = RunStarted.model_validate(
        camera_and_run
        | {"ingest_id": "check", "stream": "main", "spool_url": "", "codec": codec, "width": 0, "height": 0}
        | {"timescale": timescale, "started_at": starts_at, "backfilled": True}
    )
    fragments = [
        FragmentWritten.model_validate(
            camera_and_run
            | {"sequence": number, "segment_id": segment_id, "segment_path": f"{camera_id}/{run_id}/{segment_id}.mp4"}
            | {"init_size_bytes": found.init_size_bytes, "init_sha256": init_sha256, "sha256": sha256}
            | {"offset_bytes": one.offset_bytes, "size_bytes": one.size_bytes, "frames": max(1, one.frames)}
            | {"starts_at": _instant(stamp.starts_at_us), "ends_at": _instant(stamp.ends_at_us)}
            | {"media_time": one.decode_time_ticks, "duration_ticks": max(1, one.duration_ticks)}
            | {"segment_ends": number == len(stamped) - 1, "starts_with_key_frame": one.starts_with_key_frame}
            | {"camera_time": _instant(stamp.camera_time_us) if stamp.camera_time_us else None}
        )
        for number, ((one, stamp), sha256) in enumerate(zip(stamped, hashes, strict=True))
    ]
    ended = RunEnded.model_validate(
        camera_and_run
        | {"cause": GapCause.BACKFILLED, "fragments": len(stamped), "ended_at": _instant(stamped[-1][1].ends_at_us)}
    )
    return [started, *fragments, ended]


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)


def _described(init: bytes) -> tuple[str, int]:
    """Codec string and timescale of the video track, as far as the head says it plainly."""
    codec, timescale = "", 1
    at = init.find(b"avcC")
    if at >= 0 and len(init) >= at + 8:
        codec = f"avc1.{init[at + 5 : at + 8].hex()}"
    at = init.find(b"mdhd")
    if at >= 0 and len(init) >= at + 28:
        field = at + 8 + (16 if init[at + 4] == 1 else 8)
        timescale = int.from_bytes(init[field : field + 4], "big") or 1
    return codec, timescale


def looks_unmounted(findings: Iterable[Finding], files: int) -> bool:
    """So many files are missing that the disk, not the files, is the likely reason."""
    missing = sum(finding.kind == "missing" for finding in findings)
    return missing > max(10, files // 5)

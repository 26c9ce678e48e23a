"""`check`: compares index and archive and says what does not fit. Without `--repair` it changes nothing."""

import asyncio
import time
from collections.abc import AsyncIterator, Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.finding import Finding, torn
from hejnal_recorder.fragments import unpack
from hejnal_recorder.takeover.archive import MARKER, hash_range
from hejnal_recorder.tiers.look import StoreLook
from hejnal_recorder.tiers.rows import Tier
from hejnal_recorder.tiers.store import ObjectStore

_CAMERAS = text("select camera_id, first_seen, until, run_open from stories order by camera_id")
_SPANS = text(
    """
    select 'segment' as kind, segment_id as id, part, starts_at, ends_at, state from segments
    where camera_id = :camera_id and state <> 'garbage' and ends_at > starts_at
    union all
    select 'gap', gap_id, 0, starts_at, ends_at, cause from gaps where camera_id = :camera_id
    order by starts_at
    """
)
_FILES = text(
    """
    select segment_id, part, path, size_bytes, init_size_bytes, init_sha256, fragment_count, fragments, starts_at, ends_at, state,
        tier
    from segments where camera_id = :camera_id and (segment_id, part) > (:segment_id, :part)
    order by segment_id, part limit 500
    """
)
_WRONG_SUMS = text(
    """
    with kept as (
        select level, bucket, kind, amount from coverage
        where camera_id = :camera_id and amount <> 0 and kind not like 'event:%'),
    should as (select level, bucket, kind, amount from coverage_of(:camera_id))
    select level, bucket, kind from (table kept except table should) a
    union select level, bucket, kind from (table should except table kept) b
    order by 1, 2, 3 limit 5
    """
)


async def findings(
    session: AsyncSession,
    archive_dir: Path,
    *,
    camera_id: str | None,
    hashes: bool,
    orphan_age_s: float,
    store: ObjectStore | None = None,
) -> AsyncIterator[Finding]:
    """Everything that does not fit, camera by camera, then files and objects that no row names.

    AppError(UNAVAILABLE) when there is a store and it does not answer.
    """
    named: set[str] = set()
    objects = StoreLook(store, hashes=hashes)
    for camera in (await session.execute(_CAMERAS)).all():
        if camera_id is not None and camera.camera_id != camera_id:
            continue
        for finding in await _tiling(session, camera):
            yield finding
        for wrong in (await session.execute(_WRONG_SUMS, {"camera_id": camera.camera_id})).all():
            detail = f"the sum of {wrong.kind} is wrong for the {wrong.level} from {wrong.bucket.isoformat()}"
            yield Finding("coverage", camera.camera_id, detail)
        async for row in _rows(session, camera.camera_id):
            tier = Tier(row.tier)
            objects.name(row.path, tier)
            if tier is not Tier.STORE:
                named.add(row.path)
            if row.state != "garbage" and tier.read_from_store:
                for finding in await objects.look(camera.camera_id, row):
                    yield finding
            elif row.state != "garbage":  # its file may be gone already
                for finding in await asyncio.to_thread(_file, archive_dir, camera.camera_id, row, hashes=hashes):
                    yield finding
    async for finding in objects.orphans(camera_id):
        yield finding
    for finding in await asyncio.to_thread(lambda: list(_orphans(archive_dir, named, camera_id, orphan_age_s))):
        yield finding


async def _tiling(session: AsyncSession, camera: Any) -> list[Finding]:
    """Whether footage and gaps tile the camera's time up to where its story stands."""
    found: list[Finding] = []
    reached: datetime = camera.first_seen
    open_gap = False
    for span in (await session.execute(_SPANS, {"camera_id": camera.camera_id})).all():
        name = f"{span.kind} {span.id}"
        if span.starts_at > reached:
            detail = f"nothing between {reached.isoformat()} and {name} at {span.starts_at.isoformat()}"
            found.append(Finding("hole", camera.camera_id, detail))
        elif span.starts_at < reached:
            detail = f"{name} begins at {span.starts_at.isoformat()}, before {reached.isoformat()}"
            found.append(Finding("overlap", camera.camera_id, detail))
        open_gap = open_gap or span.ends_at is None
        reached = max(reached, span.ends_at or span.starts_at)
    if reached != camera.until:
        kind = "hole" if reached < camera.until else "overlap"
        detail = f"rows end at {reached.isoformat()}, the story at {camera.until.isoformat()}"
        found.append(Finding(kind, camera.camera_id, detail))
    if open_gap == camera.run_open:
        detail = "a gap lasts although a run is open" if open_gap else "neither a run nor a gap is open"
        found.append(Finding("hole" if not open_gap else "overlap", camera.camera_id, detail))
    return found


async def _rows(session: AsyncSession, camera_id: str) -> AsyncIterator[Any]:
    after = ("", -1)
    while True:
        values = {"camera_id": camera_id, "segment_id": after[0], "part": after[1]}
        rows = (await session.execute(_FILES, values)).all()
        for row in rows:
            yield row
        if not rows:
            return
        after = (rows[-1].segment_id, rows[-1].part)


def _file(archive_dir: Path, camera_id: str, row: Any, *, hashes: bool) -> list[Finding]:
    """Whether a row is whole and its file holds what it promises."""
    try:
        fragments = list(unpack(row.fragments))
    except ValueError as error:
        return [Finding("torn", camera_id, str(error), row.segment_id)]
    found = [Finding("torn", camera_id, detail, row.segment_id) for detail in torn(row, fragments)]
    try:
        with (archive_dir / row.path).open("rb") as file:
            size_bytes = file.seek(0, 2)
            if size_bytes < row.size_bytes:
                detail = f"{row.path} has {size_bytes} of {row.size_bytes} bytes"
                return [*found, Finding("short", camera_id, detail, row.segment_id)]
            if hashes:
                parts = [("init", 0, row.init_size_bytes, row.init_sha256)]
                parts += [(f"fragment {one.sequence}", one.offset_bytes, one.size_bytes, one.sha256) for one in fragments]
                for name, offset, size, sha256 in parts:
                    if hash_range(file.fileno(), offset, size) != sha256.hex():
                        detail = f"{row.path}: {name} differs from what ingest wrote"
                        found.append(Finding("hash", camera_id, detail, row.segment_id))
    except FileNotFoundError:
        found.append(Finding("missing", camera_id, f"{row.path} is not there", row.segment_id))
    return found


def _orphans(archive_dir: Path, named: Iterable[str], camera_id: str | None, age_s: float) -> Iterator[Finding]:
    """Files that no row names and that are too old to be in the making."""
    names = set(named)
    before = time.time() - age_s  # file times are the machine's
    for path in sorted((archive_dir / camera_id if camera_id else archive_dir).rglob("*")):
        relative = path.relative_to(archive_dir)
        if path.name == MARKER or not path.is_file() or str(relative) in names:
            continue
        if path.stat().st_mtime < before:
            yield Finding("orphan", relative.parts[0], f"{relative} is named by no row", path=str(relative))

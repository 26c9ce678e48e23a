"""`compare --with URL`: whether two recorders have the same footage and the same gaps, by the hash of each fragment."""

import json
import sys
from collections.abc import AsyncIterator, Iterable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.fragments import unpack
from hejnal_recorder.resources import SCHEMA
from hejnal_runtime.database import Database

EQUAL, DIFFERENT = 0, 1

_STORIES = text("select camera_id, first_seen, until from stories")
_SEGMENTS = text(
    """
    select run_id, fragments from segments
    where camera_id = :camera_id and state <> 'garbage' and starts_at >= :starts_at and starts_at < :ends_at
    """
)
_GAPS = text(
    """
    select cause, starts_at, ends_at from gaps where camera_id = :camera_id and starts_at >= :starts_at and starts_at < :ends_at
    """
)

Item = tuple[datetime, datetime, str]
"""Start, end, and what it is: a fragment's run, sequence, size and hash, or a gap's cause."""


@dataclass(frozen=True, slots=True)
class Difference:
    """A stretch that only one of the two has."""

    camera_id: str
    what: str
    """footage, gap, camera"""
    only: str
    """here, there"""
    starts_at: str
    ends_at: str
    number: int
    detail: str = ""


@dataclass(slots=True)
class Compared:
    """How much was looked at."""

    cameras: int = 0
    fragments: int = 0
    gaps: int = 0
    differences: int = 0
    behind_s: float = 0.0
    """How far the one that is behind is behind, at most, of any camera."""


async def run_compare(
    here_url: str, there_url: str, *, starts_at: datetime | None, ends_at: datetime | None, camera_id: str | None
) -> int:
    """0 when both are equal up to where both have come, 1 when not; a JSON line for each difference, a summary at the end."""
    compared = Compared()
    here, there = Database(here_url, schema=SCHEMA), Database(there_url, schema=SCHEMA)
    try:
        async with here.read() as ours, there.read() as theirs:
            for session in (ours, theirs):
                await session.execute(text("set transaction isolation level repeatable read, read only"))
                await session.execute(text("set idle_in_transaction_session_timeout = 0"))
            async for difference in differences(
                ours, theirs, compared, starts_at=starts_at, ends_at=ends_at, camera_id=camera_id
            ):
                compared.differences += 1
                sys.stdout.write(json.dumps(asdict(difference), ensure_ascii=False) + "\n")
    finally:
        await here.close()
        await there.close()
    verdict = "equal" if not compared.differences else f"{compared.differences} differences"
    sys.stderr.write(
        f"compare: {verdict}; {compared.cameras} cameras, {compared.fragments} fragments, {compared.gaps} gaps, "
        f"one is behind by {compared.behind_s:.1f} s at most\n"
    )
    return DIFFERENT if compared.differences else EQUAL


async def differences(
    ours: AsyncSession,
    theirs: AsyncSession,
    compared: Compared,
    *,
    starts_at: datetime | None,
    ends_at: datetime | None,
    camera_id: str | None,
) -> AsyncIterator[Difference]:
    """Camera by camera and day by day, so that memory stays small however much there is."""
    here, there = [
        {row.camera_id: row for row in await session.execute(_STORIES) if camera_id in (None, row.camera_id)}
        for session in (ours, theirs)
    ]
    for name in sorted(here.keys() | there.keys()):
        compared.cameras += 1
        if name not in here or name not in there:
            row = here.get(name) or there[name]
            only = "here" if name in here else "there"
            yield Difference(name, "camera", only, row.first_seen.isoformat(), row.until.isoformat(), 1)
            continue
        begin = max(filter(None, (starts_at, min(here[name].first_seen, there[name].first_seen))))
        end = min(filter(None, (ends_at, here[name].until, there[name].until)))
        compared.behind_s = max(compared.behind_s, abs((here[name].until - there[name].until).total_seconds()))
        async for difference in _of_camera(ours, theirs, compared, name, begin, end):
            yield difference


async def _of_camera(
    ours: AsyncSession, theirs: AsyncSession, compared: Compared, camera_id: str, begin: datetime, end: datetime
) -> AsyncIterator[Difference]:
    day = begin.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=1)  # rows last up to a day
    while day < end:
        window = {"camera_id": camera_id, "starts_at": day, "ends_at": day + timedelta(days=1)}
        for what, read in (("footage", _footage), ("gap", _gaps)):
            here, there = await read(ours, window, begin, end), await read(theirs, window, begin, end)
            if what == "footage":
                compared.fragments += len(here)
            else:
                compared.gaps += len(here)
            for only, items in (("here", here - there), ("there", there - here)):
                for stretch in _stretches(items):
                    yield Difference(
                        camera_id, what, only, stretch[0][0].isoformat(), stretch[-1][1].isoformat(), len(stretch),
                        detail=stretch[0][2],
                    )  # fmt: skip
        day += timedelta(days=1)


async def _footage(session: AsyncSession, window: dict[str, Any], begin: datetime, end: datetime) -> set[Item]:
    return {
        (one.starts_at, one.ends_at, f"{row.run_id} {one.sequence} {one.size_bytes} {one.sha256.hex()}")
        for row in await session.execute(_SEGMENTS, window)
        for one in unpack(row.fragments)
        if one.starts_at >= begin and one.ends_at <= end
    }


async def _gaps(session: AsyncSession, window: dict[str, Any], begin: datetime, end: datetime) -> set[Item]:
    """As far as both have come: a gap that lasts longer, or lasts still, ends there."""
    return {
        (row.starts_at, min(row.ends_at or end, end), row.cause)
        for row in await session.execute(_GAPS, window)
        if row.starts_at < end and (row.ends_at is None or row.ends_at > begin)
    }


def _stretches(items: Iterable[Item]) -> list[list[Item]]:
    """Items that follow each other without a hole, as one."""
    found: list[list[Item]] = []
    for item in sorted(items):
        if found and found[-1][-1][1] == item[0]:
            found[-1].append(item)
        else:
            found.append([item])
    return found

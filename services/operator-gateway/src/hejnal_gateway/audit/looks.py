"""The two questions of the data protection officer: who looked at a camera, and what did somebody look at."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, Field
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.audit.names import Names, find_names

Way = Literal["live", "playback", "snapshot", "thumbnail", "export", "ptz", "search"]
WAYS: dict[str, Way] = {
    "footage.live": "live",
    "footage.playback": "playback",
    "footage.segment": "playback",
    "footage.snapshot": "snapshot",
    "footage.thumbnail": "thumbnail",
    "footage.export": "export",
    "footage.export-fetched": "export",
    "footage.search": "search",
}
"""Actions that begin a look; `<action>-ended` with the same object tells its end. Every `ptz.…` is a look too."""
_LONGEST = timedelta(hours=25)
"""A session is over after 24 h at the latest, and every look with it."""


class Look(BaseModel):
    """Somebody looked at something."""

    entry_id: str = Field(description="The entry that tells of its beginning")
    way: Way
    action: str
    actor_id: str
    actor_name: str | None
    actor_role: str
    camera_id: str | None
    camera_name: str | None
    object_id: str = Field(description="The live view, playback or evidence package")
    started_at: datetime
    ended_at: datetime | None = Field(description="null: goes on, or its end was never told, or it took no time")
    duration_s: float | None = Field(description="From beginning to end")
    footage_from: datetime | None = Field(
        description="What was looked at, where it was recorded footage; until the end is told, what was asked for"
    )
    footage_until: datetime | None
    reason: str
    source_ip: str
    outcome: str


class LookTotal(BaseModel):
    """All looks of one way summed up, for a person or a camera."""

    id: str | None
    name: str | None
    way: Way
    looks: int
    footage_s: float = Field(description="Footage or live picture seen")
    first_at: datetime
    last_at: datetime


class CameraAnswer(BaseModel):
    """Who looked at a camera on a day; the newest looks first."""

    camera_id: str
    camera_name: str | None
    day_from: datetime
    day_until: datetime
    people: list[LookTotal]
    looks: list[Look]
    next_cursor: str | None


class AccountAnswer(BaseModel):
    """What somebody looked at; the newest looks first."""

    account_id: str
    account_name: str | None
    asked_from: datetime
    asked_until: datetime
    cameras: list[LookTotal]
    looks: list[Look]
    next_cursor: str | None


@dataclass(slots=True)
class _Sum:
    first_at: datetime
    last_at: datetime
    looks: int = 0
    footage_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Asked:
    """Whose looks, and when."""

    subject: Literal["camera_id", "actor_id"]
    id: str
    since: datetime
    until: datetime


def _is_look(table: str) -> str:
    return f"({table}.action = any(:actions) or {table}.action like 'ptz.%')"


def _looks_query(subject: str) -> str:
    return f"""
        select b.*, e.at as ended_at, e.footage_from as seen_from, e.footage_until as seen_until
        from audit_entries b
        left join lateral (
            select at, footage_from, footage_until from audit_entries
            where object_id = b.object_id and object_id <> '' and action = b.action || '-ended' and actor_id = b.actor_id
            order by position limit 1
        ) e on true
        where b.{subject} = :id and b.at >= :earliest and (b.at, b.position) < (:before, :position) and {_is_look("b")}
          and b.action not like '%-ended' and (b.at >= :since or e.at > :since)
        order by b.at desc, b.position desc limit :limit
    """  # noqa: S608 the subject is one of two columns


def _totals_query(subject: str, other: str) -> str:
    """Everything is summed up first: to look at the action of a thousand sums is less work than at that of every entry."""
    return f"""
        with sums as materialized (
            select {other} as id, action, count(*) as entries,
                extract(epoch from coalesce(sum(footage_until - footage_from), interval '0')) as seconds,
                min(at) as first_at, max(at) as last_at
            from audit_entries
            where {subject} = :id and at >= :since and at < :until
            group by 1, 2
        )
        select * from sums where action = any(:all_actions) or action like 'ptz.%'
    """  # noqa: S608


_LOOKS = {subject: text(_looks_query(subject)) for subject in ("camera_id", "actor_id")}
_TOTALS = {
    "camera_id": text(_totals_query("camera_id", "actor_id")),
    "actor_id": text(_totals_query("actor_id", "camera_id")),
}
_ACTIONS = list(WAYS)
_ALL_ACTIONS = [*WAYS, *(f"{action}-ended" for action in WAYS)]
_ALONE = text("set local max_parallel_workers_per_gather = 0")
"""A year of somebody's looks is some 50 ms of work: helpers cost more to start than they bring, and wait on a busy machine."""


def way_of(action: str) -> Way:
    """How it was looked."""
    return "ptz" if action.startswith("ptz.") else WAYS[action]


async def find_looks(
    session: AsyncSession, asked: Asked, *, before: tuple[datetime, int] | None, limit: int
) -> tuple[list[Look], tuple[datetime, int] | None]:
    """The newest looks that fall into the time asked for, and where the next page begins."""
    at, position = before or (asked.until, 0)
    values = {
        "id": asked.id, "since": asked.since, "earliest": asked.since - _LONGEST, "before": at, "position": position,
        "limit": limit + 1, "actions": _ACTIONS,
    }  # fmt: skip
    rows = (await session.execute(_LOOKS[asked.subject], values)).mappings().all()
    shown = rows[:limit]
    names = await find_names(session, actors={row["actor_id"] for row in shown}, camera_ids={row["camera_id"] for row in shown})
    following = (shown[-1]["at"], shown[-1]["position"]) if len(rows) > limit else None
    return [_look(dict(row), names) for row in shown], following


async def find_totals(session: AsyncSession, asked: Asked) -> list[LookTotal]:
    """Per person (or camera) and way, the longest first."""
    values = {"id": asked.id, "since": asked.since, "until": asked.until, "all_actions": _ALL_ACTIONS}
    await session.execute(_ALONE)
    rows = (await session.execute(_TOTALS[asked.subject], values)).all()
    sums: dict[tuple[str | None, Way], _Sum] = {}
    for row in rows:
        action: str = row.action
        began = action.removesuffix("-ended")
        one = sums.setdefault((row.id, way_of(began)), _Sum(row.first_at, row.last_at))
        one.first_at, one.last_at = min(one.first_at, row.first_at), max(one.last_at, row.last_at)
        if action == began:  # what was asked for at a beginning has not been seen yet
            one.looks += row.entries
        else:
            one.footage_s += float(row.seconds)
    ids = {id_ for id_, _ in sums if id_ is not None}
    people = asked.subject == "camera_id"
    names = await find_names(session, actors=ids if people else (), camera_ids=() if people else ids)
    known = names.actors if people else names.cameras
    totals = [
        LookTotal(
            id=id_,
            name=None if id_ is None else known.get(id_),
            way=way,
            looks=one.looks,
            footage_s=round(one.footage_s, 1),
            first_at=one.first_at,
            last_at=one.last_at,
        )
        for (id_, way), one in sums.items()
    ]
    return sorted(totals, key=lambda total: (-total.footage_s, -total.looks, total.id or ""))


def _look(row: dict[str, Any], names: Names) -> Look:
    ended_at: datetime | None = row["ended_at"]
    live = row["action"] == "footage.live"
    return Look(
        **{name: row[name] for name in _SAME},
        way=way_of(row["action"]),
        actor_name=names.actors.get(row["actor_id"]),
        camera_name=names.cameras.get(row["camera_id"]),
        started_at=row["at"],
        ended_at=ended_at,
        duration_s=None if ended_at is None else max(0.0, round((ended_at - row["at"]).total_seconds(), 1)),
        footage_from=None if live else row["footage_from" if ended_at is None else "seen_from"],
        footage_until=None if live else row["footage_until" if ended_at is None else "seen_until"],
    )


_SAME = ("entry_id", "action", "actor_id", "actor_role", "camera_id", "object_id", "reason", "source_ip", "outcome")

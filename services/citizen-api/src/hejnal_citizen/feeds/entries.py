"""What feeds tell of an announcement, read in one statement per feed."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements.schemas import State, VersionKind
from hejnal_citizen.sql import query
from hejnal_contracts.announcements import Text
from hejnal_contracts.base import Language, Severity
from hejnal_contracts.headlines import headline

LOOK_BACK = timedelta(days=30)

_TOWN = query(
    """
    select name, teryt, imported_at, st_xmin(boundary) as west, st_ymin(boundary) as south, st_xmax(boundary) as east,
           st_ymax(boundary) as north
    from town
    """
)
_ENTRIES = query(
    """
    with current as (
        select v.*, a.issued_at as first_issued_at,
               case when v.kind = 'cancelled' then 'cancelled' when v.valid_until <= :now then 'past'
                    when v.valid_from > :now then 'upcoming' else 'active' end as state
        from announcements a join announcement_versions v on v.announcement_id = a.id and v.version = a.version
        where v.issued_at > :since or v.valid_until > :now)
    select announcement_id as id, v.version, v.kind, state, category, c.names as category_names, severity, texts, area,
           valid_from, valid_until, drill, first_issued_at, v.issued_at as updated_at, attachments,
           st_y(st_pointonsurface(footprint)) as lat, st_x(st_pointonsurface(footprint)) as lon,
           st_asgeojson(st_multi(st_simplifypreservetopology(footprint, 0.00001)), 6)::json as geometry,
           exists (select from announcement_versions e join categories ec on ec.kind = 'announcement' and ec.code = e.category
                   where e.announcement_id = v.announcement_id and ec.cap_category is not null) as in_cap
    from current v left join categories c on c.kind = 'announcement' and c.code = v.category
    where (cardinality(cast(:categories as text[])) = 0 or category = any(:categories))
      and (cast(:states as text[]) is null or state = any(:states))
    order by v.issued_at desc, announcement_id desc limit :limit
    """
)


@dataclass(frozen=True, slots=True)
class TownName:
    """The town as feeds name it."""

    name: str
    teryt: str
    imported_at: datetime
    bounds: tuple[float, float, float, float]
    """West, south, east, north in degrees."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An announcement in its newest version."""

    id: str
    version: int
    kind: VersionKind
    state: State
    category: str
    category_names: Mapping[str, str] | None
    severity: str
    texts: Mapping[str, Mapping[str, str]]
    area: Mapping[str, Any]
    valid_from: datetime
    valid_until: datetime
    drill: bool
    first_issued_at: datetime
    updated_at: datetime
    attachments: list[str]
    lat: float
    lon: float
    geometry: Mapping[str, Any]
    in_cap: bool

    def text(self, language: Language) -> tuple[Language, Text]:
        """The wording in a language, else the Polish one; and which it is."""
        own = language if language.value in self.texts else Language.PL
        return own, Text.model_validate(self.texts[own.value])

    def headline(self, language: Language) -> str:
        """The title with its marks (drill, update, all-clear, emergency)."""
        own, text = self.text(language)
        return headline(self.kind, Severity(self.severity), own, text.title, drill=self.drill)

    def category_name(self, language: Language) -> str:
        """The category's name; its code where it has none (any more)."""
        return (self.category_names or {}).get(language.value, self.category)


async def town(session: AsyncSession) -> TownName | None:
    """The town; None before one was imported."""
    row = (await session.execute(_TOWN)).first()
    if row is None:
        return None
    return TownName(row.name, row.teryt, row.imported_at, (row.west, row.south, row.east, row.north))


async def entries(
    session: AsyncSession,
    *,
    now: datetime,
    limit: int,
    categories: tuple[str, ...] = (),
    states: tuple[State, ...] | None = None,
) -> list[Entry]:
    """Announcements that are current or changed in the last 30 days, newest change first; at most `limit`."""
    values = {
        "now": now,
        "since": now - LOOK_BACK,
        "categories": list(categories),
        "states": list(states) if states else None,
        "limit": limit,
    }
    return [Entry(**row) for row in (await session.execute(_ENTRIES, values)).mappings()]


def newest(found: list[Entry], start: datetime) -> datetime:
    """When a feed last changed."""
    return max([start, *(entry.updated_at for entry in found)])

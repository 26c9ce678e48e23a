"""Publishes again what other services know of us only from Kafka: after Kafka was lost, or a restore (decision 0016)."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_citizen.announcements import areas
from hejnal_citizen.announcements.history import FACTS
from hejnal_citizen.residents import erasure, subscription
from hejnal_citizen.resources import SERVICE, Resources
from hejnal_citizen.sql import query
from hejnal_runtime.errors import AppError
from hejnal_runtime.outbox import publish

AT_ONCE = 200
_COPIED = (
    "announcement_id",
    "version",
    "category",
    "severity",
    "texts",
    "area",
    "valid_from",
    "valid_until",
    "channels",
    "drill",
    "issued_at",
    "issued_by",
)

_RESIDENTS = query("select id from residents where id > :after order by id limit :limit")
_VALID = query(
    """
    select v.announcement_id, v.version, v.kind, v.category, v.severity, v.texts, v.area, v.valid_from, v.valid_until, v.channels,
        v.drill, v.issued_at, v.issued_by, st_asgeojson(v.footprint, 6)::json as footprint
    from announcements a join announcement_versions v on v.announcement_id = a.id and v.version = a.version
    where v.valid_until > :now order by v.issued_at
    """
)


@dataclass(slots=True)
class Republished:
    """What went into the outbox."""

    erased: int = 0
    residents: int = 0
    announcements: int = 0


async def republish(res: Resources, erase: list[str]) -> Republished:
    """Erase again who has left since the backup, then publish every resident's whole state and what is announced and valid.

    Consumers know what they have had already: repeating does no harm. Can be interrupted and run again.
    """
    done = Republished()
    for resident_id in erase:
        async with res.database.transaction() as session:
            await erasure.erase(session, resident_id)
            done.erased += 1
    after = ""
    while True:
        async with res.database.transaction() as session:
            ids = list((await session.execute(_RESIDENTS, {"after": after, "limit": AT_ONCE})).scalars())
            for resident_id in ids:
                done.residents += await _publish_resident(session, res, resident_id)
        if not ids:
            break
        after = ids[-1]
    async with res.database.transaction() as session:
        for row in await session.execute(_VALID, {"now": res.clock.now()}):
            await _publish_announcement(session, res, row)
            done.announcements += 1
    return done


async def _publish_resident(session: AsyncSession, res: Resources, resident_id: str) -> int:
    try:
        await subscription.lock(session, resident_id)
    except AppError:
        return 0  # erased this moment
    await subscription.publish_state(session, res, resident_id)
    return 1


async def _publish_announcement(session: AsyncSession, res: Resources, row: Any) -> None:
    fields = {name: getattr(row, name) for name in _COPIED}
    fields |= {"footprint": areas.rings(row.footprint), "page_url": res.settings.announcement_url(row.announcement_id)}
    await publish(session, FACTS[row.kind].model_validate(fields), source=SERVICE)


def read_ids(path: Path | None) -> list[str]:
    """Ids of residents from `erase_again` of a restore's report, or from a file with one an id a line."""
    if path is None:
        return []
    raw = path.read_text(encoding="utf-8")
    try:
        found = json.loads(raw)
    except ValueError:
        return [line.strip() for line in raw.splitlines() if line.strip()]
    return [str(one) for one in (found["erase_again"] if isinstance(found, dict) else found)]


def told(done: Republished) -> str:
    """The command's answer."""
    return json.dumps(asdict(done))

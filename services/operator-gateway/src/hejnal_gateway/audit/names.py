"""Names for the ids in audit entries: of staff and of cameras, removed ones too. Residents stay ids."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_gateway.tables import accounts, cameras


@dataclass(frozen=True, slots=True)
class Names:
    """By id; an id that is not there has no name."""

    actors: dict[str, str]
    cameras: dict[str, str]


async def find_names(session: AsyncSession, *, actors: Iterable[str], camera_ids: Iterable[str | None]) -> Names:
    """The names as they are today; the id tells who it was whatever the name is now."""
    people = select(accounts.c.account_id, accounts.c.name).where(accounts.c.account_id.in_(set(actors)))
    wanted = {camera_id for camera_id in camera_ids if camera_id is not None}
    places = select(cameras.c.camera_id, cameras.c.state["name"].astext.label("name")).where(cameras.c.camera_id.in_(wanted))
    return Names(
        {row.account_id: row.name for row in await session.execute(people)},
        {row.camera_id: row.name for row in await session.execute(places)},
    )

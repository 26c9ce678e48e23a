"""Staff: what the announcement form needs to know of the town."""

from typing import Annotated

from fastapi import APIRouter, Query

from hejnal_citizen.access import Res
from hejnal_citizen.schema import problems
from hejnal_citizen.staff_access import AnyStaff
from hejnal_citizen.town import addresses, registry
from hejnal_citizen.town.schemas import AddressHit, Street, Town

router = APIRouter(tags=["town"])


@router.get("/town", responses=problems(401, 403, 404))
async def get_town(res: Res, _: AnyStaff) -> Town:
    """The town's name, boundary, languages and categories."""
    async with res.database.read() as session:
        return await registry.describe(session, res.settings, res.server_keys)


@router.get("/streets", responses=problems(401, 403))
async def search_streets(
    res: Res,
    _: AnyStaff,
    q: Annotated[str, Query(max_length=120, description="Beginning of the name's words; empty: all")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 50,
) -> list[Street]:
    """Streets by which an announcement's area can be chosen."""
    async with res.database.read() as session:
        return await addresses.streets(session, q, limit)


@router.get("/addresses", responses=problems(401, 403))
async def search_addresses(
    res: Res,
    _: AnyStaff,
    q: Annotated[str, Query(min_length=1, max_length=120)],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[AddressHit]:
    """Addresses, streets and places by the beginnings of their words."""
    async with res.database.read() as session:
        return await addresses.search(session, q, limit)

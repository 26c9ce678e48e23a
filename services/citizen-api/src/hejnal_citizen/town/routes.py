"""Public: the town, its addresses and its map."""

from typing import Annotated

from fastapi import APIRouter, Query, Response

from hejnal_citizen.access import Res
from hejnal_citizen.schema import problems
from hejnal_citizen.town import addresses, registry
from hejnal_citizen.town.schemas import AddressHit, NearestAddress, Town
from hejnal_contracts.base import Point

router = APIRouter(tags=["town"])


@router.get("/town", responses=problems(404))
async def get_town(res: Res, response: Response) -> Town:
    """The town's name, boundary, languages, categories and push key: what a client needs at its start."""
    async with res.database.read() as session:
        town = await registry.describe(session, res.settings, res.server_keys)
    response.headers["Cache-Control"] = "public, max-age=60"
    return town


@router.get("/addresses", responses=problems())
async def search_addresses(
    res: Res,
    q: Annotated[str, Query(min_length=1, max_length=120, description="zolkiewskiego 4 finds Żółkiewskiego 4")],
    limit: Annotated[int, Query(ge=1, le=50)] = 10,
) -> list[AddressHit]:
    """Addresses, streets and places whose words begin like the words asked for; letters with and without marks are equal."""
    async with res.database.read() as session:
        return await addresses.search(session, q, limit)


@router.get("/addresses/nearest", responses=problems())
async def nearest_address(
    res: Res, lat: Annotated[float, Query(ge=-90, le=90)], lon: Annotated[float, Query(ge=-180, le=180)]
) -> NearestAddress:
    """The address nearest to a point, and whether the point lies in the town."""
    async with res.database.read() as session:
        return await addresses.nearest(session, Point(lat=lat, lon=lon))

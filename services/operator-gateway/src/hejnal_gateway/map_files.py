"""The town's map tiles: one PMTiles archive, read by byte ranges. Nothing in it is secret, staff only all the same."""

from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import FileResponse

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import SEE_TOWN
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(tags=["map"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(SEE_TOWN))]


@router.head("/map/town.pmtiles", include_in_schema=False)
@router.get("/map/town.pmtiles", summary="The town's map (PMTiles, Range)", response_class=FileResponse)
async def town_map(resources: Res, _staff: AnyStaff) -> FileResponse:
    """The archive; readers ask for byte ranges."""
    path = resources.settings.map_file
    if path is None or not path.is_file():
        raise AppError(Kind.NOT_FOUND, "map-missing", "This installation has no map file.")
    return FileResponse(path, media_type="application/vnd.pmtiles", headers={"Cache-Control": "private, max-age=300"})

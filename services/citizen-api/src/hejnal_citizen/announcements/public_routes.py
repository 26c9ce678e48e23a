"""Public: what the town has announced."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response
from pydantic import AwareDatetime

from hejnal_citizen.access import Res
from hejnal_citizen.announcements import attachments, listing
from hejnal_citizen.announcements.listing import Selection
from hejnal_citizen.announcements.schemas import AnnouncementDetail, AnnouncementPage, FeatureCollection, State
from hejnal_citizen.feeds.answers import Document, answer
from hejnal_citizen.places import parse_near
from hejnal_citizen.schema import Cursor, Limit, binary, problems

router = APIRouter(tags=["announcements"])

KEEP_S = 2.0
"""The map of all is made once for all who open it at the same time."""

FILES: dict[int | str, dict[str, Any]] = {
    200: {"description": "The file", "content": binary("image/jpeg")[200]["content"] | binary("application/pdf")[200]["content"]}
}

UNCHANGED: dict[int | str, dict[str, Any]] = {304: {"description": "It has not changed"}}

Categories = Annotated[list[str] | None, Query(description="Only these categories; may be repeated")]
States = Annotated[list[State] | None, Query(description="Only these states; may be repeated")]
Near = Annotated[
    str | None, Query(pattern=r"^-?[0-9.]{1,20},-?[0-9.]{1,20}$", description="lat,lon: only those whose area is near")
]
Radius = Annotated[float, Query(gt=0, le=50_000, description="Metres around `near`")]
Since = Annotated[AwareDatetime | None, Query(description="Only those issued or changed after this instant")]


@router.get("/announcements", responses=problems())
async def list_announcements(
    res: Res,
    category: Categories = None,
    state: States = None,
    near: Near = None,
    radius_m: Radius = 500,
    since: Since = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> AnnouncementPage:
    """Announcements in their newest version: active ones first, then upcoming, then past and cancelled."""
    selection = Selection(tuple(category or ()), tuple(state or ()), parse_near(near), radius_m, since)
    async with res.database.read() as session:
        return await listing.public_page(session, selection, cursor=cursor, limit=limit, now=res.clock.now())


@router.get(
    "/announcements.geojson",
    response_model=FeatureCollection,
    responses={**UNCHANGED, **problems()},
)
async def announcements_geojson(
    res: Res, request: Request, category: Categories = None, state: States = None, near: Near = None, radius_m: Radius = 500
) -> Response:
    """The areas of announcements for the map; active and upcoming ones unless `state` says otherwise. At most 500.

    Outlines are true to half a percent of their size; each announcement's own answer has the exact one. At most two seconds old.
    """
    selection = Selection(tuple(category or ()), tuple(state or ("active", "upcoming")), parse_near(near), radius_m, None)

    async def make() -> Document:
        now = res.clock.now()
        async with res.database.read() as session:
            found = await listing.geojson(session, selection, now=now)
        return Document(found.model_dump_json().encode(), "application/json", now, max_age_s=0)

    return answer(request, await res.feeds.get(("announcements.geojson", repr(selection)), KEEP_S, make))


@router.get("/announcements/{announcement_id}", responses=problems(404))
async def get_announcement(res: Res, announcement_id: str) -> AnnouncementDetail:
    """One announcement with its drawn area and all its versions."""
    async with res.database.read() as session:
        return await listing.public_detail(session, announcement_id, now=res.clock.now())


@router.get(
    "/announcements/{announcement_id}/attachments/{attachment_id}",
    response_class=Response,
    responses=problems(404) | FILES,
)
async def get_attachment(res: Res, announcement_id: str, attachment_id: str) -> Response:
    """A picture (JPEG) or PDF of an announcement. It never changes."""
    async with res.database.read() as session:
        return await attachments.public_file(session, announcement_id, attachment_id)

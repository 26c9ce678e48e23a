"""Events and bookmarks of a camera for the time bar."""

import asyncio
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Response
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from hejnal_contracts.base import CameraId
from hejnal_recorder.marks import bookmarks, motion
from hejnal_recorder.marks.events import MOST, events_of
from hejnal_recorder.playback import index
from hejnal_recorder.playback.interval import FromQuery, ToQuery, requested_interval
from hejnal_recorder.playback.routes import CameraIdPath, Here, problems, unknown_camera
from hejnal_recorder.staff_access import Holder, Viewer
from hejnal_recorder.timeline.spans import Interval

router = APIRouter(prefix="/internal/v1", tags=["marks"])

LONGEST = timedelta(days=92)
LONGEST_MOTION = timedelta(hours=12)
BookmarkIdPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9-]+$")]
ERRORS: dict[int | str, dict[str, Any]] = problems(401, 403, 404, 422, 503)


class EventView(BaseModel):
    """Something that a camera or ingest noticed."""

    model_config = ConfigDict(from_attributes=True)

    event_id: str
    kind: str = Field(description="motion, tamper:<kind>, fault:<cause>, clock_set")
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime | None = Field(serialization_alias="to")
    detail: str


class Events(BaseModel):
    """In order of time."""

    events: list[EventView]
    complete: bool = Field(description="False when there are more than fit; ask for a shorter interval or look at the coverage")


class Motion(BaseModel):
    """Where to look first."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: str
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(alias="to")
    levels: list[int] = Field(
        description="Highest level in each equal part: 0 still to 100 (four times the usual bit rate), -1 no footage"
    )


class BookmarkBody(BaseModel):
    """What is written in a bookmark."""

    model_config = ConfigDict(populate_by_name=True, extra="forbid")

    starts_at: AwareDatetime = Field(alias="from")
    ends_at: AwareDatetime = Field(alias="to")
    title: str = Field(min_length=1, max_length=120)
    note: str = Field(default="", max_length=2000)

    def written(self) -> bookmarks.BookmarkText:
        """As the store takes it."""
        return bookmarks.BookmarkText(self.starts_at, self.ends_at, self.title.strip(), self.note.strip())


class BookmarkView(BaseModel):
    """A bookmark."""

    model_config = ConfigDict(from_attributes=True)

    bookmark_id: str
    camera_id: CameraId
    starts_at: datetime = Field(serialization_alias="from")
    ends_at: datetime = Field(serialization_alias="to")
    title: str
    note: str
    owner: str
    made_at: datetime
    changed_at: datetime


class Bookmarks(BaseModel):
    """In order of time."""

    bookmarks: list[BookmarkView]


@router.get("/cameras/{camera_id}/events", operation_id="getEvents", summary="Events of a camera", responses=ERRORS)
async def get_events(camera_id: CameraIdPath, starts_at: FromQuery, ends_at: ToQuery, here: Here) -> Events:
    """Motion, tampering, faults, clocks set: at most 5000."""
    interval = requested_interval(starts_at, ends_at, longest=LONGEST, now=here.clock.now())
    async with here.database.read() as session:
        found = await events_of(session, camera_id, interval)
    return Events(events=[EventView.model_validate(event) for event in found], complete=len(found) < MOST)


@router.get(
    "/cameras/{camera_id}/motion", operation_id="getMotion", summary="Where something moves in recorded footage", responses=ERRORS
)
async def get_motion(
    camera_id: CameraIdPath,
    starts_at: FromQuery,
    ends_at: ToQuery,
    here: Here,
    bins: Annotated[int, Query(ge=1, le=2000, description="Into how many parts the interval is cut")] = 200,
) -> Motion:
    """From the sizes of fragments, without decoding: a hint, not an alarm. At most 12 hours."""
    interval = requested_interval(starts_at, ends_at, longest=LONGEST_MOTION, now=here.clock.now())
    async with here.database.read() as session:
        pieces = await index.pieces_of(session, camera_id, Interval(interval.starts_at - motion.WINDOW, interval.ends_at))
    found = await asyncio.to_thread(motion.levels, pieces)
    return Motion(
        camera_id=camera_id,
        starts_at=interval.starts_at,
        ends_at=interval.ends_at,
        levels=motion.binned(found, interval, bins),
    )


@router.get("/cameras/{camera_id}/bookmarks", operation_id="listBookmarks", summary="Bookmarks of a camera", responses=ERRORS)
async def list_bookmarks(camera_id: CameraIdPath, starts_at: FromQuery, ends_at: ToQuery, here: Here, _: Viewer) -> Bookmarks:
    """Those that touch the interval."""
    interval = requested_interval(starts_at, ends_at, longest=timedelta(days=400), now=here.clock.now())
    async with here.database.read() as session:
        found = await bookmarks.bookmarks_of(session, camera_id, interval)
    return Bookmarks(bookmarks=[BookmarkView.model_validate(one) for one in found])


@router.post(
    "/cameras/{camera_id}/bookmarks", operation_id="makeBookmark", summary="Mark footage", status_code=201, responses=ERRORS
)
async def make_bookmark(camera_id: CameraIdPath, body: BookmarkBody, here: Here, who: Holder, response: Response) -> BookmarkView:
    """A title on a stretch of time."""
    async with here.database.transaction() as session:
        if await index.find_story(session, camera_id) is None and not await index.is_registered(session, camera_id):
            raise unknown_camera(camera_id)
        made = await bookmarks.make(session, camera_id, body.written(), owner=who.id, now=here.clock.now())
    response.headers["Location"] = f"/internal/v1/bookmarks/{made.bookmark_id}"
    return BookmarkView.model_validate(made)


@router.get("/bookmarks/{bookmark_id}", operation_id="getBookmark", summary="One bookmark", responses=ERRORS)
async def get_bookmark(bookmark_id: BookmarkIdPath, here: Here, _: Viewer) -> BookmarkView:
    """As it stands."""
    async with here.database.read() as session:
        return BookmarkView.model_validate(await bookmarks.find(session, bookmark_id))


@router.put("/bookmarks/{bookmark_id}", operation_id="changeBookmark", summary="Change a bookmark", responses=ERRORS)
async def change_bookmark(bookmark_id: BookmarkIdPath, body: BookmarkBody, here: Here, _: Holder) -> BookmarkView:
    """Its time and text; who made it stays."""
    async with here.database.transaction() as session:
        return BookmarkView.model_validate(await bookmarks.change(session, bookmark_id, body.written(), now=here.clock.now()))


@router.delete(
    "/bookmarks/{bookmark_id}", operation_id="removeBookmark", summary="Remove a bookmark", status_code=204, responses=ERRORS
)
async def remove_bookmark(bookmark_id: BookmarkIdPath, here: Here, _: Holder) -> None:
    """The footage stays."""
    async with here.database.transaction() as session:
        await bookmarks.remove(session, bookmark_id)

"""Single pictures over the internal API: a snapshot of any instant, the key frames of an interval, one of them as a file."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hejnal_recorder.playback import index
from hejnal_recorder.playback.interval import FromQuery, ToQuery, requested_interval
from hejnal_recorder.playback.routes import (
    NOT_YET_PLAYABLE,
    CameraIdPath,
    Here,
    SegmentIdPath,
    footage_headers,
    problems,
    unknown_camera,
)
from hejnal_recorder.resources import Resources
from hejnal_recorder.stills.footage import lone_key_frame_of, media_of, moment_of, read_range
from hejnal_recorder.stills.key_frames import key_frames, thinned
from hejnal_recorder.stills.wire import StillFormat, StillRequest
from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1", tags=["playback"])

THUMBNAIL_WIDTH = 160
LONGEST_STRIP = timedelta(hours=24)
FRAME_TIME_HEADER = "X-Hejnal-Frame-Time"
_MEDIA_TYPES = {"jpeg": "image/jpeg", "png": "image/png"}
_BINARY = {"schema": {"type": "string", "format": "binary"}}


class KeyFrameOut(BaseModel):
    """One key frame: it opens the fragment that lies there in the segment's file."""

    at: datetime
    segment_id: str
    offset_bytes: int
    size_bytes: int = Field(description="Of the whole fragment")


class KeyFrames(BaseModel):
    """Key frames in order of time, spread evenly over the interval."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: str
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(alias="to")
    items: list[KeyFrameOut]


@router.get(
    "/cameras/{camera_id}/snapshot",
    operation_id="getSnapshot",
    summary="The picture of an instant, exact to the frame",
    response_class=Response,
    responses={
        200: {
            "content": {"image/jpeg": _BINARY, "image/png": _BINARY},
            "headers": {FRAME_TIME_HEADER: {"description": "When the picture was taken", "schema": {"type": "string"}}},
        },
        **problems(401, 403, 404, 410, 415, 422, 503),
    },
)
async def get_snapshot(
    camera_id: CameraIdPath,
    here: Here,
    at: Annotated[datetime, Query(description="The instant, RFC 3339 with offset; the picture is the last one not after it")],
    format: Annotated[StillFormat, Query(description="png keeps every pixel as it was decoded")] = "jpeg",  # noqa: A002
    width: Annotated[int, Query(ge=0, le=7680, description="Not wider than this; 0: as recorded")] = 0,
) -> Response:
    """Where there is a gap, the problem names its cause (`errors[0].code`)."""
    here.stills.check_room(width=width)
    instant = _instant(at, here.clock.now())
    moment = await moment_of(here, camera_id, instant)
    if moment is None:
        raise await _why_none(here, camera_id, instant)
    media = await media_of(here, moment)
    still = await here.stills.make(StillRequest(media, moment.after_ticks, moment.timescale, format, width), None)
    taken_at = moment.time_of(still.after_ticks).isoformat(timespec="microseconds").replace("+00:00", "Z")
    name = f"{camera_id}_{taken_at.replace(':', '-')}.{'jpg' if format == 'jpeg' else format}"
    headers = {
        FRAME_TIME_HEADER: taken_at,
        "Content-Disposition": f'inline; filename="{name}"',
        "Cache-Control": "private, no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(still.data, media_type=_MEDIA_TYPES[format], headers=headers)


@router.get(
    "/cameras/{camera_id}/thumbnail",
    operation_id="getThumbnail",
    summary="A small picture of the key frame at or before an instant, for scrubbing",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": _BINARY}}, **problems(401, 403, 404, 410, 415, 422, 503)},
)
async def get_thumbnail(
    camera_id: CameraIdPath, here: Here, at: Annotated[datetime, Query(description="RFC 3339 with offset")]
) -> Response:
    """160 pixels wide; key frames only, so that it is cheap. Answers 503 rather than to let snapshots wait."""
    instant = _instant(at, here.clock.now())
    moment = await moment_of(here, camera_id, instant)
    if moment is None:
        raise await _why_none(here, camera_id, instant)
    segment = moment.segments[0]
    one = segment.fragments[0]
    key = (segment.segment_id, one.sequence, THUMBNAIL_WIDTH, "jpeg")
    still = here.stills.remembered(key)
    if still is None:
        here.stills.check_room(width=THUMBNAIL_WIDTH)
        head = await read_range(here, segment.segment_id, 0, segment.init_size_bytes)
        media = head + await lone_key_frame_of(here, segment.segment_id, one, one.duration_ticks or 1)
        still = await here.stills.make(StillRequest(media, 0, moment.timescale, "jpeg", THUMBNAIL_WIDTH), key)
    taken_at = one.starts_at.isoformat(timespec="microseconds").replace("+00:00", "Z")
    headers = {FRAME_TIME_HEADER: taken_at, "Cache-Control": "private, max-age=60", "X-Content-Type-Options": "nosniff"}
    return Response(still.data, media_type="image/jpeg", headers=headers)


@router.get(
    "/cameras/{camera_id}/keyframes",
    operation_id="getKeyFrames",
    summary="Key frames of an interval: times and where they lie",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_key_frames(
    camera_id: CameraIdPath,
    starts_at: FromQuery,
    ends_at: ToQuery,
    here: Here,
    most: Annotated[int, Query(ge=1, le=1000, description="How many are wanted at most")] = 60,
) -> KeyFrames:
    """At most a day at once. Where there is none, there is a gap or a long group of pictures."""
    now = here.clock.now()
    wanted = requested_interval(starts_at, ends_at, longest=LONGEST_STRIP, now=now)
    interval = index.interval_or_none(wanted.starts_at, min(wanted.ends_at, now - NOT_YET_PLAYABLE))
    async with here.database.read() as session:
        if await index.find_story(session, camera_id) is None and not await index.is_registered(session, camera_id):
            raise unknown_camera(camera_id)
        segments = await index.segments_of(session, camera_id, interval) if interval else []
    found = [one for one in key_frames(segments) if one.at >= wanted.starts_at]
    chosen = await asyncio.to_thread(thinned, found, most, wanted.starts_at, wanted.ends_at)
    return KeyFrames(
        camera_id=camera_id,
        starts_at=wanted.starts_at,
        ends_at=wanted.ends_at,
        items=[
            KeyFrameOut(
                at=one.at,
                segment_id=one.segment.segment_id,
                offset_bytes=one.fragment.offset_bytes,
                size_bytes=one.fragment.size_bytes,
            )
            for one in chosen
        ],
    )


@router.get(
    "/segments/{segment_id}/keyframe",
    operation_id="getKeyFrame",
    summary="One key frame as a fragment of its own, for fast playback",
    response_class=Response,
    responses={200: {"content": {"video/mp4": _BINARY}}, **problems(401, 403, 404, 410, 415, 422, 503)},
)
async def get_key_frame(
    segment_id: SegmentIdPath,
    here: Here,
    sequence: Annotated[int, Query(ge=0, le=2**32 - 1, description="Of the fragment that it opens")],
    ticks: Annotated[int, Query(ge=1, le=2**32 - 1, description="How long it is shown, at the clock of the run")],
) -> Response:
    """A fragment for the init segment of the same file; made from the recorded bytes, nothing is decoded."""
    async with here.database.read() as session:
        one = await index.fragment_of(session, segment_id, sequence)
        segment = await index.find_file(session, segment_id)
    if one is None or segment is None or not one.starts_with_key_frame:
        raise AppError(Kind.NOT_FOUND, "no-such-key-frame", "There is no such key frame, or it has been deleted.")
    data = await lone_key_frame_of(here, segment_id, one, ticks)
    headers = {"Cache-Control": "private, max-age=300", "X-Hejnal-Camera": segment.camera_id}
    return Response(data, media_type="video/mp4", headers=headers | footage_headers(Interval(one.starts_at, one.ends_at)))


def _instant(at: datetime, now: datetime) -> datetime:
    if at.tzinfo is None:
        detail = "The time needs an offset: write 2026-05-03T12:00:00Z or …+02:00 (as %2B02:00)."
        raise AppError(
            Kind.INVALID, "invalid-instant", detail, errors=[{"pointer": "/query/at", "detail": detail, "code": "no-offset"}]
        )
    if at > now:
        detail = "`at` lies in the future; there is no footage of it yet."
        error = {"pointer": "/query/at", "detail": detail, "code": "in-the-future"}
        raise AppError(Kind.INVALID, "invalid-instant", detail, errors=[error])
    return at.astimezone(UTC)


async def _why_none(here: Resources, camera_id: str, at: datetime) -> AppError:
    async with here.database.read() as session:
        known = await index.find_story(session, camera_id)
        if known is None and not await index.is_registered(session, camera_id):
            return unknown_camera(camera_id)
        gaps = await index.gaps_of(session, camera_id, Interval(at, at + timedelta(microseconds=1)))
    if gaps:
        gap = gaps[0]
        until = f"to {gap.ends_at.isoformat()}" if gap.ends_at else "on"
        detail = f"No footage at this instant: from {gap.starts_at.isoformat()} {until} there is a gap ({gap.cause.value})."
        code = gap.cause.value
    elif known is not None and known.run_open and at >= known.until:
        detail, code = "The footage of this instant is still on its way; ask again in a few seconds.", "not_yet"
    else:
        detail, code = "The archive knows nothing of this instant.", "not_recorded"
    return AppError(Kind.NOT_FOUND, "no-footage", detail, errors=[{"pointer": "/query/at", "detail": detail, "code": code}])

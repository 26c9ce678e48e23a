"""The recorder's internal API for playback. Roles and audit are the gateway's; here only its token is accepted."""

from datetime import datetime, timedelta
from functools import partial
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from hejnal_contracts.media import GapCause
from hejnal_media.fmp4 import silent_init
from hejnal_recorder import metrics
from hejnal_recorder.playback import index
from hejnal_recorder.playback.byte_range import etag_matches, requested_range
from hejnal_recorder.playback.file_response import RangeResponse
from hejnal_recorder.playback.interval import FromQuery, ToQuery, requested_interval
from hejnal_recorder.playback.places import open_segment
from hejnal_recorder.playback.playlist import media_playlist
from hejnal_recorder.resources import Resources, get_resources
from hejnal_recorder.stills.key_frames import key_frame_playlist
from hejnal_recorder.timeline.spans import Interval, KnownGap, SpanKind, completeness, settled_end, tile
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1", tags=["playback"])

LONGEST_INIT_BYTES = 1024 * 1024
LONGEST_TIMELINE = timedelta(days=92)
NOT_YET_PLAYABLE = timedelta(seconds=3)
"""A GOP is announced when the next one begins and has to get here."""

PLAYLIST_TYPE = "application/vnd.apple.mpegurl"

CameraIdPath = Annotated[str, Path(pattern=r"^[a-z0-9][a-z0-9-]{0,62}$", description="Camera id of the registry")]
SegmentIdPath = Annotated[str, Path(min_length=1, max_length=64, pattern=r"^[A-Za-z0-9._-]+$")]
Here = Annotated[Resources, Depends(get_resources)]


class Problem(BaseModel):
    """RFC 9457."""

    type: str = Field(description="urn:hejnal:problem:<slug>")
    title: str
    status: int
    detail: str = Field(description="What is wrong and what to do")
    instance: str
    trace_id: str | None = None


class TimelineSpan(BaseModel):
    """One stretch of footage or of its lack."""

    model_config = ConfigDict(populate_by_name=True)

    kind: SpanKind
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(alias="to")
    cause: GapCause | None = Field(default=None, description="Why there is no footage; null where the archive knows nothing")
    detail: str | None = Field(default=None, description="The same in words, for the operator")


class Timeline(BaseModel):
    """Footage and gaps of a camera; the spans tile [from, to) without overlap or hole."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: str
    starts_at: datetime = Field(alias="from")
    ends_at: datetime = Field(
        alias="to",
        description="At most now, and before the last seconds that are still on their way into the archive",
    )
    spans: list[TimelineSpan]
    completeness: float | None = Field(
        description="Share of footage in the time since the camera was first recorded, 0 to 1; null before that time"
    )


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The problem answers of a route, for its description."""
    return {status: {"model": Problem} for status in statuses}


@router.get(
    "/cameras/{camera_id}/timeline",
    operation_id="getTimeline",
    summary="What is recorded of a camera, and why the rest is not",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_timeline(camera_id: CameraIdPath, starts_at: FromQuery, ends_at: ToQuery, here: Here) -> Timeline:
    """Spans of footage and gaps with their causes, at most 92 days at once."""
    now = here.clock.now()
    wanted = requested_interval(starts_at, ends_at, longest=LONGEST_TIMELINE, now=now)
    async with here.database.read() as session:
        known = await index.find_story(session, camera_id)
        if known is None and not await index.is_registered(session, camera_id):
            raise unknown_camera(camera_id)
        end = settled_end(wanted.ends_at, now, known)
        interval = index.interval_or_none(wanted.starts_at, end)
        footage = await index.footage_of(session, camera_id, interval) if interval else []
        gaps = await index.gaps_of(session, camera_id, interval) if interval else []
    spans = tile(interval, footage=footage, gaps=gaps, known=known) if interval else []
    return Timeline(
        camera_id=camera_id,
        starts_at=wanted.starts_at,
        ends_at=max(end, wanted.starts_at),
        spans=[
            TimelineSpan(
                kind=span.kind, starts_at=span.starts_at, ends_at=span.ends_at, cause=span.cause, detail=span.detail or None
            )
            for span in spans
        ],
        completeness=completeness(spans, known),
    )


@router.get(
    "/cameras/{camera_id}/playlist.m3u8",
    operation_id="getPlaylist",
    summary="An HLS playlist of recorded footage",
    response_class=Response,
    responses={200: {"content": {PLAYLIST_TYPE: {"schema": {"type": "string"}}}}, **problems(401, 403, 404, 422, 503)},
)
async def get_playlist(
    camera_id: CameraIdPath,
    starts_at: FromQuery,
    ends_at: ToQuery,
    here: Here,
    keyframes: Annotated[Literal["0", "1"], Query(description="1: key frames only (EXT-X-I-FRAMES-ONLY), without sound")] = "0",
) -> Response:
    """A VOD playlist (fMP4, byte ranges into segment files) up to three seconds ago; segment addresses are relative.

    Gaps are left out: a DISCONTINUITY and a new PROGRAM-DATE-TIME follow each, and an EXT-X-DATERANGE of class
    `org.hejnal.gap` names it with its cause.
    """
    now = here.clock.now()
    wanted = requested_interval(starts_at, ends_at, longest=timedelta(hours=here.settings.longest_playlist_h), now=now)
    interval = index.interval_or_none(wanted.starts_at, min(wanted.ends_at, now - NOT_YET_PLAYABLE))
    if interval is None:
        raise _no_footage("This interval has only just begun; ask again in a few seconds.")
    with metrics.PLAYLIST_SECONDS.time():
        async with here.database.read() as session:
            known = await index.find_story(session, camera_id)
            segments = await index.segments_of(session, camera_id, interval)
            gaps = await index.gaps_of(session, camera_id, interval)
            if known is None and not await index.is_registered(session, camera_id):
                raise unknown_camera(camera_id)
        if not segments:
            raise _no_footage(_why_empty(interval, gaps))
        shown = Interval(interval.starts_at, min(interval.ends_at, known.until if known else interval.ends_at))
        spans = [span for span in tile(shown, footage=[], gaps=gaps, known=known) if span.cause] if shown.duration_s > 0 else []
        made = key_frame_playlist if keyframes == "1" else media_playlist
        text = made(segments, spans, uri_of=lambda segment_id: f"../../segments/{segment_id}/media")
    return Response(text, media_type=PLAYLIST_TYPE, headers={"Cache-Control": "private, no-store"})


@router.get(
    "/segments/{segment_id}/media",
    operation_id="getSegmentMedia",
    summary="The bytes of a segment file",
    response_class=Response,
    responses={
        200: {"content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}},
        206: {"description": "The wanted range", "content": {"video/mp4": {"schema": {"type": "string", "format": "binary"}}}},
        304: {"description": "The copy named by If-None-Match is current"},
        **problems(401, 403, 404, 410, 416, 422, 503),
    },
)
async def get_segment_media(
    segment_id: SegmentIdPath,
    here: Here,
    init: Annotated[
        Literal["recorded", "silent"],
        Query(description="silent: the range is the init segment, and its sound is hidden from players"),
    ] = "recorded",
    range_header: Annotated[str | None, Header(alias="Range", description="One byte range (RFC 9110 §14)")] = None,
    if_none_match: Annotated[str | None, Header(alias="If-None-Match")] = None,
    if_range: Annotated[str | None, Header(alias="If-Range")] = None,
) -> Response:
    """Fragmented MP4, whole or one range of it; only what is announced, so a segment in the making ends at a fragment."""
    async with here.database.read() as session:
        segment = await index.find_file(session, segment_id)
    if segment is None:
        raise AppError(Kind.NOT_FOUND, "no-such-segment", "There is no such segment, or it has been deleted.")
    etag = f'"{segment_id}-{segment.size_bytes}"' if init == "recorded" else f'"{segment_id}-silent"'
    headers = {
        "ETag": etag,
        "Accept-Ranges": "bytes",
        "Cache-Control": "private, no-cache",
        "X-Content-Type-Options": "nosniff",
        "X-Hejnal-Camera": segment.camera_id,
    }
    if etag_matches(if_none_match, etag):
        return Response(status_code=304, headers=headers)
    wanted = requested_range(range_header, segment.size_bytes) if if_range in (None, etag) else None
    headers |= footage_headers(segment.footage_within(*(wanted or (0, segment.size_bytes - 1))))
    found = await RangeResponse.open(
        partial(open_segment, here, segment_id, segment), size_bytes=segment.size_bytes, wanted=wanted, headers=headers
    )
    return found if init == "recorded" else await found.read(silent_init, at_most=LONGEST_INIT_BYTES)


def footage_headers(footage: Interval | None) -> dict[str, str]:
    """Of what time an answer's pictures are, for the gateway's audit log; none for what shows nothing."""
    if footage is None:
        return {}
    return {
        "X-Hejnal-Footage-From": footage.starts_at.isoformat(timespec="milliseconds"),
        "X-Hejnal-Footage-Until": footage.ends_at.isoformat(timespec="milliseconds"),
    }


def unknown_camera(camera_id: str) -> AppError:
    """404: neither registered nor recorded."""
    return AppError(Kind.NOT_FOUND, "no-such-camera", f"No camera {camera_id} is registered or recorded.")


def _no_footage(detail: str) -> AppError:
    return AppError(Kind.NOT_FOUND, "no-footage", detail)


def _why_empty(interval: Interval, gaps: list[KnownGap]) -> str:
    causes = sorted({gap.cause.value for gap in gaps if gap.starts_at < interval.ends_at})
    why = f" Cause: {', '.join(causes)}." if causes else ""
    return f"There is no footage in this interval.{why} Ask for another time; the timeline shows what is there."

"""The time bar over months and the figures of completeness."""

from datetime import UTC, date, datetime, timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_contracts.media import GapCause
from hejnal_recorder.coverage.buckets import fitting_scale
from hejnal_recorder.coverage.reading import figures_of, fill_buckets
from hejnal_recorder.playback import index
from hejnal_recorder.playback.interval import FromQuery, ToQuery, requested_interval
from hejnal_recorder.playback.routes import CameraIdPath, Here, problems, unknown_camera
from hejnal_recorder.timeline.spans import Interval
from hejnal_runtime.errors import AppError, Kind

router = APIRouter(prefix="/internal/v1", tags=["coverage"])

LONGEST_COVERAGE = timedelta(days=400)


class CoverageBucket(BaseModel):
    """One bucket with anything in it."""

    model_config = ConfigDict(populate_by_name=True)

    starts_at: datetime = Field(alias="from")
    footage_s: float
    gap_s: dict[GapCause, float] = Field(description="Seconds without footage by cause; causes that do not occur are left out")
    events: dict[str, int] = Field(description="Events that began in it, by type")


class Coverage(BaseModel):
    """What is there, in buckets of equal length aligned to UTC; empty ones are left out."""

    model_config = ConfigDict(populate_by_name=True)

    camera_id: str
    starts_at: datetime = Field(alias="from", description="Start of the first bucket")
    ends_at: datetime = Field(alias="to", description="End of the last bucket")
    step_s: int = Field(description="Length of a bucket")
    buckets: list[CoverageBucket]


class DayCompleteness(BaseModel):
    """One UTC day."""

    day: date
    footage_s: float = Field(description="Footage that is in the archive now")
    gap_s: dict[GapCause, float]
    completeness: float | None = Field(
        description="Share of the known time that was recorded, 0 to 1; footage deleted in time counts as recorded"
    )


class Completeness(BaseModel):
    """A month of a camera, day by day (UTC)."""

    camera_id: str
    month: str
    days: list[DayCompleteness]
    completeness: float | None = Field(description="Of the whole month; null when nothing is known of it")


@router.get(
    "/cameras/{camera_id}/coverage",
    operation_id="getCoverage",
    summary="What is there of a camera, for a time bar of any length",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_coverage(
    camera_id: CameraIdPath,
    starts_at: FromQuery,
    ends_at: ToQuery,
    here: Here,
    buckets: Annotated[int, Query(ge=1, le=3000, description="About how many buckets fit on the bar")] = 300,
) -> Coverage:
    """Seconds of footage, of gaps by cause, and counts of events per bucket; the step is chosen to fit. At most 400 days."""
    now = here.clock.now()
    interval = requested_interval(starts_at, ends_at, longest=LONGEST_COVERAGE, now=now)
    scale = fitting_scale(interval, buckets)
    async with here.database.read() as session:
        await _known_camera(session, camera_id)
        filled = (await fill_buckets(session, camera_id, scale, now=now)).filled()
    return Coverage(
        camera_id=camera_id,
        starts_at=scale.starts_at,
        ends_at=scale.ends_at,
        step_s=scale.step_s,
        buckets=[
            CoverageBucket(
                starts_at=at,
                footage_s=_seconds(bucket.footage_us),
                gap_s={GapCause(cause): _seconds(us) for cause, us in bucket.gaps_us.items()},
                events=bucket.events,
            )
            for at, bucket in filled
        ],
    )


@router.get(
    "/cameras/{camera_id}/completeness",
    operation_id="getCompleteness",
    summary="How much of a month was recorded, day by day",
    responses=problems(401, 403, 404, 422, 503),
)
async def get_completeness(
    camera_id: CameraIdPath,
    month: Annotated[str, Query(pattern=r"^20\d\d-(0[1-9]|1[0-2])$", description="e.g. 2026-05")],
    here: Here,
) -> Completeness:
    """Per UTC day and for the month: footage, gaps by cause, and the share that was recorded."""
    now = here.clock.now()
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    after = (first + timedelta(days=32)).replace(day=1)
    if first >= now:
        raise AppError(Kind.INVALID, "invalid-month", "This month has not begun yet; ask for a past one.")
    async with here.database.read() as session:
        await _known_camera(session, camera_id)
        days = await figures_of(session, camera_id, Interval(first, after), now=now)
    total: dict[str, int] = {}
    for day in days:
        for cause, us in day.gaps_us.items():
            total[cause] = total.get(cause, 0) + us
    return Completeness(
        camera_id=camera_id,
        month=month,
        days=[
            DayCompleteness(
                day=day.day.date(),
                footage_s=_seconds(day.footage_us),
                gap_s={GapCause(cause): _seconds(us) for cause, us in day.gaps_us.items()},
                completeness=recorded_share(day.footage_us, day.gaps_us),
            )
            for day in days
        ],
        completeness=recorded_share(sum(day.footage_us for day in days), total),
    )


def recorded_share(footage_us: int, gaps_us: dict[str, int]) -> float | None:
    """Recorded time by known time. What retention deleted had been recorded."""
    known_us = footage_us + sum(gaps_us.values())
    if known_us <= 0:
        return None
    return round((footage_us + gaps_us.get(GapCause.RETENTION.value, 0)) / known_us, 6)


async def _known_camera(session: AsyncSession, camera_id: str) -> None:
    if await index.find_story(session, camera_id) is None and not await index.is_registered(session, camera_id):
        raise unknown_camera(camera_id)


def _seconds(microseconds: int) -> float:
    return microseconds / 1_000_000

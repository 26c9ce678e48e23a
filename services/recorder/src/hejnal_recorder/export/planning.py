"""From a request and the index to a plan."""

from datetime import datetime, timedelta

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from hejnal_recorder.export.plan import CameraPlan, Order, Plan, PlannedSpan, RecordedFragment, SourceFragment, SourceRun, cut
from hejnal_recorder.fragments import unpack
from hejnal_recorder.playback import index
from hejnal_recorder.playback.decodable import decodable
from hejnal_recorder.tiers.rows import Tier
from hejnal_recorder.timeline.spans import Interval, tile
from hejnal_runtime.errors import AppError, Kind

_SEGMENTS = text(
    """
    select s.segment_id, s.path, s.tier, s.init_size_bytes, s.init_sha256, s.fragments,
        r.run_id, r.stream, r.codec, r.width, r.height, r.timescale
    from segments s join runs r using (run_id)
    where s.camera_id = :camera_id and s.during && tstzrange(:starts_at, :ends_at)
        and s.ends_at > :starts_at and s.state <> 'garbage'
        and s.starts_at >= cast(:starts_at as timestamptz) - interval '24 hours' and s.starts_at < :ends_at
    order by s.starts_at, s.part
    """
)
_NAME = text("select name from cameras where camera_id = :camera_id")


async def make_plan(session: AsyncSession, order: Order, cameras: list[str], *, organisation: str, longest_bytes: int) -> Plan:
    """What there is of these cameras in the interval, as files; AppError(INVALID) for a camera nobody knows."""
    plans = [await _of_camera(session, order, camera_id, longest_bytes) for camera_id in cameras]
    return Plan(order=order, organisation=organisation, cameras=plans)


async def _of_camera(session: AsyncSession, order: Order, camera_id: str, longest_bytes: int) -> CameraPlan:
    interval = Interval(order.starts_at, order.ends_at)
    known = await index.find_story(session, camera_id)
    name = (await session.execute(_NAME, {"camera_id": camera_id})).scalar_one_or_none()
    if known is None and name is None:
        raise AppError(Kind.INVALID, "no-such-camera", f"No camera {camera_id} is registered or recorded.")
    spans = tile(
        interval,
        footage=await index.footage_of(session, camera_id, interval),
        gaps=await index.gaps_of(session, camera_id, interval),
        known=known,
    )
    recorded = await _recorded(session, camera_id, order.starts_at, order.ends_at)
    return CameraPlan(
        camera_id=camera_id,
        name=name or camera_id,
        spans=[
            PlannedSpan(
                kind=span.kind.value, starts_at=span.starts_at, ends_at=span.ends_at,
                cause=span.cause.value if span.cause else None, detail=span.detail,
            )
            for span in spans
        ],
        stretches=cut(camera_id, recorded, longest_bytes=longest_bytes),
    )  # fmt: skip


async def _recorded(session: AsyncSession, camera_id: str, starts_at: datetime, ends_at: datetime) -> list[RecordedFragment]:
    """Fragments that touch the interval; those that earlier footage covers are left out, as in playback.

    Further parts of a long GOP come with those since its key frame.
    """
    values = {"camera_id": camera_id, "starts_at": starts_at, "ends_at": ends_at}
    found = []
    for row in await session.execute(_SEGMENTS, values):
        run = SourceRun(
            run_id=row.run_id, stream=row.stream, codec=row.codec, width=row.width, height=row.height, timescale=row.timescale,
            init_size_bytes=row.init_size_bytes, init_sha256=row.init_sha256.hex(),
        )  # fmt: skip
        fragments = list(unpack(row.fragments))
        wanted = [one.ends_at > max(starts_at, one.starts_at) and one.starts_at < ends_at for one in fragments]
        for one in decodable(fragments, wanted):
            fragment = SourceFragment(
                segment_id=row.segment_id, path=row.path, in_store=Tier(row.tier).read_from_store,
                offset_bytes=one.offset_bytes, size_bytes=one.size_bytes,
                sha256=one.sha256.hex(), sequence=one.sequence, starts_at=one.starts_at, ends_at=one.ends_at,
                media_time=one.media_time, duration_ticks=one.duration_ticks, frames=one.frames, camera_time=one.camera_time,
            )  # fmt: skip
            found.append(RecordedFragment(run, fragment))
    return found


def why_empty(plan: Plan) -> str:
    """Why a plan holds no footage, for the one who asked."""
    causes = sorted({span.cause or span.detail for camera in plan.cameras for span in camera.spans if span.kind == "gap"})
    return f"There is no footage of these cameras in this interval ({', '.join(filter(None, causes)) or 'nothing recorded'})."


def too_large(plan: Plan, most_bytes: int) -> AppError | None:
    """The refusal of a plan beyond the bound, with what would fit."""
    if plan.size_bytes <= most_bytes:
        return None
    share = most_bytes / plan.size_bytes
    fits = timedelta(seconds=int((plan.order.ends_at - plan.order.starts_at).total_seconds() * share))
    detail = (
        f"That would be {plan.size_bytes / 1e9:.1f} GB; an export holds at most {most_bytes / 1e9:.1f} GB. "
        f"Ask for about {fits} of these cameras, or for fewer cameras."
    )
    return AppError(Kind.TOO_LARGE, "export-too-large", detail)

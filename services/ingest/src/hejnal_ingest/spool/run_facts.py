"""The facts of a run: the same whether they are told as it is written or after a crash."""

from dataclasses import dataclass
from datetime import UTC, datetime

from hejnal_contracts.cameras import StreamName
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.spool.files import Written


def instant(us: int) -> datetime:
    """Microseconds since the epoch as an aware datetime."""
    return datetime.fromtimestamp(us / 1e6, UTC)


@dataclass(frozen=True, slots=True)
class RunIdentity:
    """Whose run it is."""

    camera_id: str
    run_id: str
    epoch: int
    ingest_id: str
    stream: StreamName
    spool_url: str
    backfilled: bool = False


def fragment_fact(
    started: RunStarted,
    *,
    path: str,
    segment_id: str,
    init_size_bytes: int,
    init_sha256: str,
    written: Written,
    sequence: int,
    starts_at_us: int,
    ends_at_us: int,
    media_time: int,
    duration_ticks: int,
    frames: int,
    segment_ends: bool,
    camera_time_us: int | None,
    starts_with_key_frame: bool,
) -> FragmentWritten:
    """The fact of a durable fragment."""
    return FragmentWritten(
        camera_id=started.camera_id,
        run_id=started.run_id,
        epoch=started.epoch,
        sequence=sequence,
        segment_id=segment_id,
        segment_path=path,
        init_size_bytes=init_size_bytes,
        offset_bytes=written.offset_bytes,
        size_bytes=written.size_bytes,
        sha256=written.sha256,
        init_sha256=init_sha256,
        starts_at=instant(starts_at_us),
        ends_at=instant(ends_at_us),
        media_time=media_time,
        duration_ticks=duration_ticks,
        frames=frames,
        segment_ends=segment_ends,
        camera_time=instant(camera_time_us) if camera_time_us else None,
        starts_with_key_frame=starts_with_key_frame,
    )


def ended_fact(started: RunStarted, cause: GapCause, detail: str, fragments: int, ended_at_us: int) -> RunEnded:
    """The fact of a run's end."""
    return RunEnded(
        camera_id=started.camera_id,
        run_id=started.run_id,
        epoch=started.epoch,
        cause=cause,
        detail=detail[:300],
        fragments=fragments,
        ended_at=instant(ended_at_us),
    )

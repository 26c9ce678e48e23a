"""At start: what an earlier process left behind is looked at, cut back where it is torn, and its story closed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from hejnal_ingest.spool.files import Written, hash_range
from hejnal_ingest.spool.journal import JOURNAL, announced, read_journal
from hejnal_ingest.spool.run_facts import ended_fact, fragment_fact
from hejnal_media.fmp4 import FragmentInfo, FragmentStamp, cut_back

log = structlog.get_logger()

LOST_DETAIL = "ingest ended without closing the run"
_CAMERA_FOLDER = re.compile(r"^[a-z0-9][a-z0-9-]{0,62}$")


@dataclass(slots=True)
class RecoveredRun:
    """A run whose end has to be told."""

    folder: Path
    facts: list[RunStarted | FragmentWritten | RunEnded] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Found:
    path: Path
    init_size_bytes: int
    fragment: FragmentInfo
    stamp: FragmentStamp
    last_in_file: bool


def recover(spool_dir: Path) -> Iterator[RecoveredRun]:
    """The runs without an end, the oldest first per camera. Blocking. Files it does not understand stay as they are."""
    for camera in sorted(path for path in spool_dir.iterdir() if path.is_dir() and _CAMERA_FOLDER.match(path.name)):
        # run ids are UUIDv7: their order is that of time
        for folder in sorted(path for path in camera.iterdir() if (path / JOURNAL).exists()):
            try:
                run = _recover_run(folder)
            except OSError as error:
                log.warning("run_not_recovered", folder=str(folder.relative_to(spool_dir)), error=repr(error))
                continue
            if run is not None:
                yield run


def _recover_run(folder: Path) -> RecoveredRun | None:
    journal = read_journal(folder)
    if journal is None:
        log.warning("run_journal_unreadable", folder=f"{folder.parent.name}/{folder.name}")
        return None
    started, ending = journal.started, journal.ending
    run = RecoveredRun(folder, [started])
    found = sorted(_fragments(folder), key=lambda one: one.stamp.sequence)
    told = announced(folder)
    count, ended_at_us = told, int(started.started_at.timestamp() * 1e6)
    for one in found:
        if one.stamp.sequence >= told:
            if one.stamp.sequence != count:
                break  # a hole: what lies behind it cannot be told without lying
            run.facts.append(_fact(started, folder, one))
            count += 1
        ended_at_us = max(ended_at_us, one.stamp.ends_at_us)
    if ending is not None:
        ended_at_us = int(ending.ended_at.timestamp() * 1e6)
        run.facts.append(ended_fact(started, ending.cause, ending.detail, max(count, ending.fragments), ended_at_us))
    else:
        cause = GapCause.BACKFILLED if started.backfilled else GapCause.INGEST_LOST
        run.facts.append(ended_fact(started, cause, LOST_DETAIL, count, ended_at_us))
    return run


def _fragments(folder: Path) -> Iterator[_Found]:
    for path in sorted(folder.glob("*.mp4")):
        result = cut_back(path)
        if not result.fragments:
            path.unlink()  # nothing of it was ever announced
            continue
        for fragment in result.fragments:
            if fragment.stamp is not None:
                yield _Found(path, result.init_size_bytes, fragment, fragment.stamp, fragment is result.fragments[-1])


def _fact(started: RunStarted, folder: Path, one: _Found) -> FragmentWritten:
    fragment = one.fragment
    digest = hash_range(one.path, fragment.offset_bytes, fragment.size_bytes)
    return fragment_fact(
        started,
        path=f"{started.camera_id}/{folder.name}/{one.path.name}",
        segment_id=one.path.stem,
        init_size_bytes=one.init_size_bytes,
        init_sha256=hash_range(one.path, 0, one.init_size_bytes),
        written=Written(fragment.offset_bytes, fragment.size_bytes, digest),
        sequence=one.stamp.sequence,
        starts_at_us=one.stamp.starts_at_us,
        ends_at_us=one.stamp.ends_at_us,
        media_time=fragment.decode_time_ticks,
        duration_ticks=max(1, fragment.duration_ticks),
        frames=fragment.frames,
        segment_ends=one.last_in_file,
        camera_time_us=one.stamp.camera_time_us or None,
        starts_with_key_frame=fragment.starts_with_key_frame,
    )

"""A job for the export's worker without database: recorded files, a plan over them, keys."""

import json
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from recorder_footage import Clip, SpoolRun
from recorder_room import START

from hejnal_contracts.media import FragmentWritten
from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.plan import (
    CameraPlan,
    Mask,
    Order,
    Plan,
    PlannedSpan,
    RecordedFragment,
    SourceFragment,
    SourceRun,
    cut,
)
from hejnal_recorder.export.work import JOB, PACKAGE, Job


def recorded(run: SpoolRun, facts: list[FragmentWritten]) -> list[RecordedFragment]:
    """What the index would have of a run's facts."""
    return [
        RecordedFragment(
            SourceRun(
                run_id=run.run, stream="main", codec="avc1.42c00a", width=run.clip.width, height=run.clip.height,
                timescale=run.clip.timescale, init_size_bytes=fact.init_size_bytes, init_sha256=fact.init_sha256,
            ),
            SourceFragment(
                segment_id=fact.segment_id, path=fact.segment_path, offset_bytes=fact.offset_bytes, size_bytes=fact.size_bytes,
                sha256=fact.sha256, sequence=fact.sequence, starts_at=fact.starts_at, ends_at=fact.ends_at,
                media_time=fact.media_time, duration_ticks=fact.duration_ticks, frames=fact.frames,
                camera_time=fact.starts_at + timedelta(seconds=0.25),
            ),
        )
        for fact in facts
    ]  # fmt: skip


@dataclass
class Case:
    """A folder with everything the worker needs."""

    folder: Path
    job: Job

    @property
    def package(self) -> Path:
        return self.folder / PACKAGE

    @property
    def ca(self) -> bytes:
        return (self.job.keys_dir / "ca.pem").read_bytes()

    def start(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", "hejnal_recorder.export.work", str(self.folder)]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def run(self) -> list[dict[str, Any]]:
        """All that the worker says."""
        process = self.start()
        assert process.stdout is not None
        try:
            lines = [json.loads(line) for line in process.stdout]
            process.wait(60)
        finally:
            process.kill()
        return lines


def make_case(
    tmp_path: Path, clip: Clip, *, masks: list[Mask] | None = None, originals: bool = True, cameras: int = 2, **settings: Any
) -> Case:
    """Two cameras: 12 s without a hole, and 5 s, a gap of 10 s, 4 s more."""
    archive, folder = tmp_path / "archive", tmp_path / "job"
    folder.mkdir(parents=True)
    keys = tmp_path / "keys"
    create_keys(keys, "Gmina Bugielsk", datetime.now(UTC))
    whole = SpoolRun(archive, clip, START)
    first = SpoolRun(archive, clip, START, camera="cam-002", run="run-2")
    second = SpoolRun(archive, clip, START + timedelta(seconds=15), camera="cam-002", run="run-3", first_piece=7)
    end = START + timedelta(seconds=19)
    pieces = {
        "cam-001": recorded(whole, whole.fragments(19)),
        "cam-002": recorded(first, first.fragments(5)) + recorded(second, second.fragments(4)),
    }
    spans = {
        "cam-001": [PlannedSpan(kind="footage", starts_at=START, ends_at=end)],
        "cam-002": [
            PlannedSpan(kind="footage", starts_at=START, ends_at=START + timedelta(seconds=5)),
            PlannedSpan(
                kind="gap", starts_at=START + timedelta(seconds=5), ends_at=START + timedelta(seconds=15), cause="link_down"
            ),
            PlannedSpan(kind="footage", starts_at=START + timedelta(seconds=15), ends_at=end),
        ],
    }
    longest = settings.pop("longest_file_bytes", 10**9)
    plan = Plan(
        order=Order(
            export_id="0192f0aa-0000-7000-8000-000000000001", requested_by="staff-1", requested_at=START, approved_by=None,
            reason="Kolizja na </script> Rynku", case_number="RSD-123/26", starts_at=START, ends_at=end, masks=masks or [],
            originals=originals,
        ),
        organisation="Gmina Bugielsk",
        cameras=[
            CameraPlan(
                camera_id=camera, name=f"Rynek {camera[-1]}", spans=spans[camera],
                stretches=cut(camera, pieces[camera], longest_bytes=longest),
            )
            for camera in sorted(pieces)[:cameras]
        ],
    )  # fmt: skip
    job = Job(plan=plan, archive_dir=archive, keys_dir=keys, longest_file_bytes=longest, reserve_bytes=0, **settings)
    (folder / JOB).write_text(job.model_dump_json())
    return Case(folder, job)

"""A worker that is killed, loses its footage, its disk or its time-stamp authority."""

import json
import random
import shutil
import subprocess
import time
import zipfile
from datetime import UTC, datetime
from pathlib import Path

from export_case import make_case
from recorder_footage import Clip

from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.provenance import local_stamping
from hejnal_recorder.export.time_stamp import TimeStampAuthority
from hejnal_recorder.export.work import CHECKED, JOB
from hejnal_verify.package import verify_package


def test_no_stamp_authority_means_no_stamp_and_says_so(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip, cameras=1, tsa_url="http://127.0.0.1:9/")
    [*_, last] = case.run()
    assert last["finished"]["stamped"] is False
    report = verify_package(case.package, anchor_pem=case.ca)
    assert report.good
    assert report.signed_at is None
    assert any("no time stamp" in note for note in report.notes)


def test_killed_in_the_middle_it_goes_on(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip, longest_file_bytes=12_000)
    done, finished = 0, False
    for _ in range(12):
        process = case.start()
        time.sleep(random.Random(done).uniform(0.5, 1.2))
        finished = process.poll() is not None
        process.kill()
        process.wait()
        steps = len(list((case.folder / "steps").glob("*.json"))) if (case.folder / "steps").exists() else 0
        assert steps >= done
        done = steps
        if finished:
            break
    if not finished:
        case.run()
    assert verify_package(case.package, anchor_pem=case.ca).good


def test_the_worker_ends_with_the_recorder(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip)
    process = case.start()
    assert process.stdin is not None
    process.stdin.close()
    assert process.wait(10) in (0, 3)


def test_footage_that_is_gone_or_damaged_becomes_a_gap(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip)
    plan = case.job.plan
    lost = plan.cameras[0].stretches[0].fragments[5]
    (case.job.archive_dir / lost.path).unlink()
    other = plan.cameras[1].stretches[0].fragments[2]
    with (case.job.archive_dir / other.path).open("r+b") as file:
        file.seek(other.offset_bytes + 100)
        file.write(b"\xff\xff\xff")
    [*_, last] = case.run()
    assert last["finished"]["damaged"] == 6
    assert verify_package(case.package, anchor_pem=case.ca).good
    with zipfile.ZipFile(case.package) as archive:
        [name] = [name for name in archive.namelist() if name.endswith("manifest.json")]
        cameras = json.loads(archive.read(name))["cameras"]
    gaps = [[(s["from"][17:19], s["to"][17:19], s["cause"]) for s in c["spans"] if s["kind"] == "gap"] for c in cameras]
    assert gaps == [[("05", "10", "damaged")], [("02", "03", "damaged"), ("05", "15", "link_down")]]


def test_nothing_left_to_export_is_told(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip, cameras=1)
    shutil.rmtree(case.job.archive_dir)
    [*_, last] = case.run()
    assert last["failed"] == "no-footage"
    assert not case.package.exists()


def test_a_full_disk_is_told_before_the_recording_suffers(clip: Clip, tmp_path: Path) -> None:
    case = make_case(tmp_path, clip)
    job = case.job.model_copy(update={"reserve_bytes": 1 << 60})
    (case.folder / JOB).write_text(job.model_dump_json())
    [*_, last] = case.run()
    assert last["failed"] == "disk-full"
    assert not case.package.exists()
    assert (case.folder / CHECKED).exists()


def test_a_foreign_time_stamp_authority(clip: Clip, tmp_path: Path) -> None:
    """Its root goes along; without that root the stamp would be a stranger's."""
    foreign = create_keys(tmp_path / "foreign", "Urząd Znaczników", datetime.now(UTC))
    authority = TimeStampAuthority(foreign.stamping, lambda: datetime.now(UTC))
    with local_stamping(authority) as url:
        anchor = tmp_path / "foreign/ca.pem"
        case = make_case(tmp_path, clip, cameras=1, tsa_url=url, tsa_anchor=anchor)
        [*_, last] = case.run()
    assert last["finished"]["stamped"], last
    report = verify_package(case.package, anchor_pem=case.ca)
    assert report.findings == []
    assert report.signed_at is not None
    shutil.unpack_archive(case.package, tmp_path / "unpacked")
    [package] = (tmp_path / "unpacked").iterdir()
    [command] = {line[5:] for line in (package / "README.txt").read_text().splitlines() if line.startswith("  3. ")}
    assert "tsa-ca.pem" in command
    assert subprocess.run(command, shell=True, cwd=package, capture_output=True, check=False).returncode == 0
    (package / "tsa-ca.pem").unlink()
    codes = {finding.code for finding in verify_package(package, anchor_pem=case.ca).findings}
    assert {"stamp-wrong", "file-missing"} <= codes

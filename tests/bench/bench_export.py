"""An evidence package of cameras at 4 Mbit/s: time, CPU and memory of making it, and whether a check finds it good.

The worker runs as in the recorder, a process of its own, on real fragments (encoded noise, GOP 2 s, segments of 60 s). The peer
is `ffmpeg -c copy` of the same files into one MP4 per camera: no hash, no signature, no package.
`python tests/bench/bench_export.py [--cameras 1 2 3 4] [--minutes 60]`
"""

import argparse
import hashlib
import io
import json
import os
import struct
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import av
import numpy as np

from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.plan import CameraPlan, Order, Plan, PlannedSpan, RecordedFragment, SourceFragment, SourceRun, cut
from hejnal_recorder.export.work import JOB, PACKAGE, Job
from hejnal_verify.package import verify_package

START = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
FPS, GOP_S, GOPS_PER_SEGMENT = 25, 2, 30
BITS_PER_S = 4_000_000
BOUND_RSS_MB = 300
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def encode() -> tuple[bytes, list[bytes], int]:
    """Head and ten fragments of noise at about the wanted rate, and the timescale."""
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    random = np.random.default_rng(7)
    with av.open(buffer, "w", format="mp4", options=options) as container:
        coder = {"preset": "ultrafast", "bf": "0", "sc_threshold": "0", "tune": "zerolatency"}
        stream = container.add_stream("libx264", rate=FPS, options=coder)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.bit_rate = BITS_PER_S
        stream.codec_context.gop_size = FPS * GOP_S
        for number in range(FPS * GOP_S * 10):
            picture = np.full((720, 1280, 3), number % 256, dtype=np.uint8)
            picture[:256, :256] = random.integers(0, 256, (256, 256, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
        timescale = stream.time_base.denominator
    data, at, head, fragments = buffer.getvalue(), 0, b"", []
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        box, at = data[at : at + size], at + size
        if kind in (b"ftyp", b"moov"):
            head += box
        elif kind == b"moof":
            fragments.append(box)
        elif kind == b"mdat":
            fragments[-1] += box
    return head, fragments, timescale


def record(archive: Path, camera_id: str, seconds: int, encoded: tuple[bytes, list[bytes], int]) -> list[RecordedFragment]:
    """Segment files of one camera and what the index would have of them."""
    head, fragments, timescale = encoded
    run = SourceRun(
        run_id=f"run-{camera_id}", stream="main", codec="avc1.42c01f", width=1280, height=720, timescale=timescale,
        init_size_bytes=len(head), init_sha256=hashlib.sha256(head).hexdigest(),
    )  # fmt: skip
    (archive / camera_id).mkdir(parents=True)
    found = []
    for number in range(seconds // GOP_S):
        segment, place = divmod(number, GOPS_PER_SEGMENT)
        path = archive / camera_id / f"{segment}.mp4"
        if place == 0:
            path.write_bytes(head)
        data = bytearray(fragments[number % len(fragments)])
        media_time = number * GOP_S * timescale
        struct.pack_into(">Q", data, data.index(b"tfdt") + 8, media_time)
        with path.open("ab") as file:
            offset = file.tell()
            file.write(data)
        starts_at = START + timedelta(seconds=number * GOP_S)
        fragment = SourceFragment(
            segment_id=f"{camera_id}-{segment}", path=str(path.relative_to(archive)), offset_bytes=offset, size_bytes=len(data),
            sha256=hashlib.sha256(data).hexdigest(), sequence=number, starts_at=starts_at,
            ends_at=starts_at + timedelta(seconds=GOP_S), media_time=media_time, duration_ticks=GOP_S * timescale,
            frames=FPS * GOP_S,
        )  # fmt: skip
        found.append(RecordedFragment(run, fragment))
    return found


def make_job(folder: Path, cameras: int, seconds: int, encoded: tuple[bytes, list[bytes], int]) -> Job:
    """A job as the recorder would write it."""
    create_keys(folder / "keys", "Bench", datetime.now(UTC))
    ends_at = START + timedelta(seconds=seconds)
    plans = []
    for number in range(cameras):
        camera_id = f"bench-{number}"
        recorded = record(folder / "archive", camera_id, seconds, encoded)
        span = PlannedSpan(kind="footage", starts_at=START, ends_at=ends_at)
        stretches = cut(camera_id, recorded, longest_bytes=1_000_000_000)
        plans.append(CameraPlan(camera_id=camera_id, name=camera_id, spans=[span], stretches=stretches))
    order = Order(
        export_id=f"bench-{cameras}", requested_by="bench", requested_at=START, approved_by=None, reason="bench",
        case_number="B-1", starts_at=START, ends_at=ends_at,
    )  # fmt: skip
    plan = Plan(order=order, organisation="Bench", cameras=plans)
    return Job(
        plan=plan, archive_dir=folder / "archive", keys_dir=folder / "keys", longest_file_bytes=1_000_000_000, reserve_bytes=0
    )


def measure(process: "subprocess.Popen[bytes]") -> dict[str, float]:
    """Wall time, CPU and peak memory of a process until it ends."""
    began, peak_kb, cpu_s = time.monotonic(), 0, 0.0
    while process.poll() is None:
        try:
            status = Path(f"/proc/{process.pid}/status").read_text()
            fields = Path(f"/proc/{process.pid}/stat").read_text().rsplit(")", 1)[1].split()
            peak_kb = max([peak_kb, *(int(line.split()[1]) for line in status.splitlines() if line.startswith("VmHWM"))])
            cpu_s = (int(fields[11]) + int(fields[12])) / TICKS_PER_S
        except (FileNotFoundError, ProcessLookupError):
            break
        time.sleep(0.05)
    process.wait()
    return {"seconds": round(time.monotonic() - began, 2), "cpu_s": round(cpu_s, 2), "rss_mb": round(peak_kb / 1024, 1)}


def line(system: str, **values: object) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "export", "system": system, "load": round(os.getloadavg()[0], 2), **values}), flush=True)


def run(cameras: int, minutes: float, encoded: tuple[bytes, list[bytes], int]) -> None:
    """One size, ours and the peer."""
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-") as name:
        folder = Path(name)
        job = make_job(folder, cameras, int(minutes * 60), encoded)
        work = folder / "job"
        work.mkdir()
        (work / JOB).write_text(job.model_dump_json())
        command = [sys.executable, "-m", "hejnal_recorder.export.work", str(work)]
        with (folder / "said").open("wb") as said:
            figures = measure(subprocess.Popen(command, stdin=subprocess.PIPE, stdout=said))
        made = (work / PACKAGE).exists()
        began = time.monotonic()
        verified = made and verify_package(work / PACKAGE, anchor_pem=(folder / "keys/ca.pem").read_bytes()).good
        sizes = {"cameras": cameras, "minutes": minutes, "footage_mb": round(job.plan.size_bytes / 1e6)}
        checked = {"verified": verified, "verify_seconds": round(time.monotonic() - began, 2)}
        peer = copy_with_ffmpeg(folder, job)
        ratio = {"peer_seconds": peer["seconds"], "ratio": round(figures["seconds"] / max(peer["seconds"], 0.01), 2)}
        line("hejnal", **sizes, **figures, **checked, **ratio, met=verified and figures["rss_mb"] <= BOUND_RSS_MB)
        line("ffmpeg", **sizes, **peer)


def copy_with_ffmpeg(folder: Path, job: Job) -> dict[str, float]:
    """The same footage as plain files."""
    total = {"seconds": 0.0, "cpu_s": 0.0, "rss_mb": 0.0}
    for camera in job.plan.cameras:
        paths = dict.fromkeys(fragment.path for stretch in camera.stretches for fragment in stretch.fragments)
        source, target = folder / f"{camera.camera_id}.joined", folder / f"{camera.camera_id}.mp4"
        with source.open("wb") as joined:  # segment files of one run follow each other: later heads are skipped by the demuxer
            for path in paths:
                joined.write((job.archive_dir / path).read_bytes())
        command = ["ffmpeg", "-v", "error", "-y", "-i", str(source), "-c", "copy", str(target)]
        figures = measure(subprocess.Popen(command, stdin=subprocess.DEVNULL))
        total = {
            "seconds": round(total["seconds"] + figures["seconds"], 2),
            "cpu_s": round(total["cpu_s"] + figures["cpu_s"], 2),
            "rss_mb": max(total["rss_mb"], figures["rss_mb"]),
        }
        source.unlink()
        target.unlink()
    return total


def main() -> None:
    """All sizes."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cameras", type=int, nargs="+", default=[1, 2, 3, 4])
    parser.add_argument("--minutes", type=float, default=60)
    arguments = parser.parse_args()
    encoded = encode()
    for cameras in arguments.cameras:
        run(cameras, arguments.minutes, encoded)


if __name__ == "__main__":
    main()

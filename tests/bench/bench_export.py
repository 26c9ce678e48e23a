"""An evidence package of four cameras' hour: time, CPU and memory of making it, its progress, and who finds it good.

The worker runs as in the recorder, a process of its own, on real fragments: ten encoded ones over and over, each with its own
time; GOP 2 s, segments of 60 s. The package is then checked by `hejnal-verify`, and by the verifier page that lies in it, opened
in Chromium from file:// without a network. The peer is `ffmpeg -c copy` of the same files: no hash, no signature, no package.
One JSON line per size. `python tests/bench/bench_export.py [--cameras 4] [--minutes 60] [--mbps 2] [--no-browser] [--dir FOLDER]`
"""

import argparse
import asyncio
import contextlib
import hashlib
import io
import json
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import IO, Any

import av
import numpy as np
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from playwright.async_api import TimeoutError as PlaywrightTimeoutError
from playwright.async_api import async_playwright
from processes import end_children_with_us

from hejnal_local.chromium import launch_options
from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.plan import CameraPlan, Order, Plan, PlannedSpan, RecordedFragment, SourceFragment, SourceRun, cut
from hejnal_recorder.export.work import JOB, PACKAGE, Job
from hejnal_verify.package import verify_package

START = datetime(2026, 5, 3, 12, 0, tzinfo=UTC)
FPS, GOP_S, GOPS_PER_SEGMENT = 25, 2, 30
BOUND_RSS_MB = 300
LONGEST_CHECK_S = 900
VERIFIER = Path(__file__).resolve().parents[2] / "web/verifier/dist"
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


def encode(bits_per_s: int) -> tuple[bytes, list[bytes], int]:
    """Head and ten fragments of noise at about the wanted rate, and the timescale."""
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    random = np.random.default_rng(7)
    with av.open(buffer, "w", format="mp4", options=options) as container:
        coder = {"preset": "ultrafast", "bf": "0", "sc_threshold": "0", "tune": "zerolatency"}
        stream = container.add_stream("libx264", rate=FPS, options=coder)
        stream.width, stream.height, stream.pix_fmt = 1280, 720, "yuv420p"
        stream.bit_rate = bits_per_s
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
        plan=plan,
        archive_dir=folder / "archive",
        keys_dir=folder / "keys",
        longest_file_bytes=1_000_000_000,
        reserve_bytes=0,
        verifier_dir=VERIFIER if (VERIFIER / "weryfikacja.js").exists() else None,
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


@dataclass
class Progress:
    """What the worker says while it works."""

    told: int = 0
    longest_silence_s: float = 0.0
    only_grows: bool = True
    last: dict[str, Any] = field(default_factory=dict)

    def follow(self, said: IO[bytes]) -> None:
        """Reads to the end; in a thread."""
        before_s, done = time.monotonic(), {}
        for line in said:
            now_s = time.monotonic()
            self.longest_silence_s = round(max(self.longest_silence_s, now_s - before_s), 1)
            before_s = now_s
            self.told += 1
            self.last = json.loads(line)
            if stage := self.last.get("stage"):
                self.only_grows &= self.last["done_bytes"] >= done.get(stage, 0)
                done[stage] = self.last["done_bytes"]
        self.longest_silence_s = round(max(self.longest_silence_s, time.monotonic() - before_s), 1)


async def found_by_the_page(package: Path, folder: Path, ca: Path) -> tuple[bool, float]:
    """Whether the verifier page in the package finds it good, and in how many seconds. Off line, opened from a disk."""
    with zipfile.ZipFile(package) as archive:
        pages = [name for name in archive.namelist() if Path(name).name in {"weryfikacja.html", "weryfikacja.js"}]
        archive.extractall(folder, pages)
    certificate = x509.load_pem_x509_certificate(ca.read_bytes())
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(**launch_options())
        context = await browser.new_context(offline=True, locale="pl-PL")
        page = await context.new_page()
        await page.goto((folder / next(name for name in pages if name.endswith(".html"))).as_uri())
        await page.get_by_label("Skrót certyfikatu urzędu (SHA-256)").fill(certificate.fingerprint(SHA256()).hex(":"))
        began = time.monotonic()
        await page.get_by_label("Paczka (plik .zip)").set_input_files(package)
        verdict = ""
        with contextlib.suppress(PlaywrightTimeoutError):
            await page.locator("#verdict:not([hidden])").wait_for(timeout=LONGEST_CHECK_S * 1000)
            verdict = await page.locator("#verdict").text_content() or ""
        await browser.close()
    return verdict.startswith("✓"), round(time.monotonic() - began, 1)


def run(cameras: int, minutes: float, encoded: tuple[bytes, list[bytes], int], *, place: Path | None, browser: bool) -> None:
    """One size, ours and the peer."""
    with tempfile.TemporaryDirectory(prefix="hejnal-bench-", dir=place) as name:
        folder = Path(name)
        began = time.monotonic()
        job = make_job(folder, cameras, int(minutes * 60), encoded)
        peer = copy_with_ffmpeg(folder, job)
        work = folder / "job"
        work.mkdir()
        (work / JOB).write_text(job.model_dump_json())
        command = [sys.executable, "-m", "hejnal_recorder.export.work", str(work)]
        worker = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert worker.stdout is not None
        progress = Progress()
        listener = threading.Thread(target=progress.follow, args=(worker.stdout,))
        listener.start()
        figures = measure(worker)
        listener.join()
        made = "finished" in progress.last
        shutil.rmtree(folder / "archive")
        checking = time.monotonic()
        verified = made and verify_package(work / PACKAGE, anchor_pem=(folder / "keys/ca.pem").read_bytes()).good
        checked = {"verified": verified, "verify_seconds": round(time.monotonic() - checking, 1)}
        met = verified and figures["rss_mb"] <= BOUND_RSS_MB and progress.only_grows and progress.told > 3
        if browser and made:
            good, seconds = asyncio.run(found_by_the_page(work / PACKAGE, folder / "page", folder / "keys/ca.pem"))
            checked |= {"verified_in_chromium": good, "chromium_seconds": seconds}
            met = met and good
        line = {
            "bench": "export", "system": "hejnal", "load": round(os.getloadavg()[0], 2), "cameras": cameras, "minutes": minutes,
            "footage_mb": round(job.plan.size_bytes / 1e6), **figures, "progress_told": progress.told,
            "longest_silence_s": progress.longest_silence_s, **checked, "peer_seconds": peer["seconds"],
            "ratio": round(figures["seconds"] / max(peer["seconds"], 0.01), 2), "bound_rss_mb": BOUND_RSS_MB,
            "whole_run_s": round(time.monotonic() - began), "met": met,
        }  # fmt: skip
        print(json.dumps(line), flush=True)


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
    parser.add_argument("--cameras", type=int, nargs="+", default=[4])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--mbps", type=float, default=2, help="rate of a camera")
    parser.add_argument("--dir", type=Path, help="where footage and package lie meanwhile (three times their size at most)")
    parser.add_argument("--no-browser", action="store_true", help="leave out the check by the page")
    arguments = parser.parse_args()
    end_children_with_us()
    if not arguments.no_browser:
        build_page()
    encoded = encode(int(arguments.mbps * 1e6))
    for cameras in arguments.cameras:
        run(cameras, arguments.minutes, encoded, place=arguments.dir, browser=not arguments.no_browser)


def build_page() -> None:
    """The verifier page, if it is not there."""
    if not (VERIFIER / "weryfikacja.js").exists():
        command = ["npm", "run", "build", "-w", "@hejnal/verifier"]
        subprocess.run(command, cwd=VERIFIER.parents[1], check=True, capture_output=True, timeout=200)


if __name__ == "__main__":
    main()

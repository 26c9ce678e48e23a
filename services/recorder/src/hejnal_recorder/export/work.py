"""Making one package, step by step, in a process of its own: `python -m hejnal_recorder.export.work FOLDER`.

Everything it needs is in the folder's `job.json`; it talks neither to the database nor to Kafka. Each finished step leaves a
file, written whole or not at all, and is not done again. It says how far it is in JSON lines on standard output and ends when
standard input closes, that is, when the recorder is gone.
"""

import errno
import fcntl
import hashlib
import json
import os
import re
import shutil
import sys
import threading
import time
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any

import structlog
from pydantic import BaseModel

from hejnal_recorder.export.documents import write_documents
from hejnal_recorder.export.footage import SegmentDigest, SourceChangedError, find_damaged, write_stretch
from hejnal_recorder.export.keys import EvidenceKeys, KeysError, load_keys
from hejnal_recorder.export.manifest import MadeFile, read_made
from hejnal_recorder.export.masking import mask_footage
from hejnal_recorder.export.onvif_boxes import ExportNote
from hejnal_recorder.export.plan import CameraPlan, Mask, Plan, Stretch, without_damaged
from hejnal_recorder.export.provenance import (
    SigningError,
    footage_statement,
    local_stamping,
    masked_claim,
    recorded_claim,
    sign_media,
)
from hejnal_recorder.export.rfc3339 import rfc3339
from hejnal_recorder.export.source import CHUNK_BYTES, Source, StoreAwayError
from hejnal_recorder.export.time_stamp import TimeStampAuthority, ask_over_http
from hejnal_recorder.tiers.store import StorePlace
from hejnal_verify.package import FOOTAGE_READS, verify_package

JOB, CHECKED, RESULT, PACKAGE = "job.json", "checked.json", "result.json", "package.zip"
SOFTWARE = {"name": "Hejnal", "version": "0.1.0"}
SAID_EVERY_S = 2.0
NICE = 10


class Job(BaseModel):
    """What the worker is told. No secrets: keys are read from their folder."""

    plan: Plan
    archive_dir: Path
    archive_name: str = ""
    store: StorePlace | None = None
    keys_dir: Path
    tsa_url: str | None = None
    tsa_anchor: Path | None = None
    verifier_dir: Path | None = None
    longest_file_bytes: int
    reserve_bytes: int


class Result(BaseModel):
    """What came of it."""

    size_bytes: int
    sha256: str
    stamped: bool
    damaged: int
    media_files: int


class WorkError(Exception):
    """The package cannot be made; `slug` and text are for the one who asked."""

    def __init__(self, slug: str, detail: str) -> None:
        super().__init__(detail)
        self.slug = slug


class Worker:
    """One job in one folder."""

    def __init__(self, folder: Path, job: Job, keys: EvidenceKeys, say: Callable[[dict[str, Any]], None]) -> None:
        self._folder = folder
        self._package = folder / "package"
        self._steps = folder / "steps"
        self._job = job
        self._source = Source(job.archive_dir, job.store, job.archive_name)
        self._keys = keys
        self._say = say
        self._stage = "reading"
        self._stage_bytes = 0
        self._stage_total = 1
        self._since_said = 0
        self._said_at = time.monotonic()

    def run(self, stamp_url: str, ask_stamp: Callable[[bytes], bytes]) -> Result:
        """Do what is not done yet; the finished package is `package.zip` in the folder."""
        if (done := self._folder / RESULT).exists():  # the recorder went away before it heard
            return Result.model_validate_json(done.read_bytes())
        for folder in (self._package / "media", self._steps):
            folder.mkdir(parents=True, exist_ok=True)
        plan = self._checked()
        made = self._media(plan, stamp_url)
        self._begin("closing", 1)
        stamped = write_documents(
            self._package, plan, made, self._keys, now=datetime.now(UTC), software=SOFTWARE, ask_stamp=ask_stamp,
            stamp_anchor=self._job.tsa_anchor, verifier_dir=self._job.verifier_dir,
        )  # fmt: skip
        target = self._pack(plan)
        self._verify(target)
        result = Result(
            size_bytes=target.stat().st_size,
            sha256=self._digest(target),
            stamped=stamped and all(one.stamped for one in made),
            damaged=self._fragments(self._job.plan) - self._fragments(plan),
            media_files=len(made),
        )
        target.replace(self._folder / PACKAGE)
        _write_whole(self._folder / RESULT, result.model_dump_json())
        shutil.rmtree(self._package)
        return result

    def _checked(self) -> Plan:
        """The plan without damaged fragments."""
        done = self._folder / CHECKED
        if done.exists():
            return Plan.model_validate_json(done.read_bytes())
        plan = self._job.plan
        self._begin("reading", plan.size_bytes)
        damaged = find_damaged(self._source, plan, self._progress)
        if damaged:
            longest = self._job.longest_file_bytes
            cameras = [
                without_damaged(camera, [one for one in damaged if _belongs(one.path, camera)], longest_bytes=longest)
                for camera in plan.cameras
            ]
            plan = plan.model_copy(update={"cameras": cameras})
        if not any(camera.stretches for camera in plan.cameras):
            raise WorkError("no-footage", "None of the footage can be read any more: it was deleted or is damaged.")
        _write_whole(done, plan.model_dump_json())
        return plan

    def _media(self, plan: Plan, stamp_url: str) -> list[MadeFile]:
        self._begin("writing", plan.size_bytes)
        made = []
        for camera in plan.cameras:
            masks = [mask for mask in plan.order.masks if mask.camera_id == camera.camera_id]
            for stretch in camera.stretches:
                original = self._original(plan, camera, stretch, stamp_url)
                if masks:
                    written = self._stage_bytes
                    made.append(self._masked(plan, camera, stretch, masks, original, stamp_url))
                    self._stage, self._stage_bytes, self._stage_total = "writing", written, plan.size_bytes
                if not masks or plan.order.originals:
                    made.append(original)
        keep = {one.path for one in made}
        for path in (self._package / "media").iterdir():
            if f"media/{path.name}" not in keep:
                path.unlink()  # originals that only served to make a masked variant, and what an interruption left
        return made

    def _original(self, plan: Plan, camera: CameraPlan, stretch: Stretch, stamp_url: str) -> MadeFile:
        step, target = self._steps / f"{stretch.name}.json", self._package / "media" / f"{stretch.name}.mp4"
        if (done := read_made(step)) is not None:
            self._progress(stretch.size_bytes)
            return done
        note = ExportNote(plan.organisation, plan.order.requested_by, camera.name, stretch.starts_at, datetime.now(UTC))
        plain = self._folder / "unsigned.mp4"
        with plain.open("wb") as file:
            segments = write_stretch(self._source, stretch, note, file, self._progress)
        statement = footage_statement(plan.order, camera.camera_id, stretch, camera.spans, masked=False)
        claim = recorded_claim(target.name, statement, rfc3339(datetime.now(UTC)), SOFTWARE)
        return self._sign(step, plain, target, claim, stretch, camera, stamp_url, segments=segments)

    def _masked(
        self, plan: Plan, camera: CameraPlan, stretch: Stretch, masks: list[Mask], original: MadeFile, stamp_url: str
    ) -> MadeFile:
        step, target = self._steps / f"{stretch.name}_masked.json", self._package / "media" / f"{stretch.name}_masked.mp4"
        if (done := read_made(step)) is not None:
            return done
        source, plain = self._package / original.path, self._folder / "unsigned.mp4"
        self._begin("masking", source.stat().st_size)
        mask_footage(source, plain, stretch, masks, self._progress)
        statement = footage_statement(plan.order, camera.camera_id, stretch, camera.spans, masked=True)
        claim = masked_claim(target.name, statement, rfc3339(datetime.now(UTC)), SOFTWARE, masks)
        return self._sign(step, plain, target, claim, stretch, camera, stamp_url, original=(source, original.sha256))

    def _sign(
        self, step: Path, plain: Path, target: Path, claim: dict[str, Any], stretch: Stretch, camera: CameraPlan, stamp_url: str,
        *, segments: list[SegmentDigest] | None = None, original: tuple[Path, str] | None = None,
    ) -> MadeFile:  # fmt: skip
        self._demand_space(plain.stat().st_size)
        part = self._folder / "signed.mp4"
        parent = original[0] if original else None
        stamped = sign_media(plain, part, claim, self._keys, tsa_url=stamp_url, original=parent, alive=self._alive)
        plain.unlink()
        made = MadeFile(
            path=f"media/{target.name}", stretch=stretch, camera_id=camera.camera_id, size_bytes=part.stat().st_size,
            sha256=self._digest(part), stamped=stamped, segments=segments or [],
            original_sha256=original[1] if original else None,
        )  # fmt: skip
        _sync(part)
        part.replace(target)
        _write_whole(step, made.model_dump_json())
        return made

    def _pack(self, plan: Plan) -> Path:
        """All files in one zip, stored as they are, streamed."""
        files = sorted(path for path in self._package.rglob("*") if path.is_file())
        self._begin("packing", sum(path.stat().st_size for path in files))
        target = self._folder / f"{PACKAGE}.part"
        root = package_name(plan.order.case_number, plan.order.export_id)
        with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED, allowZip64=True) as archive:
            for path in files:
                info = zipfile.ZipInfo.from_file(path, f"{root}/{path.relative_to(self._package).as_posix()}")
                with path.open("rb") as source, archive.open(info, "w", force_zip64=True) as written:
                    self._copy(source, written)
        _sync(target)
        return target

    def _verify(self, target: Path) -> None:
        self._begin("verifying", FOOTAGE_READS * target.stat().st_size)
        report = verify_package(target, anchor_pem=self._keys.root_pem.encode(), progress=self._progress)
        if not report.good:
            raise WorkError(
                "self-check-failed", f"The finished package did not pass its own check: {report.findings[0].sentence()}"
            )

    def _copy(self, source: IO[bytes], target: IO[bytes]) -> None:
        while chunk := source.read(CHUNK_BYTES):
            target.write(chunk)
            self._progress(len(chunk))

    def _begin(self, stage: str, total_bytes: int) -> None:
        self._stage, self._stage_bytes, self._stage_total = stage, 0, max(1, total_bytes)
        self._tell()

    def _progress(self, more_bytes: int) -> None:
        self._stage_bytes += more_bytes
        self._since_said += more_bytes
        if self._since_said >= 16 * CHUNK_BYTES:
            self._demand_space(0)
            self._tell()
        else:
            self._alive()

    def _alive(self) -> None:
        """Long work without bytes to count is told too."""
        if time.monotonic() - self._said_at >= SAID_EVERY_S:
            self._tell()

    def _tell(self) -> None:
        self._since_said, self._said_at = 0, time.monotonic()
        self._say({"stage": self._stage, "done_bytes": self._stage_bytes, "total_bytes": self._stage_total})

    def _demand_space(self, needed_bytes: int) -> None:
        """The recording goes first: an export stops before it takes the last of the disk."""
        if shutil.disk_usage(self._folder).free < needed_bytes + self._job.reserve_bytes:
            raise OSError(errno.ENOSPC, "no space left for exports")

    @staticmethod
    def _digest(path: Path) -> str:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()

    @staticmethod
    def _fragments(plan: Plan) -> int:
        return sum(len(stretch.fragments) for camera in plan.cameras for stretch in camera.stretches)


def package_name(case_number: str, export_id: str) -> str:
    """Folder in the zip and name of the download, safe on every system."""
    case = re.sub(r"[^A-Za-z0-9]+", "-", case_number).strip("-")[:40] or "bez-numeru"
    return f"hejnal_{case}_{export_id[:13]}"


def _belongs(path: str, camera: CameraPlan) -> bool:
    return any(fragment.path == path for stretch in camera.stretches for fragment in stretch.fragments)


def _write_whole(path: Path, text: str) -> None:
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    _sync(part)
    part.replace(path)
    descriptor = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _end_with_the_recorder() -> None:
    while os.read(0, 4096):  # not through the buffer of sys.stdin: its lock would be in the way at the end
        pass
    os._exit(3)


def _work(folder: Path) -> int:
    def say(line: dict[str, Any]) -> None:
        print(json.dumps(line), flush=True)  # noqa: T201 the recorder reads it

    def fail(slug: str, detail: str) -> int:
        say({"failed": slug, "detail": detail})
        return 1

    lock = (folder / "lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return fail("busy", "Another process works on this export.")
    try:
        job = Job.model_validate_json((folder / JOB).read_bytes())
        keys = load_keys(job.keys_dir)
        worker = Worker(folder, job, keys, say)
        authority = TimeStampAuthority(keys.stamping, lambda: datetime.now(UTC))
        if job.tsa_url:
            result = worker.run(job.tsa_url, ask_over_http(job.tsa_url))
        else:
            with local_stamping(authority) as url:
                result = worker.run(url, authority.answer)
    except WorkError as error:
        return fail(error.slug, str(error))
    except KeysError as error:
        return fail("keys-unusable", str(error))
    except SourceChangedError as error:
        return fail("footage-changed", f"Footage went away while it was being exported: {error}.")
    except StoreAwayError as error:
        return fail("store-unreachable", str(error))
    except SigningError as error:
        return fail("signing-failed", f"The footage could not be signed: {error}.")
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return fail("disk-full", "There is not enough space for this export. Free space or ask for less, then try again.")
        return fail("io-error", f"Reading or writing failed ({error.strerror or type(error).__name__}).")
    say({"finished": result.model_dump()})
    return 0


def main() -> int:
    """Make the package of the folder named on the command line."""
    os.nice(NICE)
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))  # standard output is the recorder's
    threading.Thread(target=_end_with_the_recorder, daemon=True).start()
    return _work(Path(sys.argv[1]))


if __name__ == "__main__":
    sys.exit(main())

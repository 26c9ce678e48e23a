"""The papers of a package: instructions, player, verifier page, manifest, signatures, checksums."""

import hashlib
import json
import shutil
from collections.abc import Callable, Sequence
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Any

import structlog

from hejnal_recorder.export.cms_signing import sign_detached
from hejnal_recorder.export.keys import EvidenceKeys, fingerprint
from hejnal_recorder.export.manifest import MadeFile, manifest
from hejnal_recorder.export.plan import CameraPlan, Plan
from hejnal_recorder.export.rfc3339 import rfc3339
from hejnal_recorder.export.time_stamp import NoStampError, request_stamp
from hejnal_verify.package import ANCHOR, MANIFEST, SIGNATURE, STAMP, STAMP_ANCHOR, SUMS

log = structlog.get_logger()

PLAYER, VERIFIER, INSTRUCTIONS = "odtwarzacz.html", "weryfikacja.html", "README.txt"


def write_documents(
    folder: Path,
    plan: Plan,
    made: Sequence[MadeFile],
    keys: EvidenceKeys,
    *,
    now: datetime,
    software: dict[str, str],
    ask_stamp: Callable[[bytes], bytes],
    stamp_anchor: Path | None,
    verifier_dir: Path | None,
) -> bool:
    """Everything beside the media, the checksums last; says whether the signature is time-stamped."""
    (folder / ANCHOR).write_text(keys.root_pem)
    if stamp_anchor is not None:
        shutil.copyfile(stamp_anchor, folder / STAMP_ANCHOR)
    pages = sorted(verifier_dir.glob("weryfikacja.*")) if verifier_dir is not None else []
    for page in pages:
        shutil.copyfile(page, folder / page.name)
    (folder / PLAYER).write_text(player_page(plan, made), encoding="utf-8")
    (folder / INSTRUCTIONS).write_text(
        _instructions(plan, keys, verifier=bool(pages), own=stamp_anchor is None), encoding="utf-8"
    )
    (folder / STAMP).unlink(missing_ok=True)  # of an attempt that was interrupted
    beside = [path for path in sorted(folder.iterdir()) if path.is_file() and path.name not in {MANIFEST, SIGNATURE, STAMP, SUMS}]
    files = [{"path": path.name, "size_bytes": path.stat().st_size, "sha256": _digest(path)} for path in beside]
    document = manifest(
        plan.order, plan.organisation, plan.cameras, made, files, created_at=rfc3339(now), software=software, keys=keys
    )
    signature = sign_detached(document, keys.signing, now)
    (folder / MANIFEST).write_bytes(document)
    (folder / SIGNATURE).write_bytes(signature)
    stamped = True
    try:
        (folder / STAMP).write_bytes(request_stamp(signature, ask_stamp))
    except NoStampError as error:
        stamped = False
        log.warning("export_without_time_stamp", export_id=plan.order.export_id, reason=str(error))
    sums = {one.path: one.sha256 for one in made}
    sums |= {path.name: _digest(path) for path in folder.iterdir() if path.is_file() and path.name != SUMS}
    (folder / SUMS).write_text("".join(f"{digest}  {name}\n" for name, digest in sorted(sums.items())))
    return stamped


def player_page(plan: Plan, made: Sequence[MadeFile]) -> str:
    """The synchronised player with its data inside: a page opened from a disk may not fetch."""
    data = {
        "export_id": plan.order.export_id,
        "case_number": plan.order.case_number,
        "reason": plan.order.reason,
        "requested_by": plan.order.requested_by,
        "approved_by": plan.order.approved_by,
        "from": rfc3339(plan.order.starts_at),
        "to": rfc3339(plan.order.ends_at),
        "cameras": [tile for camera in plan.cameras for tile in _tiles(plan, camera, made)],
    }
    text = json.dumps(data, ensure_ascii=False).replace("<", "\\u003c")  # must not end the script element
    page = resources.files("hejnal_recorder.export").joinpath("pages/player.html").read_text(encoding="utf-8")
    return page.replace("/*DATA*/", text)


def _tiles(plan: Plan, camera: CameraPlan, made: Sequence[MadeFile]) -> list[dict[str, Any]]:
    tiles = []
    gaps = [
        {"from": rfc3339(span.starts_at), "to": rfc3339(span.ends_at), "cause": span.cause, "detail": span.detail}
        for span in camera.spans
        if span.kind == "gap"
    ]
    for masked in (False, True):
        files = [one for one in made if one.camera_id == camera.camera_id and (one.original_sha256 is not None) is masked]
        if files or (not masked and not any(one.camera_id == camera.camera_id for one in made)):
            name = f"{camera.name} ({camera.camera_id})" + (" · zamazane / masked" if masked else "")
            tiles.append(
                {"camera_id": camera.camera_id, "name": name, "gaps": gaps, "files": [_marks(plan, one) for one in files]}
            )
    return tiles


def _marks(plan: Plan, made: MadeFile) -> dict[str, Any]:
    """Where each fragment lies in server time (ms after the interval's start) and in the file (s after its first picture)."""
    stretch = made.stretch
    first, rate = stretch.fragments[0].media_time, stretch.run.timescale or 90_000
    origin = plan.order.starts_at

    def mark(instant: datetime, ticks: int) -> list[float]:
        return [round((instant - origin).total_seconds() * 1000, 3), round((ticks - first) / rate, 6)]

    last = stretch.fragments[-1]
    return {
        "path": made.path,
        "first_s": round(first / rate, 6),
        "marks": [mark(fragment.starts_at, fragment.media_time) for fragment in stretch.fragments],
        "end": mark(last.ends_at, last.media_time + last.duration_ticks),
    }


def _instructions(plan: Plan, keys: EvidenceKeys, *, verifier: bool, own: bool) -> str:
    page = resources.files("hejnal_recorder.export").joinpath("pages/README.txt").read_text(encoding="utf-8")
    if not verifier:
        page = "".join(line for line in page.splitlines(keepends=True) if VERIFIER not in line)
    return page.format(
        case_number=plan.order.case_number,
        organisation=plan.organisation,
        interval=f"{rfc3339(plan.order.starts_at)} – {rfc3339(plan.order.ends_at)}",
        fingerprint=fingerprint(keys.root),
        stamp_anchor=ANCHOR if own else STAMP_ANCHOR,
    )


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()

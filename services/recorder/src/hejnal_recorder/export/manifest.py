"""`manifest.json`: what the package holds, hash by hash, and what it lacks. The one document that is signed by itself."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from hejnal_recorder.export.footage import SegmentDigest
from hejnal_recorder.export.keys import EvidenceKeys, fingerprint
from hejnal_recorder.export.plan import CameraPlan, Order, Stretch
from hejnal_recorder.export.rfc3339 import rfc3339
from hejnal_verify.package import SCHEMA


class MadeFile(BaseModel):
    """A finished media file of the package; kept as JSON beside it, the sign that this step is done."""

    path: str
    stretch: Stretch
    camera_id: str
    size_bytes: int
    sha256: str
    stamped: bool
    segments: list[SegmentDigest] = []
    original_sha256: str | None = None
    """Of a masked variant: the hash of the signed original it was made from."""


def file_entry(made: MadeFile) -> dict[str, Any]:
    """A media file with the hash and time of each fragment; a masked variant has none of its own."""
    stretch, run = made.stretch, made.stretch.run
    masked = made.original_sha256 is not None
    fragments = [] if masked else stretch.fragments
    return {
        "path": made.path,
        "kind": "masked" if masked else "recorded",
        "size_bytes": made.size_bytes,
        "sha256": made.sha256,
        "from": rfc3339(stretch.starts_at),
        "to": rfc3339(stretch.ends_at),
        "original_sha256": made.original_sha256,
        "run_id": run.run_id,
        "stream": run.stream,
        "codec": "avc1 (encoded anew)" if masked else run.codec,
        "width": run.width,
        "height": run.height,
        "timescale": run.timescale,
        "init_sha256": "" if masked else run.init_sha256,
        "time_stamped": made.stamped,
        "camera_clock": _camera_clock(stretch),
        "segments": [segment.model_dump() for segment in made.segments],
        "fragments": [
            {
                "sha256": fragment.sha256,
                "size_bytes": fragment.size_bytes,
                "from": rfc3339(fragment.starts_at),
                "to": rfc3339(fragment.ends_at),
                "media_time": fragment.media_time,
                "duration_ticks": fragment.duration_ticks,
                "frames": fragment.frames,
                "sequence": fragment.sequence,
                "segment_id": fragment.segment_id,
                "camera_time": rfc3339(fragment.camera_time) if fragment.camera_time else None,
            }
            for fragment in fragments
        ],
    }


def manifest(
    order: Order,
    organisation: str,
    cameras: Sequence[CameraPlan],
    made: Sequence[MadeFile],
    files: Sequence[dict[str, Any]],
    *,
    created_at: str,
    software: dict[str, str],
    keys: EvidenceKeys,
) -> bytes:
    """The document's bytes, UTF-8, keys sorted."""
    document = {
        "schema": SCHEMA,
        "export_id": order.export_id,
        "created_at": created_at,
        "organisation": organisation,
        "software": software,
        "request": {
            "requested_by": order.requested_by,
            "requested_at": rfc3339(order.requested_at),
            "approved_by": order.approved_by,
            "reason": order.reason,
            "case_number": order.case_number,
            "from": rfc3339(order.starts_at),
            "to": rfc3339(order.ends_at),
            "masks": [mask.model_dump(mode="json", exclude_none=True) for mask in order.masks],
            "originals_included": order.originals,
        },
        "time": {
            "clock": "The recorder's clock when the first byte of a picture arrived, UTC; whole groups of pictures are exported, "
            "so a file may begin before and end after the interval asked for.",
            "camera_clock": "camera_clock is what the camera's own clock said minus the recorder's, in seconds.",
        },
        "authority_sha256": fingerprint(keys.root),
        "signer_sha256": fingerprint(keys.signing.certificate),
        "cameras": [
            {
                "camera_id": camera.camera_id,
                "name": camera.name,
                "spans": [
                    {
                        "kind": span.kind,
                        "from": rfc3339(span.starts_at),
                        "to": rfc3339(span.ends_at),
                        "cause": span.cause,
                        "detail": span.detail,
                    }
                    for span in camera.spans
                ],
                "files": [file_entry(one) for one in made if one.camera_id == camera.camera_id],
            }
            for camera in cameras
        ],
        "files": list(files),
    }
    return (json.dumps(document, ensure_ascii=False, sort_keys=True, indent=1) + "\n").encode()


def read_made(path: Path) -> MadeFile | None:
    """The record of a finished step, if it is finished."""
    try:
        return MadeFile.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None


def _camera_clock(stretch: Stretch) -> dict[str, Any] | None:
    offsets = [
        (fragment.camera_time - fragment.starts_at).total_seconds() for fragment in stretch.fragments if fragment.camera_time
    ]
    if not offsets:
        return None
    return {"least_offset_s": min(offsets), "largest_offset_s": max(offsets), "samples": len(offsets)}

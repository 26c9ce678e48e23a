"""Reading recorded fragments with their hashes checked, and writing them as one file, untouched."""

import hashlib
from collections.abc import Callable
from typing import BinaryIO

from pydantic import BaseModel

from hejnal_recorder.export.onvif_boxes import ExportNote, export_meta, segment_index
from hejnal_recorder.export.plan import Plan, SourceFragment, SourceRun, Stretch
from hejnal_recorder.export.source import Source

Progress = Callable[[int], None]
"""Told how many bytes more are done; raises to stop the work."""


class SegmentDigest(BaseModel):
    """What of a segment file went into an export."""

    segment_id: str
    fragments: int
    sha256: str


class SourceChangedError(Exception):
    """Footage is gone or not what was recorded, after it had been looked at."""


def find_damaged(source: Source, plan: Plan, progress: Progress) -> list[SourceFragment]:
    """Fragments that cannot be read as they were recorded. Reads every byte."""
    damaged = []
    for camera in plan.cameras:
        for stretch in camera.stretches:
            heads: dict[str, bool] = {}
            for fragment in stretch.fragments:
                if fragment.path not in heads:
                    heads[fragment.path] = _digest(source, fragment, 0, stretch.run.init_size_bytes) == stretch.run.init_sha256
                found = _digest(source, fragment, fragment.offset_bytes, fragment.size_bytes)
                if found != fragment.sha256 or not heads[fragment.path]:
                    damaged.append(fragment)
                progress(fragment.size_bytes)
    return damaged


def write_stretch(
    source: Source, stretch: Stretch, note: ExportNote, target: BinaryIO, progress: Progress
) -> list[SegmentDigest]:
    """Head, ONVIF's boxes, an index, and the fragments as they were recorded; gives the hash of each segment's exported bytes.

    Raises SourceChangedError when a fragment is not what was recorded.
    """
    first = stretch.fragments[0]
    target.write(_head(source, stretch.run, first))
    target.write(export_meta(note))
    sizes = [(fragment.size_bytes, fragment.duration_ticks) for fragment in stretch.fragments]
    target.write(segment_index(sizes, timescale=stretch.run.timescale, first_tick=first.media_time))
    segments: list[SegmentDigest] = []
    of_segment, count = hashlib.sha256(), 0
    for number, fragment in enumerate(stretch.fragments):
        digest = hashlib.sha256()
        for chunk in source.chunks(fragment, fragment.offset_bytes, fragment.size_bytes):
            digest.update(chunk)
            of_segment.update(chunk)
            target.write(chunk)
        if digest.hexdigest() != fragment.sha256:
            raise SourceChangedError(f"{fragment.segment_id} changed or went away while it was being copied")
        count += 1
        following = stretch.fragments[number + 1 : number + 2]
        if not following or following[0].segment_id != fragment.segment_id:
            segments.append(SegmentDigest(segment_id=fragment.segment_id, fragments=count, sha256=of_segment.hexdigest()))
            of_segment, count = hashlib.sha256(), 0
        progress(fragment.size_bytes)
    return segments


def _head(source: Source, run: SourceRun, fragment: SourceFragment) -> bytes:
    head = b"".join(source.chunks(fragment, 0, run.init_size_bytes))
    if hashlib.sha256(head).hexdigest() != run.init_sha256:
        raise SourceChangedError(f"the head of {fragment.segment_id} changed or went away")
    return head


def _digest(source: Source, fragment: SourceFragment, offset: int, size: int) -> str | None:
    digest = hashlib.sha256()
    count = 0
    try:
        for chunk in source.chunks(fragment, offset, size):
            digest.update(chunk)
            count += len(chunk)
    except OSError:  # unreadable sectors are as good as no bytes
        return None
    return digest.hexdigest() if count == size else None

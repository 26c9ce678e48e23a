"""One media file against its entry in the manifest: the whole, the head, every fragment."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from hejnal_verify.boxes import BrokenBoxesError, top_boxes
from hejnal_verify.findings import Report

_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True)
class Contents:
    """Digests (hex) of a file as it lies there."""

    whole: str
    init: str
    """Of `ftyp` and `moov` as they were recorded, with the padding (`free`) behind them."""
    fragments: tuple[str, ...]
    """Of each `moof` with the `mdat` and the padding behind it."""
    broken_at: int | None = None


def read_contents(file: BinaryIO, size_bytes: int) -> Contents:
    """Digests of a file in one pass; `broken_at` says where its boxes stop making sense."""
    whole, init = hashlib.sha256(), hashlib.sha256()
    fragments: list[str] = []
    fragment = hashlib.sha256()
    is_open = False
    broken_at = None
    reached = 0
    try:
        for box in top_boxes(file, size_bytes):
            file.seek(box.offset_bytes)
            if is_open and box.kind != b"free":
                fragments.append(fragment.hexdigest())
                is_open = False
            if box.kind == b"moof":
                fragment = hashlib.sha256()
            for chunk in _chunks(file, box.size_bytes):
                whole.update(chunk)
                if box.kind in (b"moof", b"mdat") or is_open:
                    fragment.update(chunk)
                elif box.kind in (b"ftyp", b"moov") or (box.kind == b"free" and not fragments):
                    init.update(chunk)
            reached = box.offset_bytes + box.size_bytes
            is_open = is_open or box.kind == b"mdat"
    except BrokenBoxesError as error:
        broken_at = error.offset_bytes
        file.seek(reached)
        for chunk in _chunks(file, size_bytes - reached):
            whole.update(chunk)
    if is_open:
        fragments.append(fragment.hexdigest())
    return Contents(whole.hexdigest(), init.hexdigest(), tuple(fragments), broken_at)


def check_media(report: Report, entry: dict[str, Any], file: BinaryIO, size_bytes: int) -> None:
    """Add to the report what in this file is not as the manifest says, with the seconds concerned."""
    name, listed = entry["path"], entry["fragments"]
    contents = read_contents(file, size_bytes)
    report.files += 1
    report.fragments += len(listed)
    before = len(report.findings)
    if contents.broken_at is not None:
        report.add("boxes-broken", name, f"the file's structure is damaged at byte {contents.broken_at}", *_span(entry))
    if listed:
        if contents.init != entry["init_sha256"]:
            report.add("head-changed", name, "the file's head (codec and track) was changed", *_span(entry))
        for number, fragment in enumerate(listed):
            found = contents.fragments[number] if number < len(contents.fragments) else None
            if found is None:
                report.add("fragment-missing", name, f"fragment {number} is missing", *_span(fragment))
            elif found != fragment["sha256"]:
                report.add("fragment-changed", name, f"fragment {number} was changed", *_span(fragment))
        if len(contents.fragments) > len(listed):
            report.add("fragment-added", name, f"{len(contents.fragments) - len(listed)} fragments were added", *_span(entry))
    if size_bytes != entry["size_bytes"] or contents.whole != entry["sha256"]:
        known = len(report.findings) > before
        report.add(
            "file-changed", name, "the file is not the one that was signed" + ("" if known else ", outside its pictures"),
            *(() if known else _span(entry)),
        )  # fmt: skip


def _span(entry: dict[str, Any]) -> tuple[str, str]:
    return str(entry["from"]), str(entry["to"])


def _chunks(file: BinaryIO, size: int) -> Iterator[bytes]:
    while size > 0:
        chunk = file.read(min(_CHUNK_BYTES, size))
        if not chunk:
            return
        size -= len(chunk)
        yield chunk

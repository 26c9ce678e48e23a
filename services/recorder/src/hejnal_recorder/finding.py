"""What `check` says."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that does not fit."""

    kind: str
    """overlap, hole, torn, missing, short, hash, orphan, coverage; of the object store: object_missing, object_short,
    object_hash, object_orphan"""
    camera_id: str
    detail: str
    segment_id: str = ""
    path: str = ""
    """Of an orphan, relative to the archive's folder."""


def torn(row: Any, fragments: list[Any]) -> Iterator[str]:
    """What of a row does not fit its own fragments."""
    if len(fragments) != row.fragment_count:
        yield f"{len(fragments)} fragments, the row says {row.fragment_count}"
    reached = row.starts_at
    for fragment in fragments:
        if fragment.starts_at != reached:
            yield f"fragment {fragment.sequence} begins at {fragment.starts_at.isoformat()}, not at {reached.isoformat()}"
        reached = fragment.ends_at
    if reached != row.ends_at:
        yield f"fragments end at {reached.isoformat()}, the row at {row.ends_at.isoformat()}"

"""Boxes that are put between head and fragments: ONVIF's export information and an index for players. Pure.

The recorded bytes stay untouched: all offsets inside fragments count from their own `moof` (default-base-is-moof).
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

_EPOCH_1904 = datetime(1904, 1, 1, tzinfo=UTC)
_EPOCH_1601 = datetime(1601, 1, 1, tzinfo=UTC)
_MOST_REFERENCES = 0xFFFF
_STARTS_WITH_KEY_FRAME = 0x9000_0000


@dataclass(frozen=True, slots=True)
class ExportNote:
    """What ONVIF's export boxes say of a file (ONVIF Export File Format §5)."""

    unit_name: str
    operator: str
    source_name: str
    starts_at: datetime
    exported_at: datetime
    track_id: int = 1


def export_meta(note: ExportNote) -> bytes:
    """A `meta` box with handler, export unit (`suep`) and correlation start time (`cstb`)."""
    exported_s = (note.exported_at - _EPOCH_1904) // timedelta(seconds=1)
    source = struct.pack(">H", note.track_id) + b"".join(_text(part) for part in (note.source_name, "", "", ""))
    unit = b"".join(_text(part) for part in (note.unit_name, "", ""))
    suep = _full_box(b"suep", 1, unit, struct.pack(">Q", exported_s), _text(note.operator), struct.pack(">I", 1), source)
    ticks_100ns = (note.starts_at - _EPOCH_1601) // timedelta(microseconds=1) * 10
    cstb = _box(b"cstb", struct.pack(">IIQ", 1, note.track_id, ticks_100ns))
    handler = _full_box(b"hdlr", 0, struct.pack(">I4s12x", 0, b"null"), _text("ONVIF export"))
    return _full_box(b"meta", 0, handler, suep, cstb)


def segment_index(fragments: Sequence[tuple[int, int]], *, timescale: int, first_tick: int, track_id: int = 1) -> bytes:
    """A `sidx` (§8.16.3) over (size in bytes, duration in ticks) of each fragment, so that players know length and places.

    Empty where it would not hold: more than 65,535 fragments, or no timescale known.
    """
    if not fragments or len(fragments) > _MOST_REFERENCES or timescale <= 0:
        return b""
    references = b"".join(struct.pack(">III", size, ticks, _STARTS_WITH_KEY_FRAME) for size, ticks in fragments)
    head = struct.pack(">IIQQHH", track_id, timescale, first_tick, 0, 0, len(fragments))
    return _full_box(b"sidx", 1, head, references)


def _text(value: str) -> bytes:
    return value.replace("\0", "").encode() + b"\0"


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full_box(kind: bytes, version: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24), *content)

"""Init segment and fragment heads for one H.264 track.

A fragment is `moof` + `mdat`. Its `moof` also carries a `uuid` box of ours with the server time, so that a file explains
itself when the process that wrote it has died before telling anyone.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from hejnal_media.access_unit import CodecParameters

STAMP_TYPE = bytes.fromhex("8f6c1d0a52c34b6e9d0b68656a6e616c")
"""Type of the time-stamp box (the last six bytes read `hejnal`)."""

_KEY_SAMPLE, _DELTA_SAMPLE = 0x0200_0000, 0x0101_0000  # sample_depends_on; sample_is_non_sync_sample (§8.8.3.1)
_MATRIX = struct.pack(">9I", 0x10000, 0, 0, 0, 0x10000, 0, 0, 0, 0x4000_0000)
_MOOF_HEAD = struct.Struct(">I4sI4sIII4sI4sIII4sIQ")
_STAMP = struct.Struct(">I4s16sIQQQI")
_TRUN_HEAD = struct.Struct(">I4sIII")
_STAMP_AT = 24  # between mfhd and traf
_MDAT = struct.Struct(">I4s")
MAX_FRAGMENT_BYTES = 0xFFFF_0000


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture of a fragment."""

    size_bytes: int
    duration_ticks: int
    composition_offset_ticks: int = 0
    key_frame: bool = False


@dataclass(frozen=True, slots=True)
class FragmentStamp:
    """When the fragment's pictures were taken, by the server's clock."""

    sequence: int
    """Number in the run, from 0."""
    starts_at_us: int
    ends_at_us: int
    camera_time_us: int = 0
    """Camera's own time of the first picture; 0 when it is not known."""


def _box(kind: bytes, *content: bytes) -> bytes:
    body = b"".join(content)
    return struct.pack(">I4s", 8 + len(body), kind) + body


def _full_box(kind: bytes, version: int, flags: int, *content: bytes) -> bytes:
    return _box(kind, struct.pack(">I", version << 24 | flags), *content)


def _avcc(parameters: CodecParameters) -> bytes:
    """AVCDecoderConfigurationRecord (ISO/IEC 14496-15 §5.3.3.1)."""
    sps = parameters.sps
    pps = parameters.pps[:255]
    record = bytes((1, sps[1], sps[2], sps[3], 0xFF, 0xE1)) + struct.pack(">H", len(sps)) + sps + bytes((len(pps),))
    return _box(b"avcC", record, *(struct.pack(">H", len(unit)) + unit for unit in pps))


def init_segment(parameters: CodecParameters) -> bytes:
    """`ftyp` + `moov` for one `avc1` track with id 1. The same parameters give the same bytes."""
    width, height, rate = parameters.width, parameters.height, parameters.clock_rate
    entry = _box(
        b"avc1",
        b"\0" * 6 + struct.pack(">H", 1) + b"\0" * 16,
        struct.pack(">HHIIIH", width, height, 0x480000, 0x480000, 0, 1),
        b"\0" * 32 + struct.pack(">Hh", 24, -1),
        _avcc(parameters),
    )
    empty = struct.pack(">I", 0)
    table = _box(
        b"stbl",
        _full_box(b"stsd", 0, 0, struct.pack(">I", 1), entry),
        _full_box(b"stts", 0, 0, empty),
        _full_box(b"stsc", 0, 0, empty),
        _full_box(b"stsz", 0, 0, empty, empty),
        _full_box(b"stco", 0, 0, empty),
    )
    data = _box(b"dinf", _full_box(b"dref", 0, 0, struct.pack(">I", 1), _full_box(b"url ", 0, 1)))
    media = _box(
        b"mdia",
        _full_box(b"mdhd", 0, 0, struct.pack(">IIIIHH", 0, 0, rate, 0, 0x55C4, 0)),
        _full_box(b"hdlr", 0, 0, struct.pack(">I4s12x", 0, b"vide"), b"video\0"),
        _box(b"minf", _full_box(b"vmhd", 0, 1, b"\0" * 8), data, table),
    )
    track = _box(
        b"trak",
        _full_box(
            b"tkhd",
            0,
            3,
            struct.pack(">IIIII8xhhhh", 0, 0, 1, 0, 0, 0, 0, 0, 0),
            _MATRIX,
            struct.pack(">II", width << 16, height << 16),
        ),
        media,
    )
    header = _full_box(
        b"mvhd", 0, 0, struct.pack(">IIIIIH10x", 0, 0, 1000, 0, 0x10000, 0x100), _MATRIX, b"\0" * 24, struct.pack(">I", 2)
    )
    extends = _box(b"mvex", _full_box(b"trex", 0, 0, struct.pack(">IIIII", 1, 1, 0, 0, 0)))
    brands = _box(b"ftyp", b"iso6" + struct.pack(">I", 512) + b"iso6avc1mp41")
    return brands + _box(b"moov", header, track, extends)


def fragment_head(*, decode_time_ticks: int, samples: Sequence[Sample], stamp: FragmentStamp) -> bytes:
    """`moof` and the header of the `mdat`; the samples' bytes must follow, one after the other.

    `decode_time_ticks` is the `tfdt` of the first sample. Raises ValueError when a fragment would be empty or too large.
    """
    count = len(samples)
    total = sum(sample.size_bytes for sample in samples)
    if not 0 < total < MAX_FRAGMENT_BYTES:
        raise ValueError(f"fragment of {total} bytes")
    reordered = any(sample.composition_offset_ticks for sample in samples)
    words = 4 if reordered else 3
    trun_size = _TRUN_HEAD.size + 4 * words * count
    size = 8 + 16 + _STAMP.size + 8 + 16 + 20 + trun_size
    head = _MOOF_HEAD.pack(
        *(size, b"moof", 16, b"mfhd", 0, stamp.sequence + 1),
        *(size - 24 - _STAMP.size, b"traf", 16, b"tfhd", 0x0002_0000, 1),
        *(20, b"tfdt", 0x0100_0000, decode_time_ticks),
    )
    stamp_box = _STAMP.pack(
        *(_STAMP.size, b"uuid", STAMP_TYPE, 0, stamp.starts_at_us, stamp.ends_at_us, stamp.camera_time_us, stamp.sequence)
    )
    flags = 0x000701 | (0x0100_0800 if reordered else 0)
    trun = _TRUN_HEAD.pack(trun_size, b"trun", flags, count, size + 8)
    entries: list[int] = []
    for sample in samples:
        entries += (sample.duration_ticks, sample.size_bytes, _KEY_SAMPLE if sample.key_frame else _DELTA_SAMPLE)
        if reordered:
            entries.append(sample.composition_offset_ticks & 0xFFFF_FFFF)
    table = struct.pack(f">{len(entries)}I", *entries)
    return b"".join((head[:_STAMP_AT], stamp_box, head[_STAMP_AT:], trun, table, _MDAT.pack(8 + total, b"mdat")))

"""Fragment heads for a video track and, if there is sound, an audio track.

A fragment is `moof` + `mdat`. Its `moof` also carries a `uuid` box of ours with the server time, so that a file explains
itself when the process that wrote it has died before telling anyone.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hejnal_media.fmp4.sample_entries import AUDIO_TRACK, VIDEO_TRACK

STAMP_TYPE = bytes.fromhex("8f6c1d0a52c34b6e9d0b68656a6e616c")
"""Type of the time-stamp box (the last six bytes read `hejnal`)."""

_KEY_SAMPLE, _DELTA_SAMPLE = 0x0200_0000, 0x0101_0000  # sample_depends_on; sample_is_non_sync_sample (§8.8.3.1)
_MOOF_HEAD = struct.Struct(">I4sI4sIII4sI4sIII4sIQ")
_STAMP = struct.Struct(">I4s16sIQQQI")
_TRUN_HEAD = struct.Struct(">I4sIII")
_STAMP_AT = 24  # between mfhd and traf
_MDAT = struct.Struct(">I4s")
_AUDIO_TRAF = struct.Struct(">I4sI4sIII4sIQ")
MAX_FRAGMENT_BYTES = 0xFFFF_0000


class Sample(NamedTuple):
    """One picture of a fragment."""

    size_bytes: int
    duration_ticks: int
    composition_offset_ticks: int = 0
    key_frame: bool = False


@dataclass(frozen=True, slots=True)
class SoundTrack:
    """The sound frames of a fragment; their bytes follow those of the pictures."""

    decode_time_ticks: int
    """Of the first one, at the sound's own clock."""
    sizes_bytes: Sequence[int]
    durations_ticks: Sequence[int]


@dataclass(frozen=True, slots=True)
class FragmentStamp:
    """When the fragment's pictures were taken, by the server's clock."""

    sequence: int
    """Number in the run, from 0."""
    starts_at_us: int
    ends_at_us: int
    camera_time_us: int = 0
    """Camera's own time of the first picture; 0 when it is not known."""


def fragment_head(
    *, decode_time_ticks: int, samples: Sequence[Sample], stamp: FragmentStamp, sound: SoundTrack | None = None
) -> bytes:
    """`moof` and the header of the `mdat`; the samples' bytes must follow, one after the other, then those of the sound.

    `decode_time_ticks` is the `tfdt` of the first sample. Raises ValueError when a fragment would be empty or too large.
    """
    count = len(samples)
    pictures_bytes = total = sum(sample.size_bytes for sample in samples)
    if sound is not None:
        total += sum(sound.sizes_bytes)
    if not 0 < pictures_bytes <= total < MAX_FRAGMENT_BYTES:
        raise ValueError(f"fragment of {total} bytes")
    reordered = any(sample.composition_offset_ticks for sample in samples)
    words = 4 if reordered else 3
    trun_size = _TRUN_HEAD.size + 4 * words * count
    traf_size = 8 + 16 + 20 + trun_size
    size = 8 + 16 + _STAMP.size + traf_size
    if sound is not None:
        size += _sound_size(sound)
    head = _MOOF_HEAD.pack(
        *(size, b"moof", 16, b"mfhd", 0, stamp.sequence + 1),
        *(traf_size, b"traf", 16, b"tfhd", 0x0002_0000, VIDEO_TRACK),
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
    sound_box = b"" if sound is None else _sound_box(sound, size + 8 + pictures_bytes)
    return b"".join((head[:_STAMP_AT], stamp_box, head[_STAMP_AT:], trun, table, sound_box, _MDAT.pack(8 + total, b"mdat")))


def _sound_size(sound: SoundTrack) -> int:
    return _AUDIO_TRAF.size + _TRUN_HEAD.size + 8 * len(sound.sizes_bytes)


def _sound_box(sound: SoundTrack, data_offset: int) -> bytes:
    """`traf` of the sound; its bytes lie at `data_offset` from the start of the `moof`."""
    count = len(sound.sizes_bytes)
    traf = _AUDIO_TRAF.pack(
        *(_sound_size(sound), b"traf", 16, b"tfhd", 0x0002_0000, AUDIO_TRACK),
        *(20, b"tfdt", 0x0100_0000, sound.decode_time_ticks),
    )
    trun = _TRUN_HEAD.pack(_TRUN_HEAD.size + 8 * count, b"trun", 0x000301, count, data_offset)
    pairs = zip(sound.durations_ticks, sound.sizes_bytes, strict=True)
    return traf + trun + struct.pack(f">{2 * count}I", *(word for pair in pairs for word in pair))

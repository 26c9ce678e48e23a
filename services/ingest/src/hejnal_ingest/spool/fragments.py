"""From access units to fragments: one per group of pictures, in segments of about a minute. Pure."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hejnal_ingest.spool.arrival import ArrivalTimeline
from hejnal_media.access_unit import MAX_GOP_BYTES, AccessUnit, CodecParameters
from hejnal_media.fmp4 import FragmentStamp, Sample, fragment_head, init_segment

_NOMINAL_TICKS = 3600
_MAX_SAMPLE_TICKS = 10 * 90_000
_MAX_UNITS = 20_000
SPLIT_BYTES = MAX_GOP_BYTES // 2
"""A longer group of pictures is written in several fragments, so that memory stays bounded."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A complete fragment, to be written."""

    sequence: int
    segment_id: str
    starts_segment: bool
    init: bytes
    """`ftyp` + `moov` of the segment."""
    head: bytes
    pieces: list[bytes]
    """The payload in the pieces it came in: joined once, when it is written."""
    size_bytes: int
    starts_at_us: int
    ends_at_us: int
    media_time: int
    duration_ticks: int
    frames: int
    segment_ends: bool
    camera_time_us: int | None


class FragmentBuilder:
    """Collects the access units of one run. `add` gives a fragment when a key frame shows that one is complete."""

    def __init__(
        self,
        camera_id: str,
        parameters: CodecParameters,
        *,
        segment_s: float,
        new_id: Callable[[], str],
        not_before_us: int = 0,
        camera_time_us: Callable[[int], int | None] = lambda _ticks: None,
    ) -> None:
        self.parameters = parameters
        self._init = init_segment(parameters)
        self._new_id = new_id
        self._segment_us = int(segment_s * 1e6)
        # each camera rotates at its own second of the minute
        self._rotation_us = zlib.crc32(camera_id.encode()) % self._segment_us
        self._camera_time_us = camera_time_us
        self._timeline = ArrivalTimeline(not_before_us)
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._base_ticks: int | None = None
        self._sequence = 0
        self._next_starts_us: int | None = None
        self._media_time = 0
        self._segment_id = ""
        self._rotate = True

    @property
    def started_at_us(self) -> int | None:
        """Server time of the run's first picture; known once the first fragment is."""
        return self._next_starts_us

    @property
    def fragments(self) -> int:
        """How many were given out."""
        return self._sequence

    def add(self, unit: AccessUnit) -> Fragment | None:
        """Takes the next picture; the first one must be a key frame."""
        complete: Fragment | None = None
        if self._units and (unit.key_frame or self._bytes >= SPLIT_BYTES or len(self._units) >= _MAX_UNITS):
            complete = self._close(unit.ticks)
        if self._base_ticks is None:
            self._base_ticks = unit.ticks
        self._units.append(unit)
        self._bytes += unit.size_bytes
        self._timeline.note(unit.ticks, unit.received_at_us)
        return complete

    def change_parameters(self, parameters: CodecParameters) -> Fragment | None:
        """The next picture needs another init: its segment begins anew. Gives the last fragment of the old one."""
        last = self.finish()
        self.parameters = parameters
        self._init = init_segment(parameters)
        return last

    def finish(self) -> Fragment | None:
        """The pictures that have come since the last key frame, as the last fragment of their segment."""
        if not self._units:
            return None
        return self._close(None)

    def _close(self, next_ticks: int | None) -> Fragment:
        """`next_ticks` is the time of the key frame that follows, None when nothing does."""
        units, self._units = self._units, []
        total, self._bytes = self._bytes, 0
        ticks = [unit.ticks for unit in units]
        decode, durations = _decode_times(ticks, next_ticks)
        duration = sum(durations)
        self._timeline.end_group()
        if self._next_starts_us is None:
            self._next_starts_us = self._timeline.instant_us(ticks[0])
        starts_us = self._next_starts_us
        ends_us = self._timeline.instant_us(decode[0] + duration)
        self._next_starts_us = ends_us
        starts_segment = self._rotate
        if starts_segment:
            self._segment_id = self._new_id()
        self._rotate = next_ticks is None or self._slot(ends_us) != self._slot(starts_us)
        camera_time = self._camera_time_us(ticks[0])
        stamp = FragmentStamp(self._sequence, starts_us, ends_us, camera_time or 0)
        samples = [
            Sample(unit.size_bytes, lasts, unit.ticks - at, unit.key_frame)
            for unit, lasts, at in zip(units, durations, decode, strict=True)
        ]
        head = fragment_head(decode_time_ticks=self._media_time, samples=samples, stamp=stamp)
        pieces: list[bytes] = []
        for unit in units:
            pieces += unit.pieces
        fragment = Fragment(
            sequence=self._sequence,
            segment_id=self._segment_id,
            starts_segment=starts_segment,
            init=self._init,
            head=head,
            pieces=pieces,
            size_bytes=len(head) + total,
            starts_at_us=starts_us,
            ends_at_us=ends_us,
            media_time=self._media_time,
            duration_ticks=duration,
            frames=len(units),
            segment_ends=self._rotate,
            camera_time_us=camera_time,
        )
        self._sequence += 1
        self._media_time += duration
        return fragment

    def _slot(self, instant_us: int) -> int:
        return (instant_us + self._rotation_us) // self._segment_us


def _decode_times(ticks: list[int], next_ticks: int | None) -> tuple[list[int], list[int]]:
    """Decoding times and durations. RTP tells picture times only: with B-frames the decoding times are those, sorted."""
    decode = ticks if all(before < after for before, after in pairwise(ticks)) else sorted(ticks)
    durations = [_bounded(after - before) for before, after in pairwise(decode)]
    usual = durations[-1] if durations else _NOMINAL_TICKS
    durations.append(_bounded(next_ticks - decode[-1]) if next_ticks is not None else usual)
    at = [decode[0]]
    for duration in durations[:-1]:
        at.append(at[-1] + duration)
    return at, durations


def _bounded(duration: int) -> int:
    return max(1, min(_MAX_SAMPLE_TICKS, duration))

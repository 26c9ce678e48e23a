"""What a compressed stream tells without being decoded: sizes and arrival times, one group of pictures at a time."""

from collections.abc import Callable
from dataclasses import dataclass

from hejnal_media.access_unit import CLOCK_RATE, AccessUnit

MAX_WINDOW_UNITS = 150
"""A longer group of pictures is looked at in parts (6 s at 25 pictures/s), so that smart codecs are not blind for a minute."""
_INTRA_UNITS = 50
_MAX_WINDOW_TICKS = 120 * CLOCK_RATE


@dataclass(frozen=True, slots=True)
class StreamWindow:
    """One group of pictures, or a part of a long one."""

    ended_at_us: int
    """Server time of its last picture."""
    key_bytes: int
    """Size of its key frame; 0 in the later parts of a long group."""
    inter_count: int
    """Pictures that are not key frames; the sizes below are theirs."""
    inter_min_bytes: int
    inter_median_bytes: int
    inter_max_bytes: int
    total_bytes: int
    duration_s: float
    """Up to the next picture, by the camera's own RTP clock."""
    offset_us: int
    """Least (arrival - RTP time): the picture that was delayed least."""
    jitter_s: float
    """How late the latest twentieth of the pictures came, against the one that was delayed least."""

    pictures: int
    """How many pictures it has."""


class WindowMeter:
    """Takes access units (well below a microsecond each) and gives a window for each group of pictures.

    A stream in which every picture is a key frame (MJPEG) is measured two seconds at a time.
    """

    __slots__ = ("_arrived_us", "_first_ticks", "_key", "_offsets", "_on_window", "_sizes", "intra_only", "newest_key")

    def __init__(self, on_window: Callable[[StreamWindow], None]) -> None:
        self.newest_key: AccessUnit | None = None
        """The newest key frame, for whoever wants to see it."""
        self.intra_only = False
        self._on_window = on_window
        self._sizes: list[int] = []
        self._offsets: list[int] = []
        self._key = False
        self._first_ticks = 0
        self._arrived_us = 0

    def observe(self, unit: AccessUnit) -> None:
        """The next picture. The hot path: two appends, no more."""
        if unit.key_frame:
            self.newest_key = unit
            if not self.intra_only or len(self._sizes) >= _INTRA_UNITS:
                self._close(unit)
        elif len(self._sizes) >= MAX_WINDOW_UNITS:
            self._close(unit)
        self._sizes.append(unit.size_bytes)
        self._arrived_us = unit.received_at_us
        self._offsets.append(unit.received_at_us - unit.ticks * 100 // 9)

    def restart(self) -> None:
        """The stream has a hole: what was begun is no whole window."""
        self._sizes, self._offsets, self._key = [], [], False

    def _close(self, following: AccessUnit) -> None:
        sizes, offsets = self._sizes, self._offsets
        had_key, first_ticks, ended_at_us = self._key, self._first_ticks, self._arrived_us
        self._sizes, self._offsets = [], []
        self._key, self._first_ticks = following.key_frame, following.ticks
        ticks = following.ticks - first_ticks
        if not sizes or ticks <= 0 or ticks > _MAX_WINDOW_TICKS:
            return
        inter: list[int]
        if self.intra_only:
            key_bytes, inter = sorted(sizes)[len(sizes) // 2], []
        else:
            key_bytes, inter = (sizes[0], sorted(sizes[1:])) if had_key else (0, sorted(sizes))
        offsets.sort()
        self._on_window(
            StreamWindow(
                ended_at_us=ended_at_us,
                key_bytes=key_bytes,
                inter_count=len(inter),
                inter_min_bytes=inter[0] if inter else 0,
                inter_median_bytes=inter[len(inter) // 2] if inter else 0,
                inter_max_bytes=inter[-1] if inter else 0,
                total_bytes=sum(sizes),
                duration_s=ticks / CLOCK_RATE,
                offset_us=offsets[0],
                jitter_s=(offsets[len(offsets) * 95 // 100] - offsets[0]) / 1e6,
                pictures=len(sizes),
            )
        )

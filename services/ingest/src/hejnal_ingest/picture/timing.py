"""How regular a stream is: pictures per second against the usual, jitter, and how fast the camera's clock runs. Pure."""

from collections import deque
from statistics import median

from hejnal_ingest.picture.window import StreamWindow

_BLOCK_US = 30_000_000
_BLOCKS = 40
_MIN_BLOCKS = 6
_PLAUSIBLE_PPM = 5_000.0
_SMOOTHING = 0.2


class StreamTiming:
    """Figures over the last minutes of one run."""

    def __init__(self) -> None:
        self.fps = 0.0
        self.jitter_s = 0.0
        self._blocks: deque[tuple[int, int]] = deque(maxlen=_BLOCKS)
        self._block_at_us = 0
        self._block_offset_us: int | None = None

    def take(self, window: StreamWindow) -> None:
        """The next window of the run."""
        fps = window.pictures / window.duration_s
        self.fps = fps if not self.fps else self.fps + _SMOOTHING * (fps - self.fps)
        self.jitter_s += _SMOOTHING * (window.jitter_s - self.jitter_s)
        if self._block_offset_us is None:
            self._block_at_us, self._block_offset_us = window.ended_at_us, window.offset_us
        elif window.ended_at_us - self._block_at_us < _BLOCK_US:
            self._block_offset_us = min(self._block_offset_us, window.offset_us)
        else:
            self._blocks.append((self._block_at_us, self._block_offset_us))
            self._block_at_us, self._block_offset_us = window.ended_at_us, window.offset_us

    def restart(self) -> None:
        """A new run counts RTP time anew."""
        self._blocks.clear()
        self._block_offset_us = None

    @property
    def drift_ppm(self) -> float | None:
        """How much faster (+) the camera's media clock runs than the server's; None before three minutes.

        Median of slopes between the first and the last half (Theil and Sen's idea): one late block does not tilt it.
        """
        if len(self._blocks) < _MIN_BLOCKS:
            return None
        half = len(self._blocks) // 2
        blocks = list(self._blocks)
        slopes = [
            (offset - before) / (at - before_at)
            for (before_at, before), (at, offset) in zip(blocks[:half], blocks[-half:], strict=True)
        ]
        ppm = -median(slopes) * 1e6
        return round(ppm, 1) if abs(ppm) < _PLAUSIBLE_PPM else None

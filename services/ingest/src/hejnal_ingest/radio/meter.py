"""How late the pictures of one stream come, compared with their RTP time. Sees every picture, so it does little."""

from collections import deque

from hejnal_media.access_unit import AccessUnit, CodecParameters

_WINDOWS = 240
"""Of half a second: the quickest picture of the last two minutes is the measure of the others."""
_NONE = 1 << 62


class StreamMeter:
    """A StreamObserver. `sample` is called at regular intervals."""

    def __init__(self) -> None:
        self._window = _NONE
        self._quickest: deque[int] = deque(maxlen=_WINDOWS)
        self._lag_s = 0.0
        self.pictures = 0
        self.octets = 0
        self.interruptions = 0
        self.interrupted_when_late = 0
        """Of these, how many came while the pictures were late by a second and more."""

    # --- StreamObserver

    def parameters_changed(self, parameters: CodecParameters) -> None:
        """Of no interest."""

    def observe(self, unit: AccessUnit) -> None:
        """A picture has come."""
        delay = unit.received_at_us - unit.ticks * 100 // 9
        if delay < self._window:  # noqa: PLR1730 (a call per picture costs more)
            self._window = delay
        self.pictures += 1
        self.octets += unit.size_bytes

    def interrupted(self) -> None:
        """The next picture's RTP time has another beginning."""
        self.interruptions += 1
        if self._lag_s >= 1.0:
            self.interrupted_when_late += 1
        self._window = _NONE
        self._quickest.clear()
        self._lag_s = 0.0

    # --- what the watch asks

    def sample(self) -> float | None:
        """By how much the quickest picture since the last call was later than the quickest of two minutes, seconds.

        None when no picture has come since.
        """
        window, self._window = self._window, _NONE
        if window == _NONE:
            return None
        self._quickest.append(window)
        self._lag_s = (window - min(self._quickest)) / 1e6
        return self._lag_s

"""How much of a camera's link back-fill may use. Pure: time is handed in."""


class LinkBudget:
    """A bucket that fills at `rate_bps` and holds what comes in `burst_s`. It may be overdrawn by what has already come."""

    def __init__(self, rate_bps: int, now_s: float, *, burst_s: float = 0.25) -> None:
        self._bytes_per_s = rate_bps / 8
        self._most = self._bytes_per_s * burst_s
        self._left = self._most
        self._at_s = now_s

    def spend(self, size_bytes: int, now_s: float) -> float:
        """Takes note of received bytes; gives how long to read no more, seconds."""
        self._left = min(self._most, self._left + (now_s - self._at_s) * self._bytes_per_s) - size_bytes
        self._at_s = now_s
        return max(0.0, -self._left / self._bytes_per_s)

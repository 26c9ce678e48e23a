"""RTP (RFC 3550): time that never wraps, sequence numbers that show a loss."""

from hejnal_media.access_unit import CLOCK_RATE

_WRAP = 1 << 32
_HALF = 1 << 31


class TimestampUnwrapper:
    """Turns 32-bit RTP timestamps into ticks that do not wrap, and sees jumps.

    Forward steps up to `max_forward_s` and backward ones up to `max_backward_s` (B-frames) are taken as they are.
    """

    def __init__(self, *, clock_rate: int = CLOCK_RATE, max_forward_s: float = 10.0, max_backward_s: float = 1.0) -> None:
        self._max_forward = int(max_forward_s * clock_rate)
        self._max_backward = int(max_backward_s * clock_rate)
        self._nominal_step = clock_rate // 25
        self._raw: int | None = None
        self._ticks = 0
        self._highest = 0

    def unwrap(self, raw: int) -> tuple[int, int]:
        """`(ticks, jump)`: ticks count from 0 and go on from the highest after a jump; jump is 0 or the jump in ticks."""
        if self._raw is None:
            self._raw = raw
            return 0, 0
        step = (raw - self._raw) % _WRAP
        if step >= _HALF:
            step -= _WRAP
        self._raw = raw
        ticks = self._ticks + step
        if step > self._max_forward or ticks < 0 or ticks < self._highest - self._max_backward:
            self._ticks = self._highest = self._highest + self._nominal_step
            return self._ticks, step
        self._ticks = ticks
        self._highest = max(self._highest, ticks)
        return ticks, 0

    def ticks_of(self, raw: int) -> int | None:
        """Ticks of a timestamp near the last one, e.g. of a sender report; None before the first."""
        if self._raw is None:
            return None
        step = (raw - self._raw) % _WRAP
        return self._ticks + (step - _WRAP if step >= _HALF else step)


def payload_bounds(packet: memoryview, start: int, end: int) -> tuple[int, int] | None:
    """Where the payload of an RTP packet lies between `start` and `end` of a buffer (RFC 3550 §5.1).

    None when the packet is malformed or has no payload.
    """
    if end - start < 12:
        return None
    first = packet[start]
    if first >> 6 != 2:
        return None
    position = start + 12 + 4 * (first & 15)
    if first & 0x10:
        if position + 4 > end:
            return None
        position += 4 + 4 * (packet[position + 2] << 8 | packet[position + 3])
    if first & 0x20:
        padding = packet[end - 1]
        if padding == 0:
            return None
        end -= padding
    return (position, end) if position < end else None

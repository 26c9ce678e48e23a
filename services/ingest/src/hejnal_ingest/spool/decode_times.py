"""Decoding times of pictures. RTP tells picture times only: with B-frames they fall as often as they rise. Pure."""

from itertools import pairwise

_NOMINAL_TICKS = 3600


def decode_times(ticks: list[int], first: int, following: int | None) -> tuple[list[int], list[int]]:
    """Decoding time and duration of each picture of a group.

    `ticks` are the picture times in decoding order. The first picture is decoded at `first`, the one behind the group at
    `following`; None when nothing follows. The times are those of the pictures, sorted, so that no picture moves, also where
    pictures of this group are shown before its first (open GOP). `ticks - decoding time` is the composition offset; it is
    negative for reordered pictures until `delay` is added.
    """
    in_order = ticks if all(before < after for before, after in pairwise(ticks)) else sorted(ticks)
    decode = [first]
    for at in in_order[1:]:
        decode.append(max(at, decode[-1] + 1))
    durations = [after - before for before, after in pairwise(decode)]
    if following is not None:
        durations.append(max(1, following - decode[-1]))
    else:
        durations.append(max(1, durations[-1] if durations else _NOMINAL_TICKS))
    return decode, durations


def delay(ticks: list[int], decode: list[int]) -> int:
    """How much later all pictures have to be shown so that none is shown before it is decoded (FFmpeg insists on that)."""
    return max(0, *(at - shown for at, shown in zip(decode, ticks, strict=True)))


def next_decode_time(ticks: list[int], following: int) -> int:
    """When the first picture behind a reordered group is decoded; its picture time is `following`.

    Some that are decoded after it may be shown before it: then decoding goes on at the usual step, and the picture waits.
    """
    in_order = sorted(ticks)
    steps = sorted(after - before for before, after in pairwise(in_order))
    step = steps[len(steps) // 2] if steps else 0
    if step > 0 and following - in_order[-1] > step * 3 // 2:
        return in_order[-1] + step
    return following

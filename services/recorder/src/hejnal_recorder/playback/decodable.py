"""Which fragments a player needs besides those that are wanted. Pure."""

from collections.abc import Sequence

from hejnal_recorder.fragments import Fragment


def decodable(fragments: Sequence[Fragment], wanted: Sequence[bool]) -> list[Fragment]:
    """The wanted fragments of a row, each with those between it and its key frame, in order.

    When the first one still begins without a key frame, that one lies in an earlier row.
    """
    chosen: list[Fragment] = []
    reached = 0
    for number, fragment in enumerate(fragments):
        if not wanted[number]:
            continue
        start = number
        while start > reached and not fragments[start].starts_with_key_frame:
            start -= 1
        chosen += fragments[start:number]
        chosen.append(fragment)
        reached = number + 1
    return chosen

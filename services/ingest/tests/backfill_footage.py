"""What files of a filled gap hold, for the tests of the back-fill."""

from pathlib import Path

import av

from hejnal_media.access_unit import AccessUnit
from hejnal_media.simulator import find_frame_mark

PREROLL_S = 0.01
"""Pictures that last no longer than this are there for the decoder only."""


def shown_frames(path: Path) -> tuple[list[int], list[int]]:
    """Frame numbers in a file: those that are shown, and those that are only decoded."""
    shown: list[int] = []
    hidden: list[int] = []
    with av.open(str(path)) as container:
        for packet in container.demux(video=0):
            if packet.size:
                mark = find_frame_mark(AccessUnit(0, 0, packet.is_keyframe, [bytes(packet)], packet.size))
                assert mark is not None
                lasts_s = float((packet.duration or 0) * packet.time_base)
                (shown if lasts_s > PREROLL_S else hidden).append(mark.frame)
        container.seek(0)
        for _ in container.decode(video=0):
            pass
    return shown, hidden

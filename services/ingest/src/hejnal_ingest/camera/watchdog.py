"""Sees a camera that is connected and yet of no use."""

from hejnal_contracts.cameras import FaultCause
from hejnal_ingest.sources.source import SourceError, SourceFigures

_LONG_GOPS = 3.0
"""Smart codecs stretch their groups of pictures: so many of the last one's lengths are waited for."""
_COMING_S = 1.0
"""Pictures come when the last is not older; else their absence is what is wrong, not that of key frames."""


class Watchdog:
    """Told of every sign of life; `check` raises when one is overdue. Times are monotonic seconds."""

    def __init__(self, now_s: float, *, no_video_s: float, no_keyframe_s: float) -> None:
        self._no_video_s = no_video_s
        self._no_keyframe_s = no_keyframe_s
        self._started_s = now_s
        self._key_frame_s = now_s
        self._gop_s = 0.0
        self._pictures = 0
        self._picture_s = now_s
        self._seen_any = False

    def key_frame(self, now_s: float) -> None:
        """A key frame has come."""
        if self._seen_any:
            self._gop_s = now_s - self._key_frame_s
        self._seen_any = True
        self._key_frame_s = now_s

    def check(self, now_s: float, figures: SourceFigures) -> None:
        """`figures` are the source's, now. Raises SourceError: stalled, no_video, no_keyframe."""
        pictures = figures.pictures + figures.dropped
        if pictures != self._pictures:
            self._pictures = pictures
            self._picture_s = now_s
        silent_s = now_s - self._picture_s
        if silent_s >= self._no_video_s:
            if pictures:
                raise SourceError(FaultCause.STALLED, f"no picture for {silent_s:.0f} s")
            if figures.sound:
                raise SourceError(FaultCause.NO_VIDEO, f"sound, but no picture for {silent_s:.0f} s")
            what = "packets, but no picture" if figures.anything else "nothing"
            raise SourceError(FaultCause.STALLED, f"the camera accepted PLAY and sent {what} for {silent_s:.0f} s")
        limit_s = max(self._no_keyframe_s, _LONG_GOPS * self._gop_s)
        waited_s = now_s - self._key_frame_s
        if waited_s >= limit_s and silent_s < _COMING_S:
            why = f" ({figures.trouble})" if figures.trouble else ""
            raise SourceError(FaultCause.NO_KEYFRAME, f"no usable key frame for {waited_s:.0f} s{why}")

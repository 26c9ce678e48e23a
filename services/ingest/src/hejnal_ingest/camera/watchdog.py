"""Sees a camera that is connected and yet of no use."""

from hejnal_media.rtsp import RtspError, RtspFault

_LONG_GOPS = 3.0
"""Smart codecs stretch their groups of pictures: so many of the last one's lengths are waited for."""


class NoKeyFrameError(Exception):
    """Pictures come, but none that a decoder can begin with."""


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

    def check(self, now_s: float, *, pictures: int, packets_seen: bool, parameter_set_error: str = "") -> None:
        """`pictures` counts all that came, also those dropped for want of a key frame.

        Raises RtspError (stalled, no_video) or NoKeyFrameError.
        """
        if pictures != self._pictures:
            self._pictures = pictures
            self._picture_s = now_s
        silent_s = now_s - self._picture_s
        if silent_s >= self._no_video_s:
            if pictures:
                raise RtspError(RtspFault.STALLED, f"no picture for {silent_s:.0f} s")
            what = "packets, but no picture" if packets_seen else "nothing"
            raise RtspError(RtspFault.STALLED, f"the camera accepted PLAY and sent {what} for {silent_s:.0f} s")
        limit_s = max(self._no_keyframe_s, _LONG_GOPS * self._gop_s)
        waited_s = now_s - self._key_frame_s
        if waited_s >= limit_s:
            why = f" ({parameter_set_error})" if parameter_set_error else ""
            raise NoKeyFrameError(f"no usable key frame for {waited_s:.0f} s{why}")

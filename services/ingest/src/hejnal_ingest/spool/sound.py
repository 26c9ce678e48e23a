"""Sound beside the pictures of a run: which frames belong to a fragment, and when each is heard. Pure."""

from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise

from hejnal_media.access_unit import AudioFrame, AudioParameters
from hejnal_media.audio import frame_ticks
from hejnal_media.fmp4 import SoundTrack

_WINDOW_FRAGMENTS = 3
_CORRECTED_US = 30_000
"""Sound and picture may drift apart by so much before the sound is moved; less than people notice (EBU R37: 40 ms)."""
_BELIEVED_US = 2_000_000
"""Reports of the camera that put the sound further away from where it arrived are not believed."""
_MAX_PENDING_FRAMES = 4096
_MAX_HELD_S = 10


@dataclass(frozen=True, slots=True)
class FragmentSound:
    """The sound of one fragment."""

    track: SoundTrack
    pieces: list[bytes]


class SoundTimeline:
    """Collects the sound frames of one run.

    Sound and picture have clocks of their own. They are laid over each other by the camera's sender reports where it sends
    them for both; else by when they arrived: a frame arrives late, never early, so the earliest ones tell.
    """

    def __init__(self, parameters: AudioParameters, *, camera_time_us: Callable[[int], int | None] = lambda _ticks: None) -> None:
        self.parameters = parameters
        self._camera_time_us = camera_time_us
        self._pending: deque[AudioFrame] = deque()
        self._mins: deque[int] = deque(maxlen=_WINDOW_FRAGMENTS)
        self._current: int | None = None
        self._offset_us: int | None = None
        self._next_at = 0
        self.frames_dropped = 0

    def add(self, frame: AudioFrame) -> None:
        """The next frame. Bounded: without pictures the oldest go."""
        if len(self._pending) >= _MAX_PENDING_FRAMES:
            self._pending.popleft()
            self.frames_dropped += 1
        self._pending.append(frame)
        origin_us = frame.received_at_us - self._ticks_us(frame.ticks)
        if self._current is None or origin_us < self._current:
            self._current = origin_us

    def take(
        self,
        *,
        base_us: int,
        until_us: int | None,
        picture_origin_us: int,
        picture_camera_origin_us: int | None,
    ) -> FragmentSound | None:
        """The frames that are heard before `until_us`, None: all.

        `base_us` and `until_us` are picture times (RTP time of the pictures in microseconds) of the beginning of the track
        and of the end of the fragment; the origins are server's and camera's time at picture time 0.
        """
        if self._current is not None:
            self._mins.append(self._current)
            self._current = None
        if not self._pending:
            return None
        shift = self._shift_ticks(base_us, picture_origin_us, picture_camera_origin_us)
        end = None if until_us is None else self._us_ticks(until_us - base_us)
        frames: list[tuple[int, AudioFrame]] = []
        while self._pending and (end is None or self._pending[0].ticks + shift < end):
            frame = self._pending.popleft()
            at = frame.ticks + shift
            length = frame_ticks(self.parameters, frame.payload)
            if at < self._next_at:
                # before the run, or where a correction moved the sound over what is written
                if self._next_at - at > length // 2:
                    self.frames_dropped += 1
                    continue
                at = self._next_at
            frames.append((at, frame))
            self._next_at = at + length
        if not frames:
            return None
        following = self._pending[0].ticks + shift if self._pending else self._next_at
        starts = [at for at, _ in frames] + [max(self._next_at, self._bounded(following))]
        self._next_at = starts[-1]
        durations = [max(1, after - before) for before, after in pairwise(starts)]
        pieces = [frame.payload for _, frame in frames]
        return FragmentSound(SoundTrack(starts[0], list(map(len, pieces)), durations), pieces)

    def _shift_ticks(self, base_us: int, picture_origin_us: int, picture_camera_origin_us: int | None) -> int:
        """What added to a frame's ticks gives its time in the track."""
        arrived_us = min(self._mins) - picture_origin_us
        offset_us = arrived_us
        last = self._pending[-1].ticks
        camera_us = self._camera_time_us(last) if picture_camera_origin_us is not None else None
        if camera_us is not None and picture_camera_origin_us is not None:
            told_us = camera_us - self._ticks_us(last) - picture_camera_origin_us
            if abs(told_us - arrived_us) < _BELIEVED_US:
                offset_us = told_us
        if self._offset_us is None or abs(offset_us - self._offset_us) > _CORRECTED_US:
            self._offset_us = offset_us
        return self._us_ticks(self._offset_us - base_us)

    def _bounded(self, at: int) -> int:
        """A hole is covered by the frame before it, up to a limit."""
        return at if at - self._next_at < _MAX_HELD_S * self.parameters.sample_rate else self._next_at

    def _ticks_us(self, ticks: int) -> int:
        return ticks * 1_000_000 // self.parameters.sample_rate

    def _us_ticks(self, us: int) -> int:
        return round(us * self.parameters.sample_rate / 1_000_000)

"""The card in the camera: every frame since the start, but for what it has itself missed."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from hejnal_media.simulator.mount import Mount
from hejnal_media.simulator.onvif.state import CameraTime
from hejnal_media.simulator.server import CameraSimulator


@dataclass(frozen=True, slots=True)
class CardFrame:
    """A recorded frame."""

    tick: int
    taken_at_us: int
    """By the camera's clock as it was then, microseconds since the epoch."""
    section_starts: bool
    section_ends: bool


@dataclass(slots=True)
class Card:
    """What is recorded of one mount. Times are the camera's."""

    rtsp: CameraSimulator
    mount: Mount
    clock: CameraTime
    token: str = "REC_1"  # noqa: S105
    missed: list[tuple[int, int]] = field(default_factory=list)
    """Ticks `[first, last]` that the card has not."""
    first_tick: int = 0

    @property
    def fps(self) -> int:
        """Frames per second."""
        return self.mount.clip.spec.fps

    def camera_us(self, tick: int) -> int:
        """When a frame was taken, by the camera's clock."""
        taken_us = self.rtsp.taken_at_us(tick, self.fps)
        return taken_us + int(self.clock.offset_at_s(taken_us / 1e6) * 1e6)

    @property
    def last_tick(self) -> int:
        """The newest whole frame."""
        return self.rtsp.tick(self.fps) - 1

    def has(self, tick: int) -> bool:
        """True when the frame is on the card."""
        return self.first_tick <= tick <= self.last_tick and not any(low <= tick <= high for low, high in self.missed)

    def frames(self, from_us: int, until_us: int) -> Iterator[CardFrame]:
        """Frames of an interval, from the key frame at or before its beginning; a section begins with a key frame."""
        low, tick = self.first_tick, self.last_tick + 1
        while low < tick:  # the first frame not before the interval
            middle = (low + tick) // 2
            low, tick = (middle + 1, tick) if self.camera_us(middle) < from_us else (low, middle)
        while tick > self.first_tick and not self.key_frame(tick):
            tick -= 1
        resumed, waiting = True, True
        while tick <= self.last_tick and self.camera_us(tick) < until_us:
            if not self.has(tick):
                resumed = waiting = True
            elif not waiting or self.key_frame(tick):
                ends = not self.has(tick + 1) and tick + 1 <= self.last_tick
                yield CardFrame(tick, self.camera_us(tick), resumed, ends)
                resumed = waiting = False
            tick += 1

    def key_frame(self, tick: int) -> bool:
        """Whether a frame can be begun with."""
        return self.mount.pictures[tick % len(self.mount.pictures)].key_frame

"""The clips of a town, made when they are first wanted and shared by all who show the same."""

import threading
from dataclasses import dataclass, field, replace
from pathlib import Path

from hejnal_media.simulator.clip import ClipSpec, make_clip
from hejnal_media.simulator.mount import Show
from hejnal_media.simulator.packets import Packetization, packetize_clip

LONG_GOP_S = 8
CLIPS = ("usual", "small", "long-gop", "smart", "b-frames", "h265")


def variant(spec: ClipSpec, kind: str) -> ClipSpec:
    """A spec turned into one of CLIPS. Raises ValueError for another word."""
    length = max(spec.frames, LONG_GOP_S * spec.fps)
    if kind == "usual":
        return spec
    if kind == "small":
        return replace(spec, width=spec.width // 2 & ~1, height=spec.height // 2 & ~1)
    if kind == "long-gop":
        return replace(spec, gop_frames=length, frames=length)
    if kind == "smart":
        return replace(spec, frames=length, key_frames=(0, length // 8, length // 3, length * 9 // 10))
    if kind == "b-frames":
        return replace(spec, b_frames=2)
    if kind == "h265":
        return replace(spec, codec="h265")
    raise ValueError(f"unknown clip {kind!r}; known: {', '.join(CLIPS)}")


@dataclass(slots=True)
class Wardrobe:
    """`get` may be called from any thread; it takes seconds for a large clip that is not in the cache."""

    cache: Path
    mtu: int = 1400
    packetization: Packetization = Packetization.FU_A
    in_band_sets: bool = True
    _shows: dict[ClipSpec, Show] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def get(self, spec: ClipSpec) -> Show:
        """The clip and its packets. Raises OSError when the cache cannot be written."""
        with self._lock:
            show = self._shows.get(spec)
            if show is None:
                clip = make_clip(spec, self.cache)
                pictures = packetize_clip(clip, mtu=self.mtu, packetization=self.packetization, in_band_sets=self.in_band_sets)
                show = self._shows[spec] = Show(clip, pictures)
            return show

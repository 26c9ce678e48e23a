"""What a camera's healthy picture looks like, by day and by night apart. Pure."""

from dataclasses import dataclass
from typing import Any, Literal

from hejnal_ingest.picture.decoding.wire import LUMA_BYTES, PictureFigures
from hejnal_ingest.picture.judgement import Habits, relative_outline, relative_sharpness

Light = Literal["day", "night"]
"""Colour, or the grey picture of a camera's night mode."""

_FORGET = 0.15


@dataclass(slots=True)
class LightMemory:
    """What is remembered of a camera in one light."""

    reference: bytes
    likeness: float = 0.0
    sharpness: float = 0.0
    outline: float = 0.0
    noise: float = 0.0
    looks: int = 0

    @property
    def habits(self) -> Habits:
        """For the judgement."""
        return Habits(self.likeness, self.sharpness, self.outline, self.noise)

    def learn(self, figures: PictureFigures, reference: bytes) -> None:
        """A healthy picture in this light."""
        share = max(_FORGET, 1 / (self.looks + 1))
        self.likeness += share * ((figures.likeness if figures.likeness is not None else 1.0) - self.likeness)
        self.sharpness += share * (relative_sharpness(figures) - self.sharpness)
        self.outline += share * (relative_outline(figures) - self.outline)
        self.noise += share * (figures.noise - self.noise)
        self.reference = reference
        self.looks += 1

    def dump(self) -> list[float]:
        """For the state file; the reference lies apart."""
        return [self.likeness, self.sharpness, self.outline, self.noise, self.looks]

    @classmethod
    def load(cls, dumped: Any, reference: bytes) -> "LightMemory | None":
        """From the state file; None for what does not fit."""
        if not isinstance(dumped, list) or len(dumped) != 5 or len(reference) != LUMA_BYTES:
            return None
        likeness, sharpness, outline, noise = (float(figure) for figure in dumped[:4])
        return cls(reference, likeness, sharpness, outline, noise, int(dumped[4]))

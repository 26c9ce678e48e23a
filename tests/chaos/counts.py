"""Counts of one camera, or of all, and the marks by which frames are known."""

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Self

_MARK = re.compile(rb"hejnal-simulator(.{12})(\d{12})(\d{20})")


def marks_in(content: bytes) -> list[tuple[str, int]]:
    """Camera and number of each simulated frame in recorded bytes, in order."""
    return [(match[1].decode().strip(), int(match[2])) for match in _MARK.finditer(content)]


@dataclass
class Counts:
    """Whole numbers in the fields of a subclass are added up; `causes` counts gaps, `notes` say what was wrong."""

    causes: Counter[str] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)

    def add(self, other: Self) -> None:
        """Takes another camera's counts in."""
        for name, value in vars(other).items():
            if isinstance(value, int):
                setattr(self, name, getattr(self, name) + value)
        self.causes.update(other.causes)
        self.notes += other.notes

"""Counts of one camera, or of all."""

from collections import Counter
from dataclasses import dataclass, field
from typing import Self


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

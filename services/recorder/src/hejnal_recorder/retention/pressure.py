"""How full the disk is, and what follows from it.

| used | room is made from (oldest first, held footage never) | new recording refused |
|---|---|---|
| below 90 % | – | – |
| 90 % | low priority, older than a day | – |
| 95 % | low, then normal priority, older than a day | low priority |
| 99 % | low, normal, then high priority, older than an hour | low and normal priority |

A camera under a hold that lasts counts as high. A level ends 2 % below where it began. Recording is refused only when the level
has lasted a minute: a burst that deleting makes up for costs no footage. Pure.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import IntEnum
from typing import Literal

Priority = Literal["low", "normal", "high"]
HYSTERESIS = 0.02
REFUSED_AFTER_S = 60.0
LINGERS_S = 60.0
"""Ingest's ring looks every 15 seconds, and lets go of what the archive no longer has."""


class Level(IntEnum):
    """How short the room is."""

    FINE = 0
    SHORT = 1
    VERY_SHORT = 2
    FULL = 3


BEGINS: Mapping[Level, float] = {Level.SHORT: 0.90, Level.VERY_SHORT: 0.95, Level.FULL: 0.99}
GIVES_WAY: Mapping[Level, tuple[Priority, ...]] = {
    Level.FINE: (),
    Level.SHORT: ("low",),
    Level.VERY_SHORT: ("low", "normal"),
    Level.FULL: ("low", "normal", "high"),
}
REFUSED: Mapping[Level, frozenset[Priority]] = {
    Level.FINE: frozenset(),
    Level.SHORT: frozenset(),
    Level.VERY_SHORT: frozenset({"low"}),
    Level.FULL: frozenset({"low", "normal"}),
}
KEPT_AT_LEAST: Mapping[Level, timedelta] = {
    Level.FINE: timedelta(days=1),
    Level.SHORT: timedelta(days=1),
    Level.VERY_SHORT: timedelta(days=1),
    Level.FULL: timedelta(hours=1),
}


@dataclass(frozen=True, slots=True)
class Disk:
    """A file system as the recorder may use it."""

    total_bytes: int
    free_bytes: int

    @property
    def used_share(self) -> float:
        """0 to 1."""
        return 1.0 if self.total_bytes <= 0 else 1 - self.free_bytes / self.total_bytes


def level_of(disk: Disk, before: Level) -> Level:
    """The level now; the one before ends only when 2 % less are used than where it begins."""
    level = Level.FINE
    for candidate, begins in BEGINS.items():
        if disk.used_share >= (begins - HYSTERESIS if before >= candidate else begins):
            level = candidate
    return level


def bytes_to_free(disk: Disk, level: Level) -> int:
    """How much has to go until the lowest level ends."""
    if level is Level.FINE:
        return 0
    target = BEGINS[Level.SHORT] - HYSTERESIS
    return max(0, round((disk.used_share - target) * disk.total_bytes))


class Lasting:
    """How long each level has lasted without a break."""

    def __init__(self) -> None:
        self._since: dict[Level, float] = {}

    def lasted(self, level: Level, now_s: float) -> Level:
        """Note the level of now; gives the highest one that has been reached for `REFUSED_AFTER_S`."""
        lasting = Level.FINE
        for one in BEGINS:
            if one > level:
                self._since.pop(one, None)
            elif now_s - self._since.setdefault(one, now_s) >= REFUSED_AFTER_S:
                lasting = one
        return lasting


class Lingering:
    """Room that was made and is not there yet: deleted files which ingest's spool has too are freed when its ring lets go.

    Without it each look at a disk that is still full would delete as much again.
    """

    def __init__(self) -> None:
        self._until: list[tuple[float, int]] = []

    def add(self, size_bytes: int, now_s: float) -> None:
        """So much will be free soon."""
        if size_bytes:
            self._until.append((now_s + LINGERS_S, size_bytes))

    def size_bytes(self, now_s: float) -> int:
        """How much is still to come; what has not come by then is no longer waited for."""
        self._until = [(until_s, size_bytes) for until_s, size_bytes in self._until if until_s > now_s]
        return sum(size_bytes for _, size_bytes in self._until)


@dataclass(slots=True)
class Admission:
    """Whose new footage is taken over. Written by retention's loop, asked by the take-over for each fragment."""

    level: Level = Level.FINE
    """The one that has lasted long enough to refuse recording."""
    priorities: dict[str, Priority] = field(default_factory=dict)
    held: frozenset[str] = frozenset()
    """Cameras under a hold whose range has not ended."""

    def refuses(self, camera_id: str) -> bool:
        """True when this camera's recording gives way now."""
        refused = REFUSED[self.level]
        return bool(refused) and camera_id not in self.held and self.priorities.get(camera_id, "normal") in refused

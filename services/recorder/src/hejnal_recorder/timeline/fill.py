"""Footage that comes later (from a camera's own memory) into the gaps it left. Pure.

Only time that is a gap is filled; a fragment that touches footage, or time whose footage was deleted or switched off on purpose,
is left out whole. What is left of a gap keeps its cause. Whatever the order, footage and gaps go on tiling the camera's time.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

from hejnal_contracts.media import FragmentWritten, GapCause
from hejnal_recorder.fragments import Fragment
from hejnal_recorder.timeline.decide import SEAM, fragment_of

NEVER_FILLED = frozenset({GapCause.RETENTION, GapCause.OPERATOR_OFF})
"""Deleted in time, for privacy or for room, or not to be recorded at all: it must not come back by another door."""


@dataclass(frozen=True, slots=True)
class Gap:
    """A gap of the index; `ends_at` None while it lasts."""

    gap_id: str
    cause: GapCause
    detail: str
    starts_at: datetime
    ends_at: datetime | None


@dataclass(slots=True)
class FilledRow:
    """A row of the index for footage of one file; `added` is what is new in it."""

    segment_id: str
    part: int
    starts_at: datetime
    ends_at: datetime
    is_new: bool
    added: list[Fragment] = field(default_factory=list)


class Filling:
    """Gaps around a batch of fragments while it is filled in. Compare `gaps` with what was given to see what changed."""

    def __init__(self, gaps: Iterable[Gap], rows: Iterable[FilledRow], new_id: Callable[[], str]) -> None:
        self.gaps = {gap.gap_id: gap for gap in gaps}
        self.rows: dict[str, list[FilledRow]] = {}
        self._new_id = new_id
        for row in sorted(rows, key=lambda row: row.part):
            self.rows.setdefault(row.segment_id, []).append(row)

    def add(self, fact: FragmentWritten) -> FilledRow | None:
        """The row that the fragment came into; None when it is left out."""
        rows = self.rows.setdefault(fact.segment_id, [])
        last = rows[-1] if rows else None
        starts_at, ends_at = fact.starts_at.astimezone(UTC), fact.ends_at.astimezone(UTC)
        goes_on = last is not None and abs(starts_at - last.ends_at) <= SEAM
        if last is not None and goes_on:
            starts_at = last.ends_at
        if not self._is_free(starts_at, ends_at):
            return None
        self._cut(starts_at, ends_at)
        if last is None or not goes_on:
            part = last.part + 1 if last is not None else 0
            last = FilledRow(fact.segment_id, part, starts_at, starts_at, is_new=True)
            rows.append(last)
        last.added.append(fragment_of(fact, starts_at, ends_at))
        last.ends_at = ends_at
        return last

    def _touched(self, starts_at: datetime, ends_at: datetime) -> list[Gap]:
        found = [
            gap for gap in self.gaps.values() if gap.starts_at < ends_at and (gap.ends_at is None or gap.ends_at > starts_at)
        ]
        return sorted(found, key=lambda gap: gap.starts_at)

    def _is_free(self, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether gaps that may be filled cover all of it."""
        if ends_at <= starts_at:
            return False
        reached = starts_at
        for gap in self._touched(starts_at, ends_at):
            if gap.starts_at > reached or gap.cause in NEVER_FILLED:
                return False
            reached = ends_at if gap.ends_at is None else gap.ends_at
        return reached >= ends_at

    def _cut(self, starts_at: datetime, ends_at: datetime) -> None:
        """Take the time out of the gaps. A gap that lasts keeps its id for what lasts, another one for what was before."""
        for gap in self._touched(starts_at, ends_at):
            del self.gaps[gap.gap_id]
            before = replace(gap, ends_at=starts_at) if gap.starts_at < starts_at else None
            after = replace(gap, starts_at=ends_at) if gap.ends_at is None or gap.ends_at > ends_at else None
            if before is not None and after is not None:
                if gap.ends_at is None:
                    before = replace(before, gap_id=self._new_id())
                else:
                    after = replace(after, gap_id=self._new_id())
            for rest in (before, after):
                if rest is not None:
                    self.gaps[rest.gap_id] = rest

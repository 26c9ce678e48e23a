"""What a batch of facts does to the index, folded so that each row is written once."""

from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from hejnal_contracts.base import Fact
from hejnal_contracts.recordings import GapClosed, GapOpened, SegmentStored
from hejnal_recorder.fragments import Fragment
from hejnal_recorder.timeline.story import (
    Effect,
    FragmentAdded,
    GapEnded,
    GapStarted,
    PartClosed,
    PartOpened,
    RunClosed,
    RunOpened,
    SegmentCompleted,
    Story,
)


@dataclass(slots=True)
class PartChange:
    """A segment row: inserted here (`opened`) or there already; what is appended; whether it is closed."""

    starts_at: datetime
    opened: PartOpened | None = None
    after: Fragment | None = None
    """The row's last fragment before these."""
    fragments: list[Fragment] = field(default_factory=list)
    closed: bool = False


@dataclass(slots=True)
class GapChange:
    """A gap row: inserted here (`started`) or there already; its end, if it has one now."""

    started: GapStarted | None = None
    ended: GapEnded | None = None


@dataclass(slots=True)
class Changes:
    """Rows by key, and the facts to announce, in the order things happened."""

    stories: dict[str, Story] = field(default_factory=dict)
    runs: dict[str, RunOpened] = field(default_factory=dict)
    ended_runs: dict[str, RunClosed] = field(default_factory=dict)
    parts: dict[tuple[str, int], PartChange] = field(default_factory=dict)
    gaps: dict[str, GapChange] = field(default_factory=dict)
    facts: list[Fact] = field(default_factory=list)

    def add(self, story: Story, effects: tuple[Effect, ...]) -> None:
        """Fold one decision in."""
        self.stories[story.camera_id] = story
        for effect in effects:
            self._add(effect)

    def _add(self, effect: Effect) -> None:
        if isinstance(effect, FragmentAdded):
            part = self._part(effect.segment_id, effect.part, effect.part_starts_at)
            part.after = part.after if part.fragments else effect.after
            part.fragments.append(effect.fragment)
        elif isinstance(effect, PartOpened):
            self._part(effect.segment_id, effect.part, effect.starts_at).opened = effect
        elif isinstance(effect, PartClosed):
            self._part(effect.segment_id, effect.part, effect.part_starts_at).closed = True
        elif isinstance(effect, SegmentCompleted):
            self.facts.append(
                SegmentStored(
                    camera_id=effect.camera_id,
                    segment_id=effect.segment_id,
                    run_id=effect.run_id,
                    starts_at=effect.starts_at,
                    ends_at=effect.ends_at,
                    fragments=effect.fragments,
                    size_bytes=effect.size_bytes,
                )
            )
        elif isinstance(effect, RunOpened):
            self.runs[effect.run_id] = effect
        elif isinstance(effect, RunClosed):
            self.ended_runs[effect.run_id] = effect
        elif isinstance(effect, GapStarted):
            self.gaps.setdefault(effect.gap_id, GapChange()).started = effect
            self.facts.append(
                GapOpened(
                    camera_id=effect.camera_id,
                    gap_id=effect.gap_id,
                    cause=effect.cause,
                    detail=effect.detail,
                    starts_at=effect.starts_at,
                )
            )
        elif isinstance(effect, GapEnded):
            self.gaps.setdefault(effect.gap_id, GapChange()).ended = effect
            self.facts.append(
                GapClosed(
                    camera_id=effect.camera_id,
                    gap_id=effect.gap_id,
                    cause=effect.cause,
                    starts_at=effect.starts_at,
                    ends_at=effect.ends_at,
                )
            )

    def _part(self, segment_id: str, part: int, starts_at: datetime) -> PartChange:
        return self.parts.setdefault((segment_id, part), PartChange(starts_at))

    def days(self) -> set[date]:
        """The UTC days on which new rows begin."""
        return {change.starts_at.astimezone(UTC).date() for change in self.parts.values() if change.opened is not None}

    def newest(self) -> datetime | None:
        """End of the newest footage in the batch."""
        ends = [change.fragments[-1].ends_at for change in self.parts.values() if change.fragments]
        return max(ends, default=None)

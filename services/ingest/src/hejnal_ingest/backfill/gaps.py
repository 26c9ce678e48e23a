"""What is missing of one camera, learnt from its own facts. Pure."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from pydantic import BaseModel

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted

MAX_GAPS = 500
"""Per camera; the oldest are given up first."""
CLOCK_CHANGED_US = 1_000_000
"""A camera clock that differs by more than this before and after an outage was set in between."""
_WANTED = frozenset({GapCause.OPERATOR_OFF, GapCause.RETENTION, GapCause.BACKFILLED})
"""Ends after which nobody misses anything."""


def microseconds(instant: datetime) -> int:
    """Since the epoch."""
    return round(instant.timestamp() * 1e6)


class Gap(BaseModel):
    """An outage. Times are server time, microseconds since the epoch; offsets are camera clock minus server clock."""

    gap_id: str
    from_us: int
    until_us: int
    filled_until_us: int
    """What lies before is in the spool, or was found not to be on the card."""
    cause: GapCause
    offset_before_us: int | None = None
    offset_after_us: int | None = None
    attempts: int = 0

    @property
    def clock_changed(self) -> bool:
        """The camera's clock was set during the outage: its times do not tell which picture belongs where."""
        before, after = self.offset_before_us, self.offset_after_us
        return before is not None and after is not None and abs(before - after) > CLOCK_CHANGED_US

    def offset_us(self, server_us: int) -> int | None:
        """Camera clock minus server clock at an instant: between what was measured before and after."""
        before, after = self.offset_before_us, self.offset_after_us
        if before is None or after is None:
            return before if before is not None else after
        share = (server_us - self.from_us) / max(1, self.until_us - self.from_us)
        return round(before + (after - before) * min(1.0, max(0.0, share)))

    def server_us(self, camera_us: int) -> int:
        """Server time of an instant of the camera's clock: the inverse of what `offset_us` says, exact at both edges."""
        before, after = self.offset_before_us, self.offset_after_us
        if before is None or after is None:
            return camera_us - (before or after or 0)
        first_us, last_us = self.from_us + before, self.until_us + after
        if camera_us >= last_us:
            return camera_us - after
        if camera_us <= first_us:
            return camera_us - before
        return self.from_us + (camera_us - first_us) * (self.until_us - self.from_us) // (last_us - first_us)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """Another ingest process had the camera live for so long: what it missed it knows itself."""

    since_us: int
    until_us: int


class CameraLedger(BaseModel):
    """What is known of one camera's footage, and what is still to be fetched."""

    version: Literal[1] = 1
    ended_us: int | None = None
    """Where the footage ended; None while it runs."""
    ended_by: GapCause | None = None
    offset_us: int | None = None
    gaps: list[Gap] = []

    def take(
        self,
        fact: Fact,
        *,
        new_id: Callable[[], str],
        min_gap_us: int,
        live_run: str | None,
        elsewhere: Elsewhere | None = None,
        wanted: bool = True,
    ) -> bool:
        """Takes a fact of the camera's own, not back-filled, runs. True when what is known has changed for good.

        `live_run` is the run that is being recorded: only its camera times count. Gaps are kept where they are `wanted`.
        """
        if isinstance(fact, RunStarted):
            gap = self._gap_before(microseconds(fact.started_at), elsewhere, min_gap_us, new_id)
            changed = self.ended_us is not None
            self.ended_us = self.ended_by = None
            if gap is not None and wanted:
                self.gaps = [*self.gaps, gap][-MAX_GAPS:]
            return changed
        if isinstance(fact, RunEnded):
            ended_us = microseconds(fact.ended_at)
            if self.ended_us is None or ended_us >= self.ended_us:
                self.ended_us, self.ended_by = ended_us, fact.cause
            return True
        if isinstance(fact, FragmentWritten) and fact.run_id == live_run and fact.camera_time is not None:
            camera_us = microseconds(fact.camera_time)
            # what comes next will be placed behind this fragment, so its end is the better mark
            self.offset_us = camera_us + fact.duration_ticks * 100 // 9 - microseconds(fact.ends_at)
            if self.gaps and self.gaps[-1].offset_after_us is None:
                self.gaps[-1].offset_after_us = camera_us - microseconds(fact.starts_at)
                return True
        return False

    def filled(self, until_us: int) -> bool:
        """A back-filled fragment that ends there is durable."""
        for gap in self.gaps:
            if gap.filled_until_us < until_us <= gap.until_us:
                gap.filled_until_us = until_us
                return True
        return False

    def remove(self, gap_id: str) -> None:
        """Nothing more is to be fetched."""
        self.gaps = [gap for gap in self.gaps if gap.gap_id != gap_id]

    def older_than(self, until_us: int) -> list[Gap]:
        """The gaps that ended before."""
        return [gap for gap in self.gaps if gap.until_us < until_us]

    def _gap_before(self, started_us: int, elsewhere: Elsewhere | None, min_gap_us: int, new_id: Callable[[], str]) -> Gap | None:
        ended_us, cause = self.ended_us, self.ended_by
        if ended_us is None or cause is None or cause in _WANTED:
            return None
        until_us = started_us
        if elsewhere is not None and elsewhere.until_us > ended_us:
            until_us = min(until_us, max(ended_us, elsewhere.since_us))
        if until_us - ended_us < min_gap_us:
            return None
        return Gap(
            gap_id=new_id(),
            from_us=ended_us,
            until_us=until_us,
            filled_until_us=ended_us,
            cause=cause,
            offset_before_us=self.offset_us,
        )

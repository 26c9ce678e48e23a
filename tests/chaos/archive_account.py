"""Where every frame went once the recorder has taken footage over: into the archive exactly once, or into a stated gap."""

import asyncio
import hashlib
import itertools
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hejnal_contracts.media import FragmentWritten
from hejnal_recorder.fragments import Fragment
from tests.chaos.counts import Counts, marks_in

if TYPE_CHECKING:
    from tests.chaos.house import House

_NEAR_US = 2_500_000
_REACTION_US = 15_000_000
"""A gap may begin so long after the trouble has: a full disk is noticed by the next write."""


@dataclass(frozen=True)
class Trouble:
    """What was hit, from when to when (wall time, µs), and the causes of gaps it may have led to."""

    victim: str
    from_us: int
    until_us: int
    causes: frozenset[str]
    takes_files: bool = False

    def is_near(self, at_us: int) -> bool:
        """Whether what happened then may come of it."""
        return self.from_us - _NEAR_US <= at_us <= self.until_us + _REACTION_US


@dataclass
class ArchiveAccount(Counts):
    """Counts of one camera, or of all.

    `lost`: announced and not in the archive; `vanished`: those of which the spool's files were taken away before the recorder had
    them, in time that the timeline states as lost; `strangers`: there, and never announced; `disordered`: fragments that
    begin before the one before them has ended; `in_repeated_time`: missing, from time that the clock has shown twice.
    """

    sent: int = 0
    announced: int = 0
    archived: int = 0
    lost: int = 0
    vanished: int = 0
    doubled: int = 0
    strangers: int = 0
    wrong_bytes: int = 0
    disordered: int = 0
    in_gaps: int = 0
    in_repeated_time: int = 0
    unexplained: int = 0
    wrong_causes: int = 0

    @property
    def clean(self) -> bool:
        """All is accounted for."""
        wrong = (self.lost, self.doubled, self.strangers, self.wrong_bytes, self.disordered, self.unexplained, self.wrong_causes)
        return not any(wrong)


@dataclass(frozen=True)
class Gap:
    """One gap of the timeline, µs since the epoch."""

    from_us: int
    until_us: int
    cause: str
    detail: str


def microseconds(instant: datetime) -> int:
    """Since the epoch, exact."""
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def read_frames(path: Path, fragment: Fragment, camera: str, account: ArchiveAccount) -> list[int]:
    """The numbers of the frames in a fragment, read back from its file."""
    with path.open("rb") as file:
        file.seek(fragment.offset_bytes)
        content = file.read(fragment.size_bytes)
    marks = marks_in(content)
    right = hashlib.sha256(content).digest() == fragment.sha256
    if not right or len(marks) != fragment.frames or any(name != camera for name, _ in marks):
        account.wrong_bytes += 1
        account.notes.append(
            f"{camera}: {path.name} at {fragment.offset_bytes}: {len(marks)} of {fragment.frames} frames, {right=}"
        )
    return [number for _, number in marks]


async def account_archive(
    house: "House", camera: str, announced: list[FragmentWritten], ledger: list[tuple[int, int]], troubles: list[Trouble]
) -> ArchiveAccount:
    """Reads the camera's archive back and asks for every frame that was sent (number, send time in µs)."""
    account = ArchiveAccount(sent=len(ledger))
    stored, gaps = await house.timeline(camera)
    seen: Counter[int] = Counter()
    kept: set[tuple[str, int]] = set()
    for path, run_id, fragment in stored:
        kept.add((run_id, fragment.sequence))
        seen.update(await asyncio.to_thread(read_frames, path, fragment, camera, account))
    told = {(fact.run_id, fact.sequence): fact for fact in announced if fact.camera_id == camera}
    account.announced = sum(fact.frames for fact in told.values())
    account.archived = len(seen)
    account.doubled = sum(count - 1 for count in seen.values())
    account.strangers = len(kept - told.keys())
    for key in sorted(told.keys() - kept):
        if _vanished(house, told[key], gaps, troubles):
            account.vanished += told[key].frames
        else:
            account.lost += told[key].frames
            account.notes.append(f"{camera}: announced and not kept {key} {told[key].starts_at}")
    account.disordered = _disordered([fragment for _, _, fragment in stored])
    sent = dict(ledger)
    account.strangers += sum(number not in sent for number in seen)
    first = min(seen, default=0)
    missing = [number for number in sent if number > first and number not in seen and sent[number] < house.ended_us]
    _place(house, camera, missing, sent, gaps, troubles, account)
    for gap in gaps:
        account.causes[gap.cause] += 1
        meant_us = house.clock.meant(gap.from_us)
        near = [one for at_us in meant_us for one in troubles if one.is_near(at_us)]
        ending = any(at_us >= house.ended_us for at_us in meant_us)
        if not ending and not any(gap.cause in one.causes for one in near):
            account.wrong_causes += 1
            when = datetime.fromtimestamp(gap.from_us / 1e6, UTC)
            account.notes.append(
                f"{camera}: gap by {gap.cause} ({gap.detail}) at {when:%H:%M:%S} while {[o.victim for o in near]}"
            )
    return account


def _vanished(house: "House", fact: FragmentWritten, gaps: list[Gap], troubles: list[Trouble]) -> bool:
    """Whether a fragment's file was taken away, and the timeline says that its time is lost."""
    ends_us = microseconds(fact.ends_at)
    hit = any(one.takes_files and one.is_near(at_us) for at_us in house.clock.meant(ends_us) for one in troubles)
    return hit and any(gap.cause == "ingest_lost" and gap.from_us < ends_us <= gap.until_us for gap in gaps)


def _disordered(fragments: list[Fragment]) -> int:
    """Fragments that begin before the one before them has ended, in the order of their time."""
    ordered = sorted(fragments, key=lambda one: (one.starts_at, one.ends_at))
    return sum(after.starts_at < before.ends_at for before, after in itertools.pairwise(ordered))


def _place(
    house: "House",
    camera: str,
    missing: list[int],
    sent: dict[int, int],
    gaps: list[Gap],
    troubles: list[Trouble],
    account: ArchiveAccount,
) -> None:
    """Puts missing frames into gaps; what was sent in repeated time must at least have been sent while something was hit."""
    outside = []
    for number in missing:
        shown_us = house.clock.shown(sent[number])
        if any(gap.from_us - _NEAR_US <= at_us <= gap.until_us + _NEAR_US for gap in gaps for at_us in shown_us):
            account.in_gaps += 1
        elif house.clock.is_repeated(sent[number]) and any(one.is_near(sent[number]) for one in troubles):
            account.in_repeated_time += 1
        else:
            outside.append(number)
    account.unexplained += len(outside)
    if outside:
        at = datetime.fromtimestamp(sent[outside[0]] / 1e6, UTC)
        known = ", ".join(f"{datetime.fromtimestamp(gap.from_us / 1e6, UTC):%H:%M:%S.%f} {gap.cause}" for gap in gaps)
        account.notes.append(f"{camera}: frames {outside[:8]} sent from {at:%H:%M:%S.%f} on are nowhere; gaps: {known}")

"""Where every frame went once the recorder has taken footage over: into the archive exactly once, or into a stated gap."""

import asyncio
import hashlib
import re
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from hejnal_contracts.media import FragmentWritten
from hejnal_recorder.fragments import Fragment
from tests.chaos.counts import Counts

if TYPE_CHECKING:
    from tests.chaos.house import House

_MARK = re.compile(rb"hejnal-simulator(.{12})(\d{12})(\d{20})")
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


@dataclass
class ArchiveAccount(Counts):
    """Counts of one camera, or of all. `lost`: announced and not in the archive; `strangers`: there, and never announced."""

    sent: int = 0
    announced: int = 0
    archived: int = 0
    lost: int = 0
    doubled: int = 0
    strangers: int = 0
    wrong_bytes: int = 0
    in_gaps: int = 0
    unexplained: int = 0
    wrong_causes: int = 0

    @property
    def clean(self) -> bool:
        """All is accounted for."""
        return not (self.lost or self.doubled or self.strangers or self.wrong_bytes or self.unexplained or self.wrong_causes)


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
    marks = [(match[1].decode().strip(), int(match[2])) for match in _MARK.finditer(content)]
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
    told = {(fact.run_id, fact.sequence): fact.frames for fact in announced if fact.camera_id == camera}
    account.announced = sum(told.values())
    account.archived = len(seen)
    account.doubled = sum(count - 1 for count in seen.values())
    account.lost = sum(frames for key, frames in told.items() if key not in kept)
    account.strangers = len(kept - told.keys())
    if account.lost or account.strangers:
        account.notes.append(
            f"{camera}: announced and not kept {sorted(told.keys() - kept)[:4]}, the other way {len(kept - told.keys())}"
        )
    sent = dict(ledger)
    account.strangers += sum(number not in sent for number in seen)
    first = min(seen, default=0)
    account.in_gaps, account.unexplained = _place(
        camera, [n for n in sent if n > first and n not in seen and sent[n] < house.ended_us], sent, gaps, account
    )
    for gap in gaps:
        account.causes[gap.cause] += 1
        near = [one for one in troubles if one.from_us - _NEAR_US <= gap.from_us <= one.until_us + _REACTION_US]
        if gap.from_us < house.ended_us and not any(gap.cause in one.causes for one in near):
            account.wrong_causes += 1
            when = datetime.fromtimestamp(gap.from_us / 1e6, UTC)
            account.notes.append(
                f"{camera}: gap by {gap.cause} ({gap.detail}) at {when:%H:%M:%S} while {[o.victim for o in near]}"
            )
    return account


def _place(camera: str, missing: list[int], sent: dict[int, int], gaps: list[Gap], account: ArchiveAccount) -> tuple[int, int]:
    """How many of the missing frames were sent inside a gap, and how many were not."""
    outside = [
        number for number in missing if not any(gap.from_us - _NEAR_US <= sent[number] <= gap.until_us + _NEAR_US for gap in gaps)
    ]
    if outside:
        at = datetime.fromtimestamp(sent[outside[0]] / 1e6, UTC)
        known = ", ".join(f"{datetime.fromtimestamp(gap.from_us / 1e6, UTC):%H:%M:%S.%f} {gap.cause}" for gap in gaps)
        account.notes.append(f"{camera}: frames {outside[:8]} sent from {at:%H:%M:%S.%f} on are nowhere; gaps: {known}")
    return len(missing) - len(outside), len(outside)

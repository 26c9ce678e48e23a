"""Where every frame went: into an announced fragment, or into a stated gap."""

import hashlib
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from pathlib import Path

from hejnal_contracts.base import Fact
from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted
from tests.chaos.counts import Counts, marks_in

_NEAR_US = 2_000_000
_TIME_ERROR_S = 2.0


@dataclass
class Run:
    """One run as it was told."""

    started: RunStarted
    fragments: list[FragmentWritten] = field(default_factory=list)
    ended: RunEnded | None = None
    frames: list[int] = field(default_factory=list)
    """Numbers read back from the files."""


@dataclass(frozen=True)
class Turned:
    """A fault that was on: wall times in µs; `gaps` are the causes it may have led to."""

    name: str
    from_us: int
    until_us: int
    gaps: frozenset[GapCause]


@dataclass
class Account(Counts):
    """Counts of one camera, or of all."""

    sent: int = 0
    recorded: int = 0
    in_gaps: int = 0
    unexplained: int = 0
    """Sent, in no fragment, and between no two runs."""
    twice: int = 0
    unknown: int = 0
    """Recorded, but never sent."""
    mended: int = 0
    """Recorded though packets were missing: parameter sets that were known, or a mark of which nothing depends."""
    wrong_files: int = 0
    """Fragments whose bytes are not those that were announced."""
    gaps: int = 0
    wrong_causes: int = 0
    """Gaps whose cause is not that of a fault that was on."""
    outside_times: int = 0
    """Gaps whose stated times do not hold the send times of the frames that are missing."""
    camera_times: int = 0
    wrong_camera_times: int = 0
    """Fragments whose camera time is not that of the camera, whose clock is right whatever its reports say."""

    @property
    def clean(self) -> bool:
        """Everything is accounted for."""
        return not (self.unexplained or self.twice or self.unknown or self.wrong_files or self.wrong_causes or self.outside_times)


def runs_of(facts: list[Fact]) -> dict[str, list[Run]]:
    """The runs of each camera in the order they began."""
    runs: dict[str, Run] = {}
    cameras: dict[str, list[Run]] = defaultdict(list)
    for fact in facts:
        if isinstance(fact, RunStarted) and fact.run_id not in runs:
            runs[fact.run_id] = Run(fact)
            cameras[fact.camera_id].append(runs[fact.run_id])
        elif isinstance(fact, FragmentWritten):
            run = runs[fact.run_id]
            if fact.sequence == len(run.fragments):
                run.fragments.append(fact)
        elif isinstance(fact, RunEnded):
            runs[fact.run_id].ended = fact
    return cameras


def account_for(
    camera: str, runs: list[Run], spool: Path, ledger: list[tuple[int, int]], spoiled: set[int], turned: list[Turned]
) -> Account:
    """Reads the camera's fragments back and asks for every frame of the ledger (number, send time in µs).

    Of `spoiled` frames packets were lost on the way; such a frame may be recorded when what was lost is not of the picture.
    """
    account = Account(sent=len(ledger))
    seen: Counter[int] = Counter()
    for run in runs:
        for fragment in run.fragments:
            with (spool / fragment.segment_path).open("rb") as file:
                file.seek(fragment.offset_bytes)
                content = file.read(fragment.size_bytes)
            if hashlib.sha256(content).hexdigest() != fragment.sha256:
                account.wrong_files += 1
                account.notes.append(f"{camera}: {fragment.segment_path} at {fragment.offset_bytes} is not what was announced")
            marks = marks_in(content)
            numbers = [number for _, number in marks]
            unmarked = fragment.frames - len(marks)
            around = range(min(numbers, default=0) - unmarked, max(numbers, default=0) + unmarked + 1)
            explained = 0 <= unmarked <= sum(number in spoiled for number in around if number not in numbers)
            account.mended += max(0, unmarked) + sum(number in spoiled for number in numbers)
            if not explained or any(name != camera for name, _ in marks):
                account.wrong_files += 1
                account.notes.append(
                    f"{camera}: {fragment.frames} frames announced, {len(marks)} found in {fragment.segment_path}"
                )
            run.frames += numbers
            if fragment.camera_time is not None:
                account.camera_times += 1
                error_s = abs((fragment.camera_time - fragment.starts_at).total_seconds())
                if error_s > _TIME_ERROR_S:
                    account.wrong_camera_times += 1
                    account.notes.append(f"{camera}: camera time {fragment.camera_time} at {fragment.starts_at}")
        seen.update(run.frames)
    sent = dict(ledger)
    account.recorded = sum(number in sent for number in seen)
    account.twice = sum(count - 1 for count in seen.values())
    account.unknown = sum(number not in sent and number not in spoiled for number in seen)
    missing = sorted(number for number in sent if number not in seen)
    _place(account, camera, [run for run in runs if run.frames], missing, sent, turned)
    return account


def _place(
    account: Account, camera: str, runs: list[Run], missing: list[int], sent: dict[int, int], turned: list[Turned]
) -> None:
    """Puts missing frames into the gaps between runs, and asks of each gap whether its cause is true."""
    left = set(missing)
    if not runs:
        account.unexplained += len(left)
        return
    before_first = {number for number in left if number < runs[0].frames[0]}
    left -= before_first
    account.in_gaps += len(before_first)
    for run, following in zip(runs, [*runs[1:], None], strict=True):
        if run.ended is None:
            continue
        until = following.frames[0] if following is not None else 1 << 62
        inside = {number for number in left if run.frames[-1] < number < until}
        left -= inside
        account.in_gaps += len(inside)
        account.gaps += 1
        account.causes[run.ended.cause.value] += 1
        begins_us = int(run.fragments[-1].ends_at.timestamp() * 1e6)
        ends_us = int(following.fragments[0].starts_at.timestamp() * 1e6) if following is not None else 1 << 62
        if any(not begins_us - _NEAR_US <= sent[number] <= ends_us + _NEAR_US for number in inside):
            account.outside_times += 1
            account.notes.append(f"{camera}: frames of the gap at {run.ended.ended_at} were sent outside of it")
        if following is None:
            continue
        on = [fault for fault in turned if fault.from_us - _NEAR_US <= begins_us <= fault.until_us + _NEAR_US]
        if not any(run.ended.cause in fault.gaps for fault in on):
            account.wrong_causes += 1
            names = ", ".join(fault.name for fault in on) or "nothing"
            account.notes.append(f"{camera}: a gap by {run.ended.cause.value} ({run.ended.detail}) while {names} was on")
    account.unexplained += len(left)
    if left:
        account.notes.append(f"{camera}: frames {sorted(left)[:10]} are nowhere")

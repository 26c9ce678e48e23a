"""A rolling restart of ingest: two processes, ended one after the other as Kubernetes ends them; every frame is asked for.

`python -m tests.chaos.rolling --cameras 24 --restarts 10` prints one JSON line; exit code 1 if the archive would lack a frame.
Two real processes with a spool each share the cameras. What they tell is judged by the recorder's own rules
(`hejnal_recorder.timeline`), so a frame counts only where it would stand on the timeline, and gaps are those it would state.
Needs a Kafka: HEJNAL_TEST_KAFKA or HEJNAL_BENCH_KAFKA names one, else it starts its own.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import os
import secrets
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from hejnal_contracts.cameras import CameraCondition
from hejnal_contracts.media import FragmentWritten, RunStarted
from hejnal_contracts.topics import BY_NAME
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE, a_broker
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.knobs import ControlPanel
from hejnal_media.simulator.town import camera_name, town_mounts
from hejnal_media.simulator.wardrobe import Wardrobe
from hejnal_recorder.timeline.decide import StoryFact, decide
from hejnal_recorder.timeline.story import FragmentAdded, GapEnded, Outcome, Story
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.ids import new_id
from tests.chaos.counts import Counts, marks_in
from tests.chaos.ingest import CLIP, TOPICS, Chaos, Told, listening

NAMES = ("one", "two")
_BOTH_S = 180.0
_END_S = 40.0
_SETTLE_S = 4.0
_EDGE_US = 2_000_000


class NotSharedError(RuntimeError):
    """The two processes did not share the cameras in time."""


@dataclass
class Pair:
    """Two ingest processes with a spool each."""

    bootstrap: str
    prefix: str
    folder: Path
    processes: dict[str, asyncio.subprocess.Process] = field(default_factory=dict)
    ended_s: list[float] = field(default_factory=list)
    codes: Counter[int] = field(default_factory=Counter)

    async def start(self, name: str) -> None:
        """Starts one of them."""
        settings = {
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "TOPIC_PREFIX": self.prefix,
            "INTERNAL_PORT": str(free_ports(1)[0]),
            "SPOOL_DIR": str(self.spool(name)),
            "INGEST_ID": name,
        }
        environment = {**os.environ, **{f"HEJNAL_INGEST_{key}": value for key, value in settings.items()}}
        command = ("setpriv", "--pdeathsig=KILL", sys.executable, "-m", "hejnal_ingest", "serve")
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = await asyncio.create_subprocess_exec(*command, env=environment, stdout=log, stderr=log)

    async def end(self, name: str) -> None:
        """SIGTERM, and the end of the process within what Kubernetes would give it."""
        process = self.processes[name]
        began_s = time.monotonic()
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(_END_S):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()
        self.ended_s.append(time.monotonic() - began_s)
        self.codes[process.returncode or 0] += 1

    async def close(self) -> None:
        """Ends what still runs."""
        for process in self.processes.values():
            if process.returncode is None:
                process.kill()
                await process.wait()

    def spool(self, name: str) -> Path:
        """Where one of them writes."""
        return self.folder / name


@dataclass
class RollingAccount(Counts):
    """Counts of one camera, or of all."""

    sent: int = 0
    archived: int = 0
    missing: int = 0
    doubled: int = 0
    gaps: int = 0
    gap_ms: int = 0
    hand_overs: int = 0
    """Runs of one process after a run of the other."""


def account_for(
    camera: str, facts: list[StoryFact], pair: Pair, ledger: list[tuple[int, int]], from_us: int, until_us: int
) -> RollingAccount:
    """Follows the camera's story as the recorder would, and reads the frames of what it would keep."""
    account = RollingAccount()
    story: Story | None = None
    known: set[str] = set()
    spools: dict[str, Path] = {}
    holders: list[str] = []
    seen: Counter[int] = Counter()
    for fact in facts:
        if isinstance(fact, RunStarted):
            spools[fact.run_id] = pair.spool(fact.ingest_id)
        decision = decide(story, fact, run_known=fact.run_id in known, new_id=new_id)
        known.add(fact.run_id)
        if decision.outcome is not Outcome.APPLIED:
            continue
        story = decision.story
        if isinstance(fact, RunStarted):
            holders.append(fact.ingest_id)
        for effect in decision.effects:
            if isinstance(effect, GapEnded) and int(effect.starts_at.timestamp() * 1e6) > from_us:
                lasted_ms = round((effect.ends_at - effect.starts_at).total_seconds() * 1000)
                account.gaps += lasted_ms > 0
                account.gap_ms += lasted_ms
                account.causes[effect.cause.value] += lasted_ms > 0
            if isinstance(effect, FragmentAdded) and isinstance(fact, FragmentWritten):
                with (spools[fact.run_id] / fact.segment_path).open("rb") as file:
                    file.seek(fact.offset_bytes)
                    seen.update(number for _, number in marks_in(file.read(fact.size_bytes)))
    wanted = {number for number, sent_us in ledger if from_us < sent_us < until_us}
    missing = sorted(wanted - seen.keys())
    account.sent, account.archived, account.missing = len(wanted), len(wanted) - len(missing), len(missing)
    account.doubled = sum(seen[number] - 1 for number in wanted if number in seen)
    account.hand_overs = sum(one != other for one, other in itertools.pairwise(holders))
    if missing:
        account.notes.append(f"{camera}: {len(missing)} frames are missing, the first {missing[:3]}")
    return account


async def shared(told: Told, cameras: list[str], pair: Pair) -> None:
    """Waits until all cameras are live and both processes hold some. Raises NotSharedError."""

    def fine() -> bool:
        status = [told.status.get(camera) for camera in cameras]
        live = all(one is not None and one.condition is CameraCondition.LIVE for one in status)
        return live and {one.ingest_id for one in status if one is not None} == set(NAMES)

    try:
        async with asyncio.timeout(_BOTH_S), told.changed:
            await told.changed.wait_for(fine)
    except TimeoutError as error:
        held = Counter(one.ingest_id for one in told.status.values())
        logs = "".join((pair.folder / f"{name}.log").read_text(errors="replace")[-1500:] for name in NAMES)
        raise NotSharedError(f"held by {dict(held)} of {len(cameras)} cameras\n{logs}") from error


async def run(cameras: int, restarts: int, *, folder: Path, bootstrap: str, settle_s: float = _SETTLE_S) -> dict[str, Any]:
    """The whole run; the line that is printed."""
    prefix = f"rolling-{secrets.token_hex(3)}-"
    await create_topics(bootstrap, [BY_NAME[name] for name in TOPICS], prefix=prefix, partitions=8)
    wardrobe = Wardrobe(CACHE / "clips")
    mounts = town_mounts(cameras, CACHE / "clips", variants=1, main=CLIP, sub=CLIP, wardrobe=wardrobe)
    simulator = CameraSimulator([mount for mount in mounts if mount.path.endswith("/main")])
    for mount in simulator.mounts.values():
        mount.ledger = []
    await simulator.start()
    producer = Producer(bootstrap, prefix)
    names = [camera_name(number) for number in range(1, cameras + 1)]
    pair = Pair(bootstrap, prefix, folder)
    began_s = time.monotonic()
    try:
        async with listening(bootstrap, prefix) as told:
            chaos = Chaos(simulator, ControlPanel(simulator, wardrobe), told, producer, chance=None)  # type: ignore[arg-type]
            for name in names:
                await chaos.register(name)
            for name in NAMES:
                await pair.start(name)
            await shared(told, names, pair)
            await asyncio.sleep(settle_s)
            from_us = time.time_ns() // 1000
            for number in range(restarts):
                victim = NAMES[number % 2]
                await pair.end(victim)
                told.status = {camera: one for camera, one in told.status.items() if one.ingest_id != victim}
                await pair.start(victim)
                await shared(told, names, pair)
                await asyncio.sleep(settle_s)
            until_us = time.time_ns() // 1000 - _EDGE_US
            for name in NAMES:
                await pair.end(name)
            await asyncio.sleep(1)
            media = list(told.media)
    finally:
        await pair.close()
        await simulator.stop()
        await producer.stop()
    total = RollingAccount()
    for name in names:
        facts = [fact for fact in media if isinstance(fact, StoryFact) and fact.camera_id == name]
        ledger = simulator.mounts[f"{name}/main"].ledger or []
        total.add(await asyncio.to_thread(account_for, name, facts, pair, ledger, from_us, until_us))
    stops = sorted(pair.ended_s[:restarts])
    return {
        "chaos": "rolling",
        "cameras": cameras,
        "restarts": restarts,
        "elapsed_s": round(time.monotonic() - began_s, 1),
        "frames_sent": total.sent,
        "frames_archived": total.archived,
        "frames_missing": total.missing,
        "frames_in_two_fragments": total.doubled,
        "hand_overs": total.hand_overs,
        "gaps": total.gaps,
        "gap_s_total": round(total.gap_ms / 1000, 2),
        "gap_causes": dict(sorted(total.causes.items())),
        "stop_s_max": round(stops[-1], 2) if stops else None,
        "exit_codes": {str(code): count for code, count in sorted(pair.codes.items())},
        "load": round(os.getloadavg()[0], 2),
        "notes": total.notes[:10],
        "met": total.missing == 0 and total.archived > 0 and set(pair.codes) == {0},
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m tests.chaos.rolling", description=__doc__)
    parser.add_argument("--cameras", type=int, default=24)
    parser.add_argument("--restarts", type=int, default=10)
    arguments = parser.parse_args()
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hejnal-rolling-", ignore_cleanup_errors=True)))
        bootstrap = stack.enter_context(a_broker())
        line = asyncio.run(run(arguments.cameras, arguments.restarts, folder=folder, bootstrap=bootstrap))
    print(json.dumps(line))
    return 0 if line["met"] else 1


if __name__ == "__main__":
    sys.exit(main())

"""The ledgers of all cameras, kept on disk beside the spool: `.backfill/<camera>.json`."""

import asyncio
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog
from pydantic import ValidationError

from hejnal_contracts.base import Fact
from hejnal_contracts.cameras import CameraCondition, CameraStatusReported
from hejnal_contracts.media import FragmentWritten, RunEnded, RunStarted
from hejnal_ingest import metrics
from hejnal_ingest.backfill.gaps import CameraLedger, Elsewhere, Gap, microseconds
from hejnal_ingest.spool.files import sync_folder

log = structlog.get_logger()

FOLDER = ".backfill"
_NAME = re.compile(r"^([a-z0-9][a-z0-9-]{0,62})\.json$")
_SAVE_EVERY_S = 0.2


class GapLedgers:
    """`note` sees every fact; `run` keeps what has changed on disk, away from the event loop."""

    def __init__(
        self,
        spool_dir: Path,
        *,
        min_gap_s: float,
        new_id: Callable[[], str],
        ingest_id: str,
        has_card: Callable[[str], bool],
    ) -> None:
        """`has_card`: whether a camera records on a card of its own, as its registration says now."""
        self._folder = spool_dir / FOLDER
        self._min_gap_us = int(min_gap_s * 1e6)
        self._new_id = new_id
        self._ingest_id = ingest_id
        self._has_card = has_card
        self._ledgers: dict[str, CameraLedger] = {}
        self._elsewhere: dict[str, Elsewhere] = {}
        self._live_runs: dict[str, str] = {}
        self._backfill_runs: set[str] = set()
        self._dirty: set[str] = set()

    def load(self) -> None:
        """Reads what an earlier process knew. Blocking. A file that cannot be read is left as it is."""
        self._folder.mkdir(parents=True, exist_ok=True)
        for path in self._folder.iterdir():
            if match := _NAME.match(path.name):
                try:
                    self._ledgers[match[1]] = CameraLedger.model_validate_json(path.read_bytes())
                except (OSError, ValidationError) as error:
                    log.warning("gap_ledger_unreadable", camera_id=match[1], error=type(error).__name__)
        self._count()

    def note(self, fact: Fact) -> None:
        """A fact about footage that is durable in the spool."""
        if not isinstance(fact, (RunStarted, FragmentWritten, RunEnded)):
            return
        if isinstance(fact, RunStarted):
            if fact.backfilled:
                self._backfill_runs.add(fact.run_id)
            else:
                self._live_runs[fact.camera_id] = fact.run_id
        ledger = self._ledgers.setdefault(fact.camera_id, CameraLedger())
        if fact.run_id in self._backfill_runs:
            changed = isinstance(fact, FragmentWritten) and ledger.filled(microseconds(fact.ends_at))
            if isinstance(fact, RunEnded):
                self._backfill_runs.discard(fact.run_id)
        else:
            changed = ledger.take(
                fact,
                new_id=self._new_id,
                min_gap_us=self._min_gap_us,
                live_run=self._live_runs.get(fact.camera_id),
                elsewhere=self._elsewhere.get(fact.camera_id),
                wanted=isinstance(fact, RunStarted) and self._has_card(fact.camera_id),
            )
        if changed:
            self._dirty.add(fact.camera_id)
            self._count()

    def seen(self, status: CameraStatusReported) -> None:
        """What some ingest process tells of a camera."""
        if status.ingest_id != self._ingest_id and status.condition is CameraCondition.LIVE:
            since_us, until_us = microseconds(status.since), microseconds(status.observed_at)
            self._elsewhere[status.camera_id] = Elsewhere(since_us, until_us)

    def forget_older(self, until_us: int) -> None:
        """Gaps that ended before are given up."""
        for camera_id, ledger in self._ledgers.items():
            for gap in ledger.older_than(until_us):
                self.remove(camera_id, gap, "too_old")

    def pending(self) -> Iterator[tuple[str, Gap]]:
        """All gaps, the oldest first."""
        yield from sorted(
            ((camera_id, gap) for camera_id, ledger in self._ledgers.items() for gap in ledger.gaps),
            key=lambda pair: pair[1].from_us,
        )

    def changed(self, camera_id: str) -> None:
        """A gap was changed by its worker."""
        self._dirty.add(camera_id)

    def remove(self, camera_id: str, gap: Gap, outcome: str) -> None:
        """Nothing more is to be fetched of a gap."""
        self._ledgers[camera_id].remove(gap.gap_id)
        self._dirty.add(camera_id)
        metrics.BACKFILL_ENDED.labels(outcome).inc()
        self._count()

    async def run(self) -> None:
        """Saves for ever; once more when cancelled."""
        try:
            while True:
                await asyncio.sleep(_SAVE_EVERY_S)
                if self._dirty:
                    await asyncio.to_thread(self.save)
        finally:
            self.save()

    def save(self) -> None:
        """Writes what has changed, durably. Blocking; a write that fails is tried again with the next one."""
        dirty, self._dirty = self._dirty, set()
        for camera_id in dirty:
            content = self._ledgers[camera_id].model_dump_json().encode()
            part = self._folder / f"{camera_id}.part"
            try:
                with part.open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
                part.replace(self._folder / f"{camera_id}.json")
            except OSError as error:
                self._dirty.add(camera_id)
                log.warning("gap_ledger_not_saved", camera_id=camera_id, error=repr(error))
        if dirty:
            try:
                sync_folder(self._folder)
            except OSError as error:
                log.warning("gap_ledgers_not_saved", error=repr(error))

    def _count(self) -> None:
        metrics.BACKFILL_GAPS.set(sum(len(ledger.gaps) for ledger in self._ledgers.values()))

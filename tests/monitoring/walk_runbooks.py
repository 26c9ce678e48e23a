"""Runbooks, walked: a real fault, the real alert in a real Prometheus, the runbook's own commands, and the alert is gone.

`make test-runbooks`; not part of `make test` (it breaks a town thirty times). What is walked stands in `walks.py`; how long each
took is written to `test-results/runbooks.json`, from which `python -m tests.monitoring.walked` makes the table of the runbooks.
"""

import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from hejnal_local.small_disk import small_disk
from tests.e2e.town import ROOT, Town, running_town

from .faults import ended, nothing
from .house import House
from .hurried import hurried_rules
from .servers import until
from .towns import machine, setting, watched
from .walked import note
from .walks import GUARD, WALKS, Walk

pytestmark = pytest.mark.timeout(1800)

DISK_BYTES = 4 * 1024**3
COMMAND_TIMEOUT_S = 300
SILENCE_S = 20
OF_THE_TOWN = {
    "HEJNAL_MONITORING": "1",
    "HEJNAL_KAFKA_SECURITY": "1",
    "HEJNAL_S3": "1",
    "HEJNAL_INGEST_SPOOL_MAX_BYTES": str(300 * 1024**2),
    "HEJNAL_RECORDER_TIER_AFTER_DAYS": "0.01",
    "HEJNAL_RECORDER_TIER_INTERVAL_S": "5",
    "HEJNAL_RECORDER_RETENTION_INTERVAL_S": "2",
    "HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL": "1",
    "HEJNAL_GATEWAY_AUDIT_HEAD_EVERY_S": "5",
    "HEJNAL_CITIZEN_HOUSEKEEPING_EVERY_S": "2",
}
"""Limits that a few minutes reach."""


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """The archive's own disk; that of a town that runs already has to be small, too."""
    already = os.environ.get("HEJNAL_E2E_RUN_DIR")
    if already:
        place = Path(setting(Path(already), "recorder", "HEJNAL_RECORDER_ARCHIVE_DIR"))
        assert shutil.disk_usage(place).total <= DISK_BYTES, f"{place} is no small disk"
        yield place
        return
    folder = tmp_path_factory.mktemp("disk")
    folder.chmod(0o755)
    with small_disk(folder / "archive", DISK_BYTES) as place:
        yield place


@pytest.fixture(scope="module")
def town(disk):
    with running_town(HEJNAL_RECORDER_ARCHIVE_DIR=str(disk), **OF_THE_TOWN) as town:
        yield town


@pytest.fixture(scope="module")
def house(town, disk, tmp_path_factory):
    folder = tmp_path_factory.mktemp("monitoring")
    with machine(town.run / "metrics") as exporter, watched(town, hurried_rules(folder / "rules"), exporter) as running:
        yield House(town, running, disk, folder)


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_the_fault_is_seen_and_the_runbook_ends_it(walk: Walk, house: House):
    running = house.running

    def firing() -> set[str]:
        return set(walk.alerts) & set(running.firing())

    if walk.fault is not nothing:
        until(lambda: not firing(), timeout_s=walk.ends_within_s, what="it was so before")
    running.told.groups.clear()
    began = time.monotonic()
    try:
        walk.fault(house)
        seen: dict[str, str] = {}

        def all_seen() -> bool:
            seen.update({name: labels["runbook_url"] for name, labels in running.firing().items() if name in walk.alerts})
            return set(seen) == set(walk.alerts)

        until(all_seen, timeout_s=walk.fires_within_s, what=f"not all of {walk.alerts} fire")
        fired_s = time.monotonic() - began
        waking = set(walk.alerts if walk.told is None else walk.told)
        until(lambda: waking <= running.told.alerts("firing", "dyzur"), what=f"only {running.told.alerts()} were told")
        if walk.mend is not None:
            walk.mend(house)
        mended = time.monotonic()
        said = follow(ROOT / seen[walk.alerts[0]], house.town, walk.more)
        assert walk.says in said, f"the commands of {seen[walk.alerts[0]]} say nothing of the fault:\n{said[-3000:]}"
        until(lambda: not firing(), timeout_s=walk.ends_within_s, what="the runbook was followed, and the alert goes on")
        ended_s = time.monotonic() - mended
    finally:
        while house.left_over:
            house.left_over.pop()()
    until(lambda: waking <= running.told.alerts("resolved", "dyzur"), what="nobody was told that it is over")
    note(walk.alerts, fired_s, ended_s)


def test_the_guard_is_missed_when_the_monitoring_ends(house: House):
    told = house.running.told
    until(lambda: "HejnalWatchdog" in told.alerts("firing", "straznik"), what="the guard does not come")

    def heard() -> int:
        return sum(group["receiver"] == "straznik" for group in list(told.groups))

    def silent() -> bool:
        before = heard()
        time.sleep(SILENCE_S)
        return heard() == before

    began = time.monotonic()
    assert not silent(), f"the guard comes more seldom than every {SILENCE_S} s: its silence would say nothing"
    ended("prometheus", "alertmanager")(house)
    until(silent, timeout_s=120, what="the guard comes although nobody sends it")
    missed_s, mended = time.monotonic() - began, time.monotonic()
    follow(ROOT / "docs" / "runbooks" / "straznik.md", house.town, {})
    before = heard()
    until(lambda: heard() > before, timeout_s=120, what="the guard does not come back")
    note(GUARD[:1], missed_s, time.monotonic() - mended)


def follow(card: Path, town: Town, more: dict[str, str]) -> str:
    """Run a runbook's commands for one machine, block by block, as they stand there; what they say."""
    blocks = re.findall(r"^```bash jedna-maszyna\n(.*?)^```$", card.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks, f"{card.name} has no commands for one machine"
    said = ""
    for block in blocks:
        done = subprocess.run(
            ["bash", "-e", "-c", block],
            cwd=ROOT,
            env={**os.environ, **town.environment, **more},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_TIMEOUT_S,
            check=False,
        )
        assert done.returncode == 0, f"{card.name}:\n{block}\n{done.stdout[-2000:]}\n{done.stderr[-2000:]}"
        said += done.stdout
    return said

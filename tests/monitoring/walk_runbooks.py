"""Runbooks, walked: a real fault, the real alert in a real Prometheus, the runbook's own commands, and the alert is gone.

`make test-runbooks`; not part of `make test` (it breaks a town a dozen times). What cannot be provoked in earnest (a key that
ends in a month, a person who does not approve) is shown by promtool alone.
"""

import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from hejnal_local.small_disk import small_disk
from tests.e2e.town import ROOT, Town, running_town

from . import faults
from .faults import Fault
from .hurried import hurried_rules
from .servers import Running, monitoring, until
from .towns import internal_doors, setting

pytestmark = pytest.mark.timeout(1200)

DISK_BYTES = 3 * 1024**3
FIRES_WITHIN_S = 120
ENDS_WITHIN_S = 180
COMMAND_TIMEOUT_S = 300


@dataclass(frozen=True)
class Walk:
    """A fault, the alerts that must follow, and the runbook that ends them."""

    name: str
    fault: Fault
    alerts: tuple[str, ...]
    told: tuple[str, ...] | None = None
    """Who of them wakes somebody; the others are silenced by them or wait for the day."""
    more: dict[str, str] = field(default_factory=dict)
    """Variables of the runbook's commands."""


WALKS = (
    Walk("a service ends", faults.ended("notifier"), ("HejnalServiceDown",), more={"USLUGA": "notifier"}),
    Walk("the cameras' power", faults.ended("cameras"), ("HejnalCamerasDark", "HejnalCameraGroupDark", "HejnalCameraDark"),
         ("HejnalCamerasDark",)),
    Walk("ingest is killed", faults.killed("ingest"), ("HejnalRecordingGaps",), ()),
    Walk("the disk fills", faults.filled, ("HejnalDiskShort",)),
    Walk("Kafka ends", faults.ended("kafka"), ("HejnalKafkaAway",)),
    Walk("the database ends", faults.ended("postgres"), ("HejnalDatabaseAway",)),
    Walk("the provider of e-mail is away", faults.sends_while_away("sinks"), ("HejnalChannelDown", "HejnalProviderDown"),
         ("HejnalChannelDown",)),
    Walk("a message nobody can read", faults.garbage("announcements", 3), ("HejnalDeadLetters",), ()),
    Walk("somebody guesses passwords", faults.guesses, ("HejnalSignInsLocked",), ()),
)  # fmt: skip


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
    with running_town(HEJNAL_RECORDER_ARCHIVE_DIR=str(disk)) as town:
        yield town


@pytest.fixture(scope="module")
def running(town, tmp_path_factory):
    folder = tmp_path_factory.mktemp("monitoring")
    options = {"scrape_s": 1, "evaluate_s": 1, "routes": {"group_wait": "1s", "group_interval": "1s"}}
    with monitoring(folder / "own", internal_doors(town.run), rule_files=hurried_rules(folder / "rules"), **options) as running:
        yield running


@pytest.mark.parametrize("walk", WALKS, ids=lambda walk: walk.name)
def test_the_fault_is_seen_and_the_runbook_ends_it(walk: Walk, town: Town, running: Running, disk: Path):
    until(lambda: not set(walk.alerts) & set(running.firing()), timeout_s=ENDS_WITHIN_S, what="it was so before")
    running.told.groups.clear()
    walk.fault(town, disk)
    until(lambda: set(walk.alerts) <= set(running.firing()), timeout_s=FIRES_WITHIN_S, what=f"not all of {walk.alerts} fire")
    cards = {running.firing()[name]["runbook_url"] for name in walk.alerts[:1]}
    waking = set(walk.alerts if walk.told is None else walk.told)
    until(lambda: waking <= running.told.alerts("firing", "dyzur"), what=f"only {running.told.alerts()} were told")
    for card in cards:
        follow(ROOT / card, town, walk.more)
    until(
        lambda: not set(walk.alerts) & set(running.firing()),
        timeout_s=ENDS_WITHIN_S,
        what="the runbook was followed, and the alert goes on",
    )
    until(lambda: waking <= running.told.alerts("resolved", "dyzur"), what="nobody was told that it is over")


def follow(card: Path, town: Town, more: dict[str, str]) -> None:
    """Run a runbook's commands for one machine, block by block, as they stand there."""
    blocks = re.findall(r"^```bash jedna-maszyna\n(.*?)^```$", card.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert blocks, f"{card.name} has no commands for one machine"
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

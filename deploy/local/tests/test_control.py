"""Looking after a running town: what is said of a program, and starting one anew."""

import sys
from pathlib import Path

import pytest

from hejnal_local import control
from hejnal_local.programs import Town
from hejnal_local.settings import LocalSettings
from hejnal_local.supervision import Program, Supervisor
from hejnal_local.workspace import Workspace


@pytest.fixture
def town(tmp_path: Path) -> Town:
    root = Workspace.of_this_clone().root
    return Town(Workspace(root, tmp_path / "run"), LocalSettings.load(tmp_path, {}))


def test_a_town_that_does_not_run_says_how_to_start_it(town: Town) -> None:
    for command in (lambda: control.status(town, print), lambda: control.restart(town, "ingest", print)):
        with pytest.raises(control.ControlError, match="make run"):
            command()


def test_a_program_is_ended_and_started_anew(town: Town, tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    supervisor = Supervisor(tmp_path / "run", Path(sys.executable))
    supervisor.start([Program("patient", [sys.executable, "-c", "import time; time.sleep(600)"])])
    said: list[str] = []
    try:
        assert control.status(town, said.append) == 1
        assert said == ["patient            stopped"]
        assert control.restart(town, "patient", said.append) == 0
        first = supervisor.states()["patient"]["pid"]
        assert control.restart(town, "patient", said.append) == 0
        assert supervisor.states()["patient"]["pid"] not in (0, first)
        said.clear()
        assert control.status(town, said.append) in (0, 1)  # supervisord calls it running after a second
        with pytest.raises(control.ControlError, match="known: patient"):
            control.restart(town, "kamery", said.append)
    finally:
        supervisor.stop()


def test_a_service_is_told_its_settings_but_not_where_the_town_lies(tmp_path: Path) -> None:
    given = {"HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL": "500", "HEJNAL_NOTIFIER_INTERNAL_PORT": "9", "HEJNAL_INGEST_X": "1"}
    town = Town(Workspace(Workspace.of_this_clone().root, tmp_path / "run"), LocalSettings.load(tmp_path, given))
    assert control._given_to(town, "notifier") == {"HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL": "500"}
    assert control._given_to(town, "kafka") == {}

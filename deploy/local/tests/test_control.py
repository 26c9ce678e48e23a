"""Looking after a running town: what is said of a program, and starting one anew."""

import sys
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from hejnal_local import control
from hejnal_local.programs import Town
from hejnal_local.settings import LocalSettings
from hejnal_local.supervision import Program, Supervisor
from hejnal_local.testing import MakeTopics
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


@pytest.mark.kafka
async def test_the_partitions_of_topics_that_nobody_reads_are_known(kafka_bootstrap: str, make_topics: MakeTopics) -> None:
    prefix = await make_topics("reports")
    found = await control.partitions_of({"bootstrap_servers": kafka_bootstrap}, [f"{prefix}reports", f"{prefix}none"])
    assert {topic: sorted(one.partition for one in parts) for topic, parts in found.items()} == {f"{prefix}reports": [0, 1, 2]}


@pytest.mark.kafka
async def test_dead_letters_are_shown_with_their_reason(kafka_bootstrap: str, make_topics: MakeTopics) -> None:
    name = f"{await make_topics('reports.dlq', partitions=1)}reports.dlq"
    producer = AIOKafkaProducer(bootstrap_servers=kafka_bootstrap)
    await producer.start()
    await producer.send_and_wait(name, b"x", key=b"obcy", headers=[("dlq_reason", b"UndecodableError")])
    await producer.stop()
    found = await control._letters({"bootstrap_servers": kafka_bootstrap}, [name])
    assert [(topic, count, [record.key for record in shown]) for topic, count, shown in found] == [(name, 1, [b"obcy"])]

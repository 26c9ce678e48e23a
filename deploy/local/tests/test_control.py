"""Looking after a running town: what is said of a program, and starting one anew."""

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiokafka import AIOKafkaProducer

from hejnal_local import control, readiness
from hejnal_local.ports import free_ports
from hejnal_local.programs import Town
from hejnal_local.settings import LocalSettings
from hejnal_local.started import Started
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


@pytest.fixture
def notifier(tmp_path: Path) -> Iterator[Supervisor]:
    """A supervisor with a program of a service's name, whose script is told like the service's."""
    (tmp_path / "run").mkdir()
    (tmp_path / ".venv").symlink_to(sys.prefix)
    supervisor = Supervisor(tmp_path / "run", Path(sys.executable))
    supervisor.start([Program("notifier", [sys.executable, "-c", "import time; time.sleep(600)"])])
    yield supervisor
    supervisor.stop()


def town_now(tmp_path: Path, text: str, started: Started | None = None) -> Town:
    """The town as `make restart` sees it, with this `.env`."""
    (tmp_path / ".env").write_text(text)
    settings = LocalSettings.load(tmp_path, {}) if started is None else started.settings_now(tmp_path, {})
    town = Town(Workspace(tmp_path, tmp_path / "run"), settings)
    town.keys.ensure()
    return town


def tell(town: Town, supervisor: Supervisor, said: list[str]) -> list[str]:
    return control._tell(town, "notifier", supervisor, said.append)


def test_a_service_hears_what_env_says_now_and_no_more(tmp_path: Path, notifier: Supervisor) -> None:
    budget = "HEJNAL_NOTIFIER_SMS_MONTHLY_BUDGET_ZL"
    script = tmp_path / "run" / "programs" / "notifier"
    town = town_now(tmp_path, "")
    with pytest.raises(control.ControlError, match="older version"):
        tell(town, notifier, [])
    started = Started.of(town.settings, {})
    started.write(tmp_path / "run")
    tell(town, notifier, [])
    assert tell(town_now(tmp_path, f"{budget}=500\n", started), notifier, []) == [budget]
    assert f"export {budget}=500" in script.read_text()

    notifier.begin("notifier")
    pid = notifier.states()["notifier"]["pid"]
    wrong = town_now(tmp_path, f"{budget}=sto\nHEJNAL_NOTIFIER_SMTP_HOTS=x\n", started)
    with pytest.raises(control.ControlError) as raised:
        control.restart(wrong, "notifier", print)
    assert "notifier is left as it is" in str(raised.value)
    assert f"{budget} is 'sto'" in str(raised.value)
    assert "HEJNAL_NOTIFIER_SMTP_HOTS is no setting; HEJNAL_NOTIFIER_SMTP_HOST is one" in str(raised.value)
    assert notifier.states()["notifier"]["pid"] == pid
    assert f"export {budget}=500" in script.read_text()

    said: list[str] = []
    assert tell(town_now(tmp_path, "HEJNAL_KAFKA_PORT=1001\n", started), notifier, said) == [budget]
    assert budget not in script.read_text()
    assert said == ["only `make stop` and `make run` change: HEJNAL_KAFKA_PORT"]


def test_a_program_that_ends_again_and_again_is_given_up_with_its_last_words(tmp_path: Path) -> None:
    (tmp_path / "run").mkdir()
    supervisor = Supervisor(tmp_path / "run", Path(sys.executable))
    dies = "import sys, time; print('a wrong value', flush=True); time.sleep(1.2); sys.exit(1)"
    supervisor.start([Program("notifier", [sys.executable, "-c", dies])])
    said: list[str] = []
    try:
        falls = control._Falls(supervisor, "notifier", said.append)
        supervisor.begin("notifier")
        with pytest.raises(readiness.NotReadyError) as raised:
            readiness.wait_until_ready({"notifier": f"tcp://127.0.0.1:{free_ports(1)[0]}"}, falls, print)
    finally:
        supervisor.stop()
    assert "notifier cannot be started: it ends again and again" in str(raised.value)
    assert str(raised.value).endswith("a wrong value")
    assert len(said) == 1
    assert said[0].startswith("notifier has ended by itself and is started again; its log ends:\na wrong value")


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

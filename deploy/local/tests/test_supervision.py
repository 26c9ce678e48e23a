"""Programs are started anew when they die, and every process is ended for certain."""

import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hejnal_local.processes import ProcessId, children_of
from hejnal_local.supervision import Program, SupervisionError, Supervisor

SLEEPER = "import os, sys, time; print(os.environ.get('WORD', ''), sys.argv[1:], flush=True); time.sleep(600)"


def sleeper(name: str, *arguments: str, **environment: str) -> Program:
    return Program(name, [sys.executable, "-c", SLEEPER, *arguments], environment)


@pytest.fixture
def supervisor(tmp_path: Path) -> Iterator[Supervisor]:
    one = Supervisor(tmp_path / "run", Path(sys.executable))
    yield one
    one.stop()


def eventually(condition: Callable[[], object], timeout_s: float = 40) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "did not happen in time"
        time.sleep(0.05)


def pid_of(supervisor: Supervisor, name: str) -> int:
    return int(supervisor.states()[name]["pid"])


def test_a_killed_program_is_started_anew(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one"), sleeper("two")])
    assert {state["statename"] for state in supervisor.states().values()} == {"STOPPED"}
    supervisor.begin("one", "two")
    supervisor.begin("one")  # again: left alone
    eventually(lambda: supervisor.states()["one"]["statename"] == "RUNNING")
    first, other = pid_of(supervisor, "one"), pid_of(supervisor, "two")
    os.kill(first, signal.SIGKILL)
    eventually(lambda: pid_of(supervisor, "one") not in {0, first})
    assert pid_of(supervisor, "two") == other


def test_a_halted_program_stays_ended(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one"), sleeper("two")])
    supervisor.begin("one", "two")
    eventually(lambda: supervisor.states()["one"]["statename"] == "RUNNING")
    supervisor.halt("one")
    supervisor.halt("one")
    eventually(lambda: supervisor.states()["one"]["statename"] == "STOPPED")
    assert pid_of(supervisor, "two")


def test_words_with_odd_characters_arrive_whole(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one", 'a "b" %d $HOME \\ ;c', WORD='100% "sure", yes')])
    supervisor.begin("one")
    eventually(lambda: supervisor.log_of("one").exists() and supervisor.log_of("one").stat().st_size)
    said = supervisor.log_of("one").read_text()
    assert said.startswith('100% "sure", yes ')
    assert "['a \"b\" %d $HOME \\\\ ;c']" in said


def test_what_holds_secrets_is_private(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start([sleeper("one", WORD="secret")])
    for name in ("supervisord.conf", "programs/one"):
        assert (tmp_path / "run" / name).stat().st_mode & 0o077 == 0


def test_nothing_is_left_after_stop(supervisor: Supervisor) -> None:
    spawner = (
        "import subprocess, sys, time; subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)']); time.sleep(600)"
    )
    supervisor.start([Program("parent", [sys.executable, "-c", spawner])])
    supervisor.begin("parent")
    eventually(lambda: pid_of(supervisor, "parent") and children_of(pid_of(supervisor, "parent")))
    supervisord = supervisor.running
    assert supervisord is not None
    everything = [supervisord, *children_of(supervisord.pid)]
    assert len(everything) == 3
    supervisor.stop()
    assert [one for one in everything if one.alive] == []
    assert supervisor.running is None
    assert supervisor.stop() == []  # nothing to do


def test_orphans_of_a_killed_supervisor_are_ended(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one")])
    supervisor.begin("one")
    eventually(lambda: supervisor.log_of("one").exists() and supervisor.log_of("one").stat().st_size)
    supervisor.record()
    orphan = ProcessId.of(pid_of(supervisor, "one"))
    supervisord = supervisor.running
    assert supervisord is not None
    supervisord.send(signal.SIGKILL)
    assert supervisord.wait_end(5)
    assert orphan.alive
    supervisor.stop()
    assert not orphan.alive


def test_a_program_that_cannot_start_is_tried_again_and_says_why(supervisor: Supervisor, tmp_path: Path) -> None:
    supervisor.start([Program("nowhere", [str(tmp_path / "missing")])])
    supervisor.begin("nowhere")
    eventually(lambda: supervisor.states()["nowhere"]["statename"] == "BACKOFF")
    assert "missing: not found" in supervisor.log_of("nowhere").read_text()


def test_an_unknown_program_is_an_error(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one")])
    with pytest.raises(SupervisionError, match="two could not be started"):
        supervisor.begin("two")


def test_a_deep_folder_works_too(tmp_path: Path) -> None:
    deep = Supervisor(tmp_path / ("d" * 60) / ("e" * 60), Path(sys.executable))
    deep.start([sleeper("one")])
    try:
        deep.begin("one")
    finally:
        deep.stop()


def test_a_reused_pid_is_not_the_same_process() -> None:
    me = ProcessId.of(os.getpid())
    assert me.alive
    assert not ProcessId(me.pid, me.started_ticks - 1).alive


def test_an_identity_survives_a_file(tmp_path: Path) -> None:
    file = tmp_path / "process"
    assert ProcessId.read(file) is None
    ProcessId.of(os.getpid()).write(file)
    assert ProcessId.read(file) == ProcessId.of(os.getpid())
    file.write_text("nonsense")
    assert ProcessId.read(file) is None


def test_a_program_told_anew_has_that_and_no_more_at_its_next_start(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one", "export A=b", WORD="dawne", OTHER="nic", LINES="a\nexport WORD='x'")])
    script = supervisor.log_of("one").parents[1] / "programs" / "one"
    command = script.read_text().splitlines()[-1]
    assert supervisor.tell("one", {"WORD": "dawne", "OTHER": "nic", "LINES": "a\nexport WORD='x'"}) == []
    assert supervisor.tell("one", {"WORD": "nowe 'słowo'", "MORE": "$HOME # nie"}) == ["LINES", "MORE", "OTHER", "WORD"]
    assert supervisor.tell("one", {"WORD": "nowe 'słowo'", "MORE": "$HOME # nie"}) == []
    assert "OTHER" not in script.read_text()
    assert script.read_text().splitlines()[-1] == command
    assert script.stat().st_mode & 0o777 == 0o700
    supervisor.begin("one")
    eventually(lambda: "nowe 'słowo'" in supervisor.log_of("one").read_text())
    assert supervisor.log_end("one", 1).startswith("nowe 'słowo'")
    assert supervisor.log_end("nobody") == ""


def test_who_was_asked_to_end_is_told_from_who_ended_by_itself(supervisor: Supervisor) -> None:
    supervisor.start([sleeper("one")])
    supervisor.begin("one")
    eventually(lambda: supervisor.states()["one"]["statename"] == "RUNNING")
    killed = pid_of(supervisor, "one")
    os.kill(killed, signal.SIGKILL)
    eventually(lambda: pid_of(supervisor, "one") not in {0, killed})
    asked = pid_of(supervisor, "one")
    supervisor.halt("one")
    assert supervisor.was_halted("one", asked)
    assert not supervisor.was_halted("one", killed)
    assert not supervisor.was_halted("nobody", asked)

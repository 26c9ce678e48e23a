"""The clock of the kill run: what services may have shown, and when they showed it."""

import subprocess
import sys
import time
from pathlib import Path

from tests.chaos import stepped_clock
from tests.chaos.stepped_clock import SteppedClock

SECOND_US, HOUR_US = 1_000_000, 3_600_000_000


def test_instants_go_there_and_back(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock")
    before_us = time.time_ns() // 1000
    clock.step(HOUR_US)
    long_before, long_after = before_us - HOUR_US, before_us + HOUR_US
    assert clock.shown(long_before) == [long_before]
    assert clock.shown(long_after) == [long_after + HOUR_US]
    assert sorted(clock.shown(before_us)) == [before_us, before_us + HOUR_US]
    for machine_us in (long_before, before_us, long_after):
        for shown_us in clock.shown(machine_us):
            assert machine_us in clock.meant(shown_us)
    assert clock.meant(before_us + HOUR_US // 2) == []  # nobody has shown the hour that was left out


def test_time_is_repeated_until_the_clock_is_beyond_it(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock")
    now_us = time.time_ns() // 1000
    assert not clock.is_repeated(now_us)
    clock.step(-60 * SECOND_US)
    assert clock.is_repeated(now_us + 30 * SECOND_US)
    assert not clock.is_repeated(now_us + 90 * SECOND_US)
    clock.step(61 * SECOND_US)
    assert not clock.is_repeated(now_us + 30 * SECOND_US)


def test_a_program_under_it_sees_its_time(tmp_path: Path) -> None:
    clock = SteppedClock(tmp_path / "clock")
    clock.step(-HOUR_US)
    (tmp_path / "asks.py").write_text(
        "import time\nfrom hejnal_runtime.clock import SystemClock\n"
        "print(time.time(), time.time_ns() / 1e9, SystemClock().now().timestamp())\n"
    )
    command = [sys.executable, stepped_clock.__file__, str(clock.path), "asks"]
    began_s = time.time()
    done = subprocess.run(command, cwd=tmp_path, env={"PYTHONPATH": str(tmp_path)}, capture_output=True, text=True, check=True)
    for said in map(float, done.stdout.split()):
        assert began_s - 3600 <= said <= time.time() - 3600

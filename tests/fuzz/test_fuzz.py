"""The short form: a few seconds per target. The long one is `make fuzz CASES=1000000`."""

import itertools
import time

import pytest

from tests.fuzz.run import run_target
from tests.fuzz.targets import all_targets

SECONDS_EACH = 1.4
CASES = 300


@pytest.fixture(scope="module")
def targets() -> dict:
    return {target.name: target for target in all_targets()}


NAMES = ["message", "url", "description", "stream", "rtcp", "parameter-sets", "onvif-xml", "relay"]
NAMES += ["h264", "h265", "aac", "latm", "opus", "g711"]


def test_every_target_has_a_short_form(targets: dict) -> None:
    assert sorted(targets) == sorted(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_nearly_right_bytes(targets: dict, name: str) -> None:
    """At least CASES cases, then as many as fit into the time."""
    began = time.process_time()
    for seed in itertools.count(1):
        _, failures = run_target(targets[name], CASES, seed)
        assert not failures, failures[0]
        if time.process_time() - began > SECONDS_EACH:
            break

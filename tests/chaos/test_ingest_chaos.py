"""The short form of `make chaos-ingest`: about a minute of faults on six cameras."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.ingest import run


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_every_frame_is_in_a_fragment_or_in_a_stated_gap(
    kafka_bootstrap: str, tmp_path: Path, record_property: Any
) -> None:
    # other tests run beside this one: the ten seconds are the long form's
    line = await run(6, 50, seed=4, every_s=3, folder=tmp_path, bootstrap=kafka_bootstrap, status_bound_s=20)
    print(json.dumps(line))
    record_property("chaos", json.dumps(line))
    assert line["met"], json.dumps(line, indent=1)
    assert line["faults"] >= 12
    assert line["frames_recorded"] > 3000

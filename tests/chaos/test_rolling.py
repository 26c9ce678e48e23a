"""The short form of `make chaos-rolling`: both ingest processes are restarted once, and not a frame is missing."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.rolling import run


@pytest.mark.kafka
@pytest.mark.slow
@pytest.mark.timeout(300)
async def test_a_rolling_restart_costs_no_frame(kafka_bootstrap: str, tmp_path: Path, record_property: Any) -> None:
    line = await run(6, 2, folder=tmp_path, bootstrap=kafka_bootstrap, settle_s=2)
    record_property("chaos", json.dumps(line))
    assert line["met"], json.dumps(line, indent=1)
    assert line["hand_overs"] >= 2

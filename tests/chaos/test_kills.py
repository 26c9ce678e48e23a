"""The short form of `make chaos`: each part is hit once."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.kills import run


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(420)
async def test_nothing_announced_is_lost_or_doubled(tmp_path_factory: pytest.TempPathFactory, record_property: Any) -> None:
    folder: Path = tmp_path_factory.mktemp("kills")
    line = await run(4, 7, seed=7, folder=folder, pause_s=2)
    print(json.dumps(line))
    record_property("chaos", json.dumps(line))
    assert line["met"], json.dumps(line, indent=1)
    assert all(line["kills_by_victim"].values())
    assert line["frames_archived"] > 500

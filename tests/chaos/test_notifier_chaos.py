"""The short form of `make chaos-notifier`: each part is hit, the notifier in mid-send."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.chaos.notifier import run


@pytest.mark.kafka
@pytest.mark.postgres
@pytest.mark.slow
@pytest.mark.timeout(600)
async def test_no_device_shows_too_little_or_too_much(tmp_path_factory: pytest.TempPathFactory, record_property: Any) -> None:
    folder: Path = tmp_path_factory.mktemp("chaos-notifier")
    folder.chmod(0o755)
    line = await run(20, 4, seed=7, folder=folder, pause_s=2)
    print(json.dumps(line))
    record_property("chaos", json.dumps(line))
    assert line["met"], json.dumps(line, indent=1)
    assert all(line["kills_by_victim"].values())
    assert line["announcements"] >= 3

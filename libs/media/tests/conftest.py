"""Small clips and a running simulator."""

import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from hejnal_media.simulator import CameraSimulator, Clip, make_clip
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("clips")


@pytest.fixture(scope="session")
def clip(cache: Path) -> Clip:
    return make_clip(SMALL_MAIN, cache)


@pytest_asyncio.fixture
async def simulator(cache: Path) -> AsyncIterator[CameraSimulator]:
    server = CameraSimulator(town_mounts(2, cache, variants=1, main=SMALL_MAIN, sub=SMALL_SUB))
    await server.start()
    yield server
    await server.stop()

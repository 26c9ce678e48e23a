"""What the recorder's tests share: a clip, a take-over on a real database, an app with a token."""

import sys
import zipfile
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from pathlib import Path

import aiohttp
import httpx
import pytest
from pydantic import SecretStr

sys.path.insert(0, str(Path(__file__).parent))

from export_case import Case, make_case
from recorder_footage import Clip, encode_clip
from recorder_room import START, Door, Room, write_keys
from store_server import StoreServer

from hejnal_recorder.app import create_app
from hejnal_recorder.export.plan import Mask
from hejnal_recorder.resources import Resources
from hejnal_recorder.settings import Settings
from hejnal_runtime.bus.producer import Producer


@pytest.fixture(scope="session")
def clip() -> Clip:
    return encode_clip(30)


@pytest.fixture
async def http() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
        yield session


@pytest.fixture
async def room(make_database: Callable[[str], str], tmp_path: Path, http: aiohttp.ClientSession) -> AsyncIterator[Room]:
    for name in ("archive", "spool"):
        (tmp_path / name).mkdir()
    room = Room(make_database("recorder"), tmp_path / "archive", tmp_path / "spool", http)
    yield room
    await room.database.close()


@pytest.fixture
async def door(room: Room, tmp_path: Path) -> AsyncIterator[Door]:
    """The internal API over the room's index, called as the gateway does."""
    issuer = write_keys(tmp_path, "operator-gateway")
    settings = Settings(database_url=SecretStr(room.url), archive_dir=room.archive_dir, trusted_jwks_file=tmp_path / "jwks.json")
    resources = Resources(settings, room.clock, room.database, Producer("127.0.0.1:1"), room.http, None)
    app = create_app(settings, resources)
    headers = issuer.headers("recorder", subject="staff-1", role="operator")
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://recorder", headers=headers) as client:
        yield Door(settings, resources, app, client, headers, issuer)


@pytest.fixture(scope="session")
def store_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[StoreServer]:
    server = StoreServer(tmp_path_factory.mktemp("store"))
    try:
        server.start()
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory, clip: Clip) -> Case:
    mask = Mask(camera_id="cam-002", left=0.1, top=0.1, width=0.5, height=0.5, ends_at=START + timedelta(seconds=2))
    case = make_case(tmp_path_factory.mktemp("export"), clip, masks=[mask])
    [*_, last] = case.run()
    assert last["finished"]["stamped"], last
    return case


@pytest.fixture(scope="session")
def unpacked(made: Case, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("unpacked")
    with zipfile.ZipFile(made.package) as archive:
        archive.extractall(folder)
    [package] = folder.iterdir()
    assert package.name == "hejnal_RSD-123-26_0192f0aa-0000"
    return package

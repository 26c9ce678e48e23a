"""`make run STANDBY=1 S3=1`: the programs as they are started, against a real Kafka and PostgreSQL."""

import asyncio
import contextlib
import os
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from hejnal_local import readiness
from hejnal_local import settings as s
from hejnal_local.ports import free_ports, is_taken
from hejnal_local.programs import Town
from hejnal_local.second_copies import STANDBY, STORE
from hejnal_local.settings import LocalSettings, SettingsError
from hejnal_local.supervision import Program
from hejnal_local.testing import MakeTopics
from hejnal_local.workspace import Workspace
from hejnal_recorder.tiers.store import ObjectStore, StorePlace
from hejnal_runtime.errors import AppError

ROOT = Path(__file__).resolve().parents[3]


def eight_ports() -> int:
    """The first of eight free ports in a row."""
    while True:
        [first] = free_ports(1)
        if first + s.S3_PORTS < 65536 and not any(is_taken(first + number) for number in range(s.S3_PORTS)):
            return first


@pytest.fixture
def town(tmp_path: Path) -> Town:
    names = [variable.name for variable in s.PORTS]
    ports = dict(zip(names, map(str, free_ports(len(names))), strict=True))
    (tmp_path / "run").mkdir()
    given = ports | {"HEJNAL_S3_PORT": str(eight_ports()), "HEJNAL_STANDBY": "1", "HEJNAL_S3": "1"}
    town = Town(Workspace(ROOT, tmp_path / "run"), LocalSettings.load(tmp_path, given))
    town.keys.ensure()
    town.second.prepare()
    return town


@contextlib.contextmanager
def running(program: Program, log: Path, **changes: str) -> Iterator[None]:
    """The program as the supervisor would start it."""
    with log.open("wb") as output:
        process = subprocess.Popen(
            list(program.command), env={**os.environ, **program.environment, **changes}, stdout=output, stderr=output
        )
        try:
            yield
        finally:
            process.terminate()
            process.wait(40)


def program_of(town: Town, name: str) -> Program:
    return next(program for program in town.programs() if program.name == name)


def test_nothing_runs_that_was_not_asked_for(town: Town, tmp_path: Path) -> None:
    plain = Town(town.workspace, LocalSettings.load(tmp_path, {}))
    assert not {STANDBY, STORE} & {program.name for program in plain.programs()}
    assert not any("STANDBY" in name or "STORE" in name for one in plain.programs() for name in one.environment)
    assert len(plain.settings.ports()) < len(town.settings.ports())
    with pytest.raises(SettingsError, match="HEJNAL_S3 is 'yes'"):
        LocalSettings.load(tmp_path, {"HEJNAL_S3": "yes"})
    with pytest.raises(SettingsError, match="both 18103"):
        LocalSettings.load(tmp_path, {"HEJNAL_S3": "1", "HEJNAL_SINKS_PORT": "18103"})


def test_each_is_told_of_the_other(town: Town) -> None:
    first, second = program_of(town, "recorder").environment, program_of(town, STANDBY).environment
    differ = {name for name in first | second if first.get(name) != second.get(name)}
    assert {name.removeprefix("HEJNAL_RECORDER_") for name in differ} == {
        "STANDBY", "GROUP", "INTERNAL_PORT", "ARCHIVE_DIR", "DATABASE_URL", "SPOOL_DIR", "STORE_ENDPOINT", "STORE_BUCKET",
        "STORE_ACCESS_KEY_FILE", "STORE_SECRET_KEY_FILE", "TIER_ENABLED", "TIER_AFTER_DAYS",
    }  # fmt: skip
    gateway = program_of(town, "operator-gateway").environment
    assert gateway["HEJNAL_GATEWAY_RECORDER_STANDBY_URLS"] == f'["{town.second.standby_url}"]'


async def test_the_store_takes_what_the_recorder_sends(town: Town, tmp_path: Path) -> None:
    told = {
        name.removeprefix("HEJNAL_RECORDER_STORE_"): value for name, value in program_of(town, "recorder").environment.items()
    }
    place = StorePlace(
        endpoint=told["ENDPOINT"], bucket=told["BUCKET"], region="us-east-1", timeout_s=5,
        access_key_file=Path(told["ACCESS_KEY_FILE"]), secret_key_file=Path(told["SECRET_KEY_FILE"]),
    )  # fmt: skip
    log, sent = tmp_path / "store.log", tmp_path / "sent"
    sent.write_bytes(b"footage" * 1000)
    with running(program_of(town, STORE), log):
        store, deadline = ObjectStore.open(place, "archive-1"), time.monotonic() + 60
        while True:
            try:
                await store.put("cam-001/a.mp4", sent, 7000)
                break
            except AppError:
                assert time.monotonic() < deadline, log.read_text()[-2000:]
                await asyncio.sleep(0.5)
        assert (await store.read("cam-001/a.mp4", 7, 7))[0] == b"footage"


async def test_the_second_recorder_becomes_ready(
    town: Town, tmp_path: Path, kafka_bootstrap: str, make_topics: MakeTopics, make_database: Callable[[str | None], str]
) -> None:
    prefix = await make_topics("cameras", "camera-media", "camera-status", "camera-events", "recordings")
    here = {"KAFKA_BOOTSTRAP": kafka_bootstrap, "TOPIC_PREFIX": prefix, "DATABASE_URL": make_database("recorder")}
    changes = {f"HEJNAL_RECORDER_{name}": value for name, value in here.items()}
    log = tmp_path / "second.log"
    with running(program_of(town, STANDBY), log, **changes):
        door = {STANDBY: town.second.doors()[STANDBY]}
        try:
            await asyncio.to_thread(readiness.wait_until_ready, door, dict, print, timeout_s=60)
        except readiness.NotReadyError as error:
            raise AssertionError(log.read_text()[-3000:]) from error

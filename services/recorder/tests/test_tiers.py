"""Footage moves into a real S3 server (SeaweedFS); readers, deletion and `check` do not lose sight of it."""

import asyncio
import io
import json
import signal
import sys
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import obstore
import pytest
from export_case import Case
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from store_server import StoreServer
from tier_case import STEPS, Proxy, mover

from hejnal_contracts.cameras import CameraRegistered
from hejnal_contracts.media import GapCause
from hejnal_recorder.check_command import run_check
from hejnal_recorder.export import source
from hejnal_recorder.export.footage import find_damaged, write_stretch
from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.onvif_boxes import ExportNote
from hejnal_recorder.export.plan import Order
from hejnal_recorder.export.planning import make_plan
from hejnal_recorder.export.work import JOB, Job
from hejnal_recorder.holds import store as holds
from hejnal_recorder.holds.hold import LegalBasis, NewHold
from hejnal_recorder.marker import name_archive
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.retention.candidates import oldest_of
from hejnal_recorder.retention.deletion import Candidates, condemn, finish
from hejnal_recorder.retention.forecast import CameraBytes, forecast
from hejnal_recorder.retention.rounds import Retention
from hejnal_recorder.retention.storage import read_storage
from hejnal_recorder.tiers.opening import Stores
from hejnal_recorder.tiers.rows import due_files, mark
from hejnal_recorder.tiers.store import ObjectStore, StorePlace
from hejnal_runtime.errors import AppError

FILES = ["run-1-s0", "run-1-s1", "run-1-s2"]
YOUNG = "run-2-s0"


@dataclass
class Tiered:
    room: Room
    door: Door
    server: StoreServer
    name: str
    store: ObjectStore
    before: dict[str, bytes] = field(default_factory=dict)

    async def media(self, segment_id: str, **headers: str) -> Any:
        return await self.door.client.get(f"/internal/v1/segments/{segment_id}/media", headers=headers)

    async def tiers(self) -> dict[str, str]:
        return {row.segment_id: row.tier for row in await self.room.rows("select segment_id, tier from segments order by 1")}

    def objects(self) -> set[str]:
        return {path.removeprefix(self.name + "/") for path in self.server.objects() if path.startswith(self.name)}

    def path(self, segment_id: str) -> str:
        return f"cam-001/2026-05-03/{segment_id}.mp4"

    def is_local(self, segment_id: str) -> bool:
        return (self.room.archive_dir / self.path(segment_id)).exists()

    async def move(self, store: ObjectStore | None = None) -> None:
        await mover(self.room.database, self.room.archive, store or self.store, self.room.clock).round()

    def retention(self) -> Retention:
        async def opened() -> ObjectStore:
            return self.store

        return Retention(
            self.room.database, self.room.archive, self.room.clock, self.room.admission, default_keep_days=30, ceiling_days=90,
            interval_s=60, open_store=opened,
        )  # fmt: skip

    def use(self, place: StorePlace) -> None:
        """Read and delete through another address from now on."""
        self.store = ObjectStore.open(place, self.name)
        assert self.door.resources.stores is not None
        self.door.resources.stores._open = self.store


@pytest.fixture
async def tiered(room: Room, door: Door, clip: Clip, store_server: StoreServer) -> Tiered:
    """Three files of an hour ago, one of five minutes ago; what is older than ten minutes is due."""
    camera = CameraRegistered(
        camera_id="cam-001", version=1, name="Rynek", place={"lat": 51, "lon": 21}, changed_at=START,
        streams=[{"name": "main", "url": "rtsp://127.0.0.1:1/x"}],
    )  # fmt: skip
    await remember_camera(room.database, camera)
    name = await name_archive(room.database, room.archive_dir, NOW)
    room.archive.name = name
    old = SpoolRun(room.spool, clip, START)
    young = SpoolRun(room.spool, clip, NOW - timedelta(minutes=5), run="run-2", epoch=2)
    await room.takeover.take([old.started(), *old.fragments(15), old.ended(GapCause.STALLED)])
    await room.takeover.take([young.started(), *young.fragments(5), young.ended()])
    place = store_server.place
    settings = door.settings.model_copy(
        update={
            "store_endpoint": place.endpoint,
            "store_access_key_file": place.access_key_file,
            "store_secret_key_file": place.secret_key_file,
        }
    )
    object.__setattr__(door.resources, "stores", Stores(settings))
    case = Tiered(room, door, store_server, name, ObjectStore.open(place, name))
    case.use(place)
    for segment_id in [*FILES, YOUNG]:
        case.before[segment_id] = (await case.media(segment_id)).content
    return case


async def test_old_footage_moves_and_nobody_who_reads_it_notices(tiered: Tiered) -> None:
    params = {"from": START.isoformat(), "to": NOW.isoformat()}
    playlist = (await tiered.door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=params)).text
    head = await tiered.media("run-1-s1", Range="bytes=10-99")
    await tiered.move()
    assert await tiered.tiers() == dict.fromkeys(FILES, "store") | {YOUNG: "local"}
    assert [tiered.is_local(one) for one in [*FILES, YOUNG]] == [False, False, False, True]
    assert tiered.objects() == {tiered.path(one) for one in FILES}
    for segment_id, data in tiered.before.items():
        answer = await tiered.media(segment_id)
        assert (answer.status_code, answer.content) == (200, data)
    moved = await tiered.media("run-1-s1", Range="bytes=10-99")
    for answer in (head, moved):
        del answer.headers["X-Trace-Id"]  # each request has its own
    assert (moved.status_code, moved.content, moved.headers) == (206, head.content, head.headers)
    end = await tiered.media("run-1-s1", Range="bytes=-7")
    assert end.content == tiered.before["run-1-s1"][-7:]
    assert (await tiered.door.client.get("/internal/v1/cameras/cam-001/playlist.m3u8", params=params)).text == playlist
    assert await tiered.room.check(store=tiered.store) == []
    await tiered.move()  # nothing is left to do


async def test_what_the_store_has_takes_no_room_on_the_disk(tiered: Tiered) -> None:
    disk = tiered.room.archive.disk()
    async with tiered.room.database.read() as session:
        [before], _ = await read_storage(session, disk, NOW, default_days=30)
    await tiered.move()
    async with tiered.room.database.read() as session:
        [after], _ = await read_storage(session, disk, NOW, default_days=30, local_days=7)
        chosen = await oldest_of(session, ["cam-001"], 10**9, before=NOW)
    [young] = await tiered.room.rows(f"select footage_bytes from segments where segment_id = '{YOUNG}'")
    assert (after.size_bytes, before.size_bytes > after.size_bytes) == (young.footage_bytes, True)
    assert [one.segment_ids for one in chosen] == [(YOUNG,)]


@pytest.mark.parametrize("step", STEPS)
async def test_killed_after_any_step_it_goes_on_from_there(tiered: Tiered, step: str) -> None:
    job = {
        "url": tiered.room.url, "archive_dir": str(tiered.room.archive_dir), "name": tiered.name, "die_after": step,
        "place": tiered.server.place.model_dump(mode="json"),
    }  # fmt: skip
    child = await asyncio.create_subprocess_exec(
        sys.executable, str(Path(__file__).with_name("tier_case.py")), json.dumps(job), stderr=asyncio.subprocess.PIPE
    )
    _, said = await asyncio.wait_for(child.communicate(), 60)
    assert child.returncode == -signal.SIGKILL, said.decode()
    for segment_id, data in tiered.before.items():  # at no moment is anything unreadable
        assert (await tiered.media(segment_id)).content == data
    assert await tiered.room.check(store=tiered.store) == []
    await tiered.move()
    assert await tiered.tiers() == dict.fromkeys(FILES, "store") | {YOUNG: "local"}
    assert not any(tiered.is_local(one) for one in FILES)
    for segment_id, data in tiered.before.items():
        assert (await tiered.media(segment_id)).content == data
    assert await tiered.room.check(store=tiered.store) == []


async def test_a_store_that_gives_back_other_bytes_gets_nothing(tiered: Tiered) -> None:
    async with Proxy(tiered.server.ports["s3.port"], "corrupt").running() as proxy:
        bad = ObjectStore.open(tiered.server.place_at(proxy.port), tiered.name)
        await tiered.move(bad)
        assert await tiered.tiers() == dict.fromkeys(FILES, "copying") | {YOUNG: "local"}
        assert all(tiered.is_local(one) for one in FILES)
        assert (await tiered.media("run-1-s0")).content == tiered.before["run-1-s0"]
    await tiered.move()
    assert await tiered.tiers() == dict.fromkeys(FILES, "store") | {YOUNG: "local"}


async def test_a_damaged_file_stays_where_it_is(tiered: Tiered) -> None:
    with (tiered.room.archive_dir / tiered.path("run-1-s1")).open("r+b") as file:
        file.seek(2000)
        file.write(b"\xff\x00\xff")
    await tiered.move()
    assert (await tiered.tiers())["run-1-s1"] == "copying"
    assert tiered.is_local("run-1-s1")


async def test_a_store_that_is_away_holds_up_nothing_but_its_own(tiered: Tiered) -> None:
    await tiered.move()
    async with Proxy(tiered.server.ports["s3.port"]).running() as proxy:
        tiered.use(tiered.server.place_at(proxy.port))
        assert (await tiered.media("run-1-s0")).content == tiered.before["run-1-s0"]
        proxy.mode = "away"
        answer = await tiered.media("run-1-s0")
        assert (answer.status_code, answer.json()["type"]) == (503, "urn:hejnal:problem:store-unreachable")
        assert "Try again" in answer.json()["detail"]
        assert answer.headers["retry-after"] == "30"
        assert (await tiered.media(YOUNG)).content == tiered.before[YOUNG]
        with pytest.raises(AppError, match="store-unreachable"):
            await tiered.room.check(store=tiered.store)
        tiered.room.clock.advance(40 * 86400)  # all of it is too old now
        await tiered.retention().round()
        assert await tiered.tiers() == dict.fromkeys(FILES, "store")
        assert not tiered.is_local(YOUNG)
        assert (await tiered.media("run-1-s0")).status_code == 404
        proxy.mode = "honest"
        await tiered.retention().round()
    assert await tiered.tiers() == {}
    assert tiered.objects() == set()
    deleted = [fact["segment_id"] for kind, fact in await tiered.room.facts() if kind == "segment.deleted.v1"]
    assert sorted(deleted) == sorted([*FILES, YOUNG])
    assert await tiered.room.check() == []


async def _hold(room: Room, ends_s: float) -> str:
    new = NewHold(
        ("cam-001",), START, START + timedelta(seconds=ends_s), LegalBasis.POLICE_REQUEST, "pismo", "RSD-1/26", "staff-1",
        NOW + timedelta(days=300),
    )  # fmt: skip
    async with room.database.transaction() as session:
        return (await holds.place(session, new, now=room.clock.now())).hold_id


async def test_held_footage_is_not_moved_and_what_has_moved_is_held_there(tiered: Tiered) -> None:
    await _hold(tiered.room, 5)
    await tiered.move()
    assert await tiered.tiers() == {"run-1-s0": "local", "run-1-s1": "store", "run-1-s2": "store", YOUNG: "local"}
    await _hold(tiered.room, 9)
    tiered.room.clock.advance(40 * 86400)
    await tiered.retention().round()
    assert await tiered.tiers() == {"run-1-s0": "local", "run-1-s1": "store"}
    assert (await tiered.media("run-1-s1")).content == tiered.before["run-1-s1"]
    assert tiered.objects() == {tiered.path("run-1-s1")}


async def test_held_while_it_is_copied_it_stays_and_moves_when_it_is_free(tiered: Tiered) -> None:
    moving = mover(tiered.room.database, tiered.room.archive, tiered.store, tiered.room.clock)
    async with tiered.room.database.read() as session:
        file = (await due_files(session, NOW, skip=(), batch=10))[0]
    parts = await moving.mark(file)
    assert parts is not None
    copied = await moving.copy(file, parts[0].size_bytes)
    hold_id = await _hold(tiered.room, 3)
    assert await moving.verify(file, copied, parts) == ""
    assert not await moving.switch(file, parts)
    await tiered.move()
    assert (await tiered.tiers())["run-1-s0"] == "copying"
    assert tiered.is_local("run-1-s0")
    assert (await tiered.media("run-1-s0")).content == tiered.before["run-1-s0"]
    assert await tiered.room.check(store=tiered.store) == []
    async with tiered.room.database.transaction() as session:
        await holds.request_release(session, hold_id, by="staff-1", reason="Koniec", now=NOW)
    async with tiered.room.database.transaction() as session:
        await holds.release(session, hold_id, by="staff-2", now=NOW)
    await tiered.move()
    assert (await tiered.tiers())["run-1-s0"] == "store"


async def test_deleted_while_it_is_copied_no_object_stays(tiered: Tiered) -> None:
    moving = mover(tiered.room.database, tiered.room.archive, tiered.store, tiered.room.clock)
    async with tiered.room.database.read() as session:
        file = (await due_files(session, NOW, skip=(), batch=10))[0]
    async with tiered.room.database.transaction() as session:
        parts = await mark(session, file)
    assert parts is not None
    await moving.copy(file, parts[0].size_bytes)
    async with tiered.room.database.transaction() as session:
        candidates = Candidates(file.camera_id, (file.segment_id,), file.oldest, file.oldest)
        assert (await condemn(session, candidates, "privacy")).segments == 1
    assert not await moving.switch(file, parts)
    assert tiered.path(file.segment_id) in tiered.objects()
    await finish(tiered.room.database, tiered.room.archive, NOW, tiered.store)
    assert tiered.path(file.segment_id) not in tiered.objects()
    assert not tiered.is_local(file.segment_id)


async def test_an_export_reads_from_both(tiered: Tiered, monkeypatch: pytest.MonkeyPatch) -> None:
    order = Order(
        export_id="e1", requested_by="staff-1", requested_at=NOW, approved_by=None, reason="Kolizja", case_number="RSD-1/26",
        starts_at=START, ends_at=NOW,
    )  # fmt: skip
    note = ExportNote("Gmina", "staff-1", "Rynek", START, NOW)

    async def exported(place: StorePlace) -> tuple[list[Any], list[bytes]]:
        async with tiered.room.database.read() as session:
            plan = await make_plan(session, order, ["cam-001"], organisation="Gmina", longest_bytes=10**9)
        reading = source.Source(tiered.room.archive_dir, place, tiered.name)

        def work() -> tuple[list[Any], list[bytes]]:
            damaged, made = find_damaged(reading, plan, lambda _: None), []
            for stretch in plan.cameras[0].stretches:
                target = io.BytesIO()
                write_stretch(reading, stretch, note, target, lambda _: None)
                made.append(target.getvalue())
            return damaged, made

        return await asyncio.to_thread(work)

    before = await exported(tiered.server.place)
    await tiered.move()
    after = await exported(tiered.server.place)
    assert (after[0], len(after[1])) == ([], 2)
    assert after == before
    monkeypatch.setattr(source, "ATTEMPTS", 1)
    async with Proxy(tiered.server.ports["s3.port"], "away").running() as proxy:
        with pytest.raises(source.StoreAwayError, match="does not answer"):
            await exported(tiered.server.place_at(proxy.port))
    obstore.delete(tiered.server.raw(), f"{tiered.name}/{tiered.path('run-1-s1')}")
    async with tiered.room.database.read() as session:
        plan = await make_plan(session, order, ["cam-001"], organisation="Gmina", longest_bytes=10**9)
    reading = source.Source(tiered.room.archive_dir, tiered.server.place, tiered.name)
    damaged = await asyncio.to_thread(find_damaged, reading, plan, lambda _: None)
    assert {one.segment_id for one in damaged} == {"run-1-s1"}


async def test_a_package_is_made_of_both_by_the_worker_process(tiered: Tiered, tmp_path: Path) -> None:
    await tiered.move()
    order = Order(
        export_id="0192f0aa-0000-7000-8000-000000000001", requested_by="staff-1", requested_at=NOW, approved_by=None,
        reason="Kolizja", case_number="RSD-1/26", starts_at=START, ends_at=NOW,
    )  # fmt: skip
    async with tiered.room.database.read() as session:
        plan = await make_plan(session, order, ["cam-001"], organisation="Gmina", longest_bytes=10**9)
    create_keys(tmp_path / "keys", "Gmina", datetime.now(UTC))
    job = Job(
        plan=plan, archive_dir=tiered.room.archive_dir, archive_name=tiered.name, store=tiered.server.place,
        keys_dir=tmp_path / "keys", longest_file_bytes=10**9, reserve_bytes=0,
    )  # fmt: skip
    case = Case(tmp_path / "job", job)
    case.folder.mkdir()
    told = job.model_dump_json()
    assert "only-in-tests" not in told  # the key's file is named, not the key
    (case.folder / JOB).write_text(told)
    [*_, last] = await asyncio.to_thread(case.run)
    assert (last["finished"]["media_files"], last["finished"]["damaged"]) == (2, 0), last
    assert case.package.exists()


def test_the_forecast_knows_that_footage_leaves_the_disk() -> None:
    today = date(2026, 5, 20)
    days = {today - timedelta(days=number): 100 for number in range(1, 31)}
    on_disk = {day: amount for day, amount in days.items() if day >= today - timedelta(days=7)}
    tiered = CameraBytes(7, on_disk, {}, days)
    assert forecast([tiered], 900, today).days_until_full is None
    assert forecast([CameraBytes(30, on_disk, {}, days)], 900, today).days_until_full == 9
    assert forecast([tiered], 900, today).growth_bytes_per_day == 100


async def test_check_looks_into_the_store(tiered: Tiered) -> None:
    await tiered.move()
    raw, key = tiered.server.raw(), f"{tiered.name}/cam-001/2026-05-03/"
    obstore.delete(raw, f"{key}run-1-s0.mp4")
    obstore.put(raw, f"{key}run-1-s1.mp4", tiered.before["run-1-s1"][:-50])
    changed = bytearray(tiered.before["run-1-s2"])
    changed[-1] ^= 1
    obstore.put(raw, f"{key}run-1-s2.mp4", bytes(changed))
    obstore.put(raw, f"{key}stray.mp4", b"?")
    found = {(one.kind, one.segment_id) for one in await tiered.room.check(store=tiered.store)}
    assert found == {
        ("object_missing", "run-1-s0"), ("object_short", "run-1-s1"), ("object_hash", "run-1-s2"), ("object_orphan", ""),
    }  # fmt: skip
    before = await tiered.room.dump()
    place = tiered.server.place
    settings = tiered.door.settings.model_copy(
        update={
            "store_endpoint": place.endpoint,
            "store_access_key_file": place.access_key_file,
            "store_secret_key_file": place.secret_key_file,
        }
    )
    assert await run_check(settings, camera_id=None, hashes=False, orphan_age_s=0, repair=True) == 1
    assert await tiered.room.dump() == before  # a person has to look: it may be another bucket
    assert (await tiered.media("run-1-s0")).status_code == 410
    assert (await tiered.media("run-1-s1")).status_code == 410

"""Export jobs through the internal API, worked on by the real runner and its worker process."""

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pydantic import SecretStr
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room, write_keys
from sqlalchemy import text

from hejnal_contracts.media import GapCause
from hejnal_recorder.app import create_app
from hejnal_recorder.export import jobs
from hejnal_recorder.export.keys import create_keys
from hejnal_recorder.export.runner import ExportRunner, package_path
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.resources import Resources
from hejnal_recorder.settings import Settings
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import SystemClock
from hejnal_verify.package import verify_package


class Office(Door):
    """The API with several people at it."""

    def as_(self, who: str, role: str = "operator") -> dict[str, str]:
        return self.issuer.headers("recorder", subject=who, role=role)

    async def ask(self, who: str = "staff-1", role: str = "operator", **changes: Any) -> httpx.Response:
        body = {
            "cameras": ["cam-001", "cam-002"], "from": START.isoformat(), "to": (START + timedelta(seconds=30)).isoformat(),
            "reason": "Kolizja na Rynku", "case_number": "RSD-1/26",
        }  # fmt: skip
        headers = self.as_(who, role)
        if key := changes.pop("key", None):
            headers["Idempotency-Key"] = key
        return await self.client.post("/internal/v1/exports", json=body | changes, headers=headers)

    async def get(self, export_id: str) -> dict[str, Any]:
        answer = await self.client.get(f"/internal/v1/exports/{export_id}", headers=self.as_("dpo-1", "dpo"))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def runner(self, settings: Settings | None = None) -> ExportRunner:
        return ExportRunner(self.resources.database, settings or self.settings, SystemClock(), interval_s=0.1)


async def open_office(room: Room, tmp_path: Path, **settings: Any) -> Office:
    issuer = write_keys(tmp_path, "operator-gateway")
    chosen = Settings(
        database_url=SecretStr(room.url), archive_dir=room.archive_dir, trusted_jwks_file=tmp_path / "jwks.json",
        exports_dir=tmp_path / "exports", export_keys_dir=tmp_path / "keys", export_reserve_bytes=0, **settings,
    )  # fmt: skip
    create_keys(tmp_path / "keys", "Gmina Bugielsk", datetime.now(UTC))
    resources = Resources(chosen, room.clock, room.database, Producer("127.0.0.1:1"), room.http, None)
    app = create_app(chosen, resources)
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://recorder")
    return Office(chosen, resources, app, client, {}, issuer)


@pytest.fixture
async def recorded(room: Room, clip: Clip) -> None:
    """cam-001: 12 s, a gap, 7 s and on; cam-002: 20 s and on."""
    first = SpoolRun(room.spool, clip, START)
    second = SpoolRun(room.spool, clip, START + timedelta(seconds=20), run="run-2", epoch=2)
    other = SpoolRun(room.spool, clip, START, camera="cam-002", run="run-9")
    await room.takeover.take([first.started(), *first.fragments(12), first.ended(GapCause.STALLED)])
    await room.takeover.take([second.started(), *second.fragments(12), other.started(), *other.fragments(30)])


@pytest.fixture
async def office(room: Room, recorded: None, tmp_path: Path) -> AsyncIterator[Office]:
    office = await open_office(room, tmp_path)
    yield office
    await office.client.aclose()


async def test_asked_made_fetched_and_gone_in_time(office: Office, room: Room, tmp_path: Path) -> None:
    asked = await office.ask()
    assert asked.status_code == 202, asked.text
    export_id = asked.json()["export_id"]
    assert asked.headers["location"] == f"/internal/v1/exports/{export_id}"
    assert (asked.json()["state"], asked.json()["footage_s"]) == ("queued", 52)
    early = await office.client.get(f"/internal/v1/exports/{export_id}/package", headers=office.as_("staff-1"))
    assert (early.status_code, early.json()["type"]) == (409, "urn:hejnal:problem:export-not-finished")
    runner = office.runner()
    assert await runner.work_on_one()
    assert not await runner.work_on_one()
    done = await office.get(export_id)
    assert (done["state"], done["stamped"], done["damaged"]) == ("finished", True, 0), done
    path = f"/internal/v1/exports/{export_id}/package"
    whole = await office.client.get(path, headers=office.as_("staff-1"))
    assert whole.headers["content-type"] == "application/zip"
    assert "hejnal_RSD-1-26_" in whole.headers["content-disposition"]
    part = await office.client.get(path, headers=office.as_("staff-1") | {"Range": "bytes=100-299"})
    assert (part.status_code, part.content) == (206, whole.content[100:300])
    fetched = tmp_path / "fetched.zip"
    fetched.write_bytes(whole.content)
    report = verify_package(fetched, anchor_pem=(tmp_path / "keys/ca.pem").read_bytes())
    assert report.findings == []
    assert report.fragments == 12 + 10 + 30
    facts = [fact for kind, fact in await room.facts() if kind == "export.finished.v1"]
    assert [(fact["camera_id"], fact["sha256"], fact["requested_by"]) for fact in facts] == [
        ("cam-001", done["sha256"], "staff-1"),
        ("cam-002", done["sha256"], "staff-1"),
    ]
    assert await room.rows("select * from export_pins") == []
    async with room.database.transaction() as session:
        await session.execute(text("update exports set expires_at = now() - interval '1 s'"))
    await runner.tidy()
    gone = await office.client.get(path, headers=office.as_("staff-1"))
    assert (gone.status_code, gone.json()["type"]) == (410, "urn:hejnal:problem:export-expired")
    assert list((tmp_path / "exports").iterdir()) == []


@pytest.mark.parametrize(
    ("changes", "status", "slug"),
    [
        ({"from": (START - timedelta(hours=2)).isoformat(), "to": (START - timedelta(hours=1)).isoformat()}, 422, "no-footage"),
        ({"cameras": ["cam-404"]}, 422, "no-such-camera"),
        ({"to": (NOW - timedelta(seconds=5)).isoformat()}, 422, "too-fresh"),
        ({"to": START.isoformat()}, 422, "invalid-interval"),
        ({"from": (START - timedelta(days=3)).isoformat()}, 422, "invalid-interval"),
        ({"reason": "x"}, 422, "invalid-request"),
        ({"case_number": " "}, 422, "invalid-request"),
        ({"masks": [{"camera_id": "cam-003", "left": 0, "top": 0, "width": 1, "height": 1}]}, 422, "mask-elsewhere"),
    ],
)
async def test_what_cannot_be_is_told_at_once(office: Office, changes: dict[str, Any], status: int, slug: str) -> None:
    answer = await office.ask(**changes)
    assert answer.status_code == status, answer.text
    assert slug in answer.json()["type"]
    assert answer.json()["detail"]


async def test_an_interval_in_a_gap_names_the_cause(office: Office) -> None:
    answer = await office.ask(
        cameras=["cam-001"],
        **{"from": (START + timedelta(seconds=13)).isoformat(), "to": (START + timedelta(seconds=19)).isoformat()},
    )
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hejnal:problem:no-footage")
    assert "stalled" in answer.json()["detail"]


async def test_too_much_is_refused_with_what_would_fit(room: Room, recorded: None, tmp_path: Path) -> None:
    office = await open_office(room, tmp_path, export_most_bytes=50_000)
    answer = await office.ask()
    assert (answer.status_code, answer.json()["type"]) == (413, "urn:hejnal:problem:export-too-large")
    assert "0:00:" in answer.json()["detail"]
    await office.client.aclose()
    office = await open_office(room, tmp_path)
    office.resources = Resources(
        office.settings.model_copy(update={"export_reserve_bytes": 1 << 60}), room.clock, room.database, Producer("127.0.0.1:1"),
        room.http, None,
    )  # fmt: skip
    office.app.state.resources = office.resources
    assert (await office.ask()).json()["type"] == "urn:hejnal:problem:no-room"
    await office.client.aclose()


async def test_the_same_key_asks_once(office: Office, room: Room) -> None:
    answers = [await office.ask(key="0123456789") for _ in range(2)]
    assert len({answer.json()["export_id"] for answer in answers}) == 1
    assert len(await room.rows("select 1 from exports")) == 1


async def test_four_eyes(room: Room, recorded: None, tmp_path: Path) -> None:
    office = await open_office(room, tmp_path, export_four_eyes=True)
    export_id = (await office.ask("dpo-1", "dpo")).json()["export_id"]
    assert not await office.runner().work_on_one()
    decision = f"/internal/v1/exports/{export_id}/decision"
    own = await office.client.post(decision, json={"approve": True}, headers=office.as_("dpo-1", "dpo"))
    assert (own.status_code, own.json()["type"]) == (403, "urn:hejnal:problem:four-eyes")
    lower = await office.client.post(decision, json={"approve": True}, headers=office.as_("staff-2"))
    assert lower.status_code == 403
    other = await office.client.post(decision, json={"approve": True}, headers=office.as_("admin-1", "admin"))
    assert (other.json()["state"], other.json()["approved_by"]) == ("queued", "admin-1")
    again = await office.client.post(decision, json={"approve": False}, headers=office.as_("admin-1", "admin"))
    assert again.status_code == 409
    assert await office.runner().work_on_one()
    assert (await office.get(export_id))["state"] == "finished"
    await office.client.aclose()


async def test_a_restricted_camera_always_takes_four_eyes(room: Room, recorded: None, tmp_path: Path) -> None:
    from test_retention_and_check import camera

    office = await open_office(room, tmp_path)
    assert (await office.ask()).json()["state"] == "queued"
    restricted = camera(1, 30).model_copy(update={"camera_id": "cam-002", "restricted": True})
    await remember_camera(room.database, restricted)
    waiting = (await office.ask()).json()
    assert waiting["state"] == "awaiting_approval"
    decision = f"/internal/v1/exports/{waiting['export_id']}/decision"
    own = await office.client.post(decision, json={"approve": True}, headers=office.as_("staff-1", "dpo"))
    assert own.json()["type"] == "urn:hejnal:problem:four-eyes"
    other = await office.client.post(decision, json={"approve": True}, headers=office.as_("dpo-1", "dpo"))
    assert other.json()["state"] == "queued"
    await office.client.aclose()
    office = await open_office(room, tmp_path, export_four_eyes_restricted=False)
    assert (await office.ask()).json()["state"] == "queued"
    await office.client.aclose()


async def test_others_do_not_see_it(office: Office) -> None:
    export_id = (await office.ask()).json()["export_id"]
    for path in ("", "/package"):
        answer = await office.client.get(f"/internal/v1/exports/{export_id}{path}", headers=office.as_("staff-2"))
        assert answer.status_code == 404
    listed = [(await office.client.get("/internal/v1/exports", headers=office.as_(who, role))).json()["exports"]
              for who, role in (("staff-1", "operator"), ("staff-2", "operator"), ("dpo-1", "dpo"))]  # fmt: skip
    assert [len(one) for one in listed] == [1, 0, 1]
    dispatcher = await office.client.get("/internal/v1/exports", headers=office.as_("staff-3", "dispatcher"))
    assert dispatcher.status_code == 403


async def test_nothing_deletes_footage_that_waits_for_its_export(office: Office, room: Room) -> None:
    export_id = (await office.ask()).json()["export_id"]
    with pytest.raises(Exception, match="held_footage"):
        async with room.database.transaction() as session:
            await session.execute(text("update segments set state = 'garbage' where segment_id = 'run-1-s0'"))
    cancelled = await office.client.post(f"/internal/v1/exports/{export_id}/cancellation", headers=office.as_("staff-1"))
    assert cancelled.json()["state"] == "cancelled"
    async with room.database.transaction() as session:
        await session.execute(text("update segments set state = 'garbage' where segment_id = 'run-1-s0'"))


async def test_retention_waits_for_the_export(office: Office, room: Room) -> None:
    from test_retention_and_check import retention

    export_id = (await office.ask()).json()["export_id"]
    room.clock.advance(40 * 86400)
    await retention(room).round()
    assert len(await room.rows("select 1 from segments")) >= 8
    await office.client.post(f"/internal/v1/exports/{export_id}/cancellation", headers=office.as_("staff-1"))
    for _ in range(4):
        await retention(room).round()
    assert len(await room.rows("select 1 from segments where state = 'stored'")) == 0


async def test_a_killed_worker_is_followed_by_another(office: Office, room: Room, tmp_path: Path) -> None:
    export_id = (await office.ask()).json()["export_id"]
    checked = package_path(office.settings, export_id).parent / "checked.json"
    for far_enough in (lambda: True, checked.exists):  # at its start, and between its steps
        working = asyncio.create_task(office.runner().work_on_one())
        os.kill(await _frozen_at_work(working, far_enough), signal.SIGKILL)
        assert await asyncio.wait_for(working, 20)
    export = await office.get(export_id)
    assert export["state"] == "queued", export
    assert not package_path(office.settings, export_id).exists()
    assert await office.runner().work_on_one()
    assert verify_package(package_path(office.settings, export_id)).good
    assert (await office.get(export_id))["state"] == "finished"


async def _frozen_at_work(working: asyncio.Task[bool], far_enough: Callable[[], bool]) -> int:
    """The pid of the runner's process, stopped as soon as it is as far as that: it cannot be done before the test goes on."""
    async with asyncio.timeout(20):
        while not (pids := _workers()):
            assert not working.done(), working
            await asyncio.sleep(0.01)
        while not far_enough():
            await asyncio.sleep(0.001)
    os.kill(pids[0], signal.SIGSTOP)
    return pids[0]


def _workers() -> list[int]:
    children = Path("/proc/self/task") / str(os.getpid()) / "children"
    found = []
    for pid in children.read_text().split():
        with contextlib.suppress(OSError):
            if b"hejnal_recorder.export.work" in Path(f"/proc/{pid}/cmdline").read_bytes():
                found.append(int(pid))
    return found


async def test_cancelled_in_the_middle_nothing_is_left(office: Office, tmp_path: Path) -> None:
    export_id = (await office.ask()).json()["export_id"]
    checked = package_path(office.settings, export_id).parent / "checked.json"
    runner = office.runner()
    working = asyncio.create_task(runner.work_on_one())
    await _frozen_at_work(working, checked.exists)
    answer = await office.client.post(f"/internal/v1/exports/{export_id}/cancellation", headers=office.as_("staff-1"))
    assert answer.status_code == 200
    assert await asyncio.wait_for(working, 20)
    assert (await office.get(export_id))["state"] == "cancelled"
    await runner.tidy()
    assert list((tmp_path / "exports").glob("*")) == []


async def test_a_stopped_recorder_gives_its_job_back(office: Office) -> None:
    export_id = (await office.ask()).json()["export_id"]
    working = asyncio.create_task(office.runner().work_on_one())
    await _frozen_at_work(working, lambda: True)
    working.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await working
    assert (await office.get(export_id))["state"] == "queued"
    assert _workers() == []


async def test_an_export_that_always_breaks_off_ends(office: Office, room: Room) -> None:
    export_id = (await office.ask()).json()["export_id"]
    async with room.database.transaction() as session:
        await session.execute(text(f"update exports set attempts = {jobs.MOST_ATTEMPTS}"))
    assert await office.runner().work_on_one()
    export = await office.get(export_id)
    assert (export["state"], export["failure"]) == ("failed", "worker-died")


async def test_keys_that_are_gone_are_told(office: Office, tmp_path: Path) -> None:
    export_id = (await office.ask()).json()["export_id"]
    (tmp_path / "keys/signing.key").unlink()
    assert await office.runner().work_on_one()
    export = await office.get(export_id)
    assert (export["state"], export["failure"]) == ("failed", "keys-unusable")
    assert "keys init" in export["failure_detail"]


async def test_the_loop_does_what_waits_and_tidies_up(office: Office, tmp_path: Path) -> None:
    strange = tmp_path / "exports/not-ours"
    strange.mkdir(parents=True)
    running = asyncio.create_task(office.runner().run())
    export_id = (await office.ask(cameras=["cam-002"])).json()["export_id"]
    try:
        async with asyncio.timeout(60):
            while (await office.get(export_id))["state"] != "finished":
                await asyncio.sleep(0.2)
    finally:
        running.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await running
    assert strange.exists()
    assert package_path(office.settings, export_id).exists()

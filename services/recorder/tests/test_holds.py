"""Nothing beats a hold: every way to delete is tried, in code and by bare SQL as the service's role, alone and in a race."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import pytest
from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from test_days import assert_sums_are_true
from test_retention_and_check import camera, retention

from hejnal_contracts.cameras import CameraRemoved
from hejnal_contracts.media import GapCause
from hejnal_recorder.holds import store
from hejnal_recorder.holds.hold import Hold, LegalBasis, NewHold
from hejnal_recorder.registry import remember_camera
from hejnal_recorder.retention import privacy
from hejnal_recorder.retention.candidates import oldest_of
from hejnal_recorder.retention.deletion import Candidates, condemn, finish
from hejnal_recorder.retention.pressure import Level

HELD = ["run-1-s1", "run-1-s2"]
"""Of four segments of 5 s these two touch 12:00:07 to 12:00:12."""


async def hold(room: Room, starts: float = 7, ends: float = 12, *, days: int = 200) -> Hold:
    new = NewHold(
        cameras=("cam-001",), starts_at=START + timedelta(seconds=starts), ends_at=START + timedelta(seconds=ends),
        legal_basis=LegalBasis.POLICE_REQUEST, basis_text="art. 15 ust. 1 pkt 6 ustawy o Policji", case_number="RSD-12/26",
        owner="staff-1", expires_at=room.clock.now() + timedelta(days=days),
    )  # fmt: skip
    async with room.database.transaction() as session:
        return await store.place(session, new, now=room.clock.now())


async def segments(room: Room) -> list[str]:
    rows = await room.rows("select distinct segment_id from segments where state <> 'garbage' order by 1")
    return [row.segment_id for row in rows]


@pytest.fixture
async def recorded(room: Room, clip: Clip) -> SpoolRun:
    run = SpoolRun(room.spool, clip, START)
    await remember_camera(room.database, camera(1, 7))
    await room.takeover.take([run.started(), *run.fragments(20), run.ended()])
    return run


async def by_age(room: Room) -> None:
    room.clock.advance(91 * 86400)
    await retention(room).round()


async def by_share(room: Room) -> None:
    room.clock.advance(3 * 3600)
    async with room.database.transaction() as session:
        await session.execute(text("update cameras set disk_share_percent = 1e-12"))
    await retention(room).round()


async def for_room(room: Room) -> None:
    room.clock.advance(3 * 3600)
    async with room.database.read() as session:
        found = await oldest_of(session, ["cam-001"], 10**12, before=room.clock.now())
    for one in found:
        async with room.database.transaction() as session:
            await condemn(session, one, "space")
    await finish(room.database, room.archive, room.clock.now())


async def for_privacy(room: Room) -> None:
    async with room.database.transaction() as session:
        asked = await privacy.request(
            session, "cam-001", START, START + timedelta(seconds=60), reason="GDPR 17", by="staff-1", now=room.clock.now()
        )
        await privacy.decide(session, asked.deletion_id, approve=True, by="staff-2", now=room.clock.now())
    await retention(room).round()


async def by_name(room: Room) -> None:
    """Whoever asks for exactly the held files gets none of them."""
    names = tuple(f"run-1-s{number}" for number in range(4))
    async with room.database.transaction() as session:
        done = await condemn(session, Candidates("cam-001", names, START, START + timedelta(seconds=20)), "space")
    assert (done.segments, done.held) == (2, 2)
    await finish(room.database, room.archive, room.clock.now())


@pytest.mark.parametrize("way", [by_age, by_share, for_room, for_privacy, by_name])
async def test_every_way_of_the_service_spares_what_is_held(
    room: Room, recorded: SpoolRun, way: Callable[[Room], Awaitable[None]]
) -> None:
    placed = await hold(room)
    assert placed.segments == 2
    await way(room)
    assert await segments(room) == HELD
    files = sorted(path.stem for path in (room.archive_dir / "cam-001").rglob("*.mp4"))
    assert files == HELD
    assert await room.check() == []
    await assert_sums_are_true(room)
    gaps = await room.rows("select cause, starts_at, ends_at from gaps where ends_at is not null order by starts_at")
    assert [tuple(gap) for gap in gaps] == [
        ("retention", START, START + timedelta(seconds=5)),
        ("retention", START + timedelta(seconds=15), START + timedelta(seconds=20)),
    ]


@pytest.mark.parametrize(
    "statement",
    [
        "delete from segments",
        "delete from segments_d20260503",
        "delete from segments where segment_id = 'run-1-s1'",
        "update segments set state = 'garbage' where segment_id = 'run-1-s2'",
        "update segments_d20260503 set state = 'garbage'",
        "update segments set ends_at = starts_at where segment_id = 'run-1-s1'",
        "update segments set fragments = ''",
        "update segments set starts_at = starts_at + interval '3 days'",
        "update segments set camera_id = 'other'",
        "truncate segments",
        "truncate segments cascade",
        "truncate segments_d20260503",
        "truncate segments_d20260503 cascade",
        "truncate held_segments",
        "drop table segments_d20260503",
        "alter table segments detach partition segments_d20260503",
        "delete from held_segments",
        "update held_segments set segment_id = 'run-1-s0'",
        "delete from hold_cameras",
        "delete from holds",
        "update holds set expires_at = now() - interval '1 year'",
        "update holds set starts_at = ends_at - interval '1 second'",
        "update holds set state = 'released', ended_by = 'staff-1', ended_at = now()",
        "update holds set state = 'released', release_requested_by = 'a', ended_by = 'a', ended_at = now()",
        "update holds set state = 'expired', ended_by = 'a', ended_at = placed_at",
        "truncate holds cascade",
    ],
)
async def test_the_database_refuses_by_itself(room: Room, recorded: SpoolRun, statement: str) -> None:
    await hold(room)
    before = await room.dump()
    with pytest.raises(DBAPIError, match=r"held_foot|foreign key|keeps its id|hold_|depend"):
        async with room.database.transaction() as session:
            await session.execute(text(statement))
    assert await room.dump() == before
    assert await segments(room) == ["run-1-s0", *HELD, "run-1-s3"]


async def test_an_empty_day_is_not_dropped_while_a_held_row_lies_in_it(room: Room, recorded: SpoolRun) -> None:
    await hold(room, days=400)
    room.clock.advance(200 * 86400)
    await retention(room).round()
    assert await segments(room) == HELD
    rows = await room.rows("select drop_segment_day('2026-05-03') as dropped")
    assert rows[0].dropped is False


async def test_what_comes_later_is_held_when_it_comes(room: Room, clip: Clip, recorded: SpoolRun) -> None:
    placed = await hold(room, 18, 33)
    assert placed.segments == 1
    run = SpoolRun(room.spool, clip, START + timedelta(seconds=25), run="run-2", epoch=2)
    await room.takeover.take([run.started(), *run.fragments(15), run.ended()])
    held = await room.rows("select segment_id from held_segments order by 1")
    assert [row.segment_id for row in held] == ["run-1-s3", "run-2-s0", "run-2-s1"]
    room.clock.advance(60 * 86400)
    await retention(room).round()
    assert await segments(room) == ["run-1-s3", "run-2-s0", "run-2-s1"]


async def test_placing_and_deleting_race_and_the_archive_stays_true(room: Room, clip: Clip) -> None:
    """Whichever is first: a row is held and there, or deleted and not held; never both."""
    await remember_camera(room.database, camera(1, 7))
    outcomes = set()
    for number in range(12):
        start = room.clock.now() - timedelta(minutes=50)
        run = SpoolRun(room.spool, clip, start, run=f"run-{number}", epoch=number)
        await room.takeover.take([run.started(), *run.fragments(10), run.ended()])
        names = (f"run-{number}-s0", f"run-{number}-s1")

        async def delete(names: tuple[str, ...] = names, start: datetime = start) -> int:
            async with room.database.transaction() as session:
                done = await condemn(session, Candidates("cam-001", names, start, start + timedelta(seconds=10)), "space")
            await finish(room.database, room.archive, room.clock.now())
            return done.segments

        async def secure(start: datetime = start) -> int:
            offset = (start - START).total_seconds()
            return (await hold(room, offset, offset + 10)).segments

        first, second = (delete(), secure()) if number % 2 else (secure(), delete())
        results = await asyncio.gather(first, second)
        deleted, held = results if number % 2 else results[::-1]
        assert deleted + held == 2
        outcomes.add(deleted)
        left = [name for name in await segments(room) if name in names]
        assert len(left) == held
        room.clock.advance(3600)
    assert outcomes <= {0, 2}
    assert await room.check() == []
    await assert_sums_are_true(room)


async def test_bare_sql_races_with_placing_and_loses_or_is_first(room: Room, clip: Clip, recorded: SpoolRun) -> None:
    """Somebody with the service's password who takes no lock first."""
    async with room.database.transaction() as slow:
        await slow.execute(text("update segments set state = 'garbage' where segment_id = 'run-1-s1'"))
        placing = asyncio.create_task(hold(room))
        await asyncio.sleep(0.3)
        assert not placing.done()
    placed = await asyncio.wait_for(asyncio.gather(placing, return_exceptions=True), 10)
    assert not isinstance(placed[0], BaseException)
    assert placed[0].segments == 1  # the other one was gone before
    async with room.database.transaction() as session:
        await session.execute(text("select 1 from stories for update"))
        eager = asyncio.create_task(_garbage(room, "run-1-s2"))
        await asyncio.sleep(0.1)
    with pytest.raises(DBAPIError, match="held_footage"):
        await asyncio.wait_for(eager, 10)


async def _garbage(room: Room, name: str) -> None:
    async with room.database.transaction() as session:
        await session.execute(text("update segments set state = 'garbage' where segment_id = :name"), {"name": name})


async def test_an_expired_hold_ends_and_retention_takes_what_it_kept(room: Room, recorded: SpoolRun) -> None:
    placed = await hold(room, days=30)
    room.clock.advance(29 * 86400)
    await retention(room).round()
    assert await segments(room) == HELD
    room.clock.advance(2 * 86400)
    await retention(room).round()
    await retention(room).round()
    assert await segments(room) == []
    told = [(kind, fact) for kind, fact in await room.facts() if kind.startswith("hold.")]
    assert [kind for kind, _ in told] == ["hold.placed.v1", "hold.released.v1"]
    assert told[1][1]["hold_id"] == placed.hold_id
    assert told[1][1]["released_by"] == "recorder"


def staff(door: Door, name: str, role: str) -> dict[str, str]:
    return door.issuer.headers("recorder", subject=name, role=role)


async def test_holds_through_the_door_with_four_eyes(door: Door, room: Room, recorded: SpoolRun) -> None:
    body = {
        "cameras": ["cam-001"], "from": (START + timedelta(seconds=7)).isoformat(), "legal_basis": "prosecutor_order",
        "to": (START + timedelta(seconds=12)).isoformat(), "basis_text": "postanowienie z 3.05.2026", "case_number": "PR 1/26",
        "expires_at": (NOW + timedelta(days=90)).isoformat(),
    }  # fmt: skip
    answer = await door.client.post("/internal/v1/holds", json=body, headers=staff(door, "anna", "operator"))
    assert answer.status_code == 201, answer.text
    placed = answer.json()
    assert (placed["owner"], placed["segments"], placed["state"]) == ("anna", 2, "active")
    assert datetime.fromisoformat(placed["from"]) == START + timedelta(seconds=7)
    url = f"/internal/v1/holds/{placed['hold_id']}"

    async def post(what: str, who: str, role: str, body: dict[str, str] | None = None) -> int:
        answer = await door.client.post(f"{url}/{what}", json=body, headers=staff(door, who, role))
        return answer.status_code

    wider = {"to": (START + timedelta(seconds=18)).isoformat()}
    assert await post("extension", "anna", "operator", wider) == 200
    assert await post("extension", "anna", "operator", {"to": START.isoformat()}) == 422
    assert (await door.client.get(url, headers=staff(door, "x", "dispatcher"))).json()["segments"] == 3
    assert await post("release", "dpo-1", "dpo") == 409
    assert await post("release-request", "anna", "operator", {"reason": "over"}) == 403
    assert await post("release-request", "dpo-1", "dpo", {"reason": "the case is closed"}) == 200
    assert await post("release", "dpo-1", "dpo") == 403
    assert await segments(room) == ["run-1-s0", *HELD, "run-1-s3"]
    assert await post("release", "admin-1", "admin") == 200
    assert await post("release", "admin-1", "admin") == 409
    ended = (await door.client.get(url, headers=staff(door, "x", "dpo"))).json()
    assert (ended["state"], ended["segments"], ended["ended_by"]) == ("released", 0, "admin-1")
    listed = await door.client.get("/internal/v1/holds", params={"state": "active"}, headers=staff(door, "x", "dpo"))
    assert listed.json() == {"holds": []}
    for wrong in ({"cameras": ["cam-777"]}, {"expires_at": START.isoformat()}, {"legal_basis": "because"}, {"from": body["to"]}):
        answer = await door.client.post("/internal/v1/holds", json=body | wrong, headers=staff(door, "anna", "operator"))
        assert answer.status_code == 422
    answer = await door.client.post("/internal/v1/holds", json=body, headers=staff(door, "d", "dispatcher"))
    assert answer.status_code == 403


async def test_privacy_deletions_need_two_and_wait_for_holds(door: Door, room: Room, clip: Clip, recorded: SpoolRun) -> None:
    placed = await hold(room, days=30)
    body = {
        "camera_id": "cam-001",
        "from": START.isoformat(),
        "to": (START + timedelta(seconds=30)).isoformat(),
        "reason": "GDPR 17",
    }
    url = "/internal/v1/privacy-deletions"
    assert (await door.client.post(url, json=body, headers=staff(door, "anna", "operator"))).status_code == 403
    asked = (await door.client.post(url, json=body, headers=staff(door, "dpo-1", "dpo"))).json()
    one = f"{url}/{asked['deletion_id']}"
    assert (await door.client.post(f"{one}/approval", headers=staff(door, "dpo-1", "dpo"))).status_code == 403
    await retention(room).round()
    assert len(await segments(room)) == 4
    assert (await door.client.post(f"{one}/approval", headers=staff(door, "admin-1", "admin"))).status_code == 200
    assert (await door.client.post(f"{one}/withdrawal", headers=staff(door, "admin-1", "admin"))).status_code == 409
    await retention(room).round()
    view = (await door.client.get(one, headers=staff(door, "dpo-1", "dpo"))).json()
    assert (view["state"], view["deleted_segments"], view["held_segments"]) == ("approved", 2, 2)
    async with room.database.transaction() as session:
        await store.request_release(session, placed.hold_id, by="a", reason="closed", now=room.clock.now())
        await store.release(session, placed.hold_id, by="b", now=room.clock.now())
    await retention(room).round()
    await retention(room).round()
    view = (await door.client.get(one, headers=staff(door, "dpo-1", "dpo"))).json()
    assert (view["state"], view["deleted_segments"], view["held_segments"]) == ("done", 4, 0)
    assert await segments(room) == []
    deleted = [fact for kind, fact in await room.facts() if kind == "segment.deleted.v1"]
    assert {fact["reason"] for fact in deleted} == {"privacy"}
    [gap] = await room.rows("select cause, detail, starts_at, ends_at from gaps where cause = 'retention'")
    assert (gap.starts_at, gap.ends_at) == (START, START + timedelta(seconds=20))
    assert GapCause(gap.cause) is GapCause.RETENTION


async def test_footage_of_a_removed_camera_goes_when_two_agree(door: Door, room: Room, recorded: SpoolRun) -> None:
    await remember_camera(room.database, camera(2, 7))
    await hold(room, 0, 10, days=30)
    url, body = "/internal/v1/privacy-deletions", {"camera_id": "cam-001", "purpose": "camera_removed", "reason": "sold house"}
    dpo = staff(door, "dpo-1", "dpo")
    refused = await door.client.post(url, json=body, headers=dpo)
    assert (refused.status_code, refused.json()["type"].rsplit(":", 1)[-1]) == (409, "camera-in-use")
    await remember_camera(room.database, CameraRemoved(**camera(3, 7).model_dump(exclude={"version"}), version=4))
    await retention(room).round()
    assert len(await segments(room)) == 4  # it lives until its days are over
    with_range = body | {"from": START.isoformat(), "to": (START + timedelta(seconds=30)).isoformat()}
    assert (await door.client.post(url, json=with_range, headers=dpo)).status_code == 422
    assert (await door.client.post(url, json=body | {"purpose": "privacy"}, headers=dpo)).status_code == 422
    asked = (await door.client.post(url, json=body, headers=dpo)).json()
    assert asked["purpose"] == "camera_removed"
    agreed = await door.client.post(f"{url}/{asked['deletion_id']}/approval", headers=staff(door, "admin-1", "admin"))
    assert agreed.status_code == 200
    await retention(room).round()
    deleted = [fact for kind, fact in await room.facts() if kind == "segment.deleted.v1"]
    assert [fact["reason"] for fact in deleted] == ["camera_removed"] * 2
    assert len(await segments(room)) == 2  # the hold's
    [gap] = await room.rows("select detail from gaps where cause = 'retention'")
    assert gap.detail == "Deleted with its camera"


async def test_a_full_disk_spares_held_cameras(room: Room, clip: Clip, recorded: SpoolRun) -> None:
    """At the highest level a camera whose hold still reaches ahead is recorded like one of high priority."""
    await remember_camera(room.database, camera(2, 7))
    room.admission.level = Level.FULL
    assert room.admission.refuses("cam-001")
    await hold(room, 0, 86400)
    room.admission.held = frozenset({"cam-001"})
    assert not room.admission.refuses("cam-001")

"""Events and bookmarks on the time bar."""

from datetime import timedelta

from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from test_retention_and_check import retention

from hejnal_contracts.cameras import CameraClockSet, CameraTampered, FaultCause, MotionDetected, StreamFaulted
from hejnal_recorder.marks.events import remember_event
from hejnal_recorder.marks.motion import Piece, binned, levels
from hejnal_recorder.timeline.spans import Interval


def second(number: float) -> str:
    return (START + timedelta(seconds=number)).isoformat()


async def test_events_are_counted_once_and_completed(door: Door, room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5)])
    motion = MotionDetected(event_id="m1", camera_id="cam-001", started_at=second(2), source="stream")
    ended = motion.model_copy(update={"ended_at": START + timedelta(seconds=9)})
    tampered = CameraTampered(event_id="t1", camera_id="cam-001", kind="covered", confidence=0.9, at=second(20))
    facts = [
        motion,
        ended,
        motion,
        ended,
        tampered,
        tampered.model_copy(update={"event_id": "t2", "phase": "cleared", "at": START + timedelta(seconds=50)}),
        StreamFaulted(event_id="f1", camera_id="cam-001", stream="main", cause=FaultCause.STALLED, at=second(3700)),
        CameraClockSet(event_id="c1", camera_id="cam-001", offset_before_s=2.5, offset_after_s=0.01, at=second(60)),
    ]
    for fact in facts:
        assert await remember_event(room.database, fact)
    assert not await remember_event(room.database, run.started())
    room.clock.advance(7200)
    query = {"from": second(0), "to": second(7200)}
    body = (await door.client.get("/internal/v1/cameras/cam-001/events", params=query)).json()
    assert body["complete"]
    assert [(event["event_id"], event["kind"], event["to"] is None) for event in body["events"]] == [
        ("m1", "motion", False), ("t1", "tamper:covered", False), ("c1", "clock_set", True), ("f1", "fault:stalled", True),
    ]  # fmt: skip
    for buckets, hours in ((2000, 2), (2, 2), (2, 40)):
        wide = {"from": second(0), "to": second(3600 * hours), "buckets": str(buckets)}
        found = (await door.client.get("/internal/v1/cameras/cam-001/coverage", params=wide)).json()["buckets"]
        counts: dict[str, int] = {}
        for bucket in found:
            for kind, number in bucket["events"].items():
                counts[kind] = counts.get(kind, 0) + number
        assert counts == {"motion": 1, "tamper:covered": 1, "fault:stalled": 1, "clock_set": 1}
    room.clock.advance(120 * 86400)
    await retention(room).round()
    assert await room.rows("select 1 from events") == []
    assert await room.rows("select 1 from coverage where kind like 'event:%' and amount <> 0") == []


async def test_bookmarks_are_made_changed_and_removed(door: Door, room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(5)])
    url = "/internal/v1/cameras/cam-001/bookmarks"
    body = {"from": second(1), "to": second(3), "title": "Wybita szyba", "note": "ul. Rynek 4"}
    made = await door.client.post(url, json=body)
    assert made.status_code == 201, made.text
    one = f"/internal/v1/bookmarks/{made.json()['bookmark_id']}"
    assert made.json()["owner"] == "staff-1"
    query = {"from": second(0), "to": NOW.isoformat()}
    assert [mark["title"] for mark in (await door.client.get(url, params=query)).json()["bookmarks"]] == ["Wybita szyba"]
    changed = await door.client.put(one, json=body | {"title": "Szyba", "to": second(4)})
    assert (changed.json()["title"], (await door.client.get(one)).json()["title"]) == ("Szyba", "Szyba")
    assert (await door.client.put(one, json=body | {"to": second(0)})).status_code == 422
    assert (await door.client.post("/internal/v1/cameras/cam-777/bookmarks", json=body)).status_code == 404
    clerk = door.issuer.headers("recorder", subject="c", role="clerk")
    assert (await door.client.get(one, headers=clerk)).status_code == 403
    assert (await door.client.delete(one)).status_code == 204
    assert (await door.client.delete(one)).status_code == 404


def pieces(*sizes: int) -> list[Piece]:
    times = [START + timedelta(seconds=2 * number) for number in range(len(sizes) + 1)]
    return [Piece(times[number], times[number + 1], size) for number, size in enumerate(sizes)]


def test_motion_is_what_costs_more_than_usual() -> None:
    still, noisy = 100_000, 108_000
    found = levels(pieces(*[still, noisy] * 20, 150_000, 400_000, 900_000, *[still] * 10))
    assert [level for _, level in found[:40]] == [0] * 40
    assert 20 < found[40][1] < 40
    assert found[41][1] > 90
    assert found[42][1] == 100
    assert [level for _, level in found[43:]] == [0] * 10
    assert [level for _, level in levels(pieces(1, 1000, 1, 1000))] == [0] * 4  # too little is known yet
    louder = levels(pieces(*[still] * 100, *[3 * still] * 400))  # another quality setting is no motion after a while
    assert louder[100][1] > 50
    assert louder[-1][1] == 0
    interval = Interval(START - timedelta(seconds=10), START + timedelta(seconds=110))
    shown = binned(found, interval, 12)
    assert (shown[0], shown[-1]) == (-1, 0)
    assert max(shown) == 100
    assert shown.index(100) == 9


async def test_motion_of_recorded_footage(door: Door, room: Room, clip: Clip) -> None:
    run = SpoolRun(room.spool, clip, START)
    await room.takeover.take([run.started(), *run.fragments(20), run.ended()])
    query = {"from": second(0), "to": second(40), "bins": "40"}
    body = (await door.client.get("/internal/v1/cameras/cam-001/motion", params=query)).json()
    assert len(body["levels"]) == 40
    assert all(level >= 0 for level in body["levels"][:20])
    assert body["levels"][20:] == [-1] * 20
    too_long = {"from": second(-90_000), "to": second(0)}
    assert (await door.client.get("/internal/v1/cameras/cam-001/motion", params=too_long)).status_code == 422

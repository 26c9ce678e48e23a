"""Events and bookmarks on the time bar."""

from datetime import timedelta

from recorder_footage import Clip, SpoolRun
from recorder_room import NOW, START, Door, Room
from test_retention_and_check import retention

from hejnal_contracts.cameras import CameraClockSet, CameraTampered, FaultCause, MotionDetected, StreamFaulted
from hejnal_recorder.marks.events import remember_event


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

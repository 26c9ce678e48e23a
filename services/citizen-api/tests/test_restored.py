"""After a restore from a backup, or a lost Kafka: what others know of us is published again, and nothing goes out twice."""

from datetime import datetime, timedelta

from sqlalchemy import text

from hejnal_citizen.announcements.publisher import Publisher
from hejnal_citizen.republish import read_ids, republish

WISH = {"language": "pl", "filters": [{"categories": ["water"], "channels": ["email"], "area": {"kind": "town"}}]}


async def restore(house, hours=3):
    taken_at = house.clock.now()
    house.clock.advance(hours * 3600)
    async with house.res.database.transaction() as session:
        moments = {"taken": taken_at, "restored": house.clock.now()}
        return (await session.execute(text("select after_restore(:taken, :restored)"), moments)).scalar_one()


async def announce(house, **changes):
    body = {
        "category": "water",
        "severity": "notice",
        "texts": {"pl": {"title": "Woda", "body": "Nie ma wody."}},
        "area": {"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 300},
        "valid_until": (house.clock.now() + timedelta(hours=8)).isoformat(),
        "channels": ["email"],
    }
    answer = await house.staff().post("/announcements", json=body | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def test_every_resident_and_what_is_valid_is_published_again_as_it_was(house):
    anna = await house.sign_in("anna@example.pl")
    assert (await anna.put("/me/subscription", json=WISH)).status_code == 200
    await house.sign_in("jan@example.pl", ip="10.0.0.2")
    announced = await announce(house)
    await announce(house, valid_until=(house.clock.now() + timedelta(hours=1)).isoformat())
    before = {key: data for key, _, data in await house.facts("subscriptions")}
    first = next(data for key, _, data in await house.facts("announcements") if key == announced)
    house.clock.advance(2 * 3600)

    done = await republish(house.res, [])

    assert (done.residents, done.announcements, done.erased) == (2, 1, 0)
    again = (await house.facts("subscriptions"))[-2:]
    for key, _, data in again:
        assert data["version"] == before[key]["version"] + 1
        assert {name: data[name] for name in ("contacts", "filters")} == {
            name: before[key][name] for name in ("contacts", "filters")
        }
    key, kind, data = (await house.facts("announcements"))[-1]
    assert (key, kind) == (announced, "announcement.issued.v1")
    assert data | {"footprint": None} == first | {"footprint": None}
    assert datetime.fromisoformat(data["issued_at"]) < house.clock.now() - timedelta(hours=1)


async def test_the_owner_wins_over_what_a_surviving_kafka_knows(house):
    """Versions of the time after the backup are lost here, and are still in Kafka."""
    anna = await house.sign_in("anna@example.pl")
    lost = (await house.facts("subscriptions"))[-1][2]["version"] + 20
    await restore(house)

    await republish(house.res, [])

    assert (await house.facts("subscriptions"))[-1][2]["version"] > lost
    assert (await anna.get("/me")).status_code == 200


async def test_who_has_left_since_the_backup_is_erased_again(house, tmp_path):
    await house.sign_in("anna@example.pl")
    ((resident,),) = await house.rows("select id from residents")
    await restore(house)
    report = tmp_path / "report.json"
    report.write_text(f'{{"erase_again": ["{resident}"]}}')

    done = await republish(house.res, read_ids(report))

    assert (done.erased, done.residents) == (1, 0)
    assert await house.rows("select 1 from residents") == []
    assert (await house.facts("subscriptions"))[-1] == (resident, "", None)


async def test_a_draft_whose_time_came_meanwhile_goes_back_to_its_author(house):
    staff = house.staff()
    body = {
        "category": "water",
        "severity": "notice",
        "texts": {"pl": {"title": "Woda", "body": "Nie ma wody."}},
        "valid_until": (house.clock.now() + timedelta(hours=20)).isoformat(),
        "channels": ["email"],
    }
    drafts = []
    for hours in (1, 10):
        at = (house.clock.now() + timedelta(hours=hours)).isoformat()
        one = (await staff.post("/announcement-drafts", json=body | {"publish_at": at})).json()
        answer = await staff.post(f"/announcement-drafts/{one['id']}/submission")
        assert answer.json()["state"] == "scheduled", answer.text
        drafts.append(one["id"])

    told = await restore(house, hours=3)

    assert told["drafts given back to their authors"] == 1
    assert not await Publisher(house.res).once()
    due, later = [(await house.staff().get(f"/announcement-drafts/{one}")).json() for one in drafts]
    assert (due["state"], due["returned"]["why"]) == ("draft", "refused")
    assert "restored from a backup" in due["returned"]["detail"]
    assert later["state"] == "scheduled"
    assert await house.facts("announcements") == []

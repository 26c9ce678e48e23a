from datetime import UTC, datetime

import pytest

from hejnal_citizen.footage_requests import rules

FORM = {
    "place": "Rynek, przy fontannie",
    "from": "2026-11-20T16:00:00Z",
    "to": "2026-11-20T17:00:00Z",
    "description": "Czerwona kurtka, rower miejski, idę w stronę ratusza.",
    "name": "Anna Nowak",
    "contact": "anna@example.pl",
}


@pytest.mark.parametrize(
    ("submitted", "due"),
    [
        ("2026-11-22T12:00:00+00:00", "2026-12-22T22:59:59+00:00"),
        ("2026-01-31T12:00:00+00:00", "2026-02-28T22:59:59+00:00"),
        ("2026-12-15T23:30:00+00:00", "2027-01-16T22:59:59+00:00"),
        ("2026-03-01T12:00:00+00:00", "2026-04-01T21:59:59+00:00"),
    ],
)
def test_the_answer_is_due_in_a_month_of_the_towns_calendar(submitted, due):
    assert rules.due_at(datetime.fromisoformat(submitted)).astimezone(UTC) == datetime.fromisoformat(due)


async def submitted(house, **changes):
    answer = await house.client().post("/footage-requests", json=FORM | changes)
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_from_the_request_to_the_answer(house):
    made = await submitted(house)
    assert made["reference"] == "N-2026-00001"
    assert made["due_at"] == "2026-12-22T22:59:59Z"
    assert "tożsamości" in made["next_steps"]["pl"]
    visitor = house.client()
    url = f"/footage-requests/{made['id']}"
    secret = {"Authorization": f"Bearer {made['token']}"}
    assert (await visitor.get(url, headers=secret)).json()["state"] == "received"
    assert (await visitor.get(url, headers={"Authorization": "Bearer wrong"})).status_code == 404
    assert (await visitor.get(url)).status_code == 401
    officer = house.staff("dpo")
    listed = (await officer.get("/footage-requests")).json()["items"]
    assert [(row["reference"], row["days_left"]) for row in listed] == [("N-2026-00001", 30)]
    assert "Nowak" not in str(listed)
    assert (await officer.get(url)).json()["name"] == "Anna Nowak"
    early = await officer.post(f"{url}/answer", json={"outcome": "provided", "answer": "W załączeniu."})
    assert (early.status_code, early.json()["type"]) == (409, "urn:hejnal:problem:identity-not-confirmed")
    held = await officer.post(f"{url}/hand-over", json={"hold_id": "hold-1"}, headers={"If-Match": '"1"'})
    assert held.json()["footage_secured"], "secured before anybody came to the office: footage is deleted in days"
    stale = await officer.post(f"{url}/identity-check", json={"way": "in_person"}, headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    assert (await officer.post(f"{url}/identity-check", json={"way": "in_person"})).json()["state"] == "identity_confirmed"
    missing = await officer.post(f"{url}/answer", json={"outcome": "provided", "answer": "W załączeniu."})
    assert missing.json()["type"] == "urn:hejnal:problem:export-missing"
    await officer.post(f"{url}/hand-over", json={"export_id": "export-1"})
    key = {"Idempotency-Key": "answer-0001"}
    body = {"outcome": "provided", "answer": "Nagranie do odbioru."}
    answered = await officer.post(f"{url}/answer", json=body, headers=key)
    assert answered.status_code == 200, answered.text
    assert (await officer.post(f"{url}/answer", json=body, headers=key)).json() == answered.json()
    assert (await officer.post(f"{url}/answer", json=body)).json()["type"].endswith("request-answered")
    kinds = [event["kind"] for event in answered.json()["history"]]
    assert kinds == ["submitted", "secured", "identity_confirmed", "secured", "answered"]
    view = (await visitor.get(url, headers=secret)).json()
    assert (view["state"], view["outcome"], view["answer"]) == ("answered", "provided", "Nagranie do odbioru.")
    audit = str([data for _, _, data in await house.facts("audit")])
    assert "footage-request.answered" in audit
    assert "Nowak" not in audit
    assert "anna@example.pl" not in audit


async def test_the_time_can_be_extended_once_and_in_time(house):
    made = await submitted(house)
    officer = house.staff("dpo")
    url = f"/footage-requests/{made['id']}/extension"
    reason = {"reason": "Nagranie wymaga anonimizacji wielu osób."}
    extended = await officer.post(url, json=reason)
    assert extended.json()["due_at"] == "2027-02-22T22:59:59Z"
    assert (await officer.post(url, json=reason)).json()["type"] == "urn:hejnal:problem:extended-before"
    late = await submitted(house)
    house.clock.advance(40 * 86_400)
    answer = await house.staff("dpo").post(f"/footage-requests/{late['id']}/extension", json=reason)
    assert answer.json()["type"] == "urn:hejnal:problem:extension-late"
    rows = (await house.staff("dpo").get("/footage-requests", params={"state": "received"})).json()["items"]
    assert [row["days_left"] < 0 for row in rows] == [True, False]


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"from": "2026-11-23T16:00:00Z", "to": "2026-11-23T17:00:00Z"}, "in-the-future"),
        ({"from": "2026-01-01T16:00:00Z", "to": "2026-01-01T17:00:00Z"}, "too-long-ago"),
        ({"to": "2026-11-21T17:00:00Z"}, "invalid-request"),
        ({"camera_id": "nowhere"}, "unknown-camera"),
    ],
)
async def test_what_cannot_be_found_is_said_at_once(house, changes, slug):
    answer = await house.client().post("/footage-requests", json=FORM | changes)
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:hejnal:problem:{slug}")


async def test_only_the_protection_officer_sees_requests(house):
    made = await submitted(house)
    for role in ("operator", "dispatcher", "editor", "clerk", "admin"):
        client = house.staff(role)
        assert (await client.get("/footage-requests")).status_code == 403
        assert (await client.get(f"/footage-requests/{made['id']}")).status_code == 403


async def test_a_repeat_makes_no_second_request_and_there_is_a_limit(open_house):
    async with open_house(footage_requests_per_ip_hour=2) as house:
        key = {"Idempotency-Key": "request-0001"}
        first = await house.client().post("/footage-requests", json=FORM, headers=key)
        second = await house.client().post("/footage-requests", json=FORM, headers=key)
        assert first.json() == second.json()
        assert (await house.client().post("/footage-requests", json=FORM)).status_code == 201
        assert (await house.client().post("/footage-requests", json=FORM)).status_code == 429


async def test_answered_requests_are_forgotten_in_the_end(house):
    from hejnal_citizen.housekeeping import Housekeeping

    made = await submitted(house)
    body = {"outcome": "no_footage", "answer": "Nagrania już nie ma."}
    assert (await house.staff("dpo").post(f"/footage-requests/{made['id']}/answer", json=body)).status_code == 200
    open_one = await submitted(house)
    house.clock.advance(1096 * 86_400)
    await Housekeeping(house.res).once()
    assert [row.id for row in await house.rows("select id from footage_requests")] == [open_one["id"]]
    assert len(await house.rows("select 1 from footage_request_events")) == 1

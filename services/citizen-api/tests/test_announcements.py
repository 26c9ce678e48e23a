import asyncio
import itertools
import math
from datetime import timedelta

import pytest


def announcement(**changes):
    body = {
        "category": "water",
        "severity": "warning",
        "texts": {"pl": {"title": "Nie ma wody na Żółkiewskiego", "body": "Awaria. Naprawa potrwa do 18:00."}},
        "valid_until": "2026-11-22T18:00:00Z",
        "channels": ["push", "email", "sms"],
    }
    return body | changes


async def issue(house, **changes):
    answer = await house.staff().post("/announcements", json=announcement(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()


async def test_an_announcement_lives_from_issue_to_all_clear(open_house):
    async with open_house(four_eyes_emergencies=False) as house:
        await live(house)


async def live(house):
    staff, public = house.staff(), house.client()
    area = {"kind": "streets", "streets": ["Żółkiewskiego"]}
    issued = await staff.post("/announcements", json=announcement(area=area))
    assert issued.status_code == 201, issued.text
    assert issued.headers["etag"] == '"1"'
    number = issued.json()["id"]

    page = (await public.get("/announcements")).json()
    assert [(one["id"], one["state"], one["version"]) for one in page["items"]] == [(number, "active", 1)]

    house.clock.advance(60)
    body = announcement(area=area, severity="emergency", expected_version=1)
    updated = await staff.put(f"/announcements/{number}", json=body, headers={"If-Match": '"1"'})
    assert updated.status_code == 200, updated.text
    house.clock.advance(60)
    clear = {"expected_version": 2, "texts": {"pl": {"title": "Woda wróciła", "body": "Można korzystać."}}}
    cancelled = await staff.post(f"/announcements/{number}/cancellation", json=clear)
    assert cancelled.status_code == 200, cancelled.text
    assert cancelled.json()["state"] == "cancelled"

    detail = (await public.get(f"/announcements/{number}")).json()
    assert [version["kind"] for version in detail["history"]] == ["cancelled", "updated", "issued"]
    assert detail["geometry"]["type"] == "MultiPolygon"
    assert "issued_by" not in str(detail)

    facts = await house.facts("announcements")
    assert [kind for _, kind, _ in facts] == [
        "announcement.issued.v1",
        "announcement.updated.v1",
        "announcement.cancelled.v1",
    ]
    assert {key for key, _, _ in facts} == {number}
    assert [data["version"] for _, _, data in facts] == [1, 2, 3]
    assert facts[0][2]["page_url"] == f"http://localhost:8080/komunikaty/{number}"
    assert facts[0][2]["footprint"], "a street announcement carries its shape"
    assert facts[2][2]["channels"] == ["push", "email", "sms"]
    audit = await house.facts("audit")
    assert [(data["actor"]["id"], data["action"], data["object_id"]) for _, _, data in audit] == [
        ("staff-1", "announcement.issued", number),
        ("staff-1", "announcement.updated", number),
        ("staff-1", "announcement.cancelled", number),
    ]


async def test_whole_town_needs_no_footprint_in_the_fact(house):
    await issue(house)
    assert (await house.facts("announcements"))[0][2]["footprint"] == []


async def test_of_two_editors_the_slower_is_told(house):
    issued = await issue(house)
    body = announcement(expected_version=1)
    answers = await asyncio.gather(
        *(house.staff(subject=f"staff-{n}").put(f"/announcements/{issued['id']}", json=body) for n in range(4))
    )
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    late = await house.staff().put(
        f"/announcements/{issued['id']}", json=body | {"expected_version": 2}, headers={"If-Match": '"1"'}
    )
    assert late.status_code == 412
    assert late.json()["type"] == "urn:hejnal:problem:version-conflict"
    assert len(await house.facts("announcements")) == 2


async def test_after_the_all_clear_nothing_more(house):
    issued = await issue(house)
    texts = {"pl": {"title": "Koniec", "body": "Koniec."}}
    url = f"/announcements/{issued['id']}"
    assert (await house.staff().post(f"{url}/cancellation", json={"expected_version": 1, "texts": texts})).status_code == 200
    again = await house.staff().post(f"{url}/cancellation", json={"expected_version": 2, "texts": texts})
    update = await house.staff().put(url, json=announcement(expected_version=2))
    assert [again.status_code, update.status_code] == [409, 409]


async def test_the_same_key_issues_once(house):
    key = {"Idempotency-Key": "one-two-three"}
    answers = await asyncio.gather(*(house.staff().post("/announcements", json=announcement(), headers=key) for _ in range(3)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    assert len(await house.facts("announcements")) == 1
    other = await house.staff().post("/announcements", json=announcement(category="gas"), headers=key)
    assert other.status_code == 409
    assert other.json()["type"] == "urn:hejnal:problem:idempotency-key-reused"


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"texts": {"en": {"title": "No water", "body": "Now."}}}, "invalid-announcement"),
        ({"valid_until": "2026-11-22T11:59:00Z"}, "invalid-announcement"),
        ({"valid_from": "2026-11-22T19:00:00Z"}, "invalid-announcement"),
        ({"channels": ["webhook"]}, "invalid-announcement"),
        ({"category": "dragons"}, "unknown-category"),
        ({"area": {"kind": "streets", "streets": ["Nieznana", "3 Maja"]}}, "unknown-street"),
        ({"area": {"kind": "streets", "streets": ["Polna"]}}, "unknown-street"),
        ({"area": {"kind": "circle", "center": {"lat": 52.2, "lon": 21.0}, "radius_m": 500}}, "outside-town"),
        (
            {
                "area": {
                    "kind": "polygon",
                    "ring": [
                        {"lat": 51.03, "lon": 20.93},
                        {"lat": 51.05, "lon": 20.95},
                        {"lat": 51.03, "lon": 20.95},
                        {"lat": 51.05, "lon": 20.93},
                        {"lat": 51.03, "lon": 20.93},
                    ],
                }
            },
            "area-invalid",
        ),
        ({"surprise": 1}, "invalid-request"),
    ],
)
async def test_what_cannot_be_announced(house, changes, slug):
    answer = await house.staff().post("/announcements", json=announcement(**changes))
    assert answer.status_code == 422
    assert answer.json()["type"] == f"urn:hejnal:problem:{slug}"
    assert await house.facts("announcements") == []


async def test_roles(house):
    assert (await house.staff(role="operator").get("/announcements")).status_code == 200
    assert (await house.staff(role="operator").post("/announcements", json=announcement())).status_code == 403
    assert (await house.staff(role="nobody").get("/announcements")).status_code == 403


async def test_lists_are_paged_active_first(house):
    past = await issue(house, valid_until="2026-11-22T12:30:00Z")
    upcoming = await issue(house, valid_from="2026-11-22T16:00:00Z")
    house.clock.advance(3600)
    active = [await issue(house) for _ in range(3)]
    wanted = [one["id"] for one in reversed(active)] + [upcoming["id"], past["id"]]
    seen, cursor = [], None
    while True:
        page = (await house.client().get("/announcements", params={"limit": 2, **({"cursor": cursor} if cursor else {})})).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == wanted
    only = (await house.client().get("/announcements", params={"state": "upcoming"})).json()
    assert [one["id"] for one in only["items"]] == [upcoming["id"]]
    bad = await house.client().get("/announcements", params={"cursor": "AAAA"})
    assert (bad.status_code, bad.json()["type"]) == (422, "urn:hejnal:problem:bad-cursor")


async def test_near_and_category_and_since(house):
    here = await issue(house, area={"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 200})
    house.clock.advance(10)
    there = await issue(house, category="gas", area={"kind": "streets", "streets": ["3 Maja"]})
    everywhere = await issue(house, category="roads")

    async def ids(**params):
        answer = await house.client().get("/announcements", params=params)
        assert answer.status_code == 200, answer.text
        return {one["id"] for one in answer.json()["items"]}

    assert await ids(near="51.0520,20.9500", radius_m=300) == {here["id"], everywhere["id"]}
    assert await ids(category=["gas", "roads"]) == {there["id"], everywhere["id"]}
    since = (house.clock.now() - timedelta(seconds=5)).isoformat()
    assert await ids(since=since) == {there["id"], everywhere["id"]}
    assert (await house.client().get("/announcements", params={"near": "99,200"})).status_code == 422
    shapes = (await house.client().get("/announcements.geojson", params={"category": "water"})).json()
    assert [feature["id"] for feature in shapes["features"]] == [here["id"]]
    assert shapes["features"][0]["properties"]["titles"]["pl"].startswith("Nie ma wody")


async def test_the_map_of_all_is_small_and_sent_once(house):
    circle = {"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 1500}
    for _ in range(3):
        one = await issue(house, area=circle)
    public = house.client()
    first = await public.get("/announcements.geojson")
    assert (first.headers["content-encoding"], first.headers["vary"]) == ("gzip", "Accept-Encoding")
    rings = [feature["geometry"]["coordinates"][0][0] for feature in first.json()["features"]]
    exact = (await public.get(f"/announcements/{one['id']}")).json()["geometry"]["coordinates"][0][0]
    assert len(rings) == 3
    assert len(rings[0]) <= len(exact) / 2 + 1
    for place in exact:
        assert min(math.dist(place, other) for other in along(rings[0])) < 0.0003, "true to half a percent"
    again = await public.get("/announcements.geojson", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")
    plain = await public.get("/announcements.geojson", headers={"Accept-Encoding": "gzip;q=0"})
    assert "content-encoding" not in plain.headers
    assert plain.json() == first.json()
    assert plain.headers["etag"] != first.headers["etag"]
    house.clock.advance(2)
    await issue(house, area=circle)
    later = await public.get("/announcements.geojson", headers={"If-None-Match": first.headers["etag"]})
    assert len(later.json()["features"]) == 4


def along(ring, steps=60):
    """Many places on a ring."""
    for (west, south), (east, north) in itertools.pairwise(ring):
        yield from ((west + (east - west) * one / steps, south + (north - south) * one / steps) for one in range(steps))


async def test_preview_counts_whom_it_reaches_and_what_it_costs(open_house):
    async with open_house(notifier={}) as house:
        await preview_counts(house)


async def preview_counts(house):
    async def resident(contact, **wish):
        browser = await house.sign_in(contact)
        filters = [{"categories": ["water"], "channels": ["email", "sms"], **wish}]
        answer = await browser.put("/me/subscription", json={"filters": filters, "language": wish.pop("language", "pl")})
        assert answer.status_code == 200, answer.text
        return browser

    await resident("anna@example.pl")
    await resident("600100200", area={"kind": "circle", "center": {"lat": 51.0503, "lon": 20.9505}, "radius_m": 300})
    await resident("600100201", area={"kind": "streets", "streets": ["3 Maja"]})
    await resident("600100202", min_severity="emergency")
    await resident("olga@example.pl", categories=["gas"])
    street = {"kind": "streets", "streets": ["Żółkiewskiego"]}
    body = "Zażółć gęślą jaźń. " * 12
    draft = announcement(area=street, texts={"pl": {"title": "Woda", "body": body}})
    preview = (await house.staff().post("/announcements/preview", json=draft)).json()
    assert preview["people"] == 2
    assert {one["channel"]: one["recipients"] for one in preview["channels"]} == {"push": 0, "email": 1, "sms": 1}
    wording = preview["sms"][0]
    assert wording["encoding"] == "gsm-7"
    assert "Zazolc gesla jazn" in wording["text"]
    assert wording["parts"] == 2
    assert preview["cost_pln"] == pytest.approx(0.32)
    assert preview["addresses"] == 4
    urgent = (await house.staff().post("/announcements/preview", json=draft | {"severity": "emergency"})).json()
    assert {one["channel"]: one["recipients"] for one in urgent["channels"]}["sms"] == 2
    whole = (await house.staff().post("/announcements/preview", json=announcement())).json()
    assert whole["people"] == 3
    assert {one["channel"]: one["with_push"] for one in whole["channels"]} == {"push": None, "email": None, "sms": 0}
    p256dh = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
    device = {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": {"p256dh": p256dh, "auth": "tBHItJI5svbpez7KI4CCXg"}}
    both = await resident("600100203", channels=["sms", "push"])
    assert (await both.post("/me/contacts/push", json=device)).status_code == 201
    again = (await house.staff().post("/announcements/preview", json=announcement())).json()
    assert {one["channel"]: one["with_push"] for one in again["channels"]}["sms"] == 1
    assert await house.facts("announcements") == []


def test_state_follows_kind_and_time():
    from datetime import UTC, datetime

    from hejnal_citizen.announcements.rules import state_of

    at = [datetime(2026, 1, 1, hour, tzinfo=UTC) for hour in range(6)]
    assert state_of("issued", at[1], at[3], at[0]) == "upcoming"
    assert state_of("updated", at[1], at[3], at[1]) == "active"
    assert state_of("updated", at[1], at[3], at[3]) == "past"
    assert state_of("cancelled", at[1], at[3], at[2]) == "cancelled"


async def test_the_database_judges_states_like_the_rules(house):
    from hejnal_citizen.announcements.rules import state_of

    await issue(house, valid_until="2026-11-22T12:30:00Z")
    await issue(house, valid_from="2026-11-22T13:00:00Z")
    cancelled = await issue(house)
    clear = {"expected_version": 1, "texts": {"pl": {"title": "Koniec", "body": "Koniec."}}}
    await house.staff().post(f"/announcements/{cancelled['id']}/cancellation", json=clear)
    versions = await house.rows(
        "select a.id, kind, valid_from, valid_until from announcements a join announcement_versions v "
        "on v.announcement_id = a.id and v.version = a.version"
    )
    for seconds in (0, 1800, 3600, 36_000):
        house.clock.advance(seconds)
        now = house.clock.now()
        wanted = {row.id: state_of(row.kind, row.valid_from, row.valid_until, now) for row in versions}
        page = (await house.client().get("/announcements")).json()
        assert {one["id"]: one["state"] for one in page["items"]} == wanted


async def test_an_all_clear_can_still_be_sent_after_the_end(house):
    issued = await issue(house)
    house.clock.advance(5.5 * 3600)
    clear = {"expected_version": 1, "texts": {"pl": {"title": "Koniec", "body": "Koniec."}}}
    assert (await house.staff().post(f"/announcements/{issued['id']}/cancellation", json=clear)).status_code == 200
    fact = (await house.facts("announcements"))[-1][2]
    assert fact["valid_until"] == "2026-11-22T23:30:00Z"

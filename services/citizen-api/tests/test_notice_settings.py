"""Several places, pauses, test messages, and what devices say they have shown."""

import pytest

P256DH = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
KEYS = {"p256dh": P256DH, "auth": "tBHItJI5svbpez7KI4CCXg"}
HOME = {"label": "Dom", "area": {"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 300}}
WORK = {"label": "Praca", "area": {"kind": "streets", "streets": ["Jana Pawła II"]}}
RING = [{"lat": lat, "lon": lon} for lat, lon in ((51.03, 20.97), (51.03, 20.99), (51.04, 20.99), (51.03, 20.97))]
PLOT = {"label": "Działka", "area": {"kind": "polygon", "ring": RING}}


def browser_wish(**changes):
    return {"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": KEYS, "categories": ["water"]} | changes


async def latest(house, resident_id):
    return [data for key, _, data in await house.facts("subscriptions") if key == resident_id][-1]


async def test_a_wish_for_several_places(house):
    browser = await house.sign_in()
    me = (await browser.get("/me")).json()
    wishes = [
        {"categories": ["water", "gas"], "channels": ["email"], "places": [HOME, WORK, PLOT]},
        {"categories": ["events"], "channels": ["email"], "min_severity": "notice"},
    ]
    stored = await browser.put("/me/subscription", json={"filters": wishes})
    assert stored.status_code == 200, stored.text
    shown = stored.json()["filters"]
    assert [[place["label"] for place in wish["places"]] for wish in shown] == [["Dom", "Praca", "Działka"], []]
    assert shown[0]["area"] is None
    told = (await latest(house, me["id"]))["filters"]
    assert [(one["categories"], bool(one["footprint"])) for one in told] == [(["water", "gas"], True)] * 3 + [(["events"], False)]
    again = await browser.put("/me/subscription", json={"filters": shown})
    assert again.json()["filters"] == shown, "what was read can be sent back"


async def test_one_place_is_said_both_ways(house):
    browser = await house.sign_in()
    old = {"categories": ["water"], "channels": ["email"], "area": HOME["area"], "label": "Dom"}
    (stored,) = (await browser.put("/me/subscription", json={"filters": [old]})).json()["filters"]
    assert stored["places"] == [HOME]
    assert (stored["area"], stored["label"]) == (HOME["area"], "Dom")
    everywhere = {"categories": ["water"], "channels": ["email"], "places": [HOME, {"area": {"kind": "town"}}]}
    (stored,) = (await browser.put("/me/subscription", json={"filters": [everywhere]})).json()["filters"]
    assert stored["places"] == [], "the whole town takes every place in"
    too_many = {"categories": ["water"], "channels": ["email"], "places": [HOME] * 11}
    assert (await browser.put("/me/subscription", json={"filters": [too_many]})).status_code == 422


async def test_a_browser_without_account_has_several_places_too(house):
    created = (await house.client().post("/push-subscriptions", json=browser_wish(places=[HOME, PLOT]))).json()
    assert [place["label"] for place in created["places"]] == ["Dom", "Działka"]
    assert created["area"] is None
    assert len((await latest(house, created["id"]))["filters"]) == 2
    secret = {"Authorization": f"Bearer {created['token']}"}
    url = f"/push-subscriptions/{created['id']}"
    read = await house.client().get(url, headers=secret)
    changed = await house.client().put(
        url, json=browser_wish(area=HOME["area"]), headers=secret | {"If-Match": read.headers["ETag"]}
    )
    assert changed.json()["area"] == HOME["area"]
    stale = await house.client().put(url, json=browser_wish(), headers=secret | {"If-Match": read.headers["ETag"]})
    assert stale.status_code == 412


async def test_a_pause_and_its_end(house):
    browser = await house.sign_in()
    me = (await browser.get("/me")).json()
    etag = (await browser.get("/me/subscription")).headers["ETag"]
    paused = await browser.put("/me/pause", json={"until": "2026-12-01T00:00:00Z"}, headers={"If-Match": etag})
    assert paused.json()["paused_until"] == "2026-12-01T00:00:00Z"
    assert (await latest(house, me["id"]))["paused_until"] == "2026-12-01T00:00:00Z"
    stale = await browser.put("/me/pause", json={"until": None}, headers={"If-Match": etag})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:hejnal:problem:version-conflict")
    assert (await browser.put("/me/pause", json={"until": None})).json()["paused_until"] is None
    for until in ("2026-11-22T11:00:00Z", "2028-01-01T00:00:00Z"):
        refused = await browser.put("/me/pause", json={"until": until})
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:hejnal:problem:pause-out-of-range")


async def test_a_test_goes_to_what_is_written_to(house):
    browser = await house.sign_in("anna@example.pl")
    await browser.post("/me/contacts/push", json={"endpoint": "https://fcm.googleapis.com/fcm/send/abc", "keys": KEYS})
    sent = await browser.post("/me/test-messages", json={})
    assert sent.status_code == 202, sent.text
    assert sorted((one["channel"], one["state"]) for one in sent.json()["messages"]) == [("email", "queued"), ("push", "queued")]
    assert sorted(one["channel"] for one in house.codes.tests) == ["email", "push"]
    email = next(one["contact_id"] for one in sent.json()["messages"] if one["channel"] == "email")
    key = {"Idempotency-Key": "test-attempt-1"}
    for _ in range(2):
        await browser.post("/me/test-messages", json={"contact_id": email}, headers=key)
    assert len({one["idempotency_key"] for one in house.codes.tests[2:]}) == 1, "notifier sends a repeat once"
    await browser.delete(f"/me/contacts/{email}/consent")
    silent = await browser.post("/me/test-messages", json={"contact_id": email})
    assert (silent.status_code, silent.json()["type"]) == (409, "urn:hejnal:problem:contact-not-written-to")


async def test_tests_are_limited_and_honest_about_channels(open_house):
    async with open_house(tests_per_resident_hour=2) as house:
        browser = await house.sign_in()
        house.codes.status = 422
        assert (await browser.post("/me/test-messages", json={})).json()["messages"][0]["state"] == "channel_off"
        house.codes.status = 503
        away = await browser.post("/me/test-messages", json={})
        assert (away.status_code, away.json()["type"]) == (503, "urn:hejnal:problem:test-not-sent")
        limited = await browser.post("/me/test-messages", json={})
        assert (limited.status_code, limited.json()["type"]) == (429, "urn:hejnal:problem:too-many")


async def test_a_browser_without_account_tries_itself_and_tells_what_it_shows(house):
    client = house.client()
    created = (await client.post("/push-subscriptions", json=browser_wish())).json()
    url = f"/push-subscriptions/{created['id']}"
    assert (await client.post(f"{url}/test")).status_code == 401
    assert (await client.post(f"{url}/test", headers={"Authorization": "Bearer wrong"})).status_code == 404
    tried = await client.post(f"{url}/test", headers={"Authorization": f"Bearer {created['token']}"})
    assert tried.json()["messages"][0]["state"] == "queued"
    contact_id = tried.json()["messages"][0]["contact_id"]
    for known in (contact_id, "no-such-contact"):
        shown = await client.post(f"/push-subscriptions/{known}/shown", json={"announcement_id": "a-1", "version": 2})
        assert shown.status_code == 204, "nobody learns whether a contact exists"
    ((key, kind, data),) = await house.facts("shown-messages")
    assert (key, kind) == (created["id"], "message.shown.v1")
    assert (data["contact_id"], data["announcement_id"], data["version"]) == (contact_id, "a-1", 2)


@pytest.mark.parametrize("body", [{}, {"announcement_id": "", "version": 1}, {"announcement_id": "a", "version": 0}])
async def test_a_beacon_that_says_nothing_is_refused(house, body):
    assert (await house.client().post("/push-subscriptions/x/shown", json=body)).status_code == 422


async def test_the_register_says_where_sound_is_recorded_and_who_answers(open_house):
    from datetime import UTC, datetime

    from hejnal_citizen.cameras import CameraRegisterKeeper
    from hejnal_contracts.cameras import CameraRegistered
    from hejnal_runtime.bus.message import Message

    settings = {"camera_administrator": "Burmistrz", "protection_officer": "iod@example.pl"}
    async with open_house(**settings) as house:
        fact = CameraRegistered(
            camera_id="rynek-1",
            version=1,
            name="Rynek",
            place={"lat": 51.05, "lon": 20.95},
            streams=[{"name": "main", "url": "rtsp://10.0.0.7/main"}],
            recording={"keep_days": 14, "record_audio": True},
            purpose="Porządek publiczny",
            changed_at=datetime(2026, 11, 1, tzinfo=UTC),
        )
        at = datetime(2026, 11, 1, tzinfo=UTC)
        message = Message("cameras", 0, 0, "rynek-1", "e-1", fact.TYPE, "operator-gateway", at, None, fact)
        await CameraRegisterKeeper(house.res.database)(message)
        entry = (await house.client().get("/cameras/rynek-1")).json()
        assert (entry["records_sound"], entry["keep_days"], entry["purpose"]) == (True, 14, "Porządek publiczny")
        assert (entry["administrator"], entry["protection_officer"]) == ("Burmistrz", "iod@example.pl")
        assert "10.0.0.7" not in str(entry)
        assert (await house.client().get("/cameras/nowhere")).status_code == 404


async def test_contacts_and_the_guide_in_each_language(open_house, tmp_path):
    own = tmp_path / "contacts.json"
    own.write_text('[{"names": {"pl": "Straż Miejska"}, "phone": "41 123 45 67"}]')
    async with open_house(contacts_file=own) as house:
        client = house.client()
        numbers = [one["phone"] for one in (await client.get("/contacts")).json()["items"]]
        assert numbers[:2] == ["41 123 45 67", "112"]
        own.write_text("{")
        assert (await client.get("/contacts")).json()["items"][0]["phone"] == "112", "a broken file hides no emergency number"
        titles = set()
        for language in ("pl", "en", "uk"):
            guide = await client.get("/guides/alarm-signals", params={"language": language})
            assert guide.headers["Content-Language"] == language
            assert [one["code"] for one in guide.json()["signals"]] == ["alarm", "all_clear"]
            titles.add(guide.json()["title"])
        assert len(titles) == 3


async def test_what_is_not_urgent_may_wait_for_one_message_a_day(house):
    browser = await house.sign_in()
    me = (await browser.get("/me")).json()
    assert me["subscription"]["digest"] is None
    digest = {"every": "week", "at": "18:00:00", "weekday": 5, "up_to": "notice"}
    stored = await browser.put("/me/subscription", json={"filters": [], "digest": digest})
    assert stored.json()["digest"] == digest
    assert (await latest(house, me["id"]))["digest"] == digest
    created = (await house.client().post("/push-subscriptions", json=browser_wish(digest={"at": "08:00"}))).json()
    assert created["digest"] == {"every": "day", "at": "08:00:00", "weekday": 1, "up_to": "info"}
    urgent = await browser.put("/me/subscription", json={"filters": [], "digest": {"at": "18:00", "up_to": "warning"}})
    assert urgent.status_code == 422, "warnings wait for nobody's hour"

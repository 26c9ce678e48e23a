import asyncio

import pytest

P256DH = "BNcRdreALRFXTkOOUHK1EtK2wtaz5Ry4YfYCA_0QTpQtUbVlUls0VJXg7A8u-Ts1XbjhazAkj7I99e8QcYP7DkM"
AUTH = "tBHItJI5svbpez7KI4CCXg"
ENDPOINT = "https://fcm.googleapis.com/fcm/send/abc"
KEYS = {"p256dh": P256DH, "auth": AUTH}
WISH = {"filters": [{"categories": ["water", "gas"], "channels": ["email", "sms", "push"]}], "language": "uk"}


def browser_wish(**changes):
    return {"endpoint": ENDPOINT, "keys": KEYS, "categories": ["water"], "language": "pl"} | changes


async def latest(house, resident_id):
    facts = [data for key, _, data in await house.facts("subscriptions") if key == resident_id]
    return facts[-1]


async def test_the_whole_state_is_published_with_each_change(house):
    browser = await house.sign_in("anna@example.pl")
    me = (await browser.get("/me")).json()
    circle = {"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 300}
    wish = {
        "filters": [
            {"categories": ["water"], "channels": ["email"], "area": circle, "label": "Dom"},
            {"categories": ["events"], "channels": ["email"], "min_severity": "notice"},
        ],
        "language": "uk",
        "quiet_hours": {"starts": "22:00", "ends": "06:30"},
        "paused_until": "2026-12-01T00:00:00Z",
        "expected_version": me["subscription"]["version"],
    }
    stored = await browser.put("/me/subscription", json=wish)
    assert stored.status_code == 200, stored.text
    assert stored.json()["filters"][0]["label"] == "Dom"
    assert (await browser.get("/me/subscription")).json() == stored.json()
    fact = await latest(house, me["id"])
    assert fact["version"] == stored.json()["version"]
    assert fact["language"] == "uk"
    assert fact["contacts"][0]["address"] == "anna@example.pl"
    assert fact["contacts"][0]["unsubscribe_url"].startswith("http://localhost:8080/wypisz/")
    assert fact["filters"][0]["footprint"]
    assert fact["filters"][1]["footprint"] == []
    assert fact["quiet_hours"] == {"starts": "22:00:00", "ends": "06:30:00"}
    stale = await browser.put("/me/subscription", json=wish)
    assert (stale.status_code, stale.json()["type"]) == (409, "urn:hejnal:problem:version-conflict")


async def test_versions_follow_the_order_of_commits(house):
    browser = await house.sign_in("anna@example.pl")
    resident_id = (await browser.get("/me")).json()["id"]
    answers = await asyncio.gather(*(browser.put("/me/subscription", json=WISH) for _ in range(8)))
    assert {answer.status_code for answer in answers} == {200}
    versions = [data["version"] for key, _, data in await house.facts("subscriptions") if key == resident_id]
    assert versions == sorted(versions)
    assert len(set(versions)) == len(versions)


@pytest.mark.parametrize(
    ("filters", "slug"),
    [
        ([{"categories": ["dragons"], "channels": ["email"]}], "unknown-category"),
        ([{"categories": [], "channels": ["email"]}], "invalid-request"),
        ([{"categories": ["water"], "channels": ["pigeon"]}], "invalid-request"),
        ([{"categories": ["water"], "channels": ["email"], "area": {"kind": "streets", "streets": ["X"]}}], "unknown-street"),
    ],
)
async def test_wishes_that_make_no_sense(house, filters, slug):
    browser = await house.sign_in()
    answer = await browser.put("/me/subscription", json={"filters": filters})
    assert (answer.status_code, answer.json()["type"]) == (422, f"urn:hejnal:problem:{slug}")


async def test_without_consent_nothing_leaves(house):
    browser = await house.sign_in("anna@example.pl", consent=False)
    me = (await browser.get("/me")).json()
    await browser.put("/me/subscription", json=WISH)
    assert (await latest(house, me["id"]))["contacts"] == []
    contact = me["contacts"][0]["id"]
    outdated = await browser.put(f"/me/contacts/{contact}/consent", json={"version": "1999-01"})
    assert (outdated.status_code, outdated.json()["type"]) == (409, "urn:hejnal:problem:consent-outdated")
    given = await browser.put(f"/me/contacts/{contact}/consent", json={"version": "2026-11", "language": "en"})
    assert given.json()["contacts"][0]["consented"]
    assert len((await latest(house, me["id"]))["contacts"]) == 1
    await browser.delete(f"/me/contacts/{contact}/consent")
    assert (await latest(house, me["id"]))["contacts"] == []
    ledger = (await browser.get("/me/export")).json()["consents"]
    assert [entry["action"] for entry in ledger] == ["granted", "withdrawn"]
    assert ledger[0]["text"].startswith("I agree")
    assert ledger[0]["way"] == "web form"
    assert ledger[1]["way"] == "settings page"


async def test_a_second_contact_is_proven_by_its_own_code(house):
    browser = await house.sign_in("anna@example.pl")
    stranger = await house.sign_in("olga@example.pl")
    sent = (await browser.post("/me/contacts/codes", json={"contact": "600100200"})).json()
    body = {"challenge_id": sent["challenge_id"], "code": house.codes.last, "consent": {"version": "2026-11"}}
    assert (await stranger.post("/me/contacts", json=body)).status_code == 401, "a code belongs to who asked for it"
    assert (await house.client().post("/sign-in/sessions", json=body)).status_code == 401
    added = await browser.post("/me/contacts", json=body)
    assert added.status_code == 201, added.text
    assert {contact["address"] for contact in added.json()["contacts"]} == {"anna@example.pl", "+48600100200"}
    house.clock.advance(60)
    sent = (await stranger.post("/me/contacts/codes", json={"contact": "600100200"})).json()
    taken = await stranger.post("/me/contacts", json={"challenge_id": sent["challenge_id"], "code": house.codes.last})
    assert (taken.status_code, taken.json()["type"]) == (409, "urn:hejnal:problem:contact-taken")


async def test_the_last_contact_stays(house):
    browser = await house.sign_in("anna@example.pl")
    contact = (await browser.get("/me")).json()["contacts"][0]["id"]
    answer = await browser.delete(f"/me/contacts/{contact}")
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hejnal:problem:last-contact")
    assert (await browser.delete("/me/contacts/no-such-contact")).status_code == 404


async def test_web_push_without_an_account(house):
    client = house.client()
    created = await client.post("/push-subscriptions", json=browser_wish(min_severity="warning"))
    assert created.status_code == 201, created.text
    body = created.json()
    secret = {"Authorization": f"Bearer {body['token']}"}
    url = f"/push-subscriptions/{body['id']}"
    assert (await client.get(url, headers=secret)).json()["endpoint_host"] == "fcm.googleapis.com"
    for headers in ({}, {"Authorization": "Bearer wrong"}):
        assert (await client.get(url, headers=headers)).status_code in {401, 404}
    fact = await latest(house, body["id"])
    assert fact["contacts"][0]["channel"] == "push"
    assert fact["contacts"][0]["push_keys"] == KEYS | {"server_key": None}
    assert fact["filters"][0]["min_severity"] == "warning"
    changed = await client.put(url, headers=secret, json=browser_wish(categories=["gas", "air"], endpoint=ENDPOINT + "2"))
    assert changed.json()["categories"] == ["gas", "air"]
    assert [contact["address"] for contact in (await latest(house, body["id"]))["contacts"]] == [ENDPOINT + "2"]
    assert (await client.delete(url, headers=secret)).status_code == 204
    assert await latest(house, body["id"]) is None, "a tombstone"
    assert await house.rows("select 1 from contacts") == []
    assert (await client.get(url, headers=secret)).status_code == 404


async def test_the_same_browser_again_replaces_its_subscription(house):
    client = house.client()
    first = (await client.post("/push-subscriptions", json=browser_wish())).json()
    second = (await client.post("/push-subscriptions", json=browser_wish(categories=["gas"]))).json()
    assert await latest(house, first["id"]) is None
    assert len(await house.rows("select 1 from contacts")) == 1
    browser = await house.sign_in()
    added = await browser.post("/me/contacts/push", json={"endpoint": ENDPOINT, "keys": KEYS})
    assert added.status_code == 201, added.text
    assert await latest(house, second["id"]) is None, "signed in, the browser belongs to the account"
    assert {contact["channel"] for contact in added.json()["contacts"]} == {"email", "push"}
    again = await browser.post("/me/contacts/push", json={"endpoint": ENDPOINT, "keys": KEYS})
    assert len(again.json()["contacts"]) == 2


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x",
        "https://127.0.0.1/a.googleapis.com/",
        "https://evilgoogleapis.com/x",
        "https://fcm.googleapis.com@evil.example/x",
        "https://fcm.googleapis.com:22/x",
        "https://evil.example/#fcm.googleapis.com",
        "https://[::1]/x",
        "http://127.0.0.1:8082/push/1",
        "https://fcm.googleapis.com\\@evil.example/",
        "ftp://fcm.googleapis.com/x",
        "https:///x/y/z/1",
    ],
)
async def test_endpoints_that_are_no_push_service_are_refused(house, endpoint):
    answer = await house.client().post("/push-subscriptions", json=browser_wish(endpoint=endpoint))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hejnal:problem:push-endpoint-refused")


async def test_the_demo_may_use_a_local_push_sink(open_house):
    async with open_house(loopback_push=True) as house:
        client = house.client()
        assert (
            await client.post("/push-subscriptions", json=browser_wish(endpoint="http://127.0.0.1:8082/push/1"))
        ).status_code == 201
        assert (await client.post("/push-subscriptions", json=browser_wish(endpoint="http://10.0.0.1/push/1"))).status_code == 422


@pytest.mark.parametrize("keys", [{"p256dh": "B" + "A" * 86, "auth": AUTH}, {"p256dh": P256DH, "auth": "A" * 28}])
async def test_keys_must_be_keys(house, keys):
    answer = await house.client().post("/push-subscriptions", json=browser_wish(keys=keys))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hejnal:problem:push-keys-invalid")


async def test_one_click_unsubscribe_works_without_cookies_and_twice(house):
    browser = await house.sign_in("anna@example.pl")
    me = (await browser.get("/me")).json()
    url = (await latest(house, me["id"]))["contacts"][0]["unsubscribe_url"]
    stranger = house.client()
    del stranger.headers["Origin"]
    assert "Wypisz mnie" in (await stranger.get(url)).text
    assert (await browser.get("/me")).json()["contacts"][0]["consented"], "looking at the page changes nothing"
    for _ in range(2):
        answer = await stranger.post(url, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert not (await browser.get("/me")).json()["contacts"][0]["consented"]
    assert (await latest(house, me["id"]))["contacts"] == []
    ledger = (await browser.get("/me/export")).json()["consents"]
    assert [(entry["action"], entry["way"]) for entry in ledger] == [("granted", "web form"), ("withdrawn", "unsubscribe link")]
    assert (await stranger.post("http://localhost:8080/wypisz/nonsense")).status_code == 200


async def test_erasure_leaves_a_tombstone_and_nothing_else(house):
    browser = await house.sign_in("anna@example.pl")
    me = (await browser.get("/me")).json()
    await browser.put("/me/subscription", json=WISH)
    form = {
        "category": "road_damage",
        "text": "Dziura, pytania: Anna@Example.pl albo +48600100200.",
        "lat": "51.05",
        "lon": "20.95",
    }
    form["contact"] = "anna@example.pl"
    sent = await browser.post("/reports", files={name: (None, value) for name, value in form.items()})
    assert sent.status_code == 201, sent.text
    report = sent.json()
    assert (await browser.delete("/me")).status_code == 204
    assert await latest(house, me["id"]) is None
    assert (await browser.get("/me")).status_code == 401
    tables = [row.tablename for row in await house.rows("select tablename from pg_tables where schemaname = 'citizen'")]
    for table in sorted(set(tables) - {"outbox"}):
        rows = await house.rows(f"select row_to_json(t)::text as line from {table} t")
        found = [row.line for row in rows if "anna@example" in row.line.lower() or me["id"] in row.line]
        assert found == [], f"{table} still knows her"
    staff = (await house.staff(role="clerk").get(f"/reports/{report['id']}")).json()
    assert staff["anonymous"]
    assert staff["text"].startswith("Dziura")


async def test_export_holds_what_is_known(house):
    browser = await house.sign_in("anna@example.pl")
    await browser.put("/me/subscription", json=WISH)
    answer = await browser.get("/me/export")
    assert "attachment" in answer.headers["content-disposition"]
    document = answer.json()
    assert document["me"]["contacts"][0]["address"] == "anna@example.pl"
    assert document["me"]["subscription"]["filters"][0]["categories"] == ["water", "gas"]
    assert len(document["sessions"]) == 1
    assert "token" not in str(document["sessions"])

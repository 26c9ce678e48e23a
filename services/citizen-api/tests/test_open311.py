"""Open311 beyond the conformance suite: who sees what, filters by place and time, keys, updates, faults."""

import asyncio
import json
from urllib.parse import urlencode
from xml.etree import ElementTree as ET

import httpx
import pytest

from hejnal_citizen.open311.documents import Document, to_xml
from hejnal_citizen.open311.parameters import attributes

FORM = {"category": "road_damage", "text": "Dziura w jezdni.", "lat": "51.0503", "lon": "20.9505"}


@pytest.fixture
def open311(house):
    """A program that asks; it carries nothing of a browser."""
    transport = httpx.ASGITransport(house.public_app, raise_app_exceptions=False, client=("10.9.9.9", 1))
    client = httpx.AsyncClient(transport=transport, base_url="http://localhost:8080/open311/v2")
    house.clients.append(client)
    return client


async def make_key(house, **rights):
    made = await house.staff("admin").post("/open311-keys", json={"label": "Aplikacja", **rights})
    assert made.status_code == 201, made.text
    return made.json()


async def report(house, **changes):
    answer = await house.client().post("/reports", files=[(n, (None, v)) for n, v in (FORM | changes).items()])
    assert answer.status_code == 201, answer.text
    return answer.json()


async def post(client, ending="json", headers=None, **fields):
    given = {"service_code": "road_damage", "lat": "51.0503", "long": "20.9505", "description": "Dziura."} | fields
    return await client.post(f"/requests.{ending}", data={n: v for n, v in given.items() if v is not None}, headers=headers)


async def test_keys_are_made_shown_once_and_revoked(house, open311):
    admin = house.staff("admin")
    assert (await house.staff("editor").post("/open311-keys", json={"label": "x"})).status_code == 403
    made = await make_key(house)
    assert (await post(open311, api_key=made["api_key"])).status_code == 201
    listed = (await admin.get("/open311-keys")).json()["items"]
    assert made["api_key"] not in json.dumps(listed)
    assert (listed[0]["hint"], listed[0]["last_used_at"] is not None) == (made["api_key"][-4:], True)
    assert made["api_key"].encode() not in str(await house.rows("select * from open311_keys")).encode()
    for _ in range(2):
        assert (await admin.delete(f"/open311-keys/{made['id']}")).status_code == 204
    assert (await admin.delete("/open311-keys/none")).status_code == 404
    refused = await post(open311, api_key=made["api_key"])
    assert (refused.status_code, refused.json()) == (403, [{"code": 403, "description": "api_key is invalid"}])
    actions = [data["action"] for _, _, data in await house.facts("audit")]
    assert actions == ["api-key.created", "api-key.revoked"]


async def test_words_and_exact_places_only_for_who_may_read(house, open311):
    reader, sender = await make_key(house, may_read=True), await make_key(house)
    sent = (await post(open311, api_key=sender["api_key"], description="Wyrwa przy Polnej", email="anna@example.pl")).json()[0]
    await report(house)
    url = f"/requests/{sent['service_request_id']}.json"
    everybody = (await open311.get(url)).json()[0]
    assert (everybody["description"], everybody["lat"], everybody["address"]) == (None, 51.05, "Żółkiewskiego")
    for key in (reader, sender):
        full = (await open311.get(url, params={"api_key": key["api_key"]})).json()[0]
        assert (full["description"], full["lat"], full["address"]) == ("Wyrwa przy Polnej", 51.0503, "Żółkiewskiego 4")
    own = (await open311.get("/requests.json", params={"api_key": sender["api_key"]})).json()
    assert [one["description"] for one in own] == [None, "Wyrwa przy Polnej"], "what others sent stays covered"
    assert (await open311.get("/requests.json", params={"api_key": "wrong"})).status_code == 403
    assert "anna@" not in (await open311.get(url, params={"api_key": reader["api_key"], "extensions": "true"})).text
    small = {"lat": 51.0503, "long": 20.9505, "radius": 10}
    assert (await open311.get("/requests.json", params=small)).json() == [], "a small circle does not find the exact place"


async def test_filters_of_place_and_time_and_pages(house, open311):
    numbers = []
    for lat, lon in (("51.0300", "20.9200"), ("51.0503", "20.9505"), ("51.0700", "20.9900")):
        numbers.append((await report(house, lat=lat, lon=lon))["reference"])
        house.clock.advance(86_400)

    async def found(**parameters):
        answer = await open311.get("/requests.json", params=parameters)
        assert answer.status_code == 200, answer.text
        return [one["service_request_id"] for one in answer.json()]

    assert await found() == numbers[::-1]
    assert await found(bbox="20.94,51.04,20.96,51.06") == [numbers[1]]
    assert await found(lat=51.03, long=20.92, radius=500) == [numbers[0]]
    assert await found(start_date="2026-11-23T00:00:00Z", end_date="2026-11-23T23:59:59+01:00") == [numbers[1]]
    assert await found(start_date="2026-11-24T00:00:00 01:00") == [numbers[2]], "a plus that was not encoded"
    assert await found(page=2, page_size=2) == [numbers[0]]
    assert await found(updated_after="2026-11-24T00:00:00Z") == [numbers[2]]
    house.clock.advance(120 * 86_400)
    assert await found() == []
    assert await found(service_request_id=",".join(numbers[:2])) == [numbers[1], numbers[0]]
    wrong = [
        {"bbox": "1,2,3"},
        {"bbox": "30,51,20,52"},
        {"bbox": "a,b,c,d"},
        {"radius": 5},
        {"radius": "nan", "lat": 51, "long": 20},
        {"page": 0},
        {"page": 1.5},
        {"page_size": 2000},
        {"start_date": "2026-11-24"},
        {"service_request_id": ",".join(map(str, range(600)))},
    ]
    for parameters in wrong:
        for ending in ("json", "xml"):
            answer = await open311.get(f"/requests.{ending}", params=parameters)
            assert answer.status_code == 400, (parameters, answer.text)
            assert answer.headers["content-type"].startswith("text/xml" if ending == "xml" else "application/json")


async def test_places_by_address_and_what_is_wrong(house, open311):
    key = (await make_key(house))["api_key"]
    nowhere = {"lat": None, "long": None, "api_key": key}
    by_words = await post(open311, **nowhere, address_string="Żółkiewskiego 4, 27-200 Bugielsk")
    assert by_words.status_code == 201, by_words.text
    address_id = (await house.rows("select id from addresses where number = '12'"))[0].id
    assert (await post(open311, **nowhere, address_id=str(address_id))).status_code == 201
    rows = await house.rows("select address, source from reports order by reference")
    assert [tuple(row) for row in rows] == [("Żółkiewskiego 4", "open311"), ("Jana Pawła II 12", "open311")]
    cases = [
        (nowhere | {"address_string": "Nieznana 999"}, 400),
        (nowhere | {"address_id": "99999999999999999999"}, 400),
        (nowhere, 400),
        ({"api_key": key, "lat": "52.2", "long": "21.0"}, 400),
        ({"api_key": key, "lat": "nan"}, 400),
        ({"api_key": key, "description": "x" * 4001}, 400),
        ({"api_key": key, "email": "nobody"}, 400),
        ({"api_key": key, "media_url": "javascript:alert(1)"}, 400),
        ({"api_key": key, "media_url": "file:///etc/passwd"}, 400),
        ({"api_key": key, "service_code": "noise"}, 400),
        ({"api_key": key, "service_code": "dragons"}, 404),
        ({"api_key": key, "attribute[x": "1"}, 400),
        ({"api_key": key, "attribute[x]": "1"}, 400),
        ({"api_key": None}, 403),
    ]
    for fields, status in cases:
        answer = await post(open311, "xml", **fields)
        assert answer.status_code == status, (fields, answer.text)
        assert ET.fromstring(answer.content).tag == "errors"
    for body, media_type in ((b"\xff\xfe=1", "application/x-www-form-urlencoded"), (b"{}", "application/json")):
        answer = await open311.post("/requests.json", content=body, headers={"Content-Type": media_type})
        assert answer.status_code == 400, answer.text
    large = await open311.post("/requests.json", content=b"a=" + b"x" * 300_000)
    assert large.status_code == 413
    assert len(await house.rows("select 1 from reports")) == 2


async def test_a_repeated_post_is_one_report_and_a_batch_service_gives_a_token(house, open311):
    key = (await make_key(house))["api_key"]
    again = {"Idempotency-Key": "an-apps-key-1"}
    answers = await asyncio.gather(*(post(open311, api_key=key, headers=again) for _ in range(3)))
    assert len({answer.text for answer in answers}) == 1
    assert (await post(open311, api_key=key, headers=again, description="Inne")).status_code == 400
    editor = house.staff("editor")
    category = next(one for one in (await editor.get("/report-categories")).json()["items"] if one["code"] == "greenery")
    fields = ("names", "unit", "routes", "anonymous_allowed", "urgent", "questions", "position")
    edit = {name: category[name] for name in fields} | {"open311": "batch"}
    assert (await editor.put("/report-categories/greenery", json=edit)).status_code == 200
    answers = [
        await post(open311, api_key=key, service_code="greenery", headers={"Idempotency-Key": "key-of-two"}) for _ in range(2)
    ]
    assert answers[0].json() == answers[1].json()
    token = answers[0].json()[0]["token"]
    assert "service_request_id" not in answers[0].json()[0]
    found = (await open311.get(f"/tokens/{token}.json")).json()
    assert found == [{"service_request_id": "Z-2026-00002", "token": token}]
    await editor.put("/report-categories/greenery", json=edit | {"open311": "off"})
    codes = [one["service_code"] for one in (await open311.get("/services.json")).json()]
    assert "greenery" not in codes
    assert (await post(open311, api_key=key, service_code="greenery")).status_code == 404
    assert len(await house.rows("select 1 from reports")) == 2


async def test_answers_come_in_by_a_key_that_may(house, open311):
    made = await report(house, contact="anna@example.pl")
    may, may_not = await make_key(house, may_update=True), await make_key(house)
    update = {"service_request_id": made["reference"], "update_id": "u-1", "status": "IN_PROGRESS", "description": "Jedziemy."}
    refused = await open311.post("/servicerequestupdates.json", data=update | {"api_key": may_not["api_key"]})
    assert refused.status_code == 403
    for _ in range(2):
        done = await open311.post("/servicerequestupdates.xml", data=update | {"api_key": may["api_key"]})
        assert done.status_code == 201, done.text
    closing = update | {"update_id": "u-2", "status": "closed", "description": "Załatane.", "api_key": may["api_key"]}
    assert (await open311.post("/requestupdates.json", data=closing)).status_code == 201
    for wrong, status in (({"status": "GONE"}, 400), ({"service_request_id": "Z-0"}, 404), ({"update_id": ""}, 400)):
        answer = await open311.post("/servicerequestupdates.json", data=closing | wrong)
        assert answer.status_code == status, answer.text
    secret = {"token": made["follow_token"]}
    mine = (await house.client().get(f"/reports/{made['id']}", params=secret)).json()
    assert [event["answer"] for event in mine["events"]] == ["", "Jedziemy.", "Załatane."]
    told = (await open311.get("/servicerequestupdates.json", params={"service_request_id": made["reference"]})).json()
    assert [(one["status"], one["description"]) for one in told] == [("open", "Jedziemy."), ("closed", "Załatane.")]
    notes = (await open311.get(f"/requests/{made['reference']}.json", params={"extensions": "true"})).json()[0]["notes"]
    assert notes[-1]["description"] == "Załatane."


async def test_another_jurisdiction_another_format_another_path(open_house):
    async with open_house(open311_jurisdiction="bugielsk.pl") as house:
        transport = httpx.ASGITransport(house.public_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x/open311/v2") as client:
            assert (await client.get("/services.json", params={"jurisdiction_id": "bugielsk.pl"})).status_code == 200
            assert (await client.get("/services.json")).status_code == 200
            for path in ("/services.json?jurisdiction_id=else", "/services.yaml", "/nothing.json", "/", "/services/x.csv"):
                answer = await client.get(path)
                assert answer.status_code == 404, path
                assert "404" in answer.text
                assert answer.headers["access-control-allow-origin"] == "*"
            english = (await client.get("/services.json", params={"locale": "en"})).json()
            assert english[0]["service_name"] == "Damaged road or pavement"


async def test_without_its_database_it_says_so_in_its_own_words(open_house):
    async with open_house(town=False, database_url="postgresql+asyncpg://x:x@127.0.0.1:1/x") as house:
        transport = httpx.ASGITransport(house.public_app)
        async with httpx.AsyncClient(transport=transport, base_url="http://x/open311/v2") as client:
            for ending in ("json", "xml"):
                answer = await client.get(f"/services.{ending}")
                assert answer.status_code == 503
                assert answer.headers["retry-after"]


def test_attributes_and_characters():
    pairs = [("attribute[a]", "1"), ("attribute[b][]", "x"), ("attribute[b][]", "y"), ("attribute[c]", " "), ("z", "1")]
    assert attributes(pairs) == {"a": "1", "b": ["x", "y"]}
    assert urlencode(pairs)
    data = to_xml(Document("errors", [{"code": 400, "description": "a\x00<&>\ud800 ż \x0b"}]))
    assert ET.fromstring(data).findtext("error/description") == "a\ufffd<&>\ufffd ż \ufffd"


async def test_photos_come_with_the_form_and_go_out_once_shown(house, open311):
    from pwa_town import picture

    made = await make_key(house, may_read=True)
    fields = {
        "service_code": "road_damage",
        "lat": "51.0503",
        "long": "20.9505",
        "description": "Dziura.",
        "api_key": made["api_key"],
    }
    sent = [(name, (None, value)) for name, value in fields.items()]
    sent += [
        ("media", ("dziura.jpg", picture((400, 300)), "image/jpeg")),
        ("media[]", ("2.jpg", picture((300, 400)), "image/jpeg")),
    ]
    key = {"Idempotency-Key": "open311-with-media"}
    answers = [await open311.post("/requests.json", files=sent, headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201], answers[0].text
    assert answers[0].json() == answers[1].json()
    number = answers[0].json()[0]["service_request_id"]
    (report,) = await house.rows("select id from reports")
    photos = await house.rows("select id, width, height from report_photos order by position")
    assert [(one.width, one.height) for one in photos] == [(400, 300), (300, 400)]
    assert len(list((house.res.settings.photo_dir / "reports").rglob("*.jpg"))) == 4, "the repeat left nothing"
    assert (await open311.get(f"/requests/{number}.json")).json()[0]["media_url"] is None, "nobody has looked at it yet"
    shown = {"action": "show", "subject": "photo", "photo_id": photos[0].id, "reason": "W porządku."}
    decided = await house.staff("clerk").post(f"/reports/{report.id}/moderation", json=shown)
    assert decided.status_code == 201, decided.text
    url = (await open311.get(f"/requests/{number}.json")).json()[0]["media_url"]
    assert url.endswith(f"/reports/{report.id}/photos/{photos[0].id}")
    seen = await house.client().get(url.split("/api/v1", 1)[1])
    assert (seen.status_code, seen.headers["content-type"]) == (200, "image/jpeg")


async def test_media_that_is_no_photo_is_refused_and_nothing_stays(house, open311):
    made = await make_key(house)
    fields = {"service_code": "road_damage", "lat": "51.0503", "long": "20.9505", "description": "x", "api_key": made["api_key"]}
    parts = [(name, (None, value)) for name, value in fields.items()]
    for name, content, status in (("media", b"<svg/>", 400), ("virus", b"x", 400)):
        refused = await open311.post("/requests.xml", files=[*parts, (name, ("a.jpg", content, "image/jpeg"))])
        assert refused.status_code == status, refused.text
        assert "<error>" in refused.text
    wrong_key = [(name, (None, "nobody" if name == "api_key" else value)) for name, value in fields.items()]
    assert (await open311.post("/requests.json", files=wrong_key)).status_code == 403
    assert await house.rows("select 1 from reports") == []
    assert [one for one in house.res.settings.photo_dir.rglob("*") if one.is_file()] == []

"""Feeds and open data, read by what others read them with: feedparser, icalendar, shapely, capvalidator."""

import asyncio
import csv
import io
from datetime import UTC, datetime, timedelta

import capvalidator
import feedparser
import icalendar
from lxml import etree
from shapely.geometry import shape

CAP = {"c": "urn:oasis:names:tc:emergency:cap:1.2"}
TEXTS = {
    "pl": {"title": "Nie ma wody: Żółkiewskiego", "body": "Awaria & <naprawa>, do 18:00.", "instruction": "Zakręć zawór."},
    "en": {"title": "No water", "body": "Repairs until 6 pm."},
}


def announcement(**changes):
    body = {
        "category": "water",
        "severity": "warning",
        "texts": TEXTS,
        "area": {"kind": "streets", "streets": ["Żółkiewskiego"]},
        "valid_until": "2026-11-22T18:00:00Z",
        "channels": ["push", "email"],
    }
    return body | changes


async def issue(house, **changes):
    answer = await house.staff().post("/announcements", json=announcement(**changes))
    assert answer.status_code == 201, answer.text
    return answer.json()["id"]


async def update(house, number, version, **changes):
    body = announcement(**changes) | {"expected_version": version}
    answer = await house.staff().put(f"/announcements/{number}", json=body)
    assert answer.status_code == 200, answer.text


async def cancel(house, number, version):
    body = {"expected_version": version, "texts": {"pl": {"title": "Woda wróciła", "body": "Można korzystać."}}}
    answer = await house.staff().post(f"/announcements/{number}/cancellation", json=body)
    assert answer.status_code == 200, answer.text


def found(document, path):
    return etree.fromstring(document).findtext(path, namespaces=CAP)


async def test_atom_is_read_by_a_feed_reader(house):
    number = await issue(house)
    drill = await issue(house, drill=True, area={"kind": "town"})
    answer = await house.client().get("/feeds/announcements.atom")
    assert answer.headers["content-type"].startswith("application/atom+xml")
    feed = feedparser.parse(answer.content)
    assert not feed.bozo, feed.bozo_exception
    assert feed.version == "atom10"
    assert feed.feed.title == "Komunikaty: Bugielsk"
    entries = {entry.id: entry for entry in feed.entries}
    entry = entries[f"urn:uuid:{number}"]
    assert entry.title == "Nie ma wody: Żółkiewskiego"
    assert entry.content[0].value == "Awaria & <naprawa>, do 18:00.\n\nZakręć zawór."
    assert entry.link.endswith(f"/komunikaty/{number}")
    assert {tag.term for tag in entry.tags} >= {"water", "warning", "active"}
    (west, south), (east, north) = entry.where["coordinates"]
    assert entry.where["type"] == "Box", "a street of two parts"
    assert (20.9 < west < east < 21.0, 51.0 < south < north < 51.1) == (True, True), "GeoRSS: latitude first"
    assert entries[f"urn:uuid:{drill}"].title.startswith("ĆWICZENIA: ")
    english = feedparser.parse((await house.client().get("/feeds/announcements.atom?language=en&category=water")).content)
    assert {entry.title for entry in english.entries} == {"No water", "DRILL: No water"}
    assert (await house.client().get("/feeds/announcements.atom?language=xx")).status_code == 422


async def test_who_has_it_already_gets_nothing_again(house):
    public = house.client()
    number = await issue(house)
    for path in (
        "/feeds/announcements.atom",
        "/feeds/announcements.ics",
        "/cap/index.atom",
        "/open-data",
        "/open-data/reports.csv",
    ):
        first = await public.get(path)
        assert first.status_code == 200, first.text
        assert first.headers["cache-control"].startswith("public, max-age=")
        known = {"If-None-Match": first.headers["etag"]}
        again = await public.get(path, headers=known)
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", first.headers["etag"]), path
        since = await public.get(path, headers={"If-Modified-Since": first.headers["last-modified"]})
        assert since.status_code == 304, path
        house.res.feeds._kept.clear()
        rebuilt = await public.get(path, headers=known)
        assert rebuilt.status_code == 304, f"{path} says the same when nothing happened"
        broken = await public.get(path, headers={"If-Modified-Since": "yesterday", "If-None-Match": ""})
        assert broken.status_code == 200
    house.clock.advance(60)
    before = await public.get("/feeds/announcements.atom")
    await cancel(house, number, 1)
    house.clock.advance(60)
    after = await public.get("/feeds/announcements.atom", headers={"If-None-Match": before.headers["etag"]})
    assert after.status_code == 200
    assert "Odwołanie: Woda wróciła" in after.text


async def test_the_calendar_corrects_and_cancels_its_own_event(house):
    number = await issue(house)

    async def event():
        house.clock.advance(10)
        answer = await house.client().get("/feeds/announcements.ics")
        assert answer.headers["content-type"].startswith("text/calendar")
        assert all(len(line) <= 75 for line in answer.content.split(b"\r\n"))
        book = icalendar.Calendar.from_ical(answer.content)
        assert book["METHOD"] == "PUBLISH"
        assert [str(zone["TZID"]) for zone in book.walk("VTIMEZONE")] == ["Europe/Warsaw"]
        (one,) = book.walk("VEVENT")
        assert not one.errors
        return one

    one = await event()
    assert (one["SEQUENCE"], one["STATUS"], str(one["SUMMARY"])) == (0, "CONFIRMED", "Nie ma wody: Żółkiewskiego")
    assert one["DTEND"].dt == datetime(2026, 11, 22, 18, tzinfo=UTC)
    uid = str(one["UID"])
    await update(house, number, 1, valid_until="2026-11-22T20:00:00Z")
    one = await event()
    assert (str(one["UID"]), one["SEQUENCE"], one["DTEND"].dt.hour) == (uid, 1, 21)
    await cancel(house, number, 2)
    one = await event()
    assert (str(one["UID"]), one["SEQUENCE"], one["STATUS"]) == (uid, 2, "CANCELLED")


async def test_cap_documents_stand_for_good_and_refer_to_each_other(house):
    public = house.client()
    number = await issue(house)
    house.clock.advance(60)
    await update(
        house, number, 1, severity="notice", area={"kind": "circle", "center": {"lat": 51.05, "lon": 20.95}, "radius_m": 300}
    )
    house.clock.advance(60)
    await cancel(house, number, 2)
    house.clock.advance(60)
    index = feedparser.parse((await public.get("/cap/index.atom")).content)
    assert not index.bozo
    (entry,) = index.entries
    assert entry.links[0].href.endswith(f"/api/v1/cap/{number}/3.xml")
    assert entry.links[0].type == "application/cap+xml"

    # the newest is asked for first, by many at once: one document each, references as published
    answers = await asyncio.gather(*(public.get(f"/cap/{number}/3.xml") for _ in range(4)))
    assert len({answer.content for answer in answers}) == 1
    documents = [(await public.get(f"/cap/{number}/{version}.xml")).content for version in (1, 2, 3)]
    for document in documents:
        verdict = capvalidator.validate_cap_message(document, strict=True)
        assert verdict.passed, verdict.message
    assert [found(one, "c:msgType") for one in documents] == ["Alert", "Update", "Cancel"]
    full = [",".join(found(one, f"c:{name}") for name in ("sender", "identifier", "sent")) for one in documents]
    assert [found(one, "c:references") for one in documents] == [None, full[0], f"{full[0]} {full[1]}"]
    assert found(documents[0], "c:info/c:language") == "pl-PL"
    assert found(documents[0], "c:info/c:area/c:geocode/c:value") == "2611999"
    assert found(documents[1], "c:info/c:area/c:circle") == "51.050000,20.950000 0.300"
    answer = await public.get(f"/cap/{number}/1.xml")
    assert "immutable" in answer.headers["cache-control"]
    assert answer.content == documents[0]
    certificate = await public.get("/cap/certificate.pem")
    assert certificate.text.startswith("-----BEGIN CERTIFICATE-----")
    for path in (f"/cap/{number}/4.xml", "/cap/nobody/1.xml", f"/cap/{number}/0.xml", f"/cap/{number}/x.xml"):
        assert (await public.get(path)).status_code in {404, 422}, path


async def test_what_is_not_for_cap_is_not_there_and_what_is_over_is_not_current(house):
    event = await issue(house, category="events", severity="info")
    drill = await issue(house, drill=True, category="safety")
    over = await issue(house, valid_until="2026-11-22T12:01:00Z")
    house.clock.advance(120)
    public = house.client()
    assert (await public.get(f"/cap/{event}/1.xml")).status_code == 404
    index = feedparser.parse((await public.get("/cap/index.atom")).content)
    assert [entry.links[0].href.split("/")[-2] for entry in index.entries] == [drill]
    document = (await public.get(f"/cap/{drill}/1.xml")).content
    assert (found(document, "c:status"), found(document, "c:info/c:headline")[:9]) == ("Exercise", "ĆWICZENIA")
    assert (await public.get(f"/cap/{over}/1.xml")).status_code == 200, "an address that was given out stays"


async def test_the_sign_of_life_is_signed_fresh_and_names_what_is_current(house):
    public = house.client()
    number = await issue(house)
    await issue(house, drill=True)

    async def sign():
        answer = await public.get("/cap/life-sign.xml")
        assert answer.status_code == 200
        verdict = capvalidator.validate_cap_message(answer.content, strict=True)
        assert verdict.passed, verdict.message
        assert found(answer.content, "c:status") == "System"
        root = etree.fromstring(answer.content)
        parameters = {
            one.findtext("c:valueName", namespaces=CAP): one.findtext("c:value", namespaces=CAP)
            for one in root.findall("c:info/c:parameter", CAP)
        }
        return answer.content, parameters

    first, parameters = await sign()
    assert parameters["hejnal:current"] == f"{number}.1"
    assert (parameters["hejnal:current-count"], parameters["hejnal:truncated"]) == ("1", "false")
    sent, expires = (datetime.fromisoformat(found(first, path)) for path in ("c:sent", "c:info/c:expires"))
    assert expires - sent == timedelta(seconds=180)
    house.clock.advance(60)
    second, _ = await sign()
    assert datetime.fromisoformat(found(second, "c:sent")) - sent == timedelta(seconds=60)
    await cancel(house, number, 1)
    house.clock.advance(60)
    _, parameters = await sign()
    assert (parameters["hejnal:current"], parameters["hejnal:current-count"]) == ("", "0")


def keeps_schema(content, schema):
    """Every row has what its Table Schema says: columns in order, types, required values, enumerations, one row per key."""
    casts = {
        "string": str,
        "integer": int,
        "number": float,
        "boolean": {"true": True, "false": False}.__getitem__,
        "datetime": lambda value: datetime.strptime(value, "%Y-%m-%dT%H:%M:%S%z"),
    }
    rows = list(csv.DictReader(io.StringIO(content.decode(), newline=""), strict=True))
    assert list(rows[0]) == [field["name"] for field in schema["fields"]]
    assert len({row[schema["primaryKey"][0]] for row in rows}) == len(rows) == 1
    for row in rows:
        for field in schema["fields"]:
            value, limits = row[field["name"]], field.get("constraints", {})
            if value in schema["missingValues"]:
                assert not limits.get("required"), field
                continue
            casts[field["type"]](value)
            assert value in limits.get("enum", [value]), field


async def test_open_data_has_a_licence_and_keeps_its_schema(house):
    public = house.client()
    number = await issue(house, texts={"pl": {"title": 'Nie ma "wody", gazu;\nprądu', "body": "=1+1"}})
    await house.staff().put(f"/announcements/{number}", json=announcement(expected_version=1))
    report = {
        "category": "water_leak",
        "text": "Sekretne słowa Anny",
        "lat": "51.05032",
        "lon": "20.95051",
        "contact": "a@example.pl",
    }
    sent = await public.post("/reports", files={name: (None, value) for name, value in report.items()})
    assert sent.status_code == 201, sent.text
    answer = await public.get("/open-data")
    package = answer.json()
    assert package["licenses"][0]["name"] == "CC0-1.0"
    names = [one["name"] for one in package["resources"]]
    assert names == [
        "announcements-2026-csv",
        "announcements-2026-geojson",
        "reports-2026-csv",
        "reports-2026-geojson",
    ]
    for resource in package["resources"]:
        data = await public.get(resource["path"].removeprefix("http://localhost:8080/api/v1"))
        assert data.status_code == 200, resource["path"]
        assert data.headers["access-control-allow-origin"] == "*"
        assert "Sekretne" not in data.text
        assert "a@example.pl" not in data.text
        if resource["format"] == "csv":
            keeps_schema(data.content, resource["schema"])
            continue
        collection = data.json()
        assert collection["type"] == "FeatureCollection"
        assert collection["license"] == "CC0-1.0"
        (feature,) = collection["features"]
        geometry = shape(feature["geometry"])
        assert geometry.is_valid
        west, south, east, north = geometry.bounds
        assert 20 < west <= east < 22, "longitude first (RFC 7946)"
        assert 50 < south <= north < 52
        if geometry.geom_type == "MultiPolygon":
            assert all(polygon.exterior.is_ccw for polygon in geometry.geoms), "right-hand rule (RFC 7946 §3.1.6)"
        else:
            assert feature["geometry"]["coordinates"] == [20.951, 51.05], "reports are rounded"
    nothing = await public.get("/open-data/announcements.csv?year=2021")
    assert nothing.text.count("\r\n") == 1
    assert (await public.get("/open-data/announcements.csv?year=1999")).status_code == 422


async def test_many_readers_at_once_are_one_question(house, monkeypatch):
    from hejnal_citizen.feeds import entries

    await issue(house)
    asked, read = 0, entries.entries

    async def counted(*arguments, **named):
        nonlocal asked
        asked += 1
        await asyncio.sleep(0.05)
        return await read(*arguments, **named)

    monkeypatch.setattr(entries, "entries", counted)
    answers = await asyncio.gather(*(house.client().get("/feeds/announcements.atom") for _ in range(20)))
    assert {answer.status_code for answer in answers} == {200}
    assert asked == 1
    assert house.res.feeds._making == {}


async def test_no_town_no_feed(open_house):
    async with open_house(town=False) as house:
        for path in ("/feeds/announcements.atom", "/cap/index.atom", "/cap/life-sign.xml", "/open-data"):
            answer = await house.client().get(path)
            assert (answer.status_code, answer.json()["type"]) == (404, "urn:hejnal:problem:no-town")

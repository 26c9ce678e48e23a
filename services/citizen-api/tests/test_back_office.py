"""The back office: reports go there once, whatever fails in between, and its answers come to the reporters."""

import socket
from datetime import UTC, datetime

import pytest
from aiohttp import web

from hejnal_citizen.open311.client import AwayError, Breaker, parsed
from hejnal_citizen.open311.polling import BackOfficeFollower
from hejnal_citizen.open311.pushing import BackOfficePusher
from hejnal_runtime.clock import ManualClock

FORM = {"category": "road_damage", "text": "Dziura <b>&</b> ó.", "lat": "51.0503", "lon": "20.9505"}


class Office:
    """Another town's back office that speaks GeoReport v2 in XML, and can be made to fail in its ways."""

    def __init__(self):
        self.requests, self.updates, self.asked = [], [], []
        self.fault, self.speaks_updates, self.gives_tokens, self.notes = "", True, False, ""
        self.url = ""

    def app(self):
        app = web.Application()
        app.router.add_post("/v2/requests.xml", self.post)
        app.router.add_get("/v2/requests.xml", self.find)
        app.router.add_get("/v2/tokens/{token}.xml", self.token)
        app.router.add_get("/v2/servicerequestupdates.xml", self.told)
        return app

    async def post(self, request):
        self.asked.append("post")
        form = await request.post()
        if self.fault == "busy":
            return web.Response(status=503, text="<html>busy</html>")
        if self.fault == "refuses":
            errors = "<errors><error><code>400</code><description>jurisdiction_id was not found</description></error></errors>"
            return web.Response(status=400, text=errors, content_type="text/xml")
        number = f"B-{len(self.requests) + 1}"
        self.requests.append((number, {name: form.getall(name) for name in form}))
        if self.fault == "loses the answer":
            request.transport.abort()
        inner = "<token>t-1</token>" if self.gives_tokens else f"<service_request_id>{number}</service_request_id>"
        return self.xml(f"<service_requests><request>{inner}</request></service_requests>", 201)

    async def find(self, request):
        self.asked.append("find")
        wanted = request.query.get("service_request_id", "").split(",")
        found = "".join(
            f"<request><service_request_id>{number}</service_request_id><status>closed</status>"
            f"<status_notes>{self.notes}</status_notes><description>{form['description'][0].replace('&', '').replace('<', '')}"
            "</description></request>"
            for number, form in self.requests
            if wanted == [""] or number in wanted
        )
        return self.xml(f"<service_requests>{found}</service_requests>")

    async def token(self, request):
        number = f"<service_request_id>{self.requests[0][0]}</service_request_id>"
        return self.xml(f"<service_requests><request><token>t-1</token>{number}</request></service_requests>")

    async def told(self, request):
        self.asked.append("updates")
        if not self.speaks_updates:
            return web.Response(status=404, text="<errors/>")
        inner = "".join(
            f"<request_update><update_id>{key}</update_id><service_request_id>{number}</service_request_id>"
            f"<status>{status}</status><updated_datetime>2026-11-22T12:00:00Z</updated_datetime>"
            f"<description>{words}</description></request_update>"
            for key, number, status, words in self.updates
        )
        return self.xml(f"<service_request_updates>{inner}</service_request_updates>")

    def xml(self, text, status=200):
        return web.Response(status=status, text=text, content_type="text/xml")


@pytest.fixture
async def office():
    found = Office()
    runner = web.AppRunner(found.app())
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    found.url = f"http://{host}:{port}/v2"
    yield found
    await runner.cleanup()


async def settle(house, office, **changes):
    body = {"enabled": True, "url": office.url, "api_key": "the-offices-key", "services": {"road_damage": "POTHOLE"}} | changes
    answer = await house.staff("admin").put("/open311-back-office", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def report(house, **changes):
    answer = await house.client().post("/reports", files=[(n, (None, v)) for n, v in (FORM | changes).items()])
    assert answer.status_code == 201, answer.text
    return answer.json()


async def state(house, made):
    return (await house.staff("clerk").get(f"/reports/{made['id']}")).json()["open311"]


async def test_its_settings_hide_the_key(house, office):
    admin = house.staff("admin")
    assert (await admin.get("/open311-back-office")).json()["version"] == 0
    assert (await house.staff("editor").get("/open311-back-office")).status_code == 403
    saved = await settle(house, office)
    assert (saved["version"], saved["api_key_set"]) == (1, True)
    assert "the-offices-key" not in str(await house.rows("select * from open311_back_office"))
    body = {"enabled": True, "url": office.url, "services": {"road_damage": "POTHOLE"}}
    assert (await admin.put("/open311-back-office", json=body, headers={"If-Match": '"7"'})).status_code == 412
    assert (await admin.put("/open311-back-office", json=body)).json()["api_key_set"] is True, "the key stays"
    moved = await admin.put("/open311-back-office", json=body | {"url": "https://else.example/v2"})
    assert moved.json()["type"] == "urn:hejnal:problem:api-key-needed", "a key never goes to another address by itself"
    for wrong in ({"url": "ftp://x/"}, {"url": "http://u:p@x/"}, {"services": {"dragons": "X"}}, {"poll_s": 1}):
        assert (await admin.put("/open311-back-office", json=body | wrong)).status_code == 422


async def test_reports_go_there_once_and_answers_come_back_once(house, office):
    await settle(house, office, with_contact=True)
    made = await report(house, contact="anna@example.pl")
    await report(house, category="lighting")
    pusher, follower = BackOfficePusher(house.res), BackOfficeFollower(house.res)
    assert [await pusher.once() for _ in range(2)] == [1, 0]
    ((number, form),) = office.requests
    assert form["service_code"] == ["POTHOLE"]
    assert form["api_key"] == ["the-offices-key"]
    assert form["description"] == [f"Dziura <b>&</b> ó.\n\n[{made['reference']}]"]
    assert (form["email"], form["lat"]) == (["anna@example.pl"], ["51.050300"])
    assert (await state(house, made))["service_request_id"] == number
    office.updates = [("u-1", number, "open", "Brygada jedzie."), ("u-2", "someone-elses", "closed", "Nie nasze.")]
    assert await follower.once() == 1
    house.clock.advance(301)
    office.updates.append(("u-3", number, "closed", "Załatane."))
    assert await follower.once() == 1
    assert await follower.once() == 0, "it is not asked before its time"
    house.clock.advance(301)
    assert await follower.once() == 0, "nothing is told twice"
    mine = (await house.client().get(f"/reports/{made['id']}", params={"token": made["follow_token"]})).json()
    assert [(one["status"], one["answer"]) for one in mine["events"]] == [
        ("received", ""),
        ("in_progress", "Brygada jedzie."),
        ("closed", "Załatane."),
    ]
    assert (await state(house, made))["status"] == "closed"
    subjects = [row.subject for row in await house.rows("select subject from report_notices order by created_at, id")]
    assert len(subjects) == 3
    assert "zakończone" in subjects[-1]


async def test_a_lost_answer_makes_no_second_request(house, office):
    await settle(house, office)
    made = await report(house)
    pusher = BackOfficePusher(house.res)
    office.fault = "loses the answer"
    assert await pusher.once() == 1
    assert (await state(house, made))["state"] == "waiting"
    office.fault = ""
    house.clock.advance(3600)
    assert await pusher.once() == 1
    assert (await state(house, made))["service_request_id"] == "B-1"
    assert (len(office.requests), office.asked) == (1, ["post", "find"])


async def test_what_a_killed_process_left_in_doubt_is_looked_for_first(house, office):
    await settle(house, office)
    made = await report(house)
    office.requests.append(("B-7", {"description": [f"x [{made['reference']}]"]}))
    async with house.res.database.transaction() as session:
        from sqlalchemy import text

        await session.execute(text("update open311_pushes set in_doubt = true"))
    assert await BackOfficePusher(house.res).once() == 1
    assert (await state(house, made))["service_request_id"] == "B-7"
    assert office.asked == ["find"]


async def test_while_it_fails_it_is_left_alone_and_everything_waits(house, office):
    await settle(house, office)
    made = [await report(house) for _ in range(5)]
    pusher = BackOfficePusher(house.res)
    office.fault = "busy"
    await pusher.once()
    assert office.asked == ["post"] * 3, "after three failures it is left alone"
    assert await pusher.once() == 0
    assert {(await state(house, one))["state"] for one in made} == {"waiting"}
    office.fault = ""
    for _ in range(6):
        house.clock.advance(700)
        await pusher.once()
    assert {(await state(house, one))["state"] for one in made} == {"sent"}
    assert len(office.requests) == 5


async def test_what_it_refuses_is_named_and_tried_again_when_the_settings_change(house, office):
    await settle(house, office)
    made = await report(house)
    office.fault = "refuses"
    await BackOfficePusher(house.res).once()
    refused = await state(house, made)
    assert (refused["state"], refused["error"]) == ("failed", "400: jurisdiction_id was not found")
    shown = (await house.staff("admin").get("/open311-back-office")).json()
    assert (shown["failed"], shown["last_error"]) == (1, "400: jurisdiction_id was not found")
    office.fault = ""
    await settle(house, office, jurisdiction_id="town.example")
    await BackOfficePusher(house.res).once()
    assert office.requests[0][1]["jurisdiction_id"] == ["town.example"]
    assert (await state(house, made))["state"] == "sent"


async def test_a_token_is_followed_and_states_are_asked_where_there_are_no_updates(house, office):
    await settle(house, office)
    office.gives_tokens, office.speaks_updates, office.notes = True, False, "Gotowe."
    made = await report(house)
    pusher, follower = BackOfficePusher(house.res), BackOfficeFollower(house.res)
    await pusher.once()
    assert (await state(house, made))["state"] == "token"
    house.clock.advance(60)
    await pusher.once()
    assert (await state(house, made))["service_request_id"] == "B-1"
    assert await follower.once() == 1
    mine = (await house.client().get(f"/reports/{made['id']}", params={"token": made["follow_token"]})).json()
    assert (mine["status"], mine["events"][-1]["answer"]) == ("closed", "Gotowe.")


async def test_nobody_there_is_no_doubt(house, office):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        office.url = f"http://127.0.0.1:{probe.getsockname()[1]}/v2"
    await settle(house, office)
    made = await report(house)
    await BackOfficePusher(house.res).once()
    assert (await state(house, made))["error"].startswith("no connection")
    assert (await house.rows("select in_doubt from open311_pushes"))[0].in_doubt is False


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not xml",
        b"<a>",
        b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>',
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>',
        b"\xff\xfe\x00",
        b'<?xml version="1.0" encoding="nonsense"?><a/>',
    ],
)
def test_answers_from_outside_are_not_believed(body):
    with pytest.raises(AwayError):
        parsed(body)


def test_the_breaker_opens_after_three_and_lets_one_try():
    clock = ManualClock(datetime(2026, 11, 22, tzinfo=UTC))
    breaker = Breaker(clock)
    for _ in range(2):
        breaker.failed()
    assert not breaker.is_open()
    breaker.failed()
    assert breaker.is_open()
    clock.advance(16)
    assert not breaker.is_open()
    breaker.failed()
    clock.advance(16)
    assert breaker.is_open(), "the pause grows"
    breaker.worked()
    assert not breaker.is_open()

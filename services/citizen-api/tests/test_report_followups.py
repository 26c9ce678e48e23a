"""What grows around a report: questions, routing, me-too, messages, reopening, satisfaction, duplicates, notices."""

import hashlib
import io
import json

import pytest
from aiohttp import web
from PIL import Image

from hejnal_citizen.proof_of_work import leading_zero_bits
from hejnal_citizen.reports.by_sms import SmsHandler
from hejnal_citizen.reports.notices import NoticeSender
from hejnal_citizen.reports.questions import Question, check_answers
from hejnal_contracts.residents import SmsReceived
from hejnal_runtime.bus.message import Message
from hejnal_runtime.errors import AppError
from hejnal_runtime.ids import new_id

FORM = {"category": "road_damage", "text": "Dziura w jezdni, ok. 40 cm.", "lat": "51.0503", "lon": "20.9505"}


def words(text):
    return {"pl": text, "en": text, "uk": text}


QUESTIONS = [
    {"code": "depth_cm", "kind": "number", "label": words("Głębokość (cm)"), "required": True},
    {"code": "since", "kind": "datetime", "label": words("Od kiedy")},
    {
        "code": "surface",
        "kind": "single",
        "label": words("Nawierzchnia"),
        "choices": [{"code": "asphalt", "label": words("Asfalt")}, {"code": "gravel", "label": words("Żwir")}],
    },
    {"code": "who", "kind": "multiple", "label": words("Kto"), "choices": [{"code": "cars", "label": words("Auta")}]},
]
CATEGORY = {"names": words("Uszkodzona droga"), "unit": "Zarząd Dróg", "questions": QUESTIONS}


def photo():
    buffer = io.BytesIO()
    exif = Image.Exif()
    exif.get_ifd(0x8825).update({1: "N", 2: (51.0, 3.0, 1.0), 3: "E", 4: (20.0, 57.0, 2.0)})
    exif.get_ifd(0x8769).update({0x9003: "2026:11:20 10:30:00", 0x9011: "+01:00"})
    Image.effect_noise((600, 400), 90).convert("RGB").save(buffer, "JPEG", quality=92, exif=exif)
    return buffer.getvalue()


async def send(client, photos=(), headers=None, **changes):
    fields = {name: (None, value) for name, value in (FORM | changes).items() if value is not None}
    files = [*fields.items(), *(("photos", (f"{n}.jpg", data, "image/jpeg")) for n, data in enumerate(photos))]
    return await client.post("/reports", files=files, headers=headers or {})


async def notices(house):
    rows = await house.rows("select channel, address, subject, body from report_notices order by created_at, id")
    return [tuple(row) for row in rows]


async def test_the_town_edits_categories_with_questions_and_routing(house):
    editor, clerk = house.staff("editor"), house.staff("clerk")
    listed = (await clerk.get("/report-categories")).json()["items"]
    version = next(one["version"] for one in listed if one["code"] == "road_damage")
    ring = [(51.049, 20.949), (51.049, 20.952), (51.052, 20.952), (51.052, 20.949), (51.049, 20.949)]
    area = {"kind": "polygon", "ring": [{"lat": lat, "lon": lon} for lat, lon in ring]}
    routes = [
        {"label": "Ulica", "unit": "Brygada Południe", "area": {"kind": "streets", "streets": ["Łąkowa"]}},
        {"label": "Centrum", "unit": "Brygada Centrum", "area": area},
    ]
    body = CATEGORY | {"routes": routes}
    assert (await clerk.put("/report-categories/road_damage", json=body)).status_code == 403
    stale = await editor.put("/report-categories/road_damage", json=body, headers={"If-Match": '"99"'})
    assert stale.status_code == 412
    saved = await editor.put("/report-categories/road_damage", json=body, headers={"If-Match": f'"{version}"'})
    assert saved.status_code == 200, saved.text
    assert saved.headers["etag"] == f'"{version + 1}"'
    assert [route["unit"] for route in saved.json()["routes"]] == ["Brygada Południe", "Brygada Centrum"]
    crossing = area | {"ring": [area["ring"][0], area["ring"][2], area["ring"][1], area["ring"][3], area["ring"][0]]}
    bad = body | {"routes": [{"label": "X", "unit": "Y", "area": crossing}]}
    assert (await editor.put("/report-categories/road_damage", json=bad)).status_code == 422
    double = CATEGORY | {"questions": [QUESTIONS[0], QUESTIONS[0]]}
    assert (await editor.put("/report-categories/road_damage", json=double)).status_code == 422
    assert (await editor.put("/report-categories/dragons", json=CATEGORY)).status_code == 404
    town = (await house.client().get("/town")).json()
    shown = next(one for one in town["report_categories"] if one["code"] == "road_damage")
    assert [question["code"] for question in shown["questions"]] == ["depth_cm", "since", "surface", "who"]

    assert (await send(house.client())).json()["type"] == "urn:hejnal:problem:answers-invalid"
    wrong = await send(house.client(), answers=json.dumps({"depth_cm": "deep", "surface": "mud", "dragons": 1}))
    assert {one["pointer"] for one in wrong.json()["errors"]} == {
        "/body/answers/depth_cm",
        "/body/answers/surface",
        "/body/answers/dragons",
    }
    for broken in ("[1]", "{", "7"):
        assert (await send(house.client(), answers=broken)).status_code == 422
    good = await send(house.client(), answers=json.dumps({"depth_cm": "12,5", "surface": "asphalt", "who": ["cars"]}))
    assert good.status_code == 201, good.text
    assert good.json()["answers"] == {"depth_cm": 12.5, "surface": "asphalt", "who": ["cars"]}
    found = (await clerk.get(f"/reports/{good.json()['id']}")).json()
    assert (found["unit"], found["answers"]["depth_cm"]) == ("Brygada Centrum", 12.5)
    elsewhere = await send(house.client(), lat="51.0305", lon="20.9800", answers='{"depth_cm": 1}')
    assert (await clerk.get(f"/reports/{elsewhere.json()['id']}")).json()["unit"] == "Brygada Południe"
    farther = await send(house.client(), lat="51.0700", lon="20.9100", answers='{"depth_cm": 1}')
    assert (await clerk.get(f"/reports/{farther.json()['id']}")).json()["unit"] == "Zarząd Dróg"

    new = CATEGORY | {"code": "benches", "archived": True}
    assert (await editor.post("/report-categories", json=new)).status_code == 201
    assert (await editor.post("/report-categories", json=new)).json()["type"] == "urn:hejnal:problem:category-exists"
    assert (await send(house.client(), category="benches")).json()["type"] == "urn:hejnal:problem:unknown-category"
    actions = [data["action"] for _, _, data in await house.facts("audit")]
    assert actions == ["report-category.changed", "report-category.created"]


@pytest.mark.parametrize(
    ("code", "value", "kept"),
    [
        ("depth_cm", "7", 7.0),
        ("depth_cm", True, None),
        ("depth_cm", "nan", None),
        ("depth_cm", "1e400", None),
        ("since", "2026-11-22T14:30:00+01:00", "2026-11-22T14:30:00+01:00"),
        ("since", "2026-11-22", None),
        ("surface", "gravel", "gravel"),
        ("surface", ["gravel"], None),
        ("who", "cars", ["cars"]),
        ("who", ["cars", "cars"], ["cars"]),
        ("who", {"cars": 1}, None),
    ],
)
def test_answers_are_kept_in_their_own_types(code, value, kept):
    questions = [Question.model_validate(one | {"required": False}) for one in QUESTIONS]
    try:
        found = check_answers(questions, {code: value})
    except AppError:
        found = {}
    assert found.get(code) == kept


async def test_duplicates_are_shown_and_me_too_counts_everybody_once(house):
    author = await house.sign_in("anna@example.pl")
    report = (await send(author)).json()
    await send(house.client(), lat="51.0450", lon="20.9400")
    await send(house.client(), category="lighting")
    here = {"category": "road_damage", "lat": 51.0504, "lon": 20.9507}
    near = (await house.client().get("/reports/nearby", params=here)).json()["items"]
    assert [(one["id"], one["text"], one["me_too"]) for one in near] == [(report["id"], None, 0)]
    assert near[0]["distance_m"] <= 100
    assert "51.0503" not in json.dumps(near)
    url = f"/reports/{report['id']}/me-too"
    stranger = house.client()
    device = {"device": "a-random-device-name-1"}
    assert (await stranger.post(url, json={})).json()["type"] == "urn:hejnal:problem:nobody-to-count"
    assert (await stranger.post(url, json=device)).json() == {"me_too": 1, "counted": True, "told": False}
    assert (await stranger.post(url, json=device)).json() == {"me_too": 1, "counted": False, "told": False}
    by_phone = {"contact": "600 100 200", "language": "uk"}
    assert (await stranger.post(url, json=by_phone)).json() == {"me_too": 2, "counted": True, "told": True}
    assert (await author.post(url, json={})).json()["counted"] is False, "one's own report"
    assert (await stranger.post("/reports/none/me-too", json=device)).status_code == 404
    clerk = house.staff("clerk")
    closing = {"expected_version": 1, "status": "closed", "outcome": "fixed", "answer": "Naprawione."}
    assert (await clerk.post(f"/reports/{report['id']}/answers", json=closing)).status_code == 201
    told = await notices(house)
    assert {(channel, address) for channel, address, _, _ in told} == {("email", "anna@example.pl"), ("sms", "+48600100200")}
    by_address = {address: (subject, body) for _, address, subject, body in told}
    assert by_address["+48600100200"][1] == "Звернення Z-2026-00001 завершено: виправлено. Naprawione."
    assert "Naprawione." in by_address["anna@example.pl"][1]
    assert "token=" in by_address["anna@example.pl"][1]
    assert "token=" not in by_address["+48600100200"][1]
    assert (await stranger.post(url, json=device)).json()["type"] == "urn:hejnal:problem:report-closed"
    assert (await house.client().get("/reports/nearby", params=here)).json()["items"] == []
    shown = (await house.client().get(f"/reports/{report['id']}/public")).json()
    assert [event["answer"] for event in shown["events"]] == ["", "Naprawione."]
    assert "Dziura" not in json.dumps(shown)
    assert "600100200" not in str(await house.rows("select follower_key from report_followers"))


async def test_private_messages_go_both_ways(house):
    report = (await send(house.client(), contact="anna@example.pl")).json()
    url, secret = f"/reports/{report['id']}/messages", {"token": report["follow_token"]}
    stranger, clerk = house.client(), house.staff("clerk", "clerk-7")
    assert (await stranger.get(url)).status_code == 404
    assert (await stranger.post(url, json={"text": "x"})).status_code == 404
    key = {"Idempotency-Key": "message-key-1"}
    for _ in range(2):
        sent = await stranger.post(url, params=secret, json={"text": "To przy sklepie."}, headers=key)
        assert sent.status_code == 201
    answer = await clerk.post(url, json={"text": "Dziękujemy, który sklep?"})
    assert answer.status_code == 201
    assert [(one["author"], one["by"]) for one in answer.json()["messages"]] == [("reporter", ""), ("staff", "clerk-7")]
    seen = await stranger.get(url, params=secret)
    assert [(one["author"], one["text"]) for one in seen.json()["items"]] == [
        ("reporter", "To przy sklepie."),
        ("staff", "Dziękujemy, który sklep?"),
    ]
    assert "clerk-7" not in seen.text
    assert seen.headers["cache-control"] == "no-store"
    assert (await stranger.get(f"/reports/{report['id']}", params=secret)).json()["messages"] == 2
    assert (await house.staff("operator").get(f"/reports/{report['id']}")).json()["messages"] == [], "private to the clerks"
    assert [subject for _, _, subject, _ in await notices(house)] == [
        "Zgłoszenie Z-2026-00001 przyjęte",
        "Wiadomość od urzędu w sprawie zgłoszenia Z-2026-00001",
    ]
    assert "sklep" not in json.dumps(await house.facts("reports") + await house.facts("audit"))


async def test_reopening_and_satisfaction(house):
    report = (await send(house.client())).json()
    url, secret = f"/reports/{report['id']}", {"token": report["follow_token"]}
    client, clerk = house.client(), house.staff("clerk")
    rating = {"rating": 2, "comment": "Znowu dziura."}
    for path, method, body in (("/reopening", client.post, {"reason": "Nie"}), ("/satisfaction", client.put, rating)):
        assert (await method(url + path, json=body)).status_code == 404
        assert (await method(url + path, params=secret, json=body)).json()["type"] == "urn:hejnal:problem:report-open"
    closing = {"status": "closed", "outcome": "fixed", "answer": "Gotowe."}
    await clerk.post(f"{url}/answers", json={"expected_version": 1, **closing})
    rated = await client.put(f"{url}/satisfaction", params=secret, json=rating)
    assert (rated.json()["rating"], rated.json()["can_reopen"]) == (2, True)
    assert (await client.put(f"{url}/satisfaction", params=secret, json={"rating": 6})).status_code == 422
    assert (await clerk.get(url)).json()["satisfaction"]["comment"] == "Znowu dziura."
    opened = await client.post(f"{url}/reopening", params=secret, json={"reason": "Wypłukało po deszczu."})
    assert opened.status_code == 201, opened.text
    assert (opened.json()["status"], opened.json()["rating"], opened.json()["can_reopen"]) == ("received", None, False)
    staff_view = (await clerk.get(url)).json()
    assert (staff_view["reopened"], staff_view["events"][-1]["kind"]) == (1, "reopened")
    assert staff_view["messages"][-1]["text"] == "Wypłukało po deszczu."
    kinds = [kind for _, kind, _ in await house.facts("reports")]
    assert kinds[-1] == "report.answered.v1"
    await clerk.post(f"{url}/answers", json={"expected_version": staff_view["version"], **closing})
    house.clock.advance(31 * 86_400)
    late = await client.post(f"{url}/reopening", params=secret, json={"reason": "Znowu."})
    assert late.json()["type"] == "urn:hejnal:problem:closed-too-long-ago"


async def test_duplicates_are_put_together_and_everybody_is_told(house):
    first = (await send(house.client(), contact="anna@example.pl")).json()
    second = (await send(house.client(), contact="olga@example.pl")).json()
    await house.client().post(f"/reports/{second['id']}/me-too", json={"contact": "jan@example.pl"})
    clerk = house.staff("clerk")
    url = f"/reports/{second['id']}/merge"
    assert (await clerk.post(url, json={"into": second["id"], "expected_version": 1})).status_code == 422
    assert (await clerk.post(url, json={"into": "none", "expected_version": 1})).status_code == 404
    assert (await clerk.post(url, json={"into": first["id"], "expected_version": 9})).status_code == 409
    merged = await clerk.post(url, json={"into": first["id"], "expected_version": 1})
    assert merged.status_code == 201, merged.text
    assert (merged.json()["status"], merged.json()["outcome"], merged.json()["merged_into"]) == (
        "closed",
        "duplicate",
        first["id"],
    )
    assert (await clerk.post(url, json={"into": first["id"], "expected_version": 2})).status_code == 409
    mine = (await house.client().get(f"/reports/{second['id']}", params={"token": second["follow_token"]})).json()
    assert (mine["merged_into"], mine["can_reopen"]) == ("Z-2026-00001", False)
    assert (await clerk.get(f"/reports/{first['id']}")).json()["me_too"] == 2
    back = {"into": second["id"], "expected_version": 1}
    assert (await clerk.post(f"/reports/{first['id']}/merge", json=back)).json()["type"] == "urn:hejnal:problem:merge-into-merged"
    await clerk.post(f"/reports/{first['id']}/answers", json={"expected_version": 1, "status": "planned", "answer": "We wtorek."})
    told = [(address, subject) for _, address, subject, _ in await notices(house)]
    assert told.count(("olga@example.pl", "Odpowiedź na zgłoszenie Z-2026-00001")) == 1
    assert {address for address, subject in told if "zakończone" in subject} == {"olga@example.pl", "jan@example.pl"}
    assert {address for address, subject in told if "Odpowiedź" in subject} == {
        "anna@example.pl",
        "olga@example.pl",
        "jan@example.pl",
    }


async def test_an_sms_report_is_answered_with_its_number(house):
    fact = SmsReceived(
        message_id=new_id(), phone="+48500100200", meaning="report", text="dziura Żółkiewskiego 4", received_at=house.clock.now()
    )
    message = Message(
        topic="inbound-sms",
        partition=0,
        offset=1,
        key=fact.phone,
        id=new_id(),
        type=fact.TYPE,
        source="notifier",
        time=fact.received_at,
        traceparent=None,
        fact=fact,
    )
    handler = SmsHandler(house.res)
    await handler(message)
    await handler(message)
    assert await notices(house) == [
        (
            "sms",
            "+48500100200",
            "Zgłoszenie Z-2026-00001 przyjęte",
            "Zgłoszenie Z-2026-00001 przyjęte. Żółkiewskiego 4",
        )
    ]


async def test_notices_reach_notifier_once_and_wait_while_it_is_away(open_house):
    taken, status = [], 503

    async def take(request):
        if status == 202:
            taken.append(await request.json())
        return web.json_response({}, status=status)

    app = web.Application()
    app.router.add_post("/internal/v1/notices", take)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with open_house(notifier_url=f"http://{host}:{port}") as house:
            await send(house.client(), contact="anna@example.pl")
            sender = NoticeSender(house.res)
            assert await sender.once() == 1
            assert await sender.once() == 0, "it waits before it tries again"
            house.clock.advance(60)
            status = 202
            assert await sender.once() == 1
            assert await notices(house) == []
            assert (taken[0]["channel"], taken[0]["address"]) == ("email", "anna@example.pl")
            assert len(taken[0]["idempotency_key"]) > 8
            status = 422
            await send(house.client(), contact="600 100 200")
            await sender.once()
            assert await notices(house) == [], "a channel that the town does not have is not tried for ever"
    finally:
        await runner.cleanup()


async def test_who_sends_very_many_proves_work(open_house):
    async with open_house(reports_without_work=1, proof_bits=8) as house:
        client = house.client()
        assert (await send(client)).status_code == 201
        refused = await send(client)
        assert (refused.status_code, refused.json()["type"]) == (428, "urn:hejnal:problem:proof-of-work-needed")
        assert (await send(await house.sign_in())).status_code == 201, "a signed-in resident needs none"
        challenge = (await client.get("/proof-of-work")).json()
        assert challenge["bits"] == 8
        solution = next(
            str(n)
            for n in range(1_000_000)
            if leading_zero_bits(hashlib.sha256(f"{challenge['challenge']}:{n}".encode()).digest()) >= challenge["bits"]
        )
        proof = {"Proof-Of-Work": f"{challenge['challenge']}:{solution}"}
        assert (await send(client, headers=proof)).status_code == 201
        assert (await send(client, headers=proof)).json()["type"] == "urn:hejnal:problem:proof-of-work-wrong", "each counts once"
        for wrong in ("x", "x:y", "é:1", f"{challenge['challenge'][:-2]}AA:{solution}", ":", f"{challenge['challenge']}:"):
            answer = await send(client, headers={"Proof-Of-Work": wrong.encode()})
            assert answer.json()["type"] == "urn:hejnal:problem:proof-of-work-wrong", wrong
        old = (await client.get("/proof-of-work")).json()
        house.clock.advance(601)
        answer = await send(client, headers={"Proof-Of-Work": f"{old['challenge']}:0"})
        assert answer.json()["type"] == "urn:hejnal:problem:proof-of-work-wrong"


async def test_limits_per_contact_and_per_me_too(open_house):
    async with open_house(reports_per_contact_hour=1, me_too_per_ip_hour=1) as house:
        report = (await send(house.client("10.0.0.1"), contact="anna@example.pl")).json()
        assert (await send(house.client("10.0.0.2"), contact="ANNA@example.pl")).status_code == 429
        url = f"/reports/{report['id']}/me-too"
        client = house.client("10.0.0.3")
        assert (await client.post(url, json={"device": "a-random-device-name-1"})).status_code == 200
        assert (await client.post(url, json={"device": "a-random-device-name-2"})).status_code == 429


async def test_a_photos_place_is_offered_and_nothing_is_kept(house):
    client = house.client()

    async def ask(data):
        return await client.post("/photo-places", files={"photo": ("a.jpg", data, "image/jpeg")})

    found = await ask(photo())
    assert found.status_code == 200, found.text
    assert found.json()["place"] == {"lat": 51.050278, "lon": 20.950556}
    assert (found.json()["inside_town"], found.json()["address"]) == (True, "Żółkiewskiego 4")
    assert found.json()["taken_at"] == "2026-11-20T10:30:00+01:00"
    plain = io.BytesIO()
    Image.new("RGB", (60, 40)).save(plain, "PNG")
    assert (await ask(plain.getvalue())).json() == {"place": None, "inside_town": False, "address": "", "taken_at": None}
    assert (await ask(b"no photo")).json()["type"] == "urn:hejnal:problem:photo-unreadable"
    assert (await client.post("/photo-places", files={"x": (None, "y")})).json()["type"] == "urn:hejnal:problem:one-photo"
    assert [path for path in house.res.settings.photo_dir.rglob("*") if path.is_file()] == []

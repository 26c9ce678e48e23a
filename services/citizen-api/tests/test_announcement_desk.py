"""What the announcement form works with: previews with wording, price and budget; templates; categories."""

import pytest
from aiohttp import web

from hejnal_citizen.announcements import wording
from hejnal_citizen.announcements.schemas import Draft
from hejnal_citizen.settings import Settings
from hejnal_contracts.base import Language


def draft(**changes):
    body = {
        "category": "water",
        "severity": "warning",
        "texts": {"pl": {"title": "Nie ma wody", "body": "Awaria na Żółkiewskiego."}},
        "valid_until": "2026-11-22T18:00:00Z",
        "channels": ["push", "email", "sms"],
    }
    return body | changes


async def subscribe(house, contact, ip, channels, language="pl"):
    house.clock.advance(60)
    browser = await house.sign_in(contact, ip)
    wish = {"filters": [{"categories": ["water"], "channels": channels}], "language": language}
    answer = await browser.put("/me/subscription", json=wish)
    assert answer.status_code == 200, answer.text


async def test_the_preview_says_what_everybody_would_read_and_what_it_costs(house):
    await subscribe(house, "+48600100201", "10.0.1.1", ["sms"])
    await subscribe(house, "+48600100202", "10.0.1.2", ["sms"], "uk")
    await subscribe(house, "anna@example.pl", "10.0.1.3", ["email"], "en")
    texts = {
        "pl": {"title": "Nie ma wody", "body": "Awaria na Żółkiewskiego.", "instruction": "Zakręć zawór."},
        "uk": {"title": "Немає води", "body": "Аварія."},
    }
    answer = await house.staff().post("/announcements/preview", json=draft(texts=texts, drill=True, severity="emergency"))
    assert answer.status_code == 200, answer.text
    seen = answer.json()
    sms = {one["language"]: one for one in seen["sms"]}
    assert sms["pl"]["written"] == "ĆWICZENIA: Zagrożenie: Nie ma wody. Awaria na Żółkiewskiego. Zakręć zawór."
    assert sms["pl"]["text"] == "CWICZENIA: Zagrozenie: Nie ma wody. Awaria na Zolkiewskiego. Zakrec zawor."
    assert (sms["pl"]["encoding"], sms["pl"]["parts"], sms["pl"]["recipients"], sms["pl"]["cost_pln"]) == ("gsm-7", 1, 1, 0.16)
    assert sms["pl"]["unrepresentable"] == ["Ć", "ż", "Ż", "ó", "ł", "ę", "ć"]
    assert sms["uk"]["encoding"] == "ucs-2"
    assert seen["cost_pln"] == pytest.approx(0.16 * (1 + sms["uk"]["parts"]))
    mail = next(one for one in seen["wordings"] if (one["channel"], one["language"]) == ("email", "pl"))
    assert (mail["title"], mail["recipients"]) == ("ĆWICZENIA: Zagrożenie: Nie ma wody", 1), "who reads no English gets Polish"
    assert mail["text"] == "Awaria na Żółkiewskiego.\nZakręć zawór."
    assert seen["approval_needed"] == ["emergency"]
    assert seen["budget"] is None, "notifier does not answer: the preview is there without"
    again = (await house.staff().post("/announcements/preview", json=draft(updates="a-1"))).json()
    assert again["sms"][0]["text"].startswith("Aktualizacja: Nie ma wody")
    long = draft(texts={"pl": {"title": "a", "body": "słowo " * 200}})
    assert (await house.staff().post("/announcements/preview", json=long)).json()["sms"][0]["shortened"] is True


@pytest.mark.parametrize(
    ("limit", "left", "enough"), [(None, None, True), (10, 0.1, False), (100, 90.1, True)], ids=["none", "spent", "there"]
)
async def test_the_preview_says_what_is_left_of_the_months_budget(open_house, limit, left, enough):
    async def statement(request):
        assert request.match_info["month"] == "2026-11"
        return web.json_response({"sms_budget_zl": limit, "sms_cost_zl": 9.9})

    app = web.Application()
    app.router.add_get("/internal/v1/statements/{month}", statement)
    app.router.add_post("/internal/v1/one-time-codes", lambda _: web.Response(status=202))
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    host, port = runner.addresses[0][:2]
    try:
        async with open_house(notifier_url=f"http://{host}:{port}", sms_price_pln=0.16) as house:
            await contact_with_sms(house)
            seen = (await house.staff().post("/announcements/preview", json=draft())).json()
            assert seen["budget"] == {"limit_pln": limit, "spent_pln": 9.9, "left_pln": left, "enough": enough}
            nothing = (await house.staff().post("/announcements/preview", json=draft(channels=["push"]))).json()
            assert nothing["budget"] is None
    finally:
        await runner.cleanup()


async def contact_with_sms(house):
    """One person with SMS, put there as a sign-in would have."""
    from sqlalchemy import text

    async with house.res.database.transaction() as session:
        values = {"now": house.clock.now()}
        await session.execute(
            text("insert into residents (id, kind, created_at, changed_at) values ('r-1', 'account', :now, :now)"),
            values,
        )
        await session.execute(
            text(
                "insert into contacts "
                "(id, resident_id, channel, address, verified_at, consent_id, consented_at, unsubscribe_token) "
                "values ('c-1', 'r-1', 'sms', '+48600100200', :now, 'k-1', :now, 't-1')"
            ),
            values,
        )
        await session.execute(
            text(
                "insert into filters (resident_id, position, categories, min_severity, channels) "
                "values ('r-1', 0, '{water}', 'info', '{sms}')"
            )
        )


def test_wording_keeps_the_marks_of_a_drill_in_every_language():
    texts = {language: {"title": "t", "body": "b", "sms": "krótko"} for language in ("pl", "en", "uk")}
    body = Draft.model_validate(draft(texts=texts, drill=True))
    for language, mark in ((Language.PL, "CWICZENIA"), (Language.EN, "DRILL"), (Language.UK, "НАВЧАННЯ")):
        assert wording.sms_of(body, language, Settings()).text.startswith(f"{mark}: ")
        assert wording.message_view(body, body.channels[0], language, "cancelled", 0).title.startswith(wording.DRILL[language])


async def test_templates_are_there_from_the_start_and_are_the_editors_own(house):
    staff = house.staff()
    found = (await staff.get("/announcement-templates")).json()
    assert {one["body"]["category"] for one in found} == {"water", "power", "roads", "air"}
    assert all(set(one["body"]["texts"]) == {"pl", "en", "uk"} for one in found)
    body = {"name": "Burza", "body": {"category": "safety", "texts": {"pl": {"title": "Burza o {godzina}"}}}, "valid_for_h": 3}
    key = {"Idempotency-Key": "storm-template"}
    made = [(await staff.post("/announcement-templates", json=body, headers=key)).json() for _ in range(2)]
    assert made[0] == made[1]
    path = f"/announcement-templates/{made[0]['id']}"
    changed = await staff.put(path, json=body | {"valid_for_h": 6}, headers={"If-Match": '"1"'})
    assert (changed.json()["valid_for_h"], changed.headers["etag"]) == (6, '"2"')
    assert (await staff.put(path, json=body, headers={"If-Match": '"1"'})).status_code == 412
    assert (await staff.delete(path, headers={"If-Match": '"2"'})).status_code == 204
    assert (await staff.delete(path)).status_code == 404
    assert (await house.staff("clerk").post("/announcement-templates", json=body)).status_code == 403
    assert (await staff.post("/announcement-templates", json=body | {"name": "a\x00"})).status_code == 422
    used = await staff.post("/announcement-drafts", json={**found[0]["body"], "template_id": found[0]["id"]})
    assert used.status_code == 201
    assert used.json()["content"]["template_id"] == found[0]["id"]


async def test_the_town_edits_its_categories(house):
    staff, public = house.staff(), house.client()
    new = {
        "code": "schools",
        "names": {"pl": "Szkoły", "en": "Schools", "uk": "Школи"},
        "icon": "school",
        "default_severity": "notice",
        "cap_category": "Safety",
        "position": 3,
    }
    made = await staff.post("/announcement-categories", json=new)
    assert (made.status_code, made.headers["etag"], made.json()["archived"]) == (201, '"1"', False)
    assert (await staff.post("/announcement-categories", json=new)).json()["type"].endswith(":category-exists")
    town = (await public.get("/town")).json()["announcement_categories"]
    mine = next(one for one in town if one["code"] == "schools")
    assert (mine["icon"], mine["default_severity"]) == ("school", "notice")
    announced = await staff.post("/announcements", json=draft(category="schools", channels=["push"]))
    assert announced.status_code == 201
    change = {name: value for name, value in new.items() if name != "code"} | {"archived": True}
    archived = await staff.put("/announcement-categories/schools", json=change, headers={"If-Match": '"1"'})
    assert (archived.json()["archived"], archived.json()["announcements"]) == (True, 1)
    assert (await staff.put("/announcement-categories/schools", json=change, headers={"If-Match": '"1"'})).status_code == 412
    assert "schools" not in str((await public.get("/town")).json()["announcement_categories"])
    assert (await staff.post("/announcements", json=draft(category="schools"))).status_code == 422
    shown = (await public.get(f"/announcements/{announced.json()['id']}")).json()
    assert shown["category"] == "schools", "what was announced stays"
    assert (await staff.put("/announcement-categories/nothing", json=change)).status_code == 404
    assert (await house.staff("clerk").put("/announcement-categories/schools", json=change)).status_code == 403
    listed = (await house.staff("clerk").get("/announcement-categories")).json()
    assert listed[-1]["code"] == "schools", "archived ones last"

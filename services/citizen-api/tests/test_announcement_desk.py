"""What the announcement form works with: previews with wording, price and budget; templates; categories."""

import json
from datetime import date
from itertools import product

import pytest
from sqlalchemy import text

from hejnal_citizen.announcements.schemas import Draft
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.headlines import headline
from hejnal_runtime.webhook_signature import new_secret


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


async def test_the_preview_says_what_everybody_would_read_and_what_it_costs(open_house):
    async with open_house(notifier={"email_from": "h@bugielsk.test", "smtp_host": "127.0.0.1"}) as house:
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
        assert seen["worded"] is True
        sms = {one["language"]: one for one in seen["sms"]}
        assert sms["pl"]["written"] == "ĆWICZENIA: Zagrożenie: Nie ma wody. Awaria na Żółkiewskiego. Zakręć zawór."
        assert sms["pl"]["text"] == "CWICZENIA: Zagrozenie: Nie ma wody. Awaria na Zolkiewskiego. Zakrec zawor."
        told = (sms["pl"]["encoding"], sms["pl"]["parts"], sms["pl"]["recipients"], sms["pl"]["cost_pln"])
        assert told == ("gsm-7", 1, 1, 0.16)
        assert sms["pl"]["unrepresentable"] == ["Ć", "ż", "Ż", "ó", "ł", "ę", "ć"]
        assert sms["uk"]["encoding"] == "ucs-2"
        assert seen["cost_pln"] == pytest.approx(0.16 * (1 + sms["uk"]["parts"]))
        mail = next(one for one in seen["wordings"] if (one["channel"], one["language"]) == ("email", "pl"))
        assert (mail["title"], mail["recipients"]) == ("ĆWICZENIA: Zagrożenie: Nie ma wody", 1), (
            "who reads no English gets Polish"
        )
        assert "Awaria na Żółkiewskiego." in mail["text"]
        assert {one["channel"]: one["off"] for one in seen["channels"]} == {"push": True, "email": False, "sms": False}
        assert seen["approval_needed"] == ["emergency"]
        again = (await house.staff().post("/announcements/preview", json=draft(updates="a-1"))).json()
        assert again["sms"][0]["text"].startswith("Aktualizacja: Nie ma wody")
        long = draft(texts={"pl": {"title": "a", "body": "słowo " * 200}})
        assert (await house.staff().post("/announcements/preview", json=long)).json()["sms"][0]["shortened"] is True


async def test_the_preview_names_the_organisations_that_are_told_besides_and_the_link_that_ends_e_mails(open_house, tmp_path):
    file = tmp_path / "organisations.json"
    hospital = {"id": "szpital", "name": "Szpital Powiatowy", "url": "https://example.org/x", "secrets": [new_secret()]}
    roads = hospital | {"id": "drogi", "name": "Zarząd Dróg", "categories": ["roads"]}
    urgent = hospital | {"id": "szkola", "name": "Szkoła nr 2", "categories": ["water"], "min_severity": "emergency"}
    file.write_text(json.dumps([hospital, roads, urgent]))
    async with open_house(
        notifier={"organisations_file": file, "email_from": "h@bugielsk.test", "smtp_host": "127.0.0.1"}
    ) as house:
        await subscribe(house, "anna@example.pl", "10.0.1.3", ["email"])
        seen = (await house.staff().post("/announcements/preview", json=draft(channels=["email"]))).json()
        assert (seen["people"], seen["organisations"]) == (1, ["Szpital Powiatowy"])
        mail = next(one for one in seen["wordings"] if one["channel"] == "email")
        assert "http://localhost:8080/wypisz/…" in mail["text"]
        grave = (await house.staff().post("/announcements/preview", json=draft(severity="emergency"))).json()
        assert grave["organisations"] == ["Szpital Powiatowy", "Szkoła nr 2"]


async def test_the_preview_shows_the_towns_own_words(open_house):
    async with open_house(notifier={"sms_price_grosze": 9}, four_eyes_above_pln=0.2) as house:
        await contact_with_sms(house)
        staff = house.staff()
        plain = (await staff.post("/announcements/preview", json=draft())).json()
        assert (plain["sms"][0]["parts"], plain["cost_pln"], plain["approval_needed"]) == (1, 0.09, [])
        words = {"text": "{{ message }} Urząd: 41 123 45 67. {{ url }} " + "Dyżur całą dobę. " * 20}
        await house.notifier.templates.write(Channel.SMS, Language.PL, words, based_on=0, created_by="anna")
        house.clock.advance(5)
        own = (await staff.post("/announcements/preview", json=draft())).json()
        sms = own["sms"][0]
        assert "Urzad: 41 123 45 67. http://localhost:8080/komunikaty/00000000-0000" in sms["text"]
        assert (sms["parts"], own["cost_pln"], own["approval_needed"]) == (3, 0.27, ["cost"])
        refused = await staff.post("/announcements", json=draft())
        assert refused.json()["type"].endswith(":approval-needed")
        assert "cost 0.27 zł" in refused.json()["detail"]


async def test_while_notifier_is_away_the_preview_says_so_and_the_rule_reckons_with_the_most(open_house):
    async with open_house(four_eyes_above_pln=0.4, sms_price_pln=0.16, sms_max_parts=3) as house:
        await contact_with_sms(house)
        staff = house.staff()
        seen = (await staff.post("/announcements/preview", json=draft())).json()
        assert (seen["worded"], seen["sms"], seen["wordings"], seen["cost_pln"], seen["budget"]) == (False, [], [], None, None)
        by_channel = {one["channel"]: one for one in seen["channels"]}
        assert (by_channel["sms"]["recipients"], by_channel["sms"]["cost_pln"], by_channel["sms"]["sms_parts"]) == (1, None, None)
        assert (seen["people"], seen["approval_needed"]) == (1, ["cost"])
        refused = await staff.post("/announcements", json=draft())
        assert "may cost up to (notifier does not say it exactly now) 0.48 zł" in refused.json()["detail"]
        kept = (await staff.post("/announcement-drafts", json=draft())).json()
        waiting = (await staff.post(f"/announcement-drafts/{kept['id']}/submission")).json()
        assert (waiting["state"], waiting["approval"]["cost_pln"]) == ("waiting_approval", 0.48)
        assert (await staff.post("/announcements", json=draft(channels=["push"]))).status_code == 201


async def test_what_was_previewed_is_not_asked_again_to_issue_it(open_house):
    async with open_house(notifier={}) as house:
        asked = []
        answer = house.codes.real.request

        async def counted(method, path, **more):
            asked.append(path)
            return await answer(method, path, **more)

        house.codes.real.request = counted
        assert (await house.staff().post("/announcements/preview", json=draft(channels=["sms"]))).json()["worded"]
        assert (await house.staff().post("/announcements", json=draft(channels=["sms"]))).status_code == 201
        assert [path for path in asked if path.endswith("announcement-wordings")] == ["/internal/v1/announcement-wordings"]


@pytest.mark.parametrize(
    ("limit", "left", "enough"), [(None, None, True), (10, 0.1, False), (100, 90.1, True)], ids=["none", "spent", "there"]
)
async def test_the_preview_says_what_is_left_of_the_months_budget(open_house, limit, left, enough):
    async with open_house(notifier={"sms_monthly_budget_zl": limit, "sms_price_grosze": 16}) as house:
        async with house.notifier.database.transaction() as session:
            await session.execute(
                text("insert into spending (month, provider, parts, messages, cost_grosze) values (:month, 'smsapi', 1, 1, 990)"),
                {"month": date(2026, 11, 1)},
            )
        await contact_with_sms(house)
        seen = (await house.staff().post("/announcements/preview", json=draft())).json()
        assert seen["budget"] == {"limit_pln": limit, "spent_pln": 9.9, "left_pln": left, "enough": enough}
        nothing = (await house.staff().post("/announcements/preview", json=draft(channels=["push"]))).json()
        assert nothing["budget"] is None


async def contact_with_sms(house):
    """One person with SMS, put there as a sign-in would have."""
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


async def test_feeds_and_messages_mark_a_title_alike(open_house):
    async with open_house(notifier={}) as house:
        texts = {one: {"title": "t", "body": "b", "sms": "s"} for one in ("pl", "en", "uk")}
        for severity, kind, drill in product(("warning", "emergency"), ("issued", "updated", "cancelled"), (False, True)):
            body = draft(texts=texts, drill=drill, severity=severity, channels=["push", "sms"])
            worded = await house.res.wordings.of(Draft.model_validate(body), kind)
            titles = {one.language: one.title for one in worded.wordings if one.channel is Channel.PUSH}
            assert titles == {one: headline(kind, Severity(severity), one, "t", drill=drill) for one in Language}
            assert {one: sms.written for one, sms in worded.sms.items()} == {
                one: title.removesuffix("t") + "s" for one, title in titles.items()
            }


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

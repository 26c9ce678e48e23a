"""Drafts: written piece by piece, submitted, agreed to by somebody else, published exactly once."""

import asyncio

import pytest

from hejnal_citizen import metrics
from hejnal_citizen.announcements.publisher import Publisher


def draft(**changes):
    body = {
        "category": "water",
        "severity": "warning",
        "texts": {"pl": {"title": "Nie ma wody na Żółkiewskiego", "body": "Awaria. Naprawa potrwa do 18:00."}},
        "valid_until": "2026-11-22T18:00:00Z",
        "channels": ["push", "email"],
    }
    return body | changes


async def created(house, staff=None, **changes):
    answer = await (staff or house.staff()).post("/announcement-drafts", json=draft(**changes))
    assert answer.status_code == 201, answer.text
    assert answer.headers["etag"] == '"1"'
    return answer.json()


async def submitted(house, staff=None, **changes):
    one = await created(house, staff, **changes)
    answer = await (staff or house.staff()).post(f"/announcement-drafts/{one['id']}/submission")
    assert answer.status_code == 200, answer.text
    return answer.json()


async def actions(house):
    return [(data["action"], data["actor_id"], data["outcome"]) for _, _, data in await house.facts("audit")]


async def facts(house):
    return [(kind, data["version"], data["issued_by"]) for _, kind, data in await house.facts("announcements")]


async def decide(staff, one, what, **options):
    headers = {"If-Match": f'"{one["version"]}"'}
    return await staff.post(f"/announcement-drafts/{one['id']}/{what}", headers=headers, **options)


async def test_a_draft_may_be_half_written_and_is_asked_for_the_rest_when_submitted(house):
    staff = house.staff()
    one = (await staff.post("/announcement-drafts", json={})).json()
    assert (one["state"], one["version"], one["authors"]) == ("draft", 1, ["staff-1"])
    answer = await staff.post(f"/announcement-drafts/{one['id']}/submission")
    assert answer.status_code == 422
    problem = answer.json()
    assert problem["type"].endswith(":draft-incomplete")
    assert {error["pointer"] for error in problem["errors"]} == {
        "/body/category",
        "/body/severity",
        "/body/texts",
        "/body/valid_until",
        "/body/channels",
    }
    assert {error["code"] for error in problem["errors"]} == {"missing"}
    changed = await staff.put(f"/announcement-drafts/{one['id']}", json=draft(), headers={"If-Match": '"1"'})
    assert changed.headers["etag"] == '"2"'
    stale = await staff.put(f"/announcement-drafts/{one['id']}", json=draft(), headers={"If-Match": '"1"'})
    assert stale.status_code == 412
    done = (await staff.post(f"/announcement-drafts/{one['id']}/submission")).json()
    assert (done["state"], done["published_version"]) == ("published", 1)
    shown = (await house.client().get(f"/announcements/{done['announcement_id']}")).json()
    assert shown["texts"]["pl"]["title"] == "Nie ma wody na Żółkiewskiego"
    assert await facts(house) == [("announcement.issued.v1", 1, "staff-1")]
    again = await staff.post(f"/announcement-drafts/{one['id']}/submission")
    assert (again.status_code, again.json()["type"]) == (409, "urn:hejnal:problem:draft-on-its-way")
    assert (await staff.delete(f"/announcement-drafts/{one['id']}")).status_code == 409


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"texts": {"pl": {"title": "Nie ma wody: {ulice}", "body": "b"}}}, "placeholder-left"),
        ({"texts": {"en": {"title": "No water", "body": "b"}}}, "polish-missing"),
        ({"texts": {"pl": {"title": "a", "body": "b"}, "uk": {"title": "а", "body": "б"}}, "origins": {"uk": "machine"}},
         "machine-text-unchecked"),
        ({"valid_until": "2026-11-22T11:00:00Z"}, "in-the-past"),
        ({"publish_at": "2026-11-22T19:00:00Z"}, "in-the-past"),
        ({"channels": ["webhook"]}, "channel-off"),
    ],
)  # fmt: skip
async def test_what_cannot_be_sent_is_said_when_it_is_submitted(house, changes, code):
    one = await created(house, **changes)
    answer = await house.staff().post(f"/announcement-drafts/{one['id']}/submission")
    assert answer.status_code == 422
    assert code in [error["code"] for error in answer.json()["errors"]]
    assert await facts(house) == []


async def test_a_machines_text_that_a_person_has_read_is_sent_and_said(house):
    texts = {"pl": {"title": "a", "body": "b"}, "uk": {"title": "а", "body": "б"}}
    one = await submitted(house, texts=texts, origins={"uk": "machine_checked"})
    shown = (await house.client().get(f"/announcements/{one['announcement_id']}")).json()
    assert shown["origins"] == {"uk": "machine_checked"}


async def test_an_emergency_needs_somebody_else_who_has_seen_it(house):
    one = await submitted(house, severity="emergency")
    assert (one["state"], one["approval"]["reasons"]) == ("waiting_approval", ["emergency"])
    assert await facts(house) == []
    direct = await house.staff().post("/announcements", json=draft(severity="emergency"))
    assert (direct.status_code, direct.json()["type"]) == (409, "urn:hejnal:problem:approval-needed")
    own = await decide(house.staff(), one, "approval")
    assert (own.status_code, own.json()["type"]) == (403, "urn:hejnal:problem:own-draft")
    clerk = await decide(house.staff("clerk", "staff-2"), one, "approval")
    assert clerk.status_code == 403
    dispatcher = house.staff("dispatcher", "staff-3")
    blind = await dispatcher.post(f"/announcement-drafts/{one['id']}/approval")
    assert blind.status_code == 422, "nobody agrees to what they have not seen"
    old = await dispatcher.post(f"/announcement-drafts/{one['id']}/approval", headers={"If-Match": '"1"'})
    assert old.status_code == 412
    done = await decide(dispatcher, one, "approval")
    assert done.status_code == 200, done.text
    assert (done.json()["state"], done.json()["approval"]["decided_by"]) == ("published", "staff-3")
    assert [issued_by for _, _, issued_by in await facts(house)] == ["staff-1"]
    entries = [data for _, _, data in await house.facts("audit")]
    assert [(entry["action"], entry["actor_id"]) for entry in entries] == [
        ("announcement-draft.created", "staff-1"),
        ("announcement-draft.submitted", "staff-1"),
        ("announcement-draft.approved", "staff-3"),
        ("announcement.issued", "staff-1"),
    ]
    assert entries[-1]["reason"] == "version 1, approved by staff-3"


async def test_whoever_wrote_a_word_of_it_is_no_second_person(house):
    one = await created(house, severity="emergency")
    second = house.staff("editor", "staff-2")
    await second.put(f"/announcement-drafts/{one['id']}", json=draft(severity="emergency", channels=["push"]))
    one = (await house.staff().post(f"/announcement-drafts/{one['id']}/submission")).json()
    assert (await decide(second, one, "approval")).status_code == 403
    assert (await decide(second, one, "rejection", json={"reason": "Nie tak."})).status_code == 403
    assert (await decide(house.staff("admin", "staff-3"), one, "approval")).status_code == 200


async def test_a_rejection_gives_the_draft_back_with_its_reason(house):
    one = await submitted(house, severity="emergency")
    other = house.staff("editor", "staff-2")
    back = (await decide(other, one, "rejection", json={"reason": "Zła ulica."})).json()
    assert (back["state"], back["returned"]["why"], back["returned"]["detail"]) == ("rejected", "rejected", "Zła ulica.")
    assert (await decide(other, back, "approval")).json()["type"].endswith(":nothing-to-approve")
    changed = await house.staff().put(f"/announcement-drafts/{one['id']}", json=draft(severity="notice"))
    assert changed.json()["state"] == "draft"
    assert (await house.staff().post(f"/announcement-drafts/{one['id']}/submission")).json()["state"] == "published"


async def test_sms_above_the_limit_need_somebody_else(open_house):
    async with open_house(four_eyes_above_pln=0.1, notifier={}) as house:
        browser = await house.sign_in("+48600100200")
        wish = {"filters": [{"categories": ["water"], "channels": ["sms"]}]}
        assert (await browser.put("/me/subscription", json=wish)).status_code == 200
        body = draft(channels=["sms"])
        seen = (await house.staff().post("/announcements/preview", json=body)).json()
        assert (seen["cost_pln"], seen["approval_needed"]) == (0.16, ["cost"])
        assert (await house.staff().post("/announcements", json=body)).json()["type"].endswith(":approval-needed")
        one = await submitted(house, channels=["sms"])
        assert (one["approval"]["reasons"], one["approval"]["cost_pln"]) == (["cost"], 0.16)
        assert (await submitted(house, channels=["email"]))["state"] == "published"


async def test_nobody_decides_in_time(house):
    one = await submitted(house, severity="emergency")
    publisher = Publisher(house.res)
    assert not await publisher.once()
    house.clock.advance(3601)
    late = await decide(house.staff("editor", "staff-2"), one, "approval")
    assert (late.status_code, late.json()["type"]) == (409, "urn:hejnal:problem:approval-timed-out")
    assert await publisher.once()
    assert not await publisher.once()
    back = (await house.staff().get(f"/announcement-drafts/{one['id']}")).json()
    assert (back["state"], back["returned"]["why"]) == ("draft", "approval_timed_out")
    assert (await actions(house))[-1] == ("announcement-draft.returned", "staff-1", "failed")


async def test_a_scheduled_draft_is_published_once_by_many_replicas(house):
    one = await submitted(house, publish_at="2026-11-22T14:00:00Z")
    assert one["state"] == "scheduled"
    assert await facts(house) == []
    publishers = [Publisher(house.res) for _ in range(4)]
    assert not any(await asyncio.gather(*(publisher.once() for publisher in publishers)))
    house.clock.advance(7201)
    done = await asyncio.gather(*(publisher.once() for publisher in publishers))
    assert sum(done) == 1
    assert len(await facts(house)) == 1
    shown = (await house.staff().get(f"/announcement-drafts/{one['id']}")).json()
    assert shown["state"] == "published"
    version = (await house.client().get(f"/announcements/{shown['announcement_id']}")).json()
    assert version["issued_at"].startswith("2026-11-22T14:00:01")


async def test_after_an_outage_only_what_is_still_valid_is_sent(house):
    stale = await submitted(house, publish_at="2026-11-22T13:00:00Z", valid_until="2026-11-22T15:00:00Z")
    good = await submitted(house, publish_at="2026-11-22T13:30:00Z", valid_until="2026-11-22T20:00:00Z")
    house.clock.advance(4 * 3600)
    publisher = Publisher(house.res)
    while await publisher.once():
        pass
    staff = house.staff()
    one = (await staff.get(f"/announcement-drafts/{stale['id']}")).json()
    assert (one["state"], one["returned"]["why"]) == ("draft", "no_longer_valid")
    assert (await staff.get(f"/announcement-drafts/{good['id']}")).json()["state"] == "published"
    assert len(await facts(house)) == 1


async def test_a_scheduled_correction_of_what_has_changed_meanwhile_comes_back(house):
    staff = house.staff()
    number = (await staff.post("/announcements", json=draft())).json()["id"]
    one = await submitted(house, announcement_id=number, expected_version=1, publish_at="2026-11-22T14:00:00Z")
    other = await submitted(house, announcement_id=number, expected_version=1)
    assert (other["state"], other["published_version"]) == ("published", 2)
    house.clock.advance(7300)
    assert await Publisher(house.res).once()
    back = (await staff.get(f"/announcement-drafts/{one['id']}")).json()
    assert (back["state"], back["returned"]["why"]) == ("draft", "changed_meanwhile")
    late = await staff.post(f"/announcement-drafts/{one['id']}/submission")
    assert (late.status_code, late.json()["type"]) == (409, "urn:hejnal:problem:version-conflict")


async def test_a_draft_on_its_way_is_withdrawn_before_it_is_changed(house):
    staff = house.staff()
    one = await submitted(house, publish_at="2026-11-22T14:00:00Z")
    path = f"/announcement-drafts/{one['id']}"
    assert (await staff.put(path, json=draft())).json()["type"].endswith(":draft-on-its-way")
    back = (await staff.post(f"{path}/withdrawal")).json()
    assert (back["state"], back["returned"]["why"]) == ("draft", "withdrawn")
    assert (await staff.post(f"{path}/withdrawal")).status_code == 409
    house.clock.advance(7300)
    assert not await Publisher(house.res).once()
    assert (await staff.delete(path)).status_code == 204
    assert (await staff.get(path)).status_code == 404


async def test_repeats_do_nothing_twice(house):
    staff = house.staff()
    key = {"Idempotency-Key": "one-and-the-same"}
    ones = [(await staff.post("/announcement-drafts", json=draft(), headers=key)).json()["id"] for _ in range(2)]
    assert ones[0] == ones[1]
    for _ in range(2):
        answer = await staff.post(f"/announcement-drafts/{ones[0]}/submission", headers={"Idempotency-Key": "submit-once"})
        assert (answer.status_code, answer.json()["state"]) == (200, "published")
    assert len(await facts(house)) == 1


async def test_two_who_submit_at_once_publish_once(house):
    one = await created(house)
    answers = await asyncio.gather(*(house.staff().post(f"/announcement-drafts/{one['id']}/submission") for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]
    assert len(await facts(house)) == 1


async def test_a_drill_stays_a_drill(house):
    one = await submitted(house, drill=True)
    body = draft(drill=False) | {"expected_version": 1}
    answer = await house.staff().put(f"/announcements/{one['announcement_id']}", json=body)
    assert (answer.status_code, answer.json()["type"]) == (409, "urn:hejnal:problem:drill-stays")
    later = await created(house, announcement_id=one["announcement_id"], expected_version=1, publish_at="2026-11-22T14:00:00Z")
    answer = await house.staff().post(f"/announcement-drafts/{later['id']}/submission")
    assert answer.json()["type"] == "urn:hejnal:problem:drill-stays", "said when it is submitted, not when its time has come"


async def test_drafts_are_listed_by_state_and_page_by_page(house):
    staff = house.staff()
    for hour in range(5):
        await created(house, publish_at=f"2026-11-23T{hour:02}:00:00Z")
        house.clock.advance(1)
    waiting = await submitted(house, severity="emergency")
    found = (await staff.get("/announcement-drafts?state=waiting_approval")).json()["items"]
    assert [one["id"] for one in found] == [waiting["id"]]
    seen, cursor = [], None
    while True:
        page = (await staff.get("/announcement-drafts", params={"limit": 2} | ({"cursor": cursor} if cursor else {}))).json()
        seen += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6
    assert seen[0] == waiting["id"]


@pytest.mark.parametrize("role", ["operator", "dispatcher", "clerk", "dpo"])
async def test_only_editors_write(house, role):
    staff = house.staff(role)
    assert (await staff.post("/announcement-drafts", json=draft())).status_code == 403
    assert (await staff.get("/announcement-drafts")).status_code == 200


async def test_control_characters_and_strangers_are_refused(house):
    staff = house.staff()
    bad = draft(texts={"pl": {"title": "a\x00b", "body": "c"}})
    for path in ("/announcement-drafts", "/announcements", "/announcements/preview"):
        assert (await staff.post(path, json=bad)).status_code == 422, path
    assert (await staff.post("/announcement-drafts", json=draft(announcement_id="x", expected_version=1))).status_code == 422
    assert (await staff.post("/announcement-drafts", json=draft(announcement_id="x"))).status_code == 422
    assert (await staff.post("/announcement-drafts", json=draft(attachments=["nothing"]))).status_code == 422


async def test_the_metrics_say_how_many_wait_for_a_second_person_and_since_when(house):
    publisher = Publisher(house.res)
    await publisher.measure()
    assert (metrics.DRAFTS_WAITING._value.get(), metrics.DRAFT_WAITING_S._value.get()) == (0, 0)
    await submitted(house, severity="emergency")
    house.clock.advance(600)
    await publisher.measure()
    assert metrics.DRAFTS_WAITING._value.get() == 1
    assert 600 <= metrics.DRAFT_WAITING_S._value.get() < 700

import csv
import io

import pytest

TEXTS = {"pl": {"title": "Kamera przy szkole", "body": "Gdzie ma stanąć kamera?"}}
OPTIONS = [
    {
        "code": "gate",
        "names": {"pl": "Przy bramie", "en": "At the gate"},
        "place": {"lat": 51.051, "lon": 20.948},
        "view_cone": {"azimuth_deg": 90, "angle_deg": 70, "range_m": 60},
    },
    {"code": "crossing", "names": {"pl": "Przy przejściu"}, "place": {"lat": 51.052, "lon": 20.949}},
    {"code": "none", "names": {"pl": "Bez kamery"}},
]


def consultation(**changes):
    return {
        "kind": "camera_site",
        "texts": TEXTS,
        "options": OPTIONS,
        "vote_rule": "device",
        "opinions": "after_moderation",
        "opens_at": "2026-11-22T11:00:00Z",
        "closes_at": "2026-12-06T11:00:00Z",
    } | changes


async def opened(house, **changes):
    editor = house.staff("editor")
    made = await editor.post("/consultations", json=consultation(**changes))
    assert made.status_code == 201, made.text
    shown = await editor.post(f"/consultations/{made.json()['id']}/opening", headers={"If-Match": made.headers["ETag"]})
    assert shown.status_code == 200, shown.text
    return made.json()["id"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"texts": {"en": {"title": "x", "body": "y"}}},
        {"closes_at": "2026-11-22T10:00:00Z"},
        {"options": [OPTIONS[0]]},
        {"options": [OPTIONS[0], OPTIONS[0]]},
        {"options": [OPTIONS[2], OPTIONS[2] | {"code": "other"}]},
        {"most_choices": 4},
        {"vote_rule": "none", "opinions": "none"},
    ],
)
async def test_what_makes_no_sense_is_refused(house, wrong):
    answer = await house.staff("editor").post("/consultations", json=consultation(**wrong))
    assert (answer.status_code, answer.json()["type"]) == (422, "urn:hejnal:problem:invalid-request")


async def test_from_draft_to_result(house):
    editor, clerk = house.staff("editor"), house.staff("clerk", "staff-2")
    visitor = house.client()
    made = (await editor.post("/consultations", json=consultation())).json()
    url = f"/consultations/{made['id']}"
    assert (await visitor.get(url)).status_code == 404, "a draft is for staff"
    changed = await editor.put(url, json=consultation(most_choices=2), headers={"If-Match": '"1"'})
    assert changed.json()["version"] == 2
    stale = await editor.put(url, json=consultation(), headers={"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["type"]) == (412, "urn:hejnal:problem:version-conflict")
    assert (await clerk.put(url, json=consultation())).status_code == 403
    assert (await editor.post(f"{url}/opening")).json()["state"] == "open"
    assert (await editor.put(url, json=consultation())).status_code == 409, "people take part already"
    first = await visitor.post(f"{url}/votes", json={"choices": ["none", "gate"]})
    assert (first.status_code, first.json()["choices"], first.json()["replaced"]) == (201, ["gate", "none"], False)
    again = await visitor.post(f"{url}/votes", json={"choices": ["crossing"]})
    assert again.json()["replaced"], "the same device votes anew"
    assert (await visitor.get(url)).json()["my_choices"] == ["crossing"]
    other = house.client("10.0.0.2")
    assert (await other.post(f"{url}/votes", json={"choices": ["gate"]})).status_code == 201
    too_many = await other.post(f"{url}/votes", json={"choices": ["gate", "none", "crossing"]})
    assert too_many.json()["type"] == "urn:hejnal:problem:too-many-choices"
    assert (await other.post(f"{url}/votes", json={"choices": ["moon"]})).json()["type"] == "urn:hejnal:problem:unknown-option"
    assert (await visitor.get(f"{url}/result")).status_code == 409, "no count while people vote"
    assert (await editor.get(f"{url}/result")).json()["final"] is False
    house.clock.advance(15 * 86_400)
    assert (await visitor.get(url)).json()["state"] == "counting"
    assert (await visitor.post(f"{url}/votes", json={"choices": ["gate"]})).json()["type"].endswith("consultation-over")
    paper = await house.staff("clerk", "staff-2").post(f"{url}/paper-entries", json={"form": "P-1", "choices": ["gate"]})
    assert paper.status_code == 201, paper.text
    assert (await house.staff("editor").post(f"{url}/closure")).json()["state"] == "closed"
    result = (await visitor.get(f"{url}/result")).json()
    assert result["final"]
    assert result["voters"] == 3
    assert {option["code"]: option["votes"] for option in result["options"]} == {"gate": 2, "crossing": 1, "none": 0}
    assert result["voters_by_way"] == {"person": 0, "device": 2, "paper": 1}
    assert sum(day["voters"] for day in result["days"]) == 3
    assert "urządzenie" in result["vote_statement"]["pl"]
    table = list(csv.DictReader(io.StringIO((await visitor.get(f"{url}/result.csv")).text)))
    assert [(row["option"], row["votes"], row["votes_paper"]) for row in table] == [
        ("gate", "2", "1"),
        ("crossing", "1", "0"),
        ("none", "0", "0"),
    ]
    actions = [data["action"] for _, _, data in await house.facts("audit")]
    assert actions == [
        "consultation.drafted",
        "consultation.changed",
        "consultation.opened",
        "consultation.paper-entered",
        "consultation.closed",
    ]


async def test_one_vote_per_person_follows_the_account_not_the_device(house):
    consultation_id = await opened(house, vote_rule="person")
    url = f"/consultations/{consultation_id}/votes"
    refused = await house.client().post(url, json={"choices": ["gate"]})
    assert (refused.status_code, refused.json()["type"]) == (401, "urn:hejnal:problem:sign-in-needed")
    phone = await house.sign_in("anna@example.pl")
    assert (await phone.post(url, json={"choices": ["gate"]})).status_code == 201
    house.clock.advance(60)
    laptop = await house.sign_in("anna@example.pl", ip="10.0.0.9")
    assert (await laptop.post(url, json={"choices": ["none"]})).json()["replaced"]
    assert (await phone.get(f"/consultations/{consultation_id}")).json()["my_choices"] == ["none"]
    me = (await phone.get("/me")).json()
    rows = await house.rows("select row_to_json(v)::text as line from consultation_votes v")
    assert len(rows) == 1
    assert me["id"] not in rows[0].line, "who voted how is kept nowhere"


async def test_a_lost_answer_is_repeated_without_a_second_vote(house):
    consultation_id = await opened(house)
    url = f"/consultations/{consultation_id}/votes"
    key = {"Idempotency-Key": "attempt-0001"}
    first = await house.client().post(url, json={"choices": ["gate"]}, headers=key)
    second = await house.client().post(url, json={"choices": ["gate"]}, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.cookies["hejnal_device"] == second.cookies["hejnal_device"]
    assert len(await house.rows("select 1 from consultation_votes")) == 1
    other = await house.client().post(url, json={"choices": ["none"]}, headers=key)
    assert (other.status_code, other.json()["type"]) == (409, "urn:hejnal:problem:idempotency-key-reused")


async def test_opinions_are_shown_after_a_clerk_has_read_them(house):
    consultation_id = await opened(house)
    url = f"/consultations/{consultation_id}/opinions"
    visitor, clerk = house.client(), house.staff("clerk")
    texts = ["Przy bramie jest ciemno.", "Reklama! Kup teraz.", "Wolę patrol."]
    ids = [(await visitor.post(url, json={"text": text})).json()["id"] for text in texts]
    assert (await visitor.post(url, json={"text": "Jeszcze jedna"})).json()["type"].endswith("opinions-given")
    assert (await visitor.get(url)).json()["items"] == []
    page = (await clerk.get(url, params={"limit": 2})).json()
    assert [item["state"] for item in page["items"]] == ["waiting", "waiting"]
    rest = (await clerk.get(url, params={"cursor": page["next_cursor"]})).json()
    assert [item["id"] for item in rest["items"]] == ids[2:]
    assert (await clerk.post(f"{url}/{ids[0]}/moderation", json={"state": "shown"})).status_code == 204
    silent = await clerk.post(f"{url}/{ids[1]}/moderation", json={"state": "hidden"})
    assert (silent.status_code, silent.json()["type"]) == (422, "urn:hejnal:problem:reason-missing")
    hidden = await clerk.post(f"{url}/{ids[1]}/moderation", json={"state": "hidden", "reason": "reklama"})
    assert hidden.status_code == 204
    assert [item["text"] for item in (await visitor.get(url)).json()["items"]] == texts[:1]
    reasons = [(data["action"], data["reason"]) for _, _, data in await house.facts("audit")][-2:]
    assert reasons == [("opinion.shown", ""), ("opinion.hidden", "reklama")]


async def test_a_form_on_paper_counts_once(house):
    consultation_id = await opened(house)
    url = f"/consultations/{consultation_id}/paper-entries"
    clerk = house.staff("clerk")
    entry = {"form": " K 12 ", "choices": ["gate"], "opinion": "Za ciemno."}
    key = {"Idempotency-Key": "paper-0001"}
    first = await clerk.post(url, json=entry, headers=key)
    assert (first.status_code, first.json()["form"]) == (201, "K 12")
    assert (await clerk.post(url, json=entry, headers=key)).json() == first.json()
    twice = await clerk.post(url, json=entry | {"form": "k  12"})
    assert (twice.status_code, twice.json()["type"]) == (409, "urn:hejnal:problem:form-entered")
    assert (await clerk.post(url, json={"form": "K 13"})).json()["type"] == "urn:hejnal:problem:form-empty"
    assert len(await house.rows("select 1 from consultation_opinions")) == 1


async def test_votes_from_one_address_are_limited(open_house):
    async with open_house(votes_per_ip_hour=3) as house:
        consultation_id = await opened(house)
        statuses = []
        for _ in range(4):
            answer = await house.client().post(f"/consultations/{consultation_id}/votes", json={"choices": ["gate"]})
            statuses.append(answer.status_code)
        assert statuses == [201, 201, 201, 429]
        assert answer.headers["Retry-After"]


async def test_opinions_go_with_their_author_and_the_list_is_paged(house):
    ids = [
        await opened(house, opinions="at_once", opens_at=f"2026-11-2{number}T08:00:00Z", closes_at="2026-12-20T00:00:00Z")
        for number in range(3)
    ]
    anna = await house.sign_in("anna@example.pl")
    assert (await anna.post(f"/consultations/{ids[0]}/opinions", json={"text": "Popieram."})).json()["state"] == "shown"
    seen = []
    cursor = None
    while True:
        params = {"limit": 2} | ({"cursor": cursor} if cursor else {})
        page = (await anna.get("/consultations", params=params)).json()
        seen += [item["id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == ids[::-1]
    await anna.delete("/me")
    assert await house.rows("select 1 from consultation_opinions") == []

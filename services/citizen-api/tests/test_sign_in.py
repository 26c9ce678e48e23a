import asyncio

import pytest

from hejnal_citizen.residents.contact_forms import normalise
from hejnal_runtime.errors import AppError


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        (" Anna@Example.PL ", ("email", "anna@example.pl")),
        ("anna+town@żółw.pl", ("email", "anna+town@xn--w-uga1v8h.pl")),
        ("600 100 200", ("sms", "+48600100200")),
        ("+48 600-100-200", ("sms", "+48600100200")),
        ("0048600100200", ("sms", "+48600100200")),
        ("+380 67 123 45 67", ("sms", "+380671234567")),
    ],
)
def test_contacts_are_brought_to_one_form(typed, meant):
    assert normalise(typed) == meant


@pytest.mark.parametrize(
    "typed", ["anna@", "@x.pl", "a b@x.pl", "a..b@x.pl", "12", "600 100", "+44 7700 900123", "41 274 1234", "x" * 50]
)
def test_what_is_no_contact_is_refused(typed):
    with pytest.raises(AppError) as caught:
        normalise(typed)
    assert caught.value.slug == "invalid-contact"


async def test_first_sign_in_makes_a_resident_the_second_finds_them(house):
    first = await house.sign_in("anna@example.pl")
    me = (await first.get("/me")).json()
    assert me["contacts"][0]["address"] == "anna@example.pl"
    assert me["contacts"][0]["consented"]
    house.clock.advance(60)
    again = await house.sign_in("ANNA@example.pl", consent=False)
    assert (await again.get("/me")).json()["id"] == me["id"]
    assert (await house.client().get("/me")).status_code == 401


async def test_the_cookie_is_closed_to_scripts_and_other_sites(house):
    browser = house.client()
    challenge = (await browser.post("/sign-in/codes", json={"contact": "anna@example.pl"})).json()["challenge_id"]
    answer = await browser.post("/sign-in/sessions", json={"challenge_id": challenge, "code": house.codes.last})
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert "max-age=7776000" in cookie
    stranger = await browser.delete("/me", headers={"Origin": "https://evil.example"})
    assert (stranger.status_code, stranger.json()["type"]) == (403, "urn:hejnal:problem:origin-refused")
    del browser.headers["Origin"]
    assert (await browser.delete("/me")).json()["type"] == "urn:hejnal:problem:origin-missing"
    assert (await browser.get("/me")).status_code == 200


async def test_sign_out_ends_the_session(house):
    browser = await house.sign_in()
    token = browser.cookies["hejnal_session"]
    assert (await browser.delete("/sign-in/sessions/current")).status_code == 204
    other = house.client()
    other.cookies.set("hejnal_session", token, domain="localhost")
    assert (await other.get("/me")).status_code == 401


async def test_the_answer_is_the_same_whether_or_not_somebody_exists(house):
    await house.sign_in("anna@example.pl")
    house.clock.advance(60)
    known = await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})
    unknown = await house.client().post("/sign-in/codes", json={"contact": "nobody@example.pl"})
    assert known.status_code == unknown.status_code == 202
    assert known.json().keys() == unknown.json().keys()
    assert {k: v for k, v in known.json().items() if k != "challenge_id"} == {
        k: v for k, v in unknown.json().items() if k != "challenge_id"
    }
    assert len(house.codes.sent) == 3


async def try_code(house, challenge, code, ip="10.0.0.9"):
    return await house.client(ip).post("/sign-in/sessions", json={"challenge_id": challenge, "code": code})


def wrong(code):
    return f"{(int(code) + 1) % 1_000_000:06d}"


@pytest.mark.parametrize("known", [True, False])
async def test_five_wrong_codes_lock_the_contact_for_a_while(house, known):
    if known:
        await house.sign_in("anna@example.pl")
        house.clock.advance(60)
    challenge = (await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})).json()["challenge_id"]
    right = house.codes.last
    answers = [await try_code(house, challenge, wrong(right)) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [401, 401, 401, 401, 429]
    assert "Tries left: 1." in answers[3].json()["detail"]
    assert answers[4].json()["type"] == "urn:hejnal:problem:contact-locked"
    assert int(answers[4].headers["retry-after"]) > 600
    assert (await try_code(house, challenge, right)).status_code == 401, "the right code is void now"
    house.clock.advance(60)
    more = await house.client("10.0.0.77").post("/sign-in/codes", json={"contact": "anna@example.pl"})
    assert (more.status_code, more.json()["type"]) == (429, "urn:hejnal:problem:contact-locked")
    house.clock.advance(900)
    browser = await house.sign_in("anna@example.pl")
    assert (await browser.get("/me")).status_code == 200


async def test_wrong_tries_count_over_several_codes(house):
    statuses = []
    for _ in range(5):
        challenge = (await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})).json()["challenge_id"]
        statuses.append((await try_code(house, challenge, wrong(house.codes.last))).status_code)
        house.clock.advance(40)
    assert statuses == [401, 401, 401, 401, 429]


async def test_a_code_works_once_and_not_for_ever(house):
    challenge = (await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})).json()["challenge_id"]
    answers = await asyncio.gather(*(try_code(house, challenge, house.codes.last) for _ in range(4)))
    assert sorted(answer.status_code for answer in answers) == [200, 401, 401, 401]
    house.clock.advance(60)
    late = (await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})).json()["challenge_id"]
    house.clock.advance(601)
    answer = await try_code(house, late, house.codes.last)
    assert (answer.status_code, answer.json()["type"]) == (401, "urn:hejnal:problem:code-expired")


async def test_two_first_sign_ins_at_once_make_one_resident(open_house):
    async with open_house(code_resend_s=0) as house:
        pairs = []
        for _ in range(2):
            challenge = (await house.client().post("/sign-in/codes", json={"contact": "600100200"})).json()["challenge_id"]
            pairs.append((challenge, house.codes.last))
        answers = await asyncio.gather(*(try_code(house, *pair) for pair in pairs))
        assert [answer.status_code for answer in answers] == [200, 200]
        assert len({answer.json()["id"] for answer in answers}) == 1


async def test_codes_are_limited_per_contact_and_per_address(open_house):
    async with open_house(codes_per_contact_hour=2, codes_per_ip_hour=4, code_resend_s=0) as house:

        async def ask(contact):
            return (await house.client("10.1.1.1").post("/sign-in/codes", json={"contact": contact})).status_code

        assert [await ask("a@example.pl") for _ in range(3)] == [202, 202, 429]
        assert [await ask(f"b{n}@example.pl") for n in range(3)] == [202, 202, 429]
        keys = [row.key for row in await house.rows("select key from rates")]
        assert not [key for key in keys if "example" in key or "10.1" in key], "counters do not name people"


async def test_a_second_code_right_away_is_held_back(house):
    client = house.client()
    await client.post("/sign-in/codes", json={"contact": "anna@example.pl"})
    answer = await client.post("/sign-in/codes", json={"contact": "anna@example.pl"})
    assert (answer.status_code, answer.json()["type"]) == (429, "urn:hejnal:problem:code-just-sent")
    assert 0 < int(answer.headers["retry-after"]) <= 30


async def test_notifier_away_is_said_and_may_be_tried_again(house):
    house.codes.status = 500
    answer = await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})
    assert (answer.status_code, answer.json()["type"]) == (503, "urn:hejnal:problem:code-not-sent")
    assert answer.headers["retry-after"] == "30"
    house.codes.status = 202
    assert (await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})).status_code == 202


async def test_codes_are_stored_as_keyed_hashes(house):
    await house.client().post("/sign-in/codes", json={"contact": "anna@example.pl"})
    row = (await house.rows("select code_hash from challenges"))[0]
    assert house.codes.last.encode() not in bytes(row.code_hash)
    assert len(bytes(row.code_hash)) == 32

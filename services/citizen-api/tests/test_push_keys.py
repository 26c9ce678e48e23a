"""The town's key for web push changes: which subscriptions are taken, and how a browser's new one takes the old one's place."""

from base64 import urlsafe_b64encode
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from test_residents import ENDPOINT, KEYS, browser_wish, latest

from hejnal_citizen.housekeeping import Housekeeping
from hejnal_citizen.residents.failures import contact_failed
from hejnal_contracts.deliveries import ContactFailed

NEW_ENDPOINT = ENDPOINT + "-new"


def server_key() -> str:
    point = ec.generate_private_key(ec.SECP256R1()).public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return urlsafe_b64encode(point).rstrip(b"=").decode()


OLD, NEW, FOREIGN = server_key(), server_key(), server_key()


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    path = tmp_path / "vapid.pub"
    path.write_text(OLD + "\n")
    return path


@pytest.fixture
async def keyed(open_house, key_file):
    async with open_house(vapid_public_key_file=key_file) as house:
        yield house


def rotate(key_file: Path, *keys: str) -> None:
    part = key_file.with_suffix(".part")
    part.write_text("".join(key + "\n" for key in keys))
    part.replace(key_file)


async def given(house) -> str | None:
    return (await house.client().get("/town")).json()["vapid_public_key"]


async def test_browsers_are_given_the_first_key_of_the_file_as_it_is_now(keyed, key_file):
    assert await given(keyed) == OLD
    rotate(key_file, NEW, OLD)
    assert await given(keyed) == NEW
    key_file.write_bytes(b"\xff\xfe")
    assert await given(keyed) == NEW, "a spoilt file changes nothing"
    rotate(key_file)
    assert await given(keyed) is None
    key_file.unlink()
    assert await given(keyed) is None


async def test_a_subscription_says_its_key_and_a_foreign_one_is_refused(keyed, key_file):
    rotate(key_file, NEW, OLD)
    client = keyed.client()
    for key in (FOREIGN, OLD[:-1] + ("A" if OLD[-1] != "A" else "B")):
        refused = await client.post("/push-subscriptions", json=browser_wish(application_server_key=key))
        assert (refused.status_code, refused.json()["type"]) == (422, "urn:hejnal:problem:push-server-key-unknown")
        assert refused.json()["errors"][0]["pointer"] == "/body/application_server_key"
    told = {OLD: OLD, NEW + "=": NEW, None: NEW}  # who does not say has taken the key that was given
    for number, (key, stored) in enumerate(told.items()):
        wish = browser_wish(application_server_key=key, endpoint=f"{ENDPOINT}/{number}")
        made = await client.post("/push-subscriptions", json=wish)
        assert made.status_code == 201, made.text
        assert (await latest(keyed, made.json()["id"]))["contacts"][0]["push_keys"] == KEYS | {"server_key": stored}
    rotate(key_file, NEW)
    withdrawn = await client.post("/push-subscriptions", json=browser_wish(application_server_key=OLD))
    assert withdrawn.status_code == 422


async def test_a_browser_without_an_account_subscribes_anew_and_stays_who_it_is(keyed, key_file):
    client = keyed.client()
    made = (await client.post("/push-subscriptions", json=browser_wish(application_server_key=OLD))).json()
    before = (await latest(keyed, made["id"]))["contacts"][0]
    rotate(key_file, NEW, OLD)
    keyed.clock.advance(60)
    renewed = browser_wish(application_server_key=NEW, endpoint=NEW_ENDPOINT)
    secret = {"Authorization": f"Bearer {made['token']}"}
    facts = len(await keyed.facts("subscriptions"))
    for _ in range(2):  # the answer to the first may be lost on the way
        put = await client.put(f"/push-subscriptions/{made['id']}", json=renewed, headers=secret)
        assert put.status_code == 200, put.text
    states = [data for _, _, data in (await keyed.facts("subscriptions"))[facts:]]
    for state in states:  # never without a browser, never with both
        (contact,) = state["contacts"]
        assert (contact["address"], contact["push_keys"]["server_key"]) == (NEW_ENDPOINT, NEW)
        assert (contact["contact_id"], contact["consent_id"]) == (before["contact_id"], before["consent_id"])
        assert contact["unsubscribe_url"] == before["unsubscribe_url"]  # the link in what was sent before still works
    unchanged = await client.put(f"/push-subscriptions/{made['id']}", json=browser_wish(endpoint=NEW_ENDPOINT), headers=secret)
    assert unchanged.status_code == 200
    assert (await latest(keyed, made["id"]))["contacts"][0]["push_keys"]["server_key"] == NEW


async def test_an_account_s_browser_takes_the_place_of_its_former_self(keyed, key_file):
    browser = await keyed.sign_in("anna@example.pl")
    old = {"endpoint": ENDPOINT, "keys": KEYS, "application_server_key": OLD}
    me = (await browser.post("/me/contacts/push", json=old)).json()
    phone = next(contact for contact in me["contacts"] if contact["channel"] == "push")
    other = {"endpoint": ENDPOINT + "-laptop", "keys": KEYS, "application_server_key": OLD}
    await browser.post("/me/contacts/push", json=other)
    rotate(key_file, NEW, OLD)
    new = {"endpoint": NEW_ENDPOINT, "keys": KEYS, "application_server_key": NEW, "replaces": phone["id"]}
    for _ in range(2):
        answer = await browser.post("/me/contacts/push", json=new)
        assert answer.status_code == 201, answer.text
    fact = await latest(keyed, me["id"])
    pushes = {one["contact_id"]: one for one in fact["contacts"] if one["channel"] == "push"}
    assert len(pushes) == 2, "the laptop is another browser"
    assert pushes[phone["id"]]["address"] == NEW_ENDPOINT
    assert pushes[phone["id"]]["push_keys"]["server_key"] == NEW
    granted = await keyed.rows("select count(*) as n from consents where contact_id = :id", id=phone["id"])
    assert granted[0].n == 1, "a renewal is no new consent"


async def test_a_renewal_does_not_bring_back_a_consent_that_was_withdrawn_nor_touch_another_resident(keyed, key_file):
    browser = await keyed.sign_in("anna@example.pl")
    me = (await browser.post("/me/contacts/push", json={"endpoint": ENDPOINT, "keys": KEYS})).json()
    phone = next(contact for contact in me["contacts"] if contact["channel"] == "push")
    await browser.delete(f"/me/contacts/{phone['id']}/consent")
    rotate(key_file, NEW, OLD)
    new = {"endpoint": NEW_ENDPOINT, "keys": KEYS, "application_server_key": NEW, "replaces": phone["id"]}
    assert (await browser.post("/me/contacts/push", json=new)).status_code == 201
    assert [one["channel"] for one in (await latest(keyed, me["id"]))["contacts"]] == ["email"]
    stranger = await keyed.sign_in("jan@example.pl", ip="10.0.0.9")
    taken = {"endpoint": ENDPOINT + "-jan", "keys": KEYS, "replaces": phone["id"]}
    assert (await stranger.post("/me/contacts/push", json=taken)).status_code == 201
    rows = await keyed.rows("select address from contacts where id = :id", id=phone["id"])
    assert [row.address for row in rows] == [NEW_ENDPOINT]


async def fail(house, resident_id: str, contact_id: str, reason: str, verified_at: object = None) -> None:
    now = house.clock.now()
    known = {"resident_id": resident_id, "contact_id": contact_id, "verified_at": verified_at}
    fact = ContactFailed(announcement_id="-", channel="push", reason=reason, at=now, **known)
    async with house.res.database.transaction() as session:
        await contact_failed(session, house.res, fact)


async def test_a_withdrawn_key_ends_the_sending_and_the_wish_waits_for_the_browser(keyed, key_file):
    client = keyed.client()
    made = (await client.post("/push-subscriptions", json=browser_wish(categories=["gas"]))).json()
    secret = {"Authorization": f"Bearer {made['token']}"}
    contact = (await latest(keyed, made["id"]))["contacts"][0]
    rotate(key_file, NEW)
    keyed.clock.advance(60)
    await fail(keyed, made["id"], contact["contact_id"], "key_withdrawn", contact["verified_at"])
    assert (await latest(keyed, made["id"]))["contacts"] == []
    stored = await client.get(f"/push-subscriptions/{made['id']}", headers=secret)
    assert stored.json()["categories"] == ["gas"], "it is still its own"
    renewed = browser_wish(categories=["gas"], application_server_key=NEW, endpoint=NEW_ENDPOINT)
    assert (await client.put(f"/push-subscriptions/{made['id']}", json=renewed, headers=secret)).status_code == 200
    (back,) = (await latest(keyed, made["id"]))["contacts"]
    assert (back["contact_id"], back["address"]) == (contact["contact_id"], NEW_ENDPOINT)
    # news of the former subscription, on the way for long: notifier had not heard of the new one
    keyed.clock.advance(60)
    await fail(keyed, made["id"], contact["contact_id"], "gone", contact["verified_at"])
    assert len((await latest(keyed, made["id"]))["contacts"]) == 1
    await fail(keyed, made["id"], contact["contact_id"], "gone", back["verified_at"])
    assert await latest(keyed, made["id"]) is None


async def test_a_browser_that_never_comes_back_is_forgotten_after_a_year(keyed, key_file):
    made = (await keyed.client().post("/push-subscriptions", json=browser_wish())).json()
    contact = (await latest(keyed, made["id"]))["contacts"][0]
    await fail(keyed, made["id"], contact["contact_id"], "key_withdrawn")
    keyed.clock.advance(timedelta(days=364).total_seconds())
    await Housekeeping(keyed.res).once()
    assert (await latest(keyed, made["id"])) is not None
    keyed.clock.advance(timedelta(days=2).total_seconds())
    await Housekeeping(keyed.res).once()
    assert (await latest(keyed, made["id"])) is None

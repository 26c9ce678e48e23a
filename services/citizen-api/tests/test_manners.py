"""How the whole API behaves, route by route: examples, cursors, idempotency keys, preconditions, problems, limits."""

import json

import jsonschema
import pytest

from hejnal_citizen.app import create_public_app, create_staff_app
from hejnal_citizen.examples import EXAMPLES
from hejnal_citizen.manners import RequestLimit
from hejnal_citizen.settings import Settings
from hejnal_runtime.health import Health

KEYLESS = {
    "request_code": "a repeat is another code, with a pause between",
    "request_contact_code": "the same",
    "sign_in": "a code is good once",
    "add_contact": "the same; a contact is there once",
    "add_push_contact": "a browser is there once",
    "create_push_subscription": "the same browser replaces itself",
    "message_shown": "said twice, it means the same",
    "read_photo_place": "makes nothing",
    "preview_announcement": "makes nothing",
    "report_me_too": "one per person or device",
    "approve_draft": "a state that is reached once",
    "reject_draft": "the same",
    "withdraw_draft": "the same",
    "open_consultation": "the same",
    "close_consultation": "the same",
    "confirm_identity": "the same",
    "hand_over_footage": "says again what belongs to the request",
    "extend_footage_request": "once only",
    "moderate_opinion": "a state",
    "moderate_report": "a state",
    "merge_report": "a report is merged once",
    "create_announcement_category": "its code is there once",
    "create_report_category": "the same",
    "create_open311_key": "a second key is shown and can be taken back",
    "add_attachment": "what no announcement uses is cleaned away",
}
UNCONDITIONAL = {
    "give_consent": "an agreement, whatever was before",
    "rate_report": "the reporter's own word, the last one counts",
    "route_report": "the version is in the body",
    "blur_photo": "starts from the original's copy each time",
    "put_back_office": "one setting of one office",
}


def operations():
    for document in (create_public_app(Settings()).openapi(), create_staff_app(Health()).openapi()):
        for path, methods in document["paths"].items():
            if path.startswith(("/api/v1/", "/staff/v1/")) and "/open311/" not in path:
                for method, operation in methods.items():
                    yield document, path, method, operation


ALL = list(operations())


def parameters(operation):
    return {parameter["name"]: parameter for parameter in operation.get("parameters", [])}


def schema_of(document, schema):
    return schema | {"components": document["components"]} if schema else None


def test_the_walk_sees_the_whole_api():
    assert len(ALL) > 100
    assert {path.split("/")[2] for _, path, _, _ in ALL} == {"v1"}


def test_errors_are_described_as_problems():
    for _, path, method, operation in ALL:
        for status, answer in operation["responses"].items():
            if status.startswith(("4", "5")):
                assert list(answer["content"]) == ["application/problem+json"], (method, path, status)
        assert {"422", "503"} <= set(operation["responses"]), (method, path)


def test_every_json_body_has_an_example_that_fits():
    used = set()
    for document, path, method, operation in ALL:
        body = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if body is None:
            continue
        assert "example" in body, f"{method} {path} ({operation['operationId']}) has no example: see examples.py"
        used.add(operation["operationId"])
        jsonschema.validate(body["example"], schema_of(document, body["schema"]))
    assert set(EXAMPLES) == used, "examples of operations that are gone"


async def test_examples_are_what_the_routes_take(house):
    """Nobody's example fails for its form; what it names may well not be there."""
    browser = await house.sign_in()
    staff = {role: house.staff(role) for role in ("admin", "dpo")}
    for _, path, method, operation in ALL:
        example = EXAMPLES.get(operation["operationId"])
        if example is None or operation["operationId"] == "sign_in":
            continue
        url = path.replace("/api/v1", "").replace("/staff/v1", "").replace("{", "").replace("}", "")
        client = browser if path.startswith("/api/") else staff["dpo" if "/footage-requests" in path else "admin"]
        answer = await client.request(method, url, json=example)
        wrong = [error["pointer"] for error in answer.json().get("errors", ())] if answer.status_code == 422 else []
        if answer.status_code == 422 and answer.json()["type"] == "urn:hejnal:problem:invalid-request":
            assert not [pointer for pointer in wrong if pointer.startswith("/body")], (path, answer.text)
        assert answer.status_code < 500, (path, answer.text)


def test_lists_are_paged_by_cursors():
    for _, path, method, operation in ALL:
        named = parameters(operation)
        if "limit" not in named or "q" in named:
            continue
        assert "cursor" in named or "nearby" in path, (method, path)


def test_what_makes_something_takes_an_idempotency_key():
    posts = {operation["operationId"]: operation for _, _, method, operation in ALL if method == "post"}
    without = {name for name, operation in posts.items() if "Idempotency-Key" not in parameters(operation)}
    assert without - set(KEYLESS) == set(), "take an Idempotency-Key, or say in KEYLESS why a repeat does no harm"
    assert set(KEYLESS) <= set(posts)


def test_changes_say_what_they_were_made_from():
    puts = {operation["operationId"]: operation for _, _, method, operation in ALL if method == "put"}
    without = {name for name, operation in puts.items() if "If-Match" not in parameters(operation)}
    assert without <= set(UNCONDITIONAL), "take If-Match, or say in UNCONDITIONAL why not"


async def test_every_answer_tells_the_limit_and_errors_are_problems(house):
    client = house.client()
    for method, url, status in (
        ("GET", "/town", 200),
        ("GET", "/nothing-here", 404),
        ("PATCH", "/town", 405),
        ("GET", "/me", 401),
        ("POST", "/sign-in/codes", 422),
        ("GET", "/announcements?cursor=nonsense", 422),
    ):
        answer = await client.request(method, url)
        assert answer.status_code == status, url
        assert answer.headers["RateLimit-Policy"] == '"address";q=6000;w=60'
        assert answer.headers["RateLimit"].startswith('"address";r=')
        if status >= 400:
            problem = answer.json()
            assert answer.headers["content-type"] == "application/problem+json"
            assert problem["status"] == status
            assert problem["type"].startswith("urn:hejnal:problem:")
            assert problem["detail"]


async def test_one_address_is_limited_and_the_next_minute_is_free(open_house):
    async with open_house(requests_per_address_minute=3) as house:
        client = house.client("2001:db8:1:2::1")
        same_household = house.client("2001:db8:1:2:ffff::9")
        assert [(await client.get("/contacts")).status_code for _ in range(2)] == [200, 200]
        assert (await same_household.get("/contacts")).headers["RateLimit"] == '"address";r=0;t=60'
        refused = await client.get("/contacts")
        assert (refused.status_code, refused.headers["Retry-After"]) == (429, "60")
        assert refused.json()["type"] == "urn:hejnal:problem:too-many"
        assert refused.headers["content-security-policy"], "a refusal is protected as any answer"
        assert (await house.client("2001:db8:1:3::1").get("/contacts")).status_code == 200
        house.clock.advance(60)
        assert (await client.get("/contacts")).status_code == 200


def test_callers_that_are_counted_are_bounded(monkeypatch):
    from hejnal_citizen import manners
    from hejnal_runtime.clock import SystemClock

    monkeypatch.setattr(manners, "MOST_CALLERS", 10)
    limit = RequestLimit(5, SystemClock())
    for number in range(100):
        limit.spend(f"10.0.0.{number}")
    assert len(limit._windows) == 10


async def test_bodies_are_limited_before_they_are_read(house):
    async def endless():
        for _ in range(40):
            yield b"x" * 65_536
        raise AssertionError("read on after the limit")

    client = house.client()
    json_type = {"Content-Type": "application/json"}
    for content in (endless(), b"x" * (1024 * 1024 + 1)):
        answer = await client.post("/sign-in/codes", content=content, headers=json_type)
        assert (answer.status_code, answer.json()["type"]) == (413, "urn:hejnal:problem:body-too-large")
    staff = await house.staff("editor").post("/consultations", content=b"x" * (1024 * 1024 + 1), headers=json_type)
    assert staff.status_code == 413


@pytest.mark.parametrize("text", ["\x00", "woda\x00"])
async def test_values_that_no_column_keeps_are_the_callers_mistake(house, text):
    answer = await house.client().get("/addresses", params={"q": text + "xx"})
    assert answer.status_code in {200, 422}
    body = EXAMPLES["submit_footage_request"] | {"name": "Anna " + text}
    stored = await house.client().post(
        "/footage-requests", content=json.dumps(body), headers={"Content-Type": "application/json"}
    )
    assert (stored.status_code, stored.json()["type"]) == (422, "urn:hejnal:problem:value-not-storable")

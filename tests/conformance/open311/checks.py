"""The checks, each for one thing that GeoReport v2 says. They hold for any server, whatever it contains."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

from tests.conformance.open311 import schemas
from tests.conformance.open311.peer import Peer, expect, from_xml, valid

Check = Callable[[Peer], None]
NOWHERE = "no-such-thing-4711"


def discovery(peer: Peer) -> None:
    """Both formats, all fields, and an endpoint for each format that is served."""
    found = peer.document("discovery", schemas.DISCOVERY)
    expect("text/xml" in found["endpoints"][0]["formats"], "XML is mandatory")


def services(peer: Peer) -> None:
    """The list of services."""
    found = peer.document("services", schemas.SERVICES)
    codes = [one["service_code"] for one in found]
    expect(len(codes) == len(set(codes)), "a service_code appears twice")


def definitions(peer: Peer) -> None:
    """Each service with metadata has attributes in order; lists have values; the others answer as well."""
    for service in peer.document("services", schemas.SERVICES):
        if not service["metadata"]:
            continue
        found = peer.document(f"services/{service['service_code']}", schemas.DEFINITION)
        expect(found["service_code"] == service["service_code"], "the definition is of another service")
        expect(len(found["attributes"]) > 0, f"{service['service_code']} has metadata and no attributes")
        for attribute in found["attributes"]:
            is_list = attribute["datatype"] in {"singlevaluelist", "multivaluelist"}
            expect(bool(attribute.get("values")) == is_list, f"values of {attribute['code']} do not fit {attribute['datatype']}")
        order = [attribute["order"] for attribute in found["attributes"]]
        expect(order == sorted(order), "attributes are out of order")


def unknown_things(peer: Peer) -> None:
    """404 with errors in both formats for what does not exist."""
    for fmt in ("json", "xml"):
        for path in (f"services/{NOWHERE}", f"requests/{NOWHERE}", f"tokens/{NOWHERE}"):
            peer.refused(peer.get(path, fmt), 404)


def wrong_parameters(peer: Peer) -> None:
    """400 with errors in both formats for what cannot be read."""
    wrong: list[dict[str, Any]] = [
        {"status": "pending"},
        {"start_date": "yesterday"},
        {"end_date": "2026-13-45T00:00:00Z"},
        {"start_date": "2025-01-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
    ]
    for fmt in ("json", "xml"):
        for parameters in wrong:
            peer.refused(peer.get("requests", fmt, **parameters), 400)


def empty_is_absent(peer: Peer) -> None:
    """An empty parameter is the same as none."""
    peer.document("requests", schemas.REQUESTS, service_code="", status="", start_date="", end_date="", service_request_id="")


def requests(peer: Peer) -> None:
    """The list of requests: at most 1,000 of the last 90 days."""
    found = peer.document("requests", schemas.REQUESTS)
    expect(len(found) <= 1000, f"{len(found)} requests at once")
    oldest = datetime.now(UTC) - timedelta(days=91)
    expect(all(instant(one["requested_datetime"]) >= oldest for one in found), "older than 90 days by default")


def by_status(peer: Peer) -> None:
    """status filters, alone and as a list."""
    for status in ("open", "closed"):
        found = peer.document("requests", schemas.REQUESTS, status=status)
        expect({one["status"] for one in found} <= {status}, f"status={status} gives others")
    peer.document("requests", schemas.REQUESTS, status="open,closed")


def by_service(peer: Peer) -> None:
    """service_code filters, alone and as a list; an unknown one gives nothing or 404."""
    codes = [one["service_code"] for one in peer.document("services", schemas.SERVICES)][:3]
    for wanted in [[code] for code in codes] + [codes]:
        found = peer.document("requests", schemas.REQUESTS, service_code=",".join(wanted))
        expect({one["service_code"] for one in found} <= set(wanted), f"service_code={wanted} gives others")


def by_time(peer: Peer) -> None:
    """start_date and end_date filter by requested_datetime."""
    until = datetime.now(UTC)
    since = until - timedelta(days=10)
    span = {"start_date": stamp(since), "end_date": stamp(until)}
    found = peer.document("requests", schemas.REQUESTS, **span)
    slack = timedelta(seconds=1)
    expect(
        all(since - slack <= instant(one["requested_datetime"]) <= until + slack for one in found),
        "outside of the time asked for",
    )


def by_number(peer: Peer) -> None:
    """service_request_id finds one and several, and overrides every other parameter; one alone is a list of one."""
    known = [one["service_request_id"] for one in peer.document("requests", schemas.REQUESTS)][:2]
    for number in known:
        found = peer.document(f"requests/{number}", schemas.REQUESTS)
        expect([one["service_request_id"] for one in found] == [number], f"requests/{number} gives {len(found)}")
    if known:
        long_ago = {"start_date": "2001-01-01T00:00:00Z", "end_date": "2001-01-02T00:00:00Z"}
        found = peer.document("requests", schemas.REQUESTS, service_request_id=",".join(known), **long_ago)
        expect({one["service_request_id"] for one in found} == set(known), "service_request_id does not override dates")


def posting_needs_a_key(peer: Peer) -> None:
    """403 without api_key and with an unknown one."""
    code = peer.document("services", schemas.SERVICES)[0]["service_code"]
    fields = {"service_code": code, "lat": 0.0, "long": 0.0, "description": "conformance"}
    for fmt in ("json", "xml"):
        peer.refused(peer.post("requests", fmt, **fields), 403)
        peer.refused(peer.post("requests", fmt, api_key=NOWHERE, **fields), 403)


def posting(peer: Peer) -> None:
    """A report gets a number or, at a batch service, a token that leads to one; then it is among the requests."""
    for service in _sendable(peer):
        for fmt in ("json", "xml"):
            answer = peer.post("requests", fmt, **_report(peer, service))
            expect(answer.status_code in {200, 201}, f"POST requests.{fmt}: {answer.status_code} {answer.text[:300]}")
            content = answer.json() if fmt == "json" else _drop_nothing(from_xml(answer.content))
            valid(content, schemas.ACCEPTED, f"POST requests.{fmt}")
            accepted = content[0]
            expect(("token" in accepted) == (service["type"] == "batch"), f"{service['type']} does not fit {accepted}")
            number = accepted.get("service_request_id")
            if number is None:
                token = peer.document(f"tokens/{accepted['token']}", schemas.TOKEN)
                number = token[0]["service_request_id"]
            found = peer.document(f"requests/{number}", schemas.REQUESTS)[0]
            expect(found["service_code"] == service["service_code"], "the request is of another service")
            expect(found["status"] == "open", "a new request is not open")


def posting_what_is_wrong(peer: Peer) -> None:
    """400 without a place or a required answer, or with what cannot be read; 400 or 404 for an unknown service."""
    services_found = _sendable(peer)
    fields = _report(peer, services_found[0])
    for fmt in ("json", "xml"):
        peer.refused(peer.post("requests", fmt, **(fields | {"lat": None, "long": None})), 400)
        peer.refused(peer.post("requests", fmt, **(fields | {"lat": "north"})), 400)
        peer.refused(peer.post("requests", fmt, **(fields | {"service_code": None})), 400)
        answer = peer.post("requests", fmt, **(fields | {"service_code": NOWHERE}))
        peer.refused(answer, answer.status_code if answer.status_code in {400, 404} else 404)
        for service in services_found:
            plain = _report(peer, service)
            asked = [name for name in plain if name.startswith("attribute[")]
            if asked:
                peer.refused(peer.post("requests", fmt, **{name: plain[name] for name in plain if name not in asked}), 400)


def letters_of_all_kinds(peer: Peer) -> None:
    """UTF-8 goes in and comes out, markup stays text, control characters do not break XML."""
    service = _sendable(peer)[0]
    words = "Zażółć gęślą jaźń <b>&amp; 漢字 🚧 \x07"
    answer = peer.post("requests", "json", **(_report(peer, service) | {"description": words}))
    expect(answer.status_code in {200, 201}, f"{answer.status_code} {answer.text[:300]}")
    number = answer.json()[0].get("service_request_id")
    if number is not None:
        for fmt in ("json", "xml"):
            found = peer.get(f"requests/{number}", fmt, api_key=peer.api_key)
            expect(found.status_code == 200, f"{found.status_code}")
        from_xml(found.content)


def _sendable(peer: Peer) -> list[dict[str, Any]]:
    found = peer.document("services", schemas.SERVICES)
    kinds: dict[tuple[str, bool], dict[str, Any]] = {}
    for service in found:
        kinds.setdefault((service["type"], service["metadata"]), service)
    return list(kinds.values())


def _report(peer: Peer, service: dict[str, Any]) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "api_key": peer.api_key,
        "service_code": service["service_code"],
        "lat": peer.lat,
        "long": peer.long,
    }
    fields |= {"description": f"Conformance {uuid4()}", "email": "conformance@example.org"}
    if service["metadata"]:
        for attribute in peer.document(f"services/{service['service_code']}", schemas.DEFINITION)["attributes"]:
            if attribute["required"] and attribute["variable"]:
                ending = "[]" if attribute["datatype"] == "multivaluelist" else ""
                fields[f"attribute[{attribute['code']}]{ending}"] = _answer(attribute)
    return fields


def _answer(attribute: dict[str, Any]) -> str:
    if attribute.get("values"):
        return str(attribute["values"][0]["key"])
    return {"number": "3", "datetime": "2026-11-22T12:00:00+01:00"}.get(attribute["datatype"], "conformance")


def _drop_nothing(content: Any) -> Any:
    """XML cannot tell an empty field from none: fields without a value are left out."""
    return [{name: value for name, value in one.items() if value is not None} for one in content]


def instant(text: str) -> datetime:
    """A W3C date and time."""
    return datetime.fromisoformat(text)


def stamp(at: datetime) -> str:
    """An instant as the standard writes it."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def updates(peer: Peer) -> None:
    """The updates extension, where it is spoken."""
    found = peer.get("servicerequestupdates", "json")
    if found.status_code != 404:
        peer.document("servicerequestupdates", schemas.UPDATES)


def paging(peer: Peer) -> None:
    """page and page_size, where they are spoken: pages do not overlap."""
    first = peer.document("requests", schemas.REQUESTS, page=1, page_size=2)
    second = peer.document("requests", schemas.REQUESTS, page=2, page_size=2)
    if len(first) <= 2:
        same_numbers = {one["service_request_id"] for one in first} & {one["service_request_id"] for one in second}
        expect(not same_numbers, f"{same_numbers} on two pages")


READING: tuple[Check, ...] = (
    discovery,
    services,
    definitions,
    unknown_things,
    wrong_parameters,
    empty_is_absent,
    requests,
    by_status,
    by_service,
    by_time,
    by_number,
    posting_needs_a_key,
    updates,
    paging,
)
WRITING: tuple[Check, ...] = (posting, posting_what_is_wrong, letters_of_all_kinds)


def run(peer: Peer) -> dict[str, str]:
    """All checks that the peer allows; what deviates, by the check's name."""
    found: dict[str, str] = {}
    may_write = peer.api_key is not None and peer.lat is not None and peer.long is not None
    for check in (*(WRITING if may_write else ()), *READING):
        try:
            check(peer)
        except Exception as error:
            found[check.__name__] = f"{type(error).__name__}: {error}"
    return found

"""One act of a person is one trace, from the door through outbox, Kafka and queue to the provider, read back from Zipkin."""

import asyncio
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hejnal_contracts.topics import BY_NAME
from hejnal_local.setup.java import find_java
from hejnal_local.workspace import Workspace
from hejnal_local.zipkin import Installation, Zipkin
from tests.privacy.town import Services, running_services, until

EMAIL = "anna.nowakowska@example.pl"
TOLD = {"pl": {"title": "Woda", "body": "Nie ma wody na Krótkiej."}}
PERSONAL = (EMAIL, "nowakowsk", "example.pl", "Krótkiej", "eyJ")
"""What no span may hold: contacts, words of messages, the beginning of every token (a JSON object in base64url)."""

Spans = list[dict[str, Any]]


@pytest.fixture(scope="module")
def zipkin(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Zipkin]:
    java = find_java()
    installation = Installation(Workspace.of_this_clone().cache / "zipkin", java[0] if java else "java")
    installation.install()
    server = Zipkin(installation, tmp_path_factory.mktemp("zipkin"))
    server.start()
    yield server
    server.stop()


@pytest.mark.slow
@pytest.mark.timeout(400)
async def test_what_a_person_does_is_one_trace_to_the_provider(
    zipkin: Zipkin, make_database: Any, make_topics: Any, kafka_bootstrap: str, tmp_path: Path
) -> None:
    services = running_services(
        tmp_path,
        citizen_url=make_database("citizen"),
        notifier_url=make_database("notifier"),
        bootstrap=kafka_bootstrap,
        prefix=await make_topics(*BY_NAME, partitions=1),
        OTLP_ENDPOINT=zipkin.endpoint,
        TRACE_PROTOCOL="zipkin",
        TRACE_DATABASE="true",
    )
    async with services as town:
        code_trace = await subscribed_resident(town)
        announcement_trace = await announced(town)

        async def whole(trace: str) -> Spans | None:
            """The trace when its door and its provider have told of it (services send every few seconds, each by itself)."""
            spans = await asyncio.to_thread(zipkin.trace, trace)
            door = any(span.get("kind") == "SERVER" and "parentId" not in span for span in spans)
            return spans if door and any(span["name"] == "send email" for span in spans) else None

        announcement = await until(lambda: whole(announcement_trace), "the announcement's trace")
        code = await until(lambda: whole(code_trace), "the code's trace")
    assert ways(announcement, "send email") == [
        ("notifier", "CLIENT", "send email"),
        ("notifier", None, "store announcement"),
        ("citizen-api", "PRODUCER", "send announcements"),
        ("citizen-api", "SERVER", "post /announcements"),
    ]
    assert {span["tags"]["hejnal.outcome"] for span in announcement if span["name"] == "send email"} == {"accepted"}
    assert ways(code, "send email") == [
        ("notifier", "CLIENT", "send email"),
        ("notifier", "SERVER", "post /internal/v1/one-time-codes"),
        ("citizen-api", "CLIENT", "post"),
        ("citizen-api", "SERVER", "post /sign-in/codes"),
    ]
    everything = json.dumps(await asyncio.to_thread(zipkin.traces), ensure_ascii=False)
    assert "insert versions" in everything, "SQL statements were asked for"
    assert not [word for word in PERSONAL if word.lower() in everything.lower()]
    named = [path.name for path in tmp_path.glob("*serve.log") if announcement_trace in path.read_text()]
    assert "hejnal_notifier-serve.log" in named, "the trace's id is in the log of the service that it came to"


def ways(spans: Spans, name: str) -> list[tuple[str, str | None, str]]:
    """From a span to the root of its trace: service, kind and name of each."""
    by_id = {span["id"]: span for span in spans}
    found: dict[str, Any] | None = next(span for span in spans if span["name"] == name)
    way = []
    while found is not None:
        way.append((found["localEndpoint"]["serviceName"].removeprefix("hejnal-"), found.get("kind"), found["name"]))
        found = by_id.get(found.get("parentId", ""))
    return way


async def subscribed_resident(town: Services) -> str:
    """Somebody who wants to hear of water by e-mail; the trace id of the answer when they asked for their code."""
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(headers={"Origin": town.public}, cookie_jar=jar) as http:

        async def call(method: str, path: str, body: Any = None) -> tuple[Any, str]:
            async with http.request(method, f"{town.public}/api/v1{path}", json=body) as answer:
                assert answer.status < 300, (path, answer.status, await answer.text())
                return await answer.json(), answer.headers["x-trace-id"]

        sent, trace = await call("POST", "/sign-in/codes", {"contact": EMAIL, "language": "pl"})

        async def code() -> str | None:
            texts = [message["text"] for message in await town.arrived("email", EMAIL)]
            return next((found[1] for text in texts if (found := re.search(r"\b([0-9]{6})\b", text))), None)

        known = (await call("GET", "/town"))[0]["consent"]
        proof = {"challenge_id": sent["challenge_id"], "code": await until(code, "the code")}
        await call("POST", "/sign-in/sessions", proof | {"consent": {"version": known["version"], "language": "pl"}})
        wish = {"categories": ["water"], "channels": ["email"], "places": []}
        await call("PUT", "/me/subscription", {"filters": [wish], "quiet_hours": {"starts": "02:00", "ends": "02:01"}})
    return trace


async def announced(town: Services) -> str:
    """An announcement that has come to the resident's mailbox; its trace id."""
    headers = town.gateway.headers("citizen-api", subject="staff-1", role="editor")
    body = {
        "category": "water",
        "severity": "notice",
        "texts": TOLD,
        "area": {"kind": "town"},
        "valid_until": (datetime.now(UTC) + timedelta(hours=4)).isoformat(),
        "channels": ["email"],
    }
    async with town.http.post(f"{town.internal}/staff/v1/announcements", json=body, headers=headers) as answer:
        assert answer.status < 300, await answer.text()
        trace = answer.headers["x-trace-id"]

    async def arrived() -> bool:
        return any("Krótkiej" in message["text"] for message in await town.arrived("email", EMAIL))

    await until(arrived, "the announcement by e-mail")
    return trace

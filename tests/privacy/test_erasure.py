"""A person who leaves is gone: from every table, topic and file of citizen-api and notifier, but for what the law demands."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewTopic

from hejnal_contracts.topics import BY_NAME

from .people_scan import Traces, in_files, in_tables, in_topics
from .town import Services, photo_with_a_place, running_services, until

TOPICS = tuple(BY_NAME)
EMAIL, PHONE, OTHER = "anna.nowakowska@example.pl", "+48600700800", "sasiad@example.pl"
COMPACTED_AT_ONCE = {
    "cleanup.policy": "compact",
    "segment.ms": "200",
    "min.cleanable.dirty.ratio": "0.001",
    "max.compaction.lag.ms": "200",
    "delete.retention.ms": "200",
}
NEEDED_TO_RUN = {"jwks.json", "town.json", "vapid.pem", "vapid.pub"}


async def code(town: Services, channel: str, to: str) -> str:
    async def last() -> str | None:
        for message in reversed(await town.arrived(channel, to)):
            if found := re.search(r"\b([0-9]{6})\b", message["text"]):
                return found[1]
        return None

    return str(await until(last, f"a code for {to}"))


class Resident:
    """A browser of somebody."""

    def __init__(self, town: Services) -> None:
        self.town = town
        self.http = aiohttp.ClientSession(headers={"Origin": town.public}, cookie_jar=aiohttp.CookieJar(unsafe=True))

    async def call(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        async with self.http.request(method, f"{self.town.public}/api/v1{path}", json=body, **more) as answer:
            assert answer.status < 300, (path, answer.status, await answer.text())
            return await answer.json() if answer.content_type == "application/json" else None

    async def prove(self, path: str, contact: str, channel: str) -> dict[str, Any]:
        sent = await self.call("POST", path, {"contact": contact, "language": "pl"})
        consent = {"version": (await self.call("GET", "/town"))["consent"]["version"], "language": "pl"}
        return {"challenge_id": sent["challenge_id"], "code": await code(self.town, channel, contact), "consent": consent}


async def a_full_life(town: Services, anna: Resident) -> dict[str, str]:
    """Everything a resident can do; what would give her away."""
    await anna.call("POST", "/sign-in/sessions", await anna.prove("/sign-in/codes", EMAIL, "email"))
    me = await anna.call("POST", "/me/contacts", await anna.prove("/me/contacts/codes", PHONE, "sms"))
    async with town.http.post(f"{town.sinks}/push/subscriptions", json={"label": "Telefon"}) as answer:
        device = await answer.json()
    me = await anna.call("POST", "/me/contacts/push", {"endpoint": device["endpoint"], "keys": device["keys"]})
    home = {"label": "Dom Nowakowskich", "area": {"kind": "circle", "center": {"lat": 51.0512, "lon": 20.9512}, "radius_m": 300}}
    wish = {"categories": ["water", "other"], "channels": ["email", "sms", "push"], "places": [home]}
    await anna.call("PUT", "/me/subscription", {"filters": [wish], "quiet_hours": {"starts": "02:00", "ends": "02:01"}})
    form = aiohttp.FormData()
    for name, value in {
        "category": "road_damage",
        "text": f"Dziura. Proszę dzwonić {PHONE} lub pisać {EMAIL.upper()}.",
        "lat": "51.05",
        "lon": "20.95",
        "contact": EMAIL,
    }.items():
        form.add_field(name, value)
    form.add_field("photos", photo_with_a_place(), filename="nowakowska.jpg", content_type="image/jpeg")
    async with anna.http.post(f"{town.public}/api/v1/reports", data=form) as answer:
        assert answer.status == 201, await answer.text()
        report = await answer.json()
    await anna.call("POST", f"/reports/{report['id']}/messages", {"text": f"Mój numer to {PHONE}"})
    seen = await town.staff("GET", f"/reports/{report['id']}", role="clerk")
    answer = {"status": "in_progress", "answer": "Jedziemy.", "expected_version": seen["version"]}
    await town.staff("POST", f"/reports/{report['id']}/answers", answer, role="clerk")
    now = datetime.now(UTC)
    asked = await town.staff(
        "POST",
        "/consultations",
        {
            "kind": "question",
            "texts": {"pl": {"title": "Park", "body": "Ławki?"}},
            "options": [{"code": "yes", "names": {"pl": "Tak"}}, {"code": "no", "names": {"pl": "Nie"}}],
            "vote_rule": "person",
            "opinions": "at_once",
            "opens_at": (now - timedelta(minutes=1)).isoformat(),
            "closes_at": (now + timedelta(days=1)).isoformat(),
        },
    )
    await town.staff("POST", f"/consultations/{asked['id']}/opening")
    await anna.call("POST", f"/consultations/{asked['id']}/votes", {"choices": ["yes"]})
    await anna.call("POST", f"/consultations/{asked['id']}/opinions", {"text": f"Anna Nowakowska popiera, {EMAIL}"})
    await anna.call("POST", "/me/test-messages", {})
    announced = await town.staff(
        "POST",
        "/announcements",
        {
            "category": "water",
            "severity": "notice",
            "texts": {"pl": {"title": "Woda", "body": "Nie ma wody."}},
            "area": {"kind": "town"},
            "valid_until": (now + timedelta(hours=4)).isoformat(),
            "channels": ["push", "email", "sms"],
        },
        role="editor",
    )
    for channel, to in (("push", device["id"]), ("email", EMAIL)):
        await until(lambda c=channel, t=to: _told(town, c, t), f"the announcement by {channel}")  # type: ignore[misc]
    push = next(contact for contact in me["contacts"] if contact["channel"] == "push")
    await anna.call("POST", f"/push-subscriptions/{push['id']}/shown", {"announcement_id": announced["id"], "version": 1})
    async with town.http.post(f"{town.sinks}/api/sms", json={"from": PHONE, "text": "Dzień dobry, tu Nowakowska"}) as answer:
        assert answer.status < 300, await answer.text()
    keys = {"push endpoint": device["endpoint"], "push key": device["keys"]["p256dh"], "push secret": device["keys"]["auth"]}
    return {"e-mail": EMAIL, "phone": PHONE.removeprefix("+48"), "name": "nowakowsk", **keys}


async def _told(town: Services, channel: str, to: str) -> bool:
    return any("wody" in message["text"] for message in await town.arrived(channel, to))


async def receipts_are_in(town: Services, database_url: str) -> bool:
    """A receipt that comes later would be stored after the erasure."""
    connection = await asyncpg.connect(database_url.replace("postgresql+asyncpg://", "postgresql://", 1))
    try:
        stored = await connection.fetchval("select count(*) from notifier.receipts where channel = 'sms'")
    finally:
        await connection.close()
    return bool(stored >= len(await town.arrived("sms")))


async def create_compacted(bootstrap: str, topic: str) -> None:
    """A topic whose log is compacted at once instead of within a day."""
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap)
    await admin.start()
    try:
        made = await admin.create_topics([NewTopic(topic, 1, 1, topic_configs=COMPACTED_AT_ONCE)])
        assert [error[1] for error in made.topic_errors] == [0], made
    finally:
        await admin.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
async def test_erasure_leaves_nothing_but_what_the_law_demands(
    make_database: Any, make_topics: Any, kafka_bootstrap: str, tmp_path: Path
) -> None:
    prefix = await make_topics(*(name for name in TOPICS if name != "subscriptions"), partitions=1)
    for name in ("subscriptions", "subscriptions.dlq"):
        await create_compacted(kafka_bootstrap, prefix + name)
    urls = {"citizen": make_database("citizen"), "notifier": make_database("notifier")}
    services = running_services(
        tmp_path, citizen_url=urls["citizen"], notifier_url=urls["notifier"], bootstrap=kafka_bootstrap, prefix=prefix
    )
    names = [prefix + name for topic in TOPICS for name in (topic, f"{topic}.dlq")]
    async with services as town:
        anna, neighbour = Resident(town), Resident(town)
        try:
            traces = Traces(await a_full_life(town, anna))
            await neighbour.call("POST", "/sign-in/sessions", await neighbour.prove("/sign-in/codes", OTHER, "email"))

            async def scan() -> list[str]:
                tables = [line for schema, url in urls.items() for line in await in_tables(url, schema, traces)]
                topics = [line.removeprefix(prefix) for line in await in_topics(kafka_bootstrap, names, traces)]
                return tables + topics + in_files(tmp_path, traces, but=NEEDED_TO_RUN)

            await until(lambda: receipts_are_in(town, urls["notifier"]), "the receipts of every SMS")
            before = await scan()
            for known in (
                "citizen.contacts: phone",
                "notifier.contacts: push key",
                "subscriptions: e-mail",
                "citizen.reports: phone",
            ):
                assert known in before, "a scan that finds nothing proves nothing"

            await anna.call("DELETE", "/me")

            async def gone() -> bool:
                wish = {"filters": [], "language": "en"}  # somebody else goes on: the log moves, and what was erased is compacted
                await neighbour.call("PUT", "/me/subscription", wish)
                return not [line for line in await scan() if line not in KEPT]

            try:
                await until(gone, "the erasure everywhere", timeout_s=240)
            except AssertionError:
                raise AssertionError(f"left behind: {[line for line in await scan() if line not in KEPT]}") from None
            other = Traces({"neighbour": OTHER})
            assert "citizen.contacts: neighbour" in await in_tables(urls["citizen"], "citizen", other)
            assert "notifier.contacts: neighbour" in await in_tables(urls["notifier"], "notifier", other), (
                "nobody else is forgotten"
            )
        finally:
            await anna.http.close()
            await neighbour.http.close()


KEPT = frozenset({"inbound-sms: phone", "inbound-sms: name"})
"""What stays, and why, as docs/guide/privacy.md says it: an SMS that was sent to the town stays on its topic for 7 days."""

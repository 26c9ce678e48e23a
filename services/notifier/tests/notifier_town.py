"""Plays the town for tests: facts in, the service and the simulators as processes, and what arrived at the devices."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiohttp
from sqlalchemy import text

from hejnal_contracts.announcements import AnnouncementCancelled, AnnouncementIssued, AnnouncementUpdated, Text
from hejnal_contracts.base import Channel, Fact, Language, Severity
from hejnal_contracts.residents import ContactPoint, PushKeys, SubscriptionChanged, SubscriptionFilter
from hejnal_notifier.announcing.budget import SmsBudget
from hejnal_notifier.announcing.plan import Planned, plan_next
from hejnal_notifier.announcing.policy import AT_ONCE, ChannelPolicy
from hejnal_notifier.announcing.versions import AnnouncementsHandler
from hejnal_notifier.sending.outcome import Accepted, Outcome
from hejnal_notifier.sending.queue import DeliveryQueue, Done
from hejnal_notifier.subscriptions import SubscriptionsHandler
from hejnal_runtime.bus.message import Message, event_headers
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.database import Database
from hejnal_runtime.ids import new_id
from hejnal_runtime.tokens import TokenIssuer


async def until(check: Callable[[], Awaitable[Any]], timeout_s: float = 40.0, what: str = "it") -> Any:
    """Poll until the check gives something true; AssertionError with its last value otherwise."""
    deadline = asyncio.get_running_loop().time() + timeout_s
    while True:
        value = await check()
        if value:
            return value
        assert asyncio.get_running_loop().time() < deadline, f"{what} did not happen within {timeout_s} s (last: {value!r})"
        await asyncio.sleep(0.05)


@dataclass
class Sinks:
    """The simulators as a child process."""

    process: subprocess.Popen[str]
    http_port: int
    smtp_port: int
    smpp_port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}"

    async def get(self, path: str, **query: str) -> Any:
        async with aiohttp.ClientSession() as http, http.get(self.url + path, params=query) as response:
            response.raise_for_status()
            return await response.json()

    async def post(self, path: str, body: dict[str, Any]) -> Any:
        async with aiohttp.ClientSession() as http, http.post(self.url + path, json=body) as response:
            response.raise_for_status()
            return await response.json() if response.status != 204 else None

    async def messages(self, **query: str) -> list[dict[str, Any]]:
        return (await self.get("/api/messages", **query))["messages"]

    async def push_payloads(self, device: dict[str, Any]) -> list[dict[str, Any]]:
        return [json.loads(message["text"]) for message in await self.messages(channel="push", to=device["id"])]

    async def device(self, **body: str) -> dict[str, Any]:
        return await self.post("/push/subscriptions", body)


def start_sinks(http_port: int = 0, smtp_port: int = 0, *more: str) -> Sinks:
    command = [sys.executable, "-m", "hejnal_notifier.sinks", "--port", str(http_port), "--smtp-port", str(smtp_port), *more]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    ports = json.loads(process.stdout.readline())
    return Sinks(process, ports["http"], ports["smtp"], ports["smpp"])


@dataclass
class Town:
    """Everything a test needs to play the town: facts in, the service, its database and its internal API."""

    prefix: str
    bootstrap: str
    database_url: str
    sinks: Sinks
    folder: Path
    producer: Producer
    issuer: TokenIssuer
    port: int
    extra: dict[str, str] = field(default_factory=dict)
    processes: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def environment(self) -> dict[str, str]:
        values = {
            "KAFKA_BOOTSTRAP": self.bootstrap,
            "TOPIC_PREFIX": self.prefix,
            "DATABASE_URL": self.database_url,
            "INTERNAL_PORT": str(self.port),
            "TRUSTED_JWKS_FILE": str(self.folder / "jwks.json"),
            "VAPID_KEY_FILE": str(self.folder / "vapid.pem"),
            "PUSH_TRUSTED_ORIGINS": json.dumps([self.sinks.url]),
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.sinks.smtp_port),
            "SMTP_SECURITY": "none",
            "SMS_URL": f"{self.sinks.url}/sms.do",
            "SMS_RECEIPT_SECRET": "receipt-secret",
            "SMS_RECEIPT_URL": f"http://127.0.0.1:{self.port}/internal/v1/receipts/sms/receipt-secret",
            "PUSH_FIRST_SEVERITIES": "[]",  # every channel at once, unless a test is about that
            "INSTANCE": "test-0",
            "LEASE_S": "30",
            "RETRY_BASE_S": "0.3",
            "POLL_S": "0.2",
            **self.extra,
        }
        return {**os.environ, **{f"HEJNAL_NOTIFIER_{name}": value for name, value in values.items()}}

    def start(self, **changes: str) -> subprocess.Popen[bytes]:
        """Start the service, or a further replica of it with changed settings."""
        environment = {**self.environment(), **{f"HEJNAL_NOTIFIER_{name}": value for name, value in changes.items()}}
        log = (self.folder / f"notifier-{len(self.processes)}.log").open("wb")
        process = subprocess.Popen([sys.executable, "-m", "hejnal_notifier", "serve"], env=environment, stdout=log, stderr=log)
        self.processes.append(process)
        return process

    async def ready(self, port: int = 0) -> None:
        """Wait until the service (or the replica on `port`) can work."""

        async def check() -> bool:
            assert self.processes[-1].poll() is None, (self.folder / f"notifier-{len(self.processes) - 1}.log").read_text()[
                -4000:
            ]
            try:
                async with aiohttp.ClientSession() as http, http.get(f"http://127.0.0.1:{port or self.port}/readyz") as response:
                    return response.status == 200
            except aiohttp.ClientError:
                return False

        await until(check, 40, "readiness")

    async def call(self, method: str, path: str, body: Any = None, *, token: str | None = None) -> tuple[int, Any]:
        token = self.issuer.issue("notifier") if token is None else token
        headers = {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as http, http.request(method, url, json=body, headers=headers) as response:
            return response.status, await response.json(content_type=None)

    async def send(self, *facts: Fact) -> None:
        for fact in facts:
            await self.producer.send_fact(fact, "citizen-api")

    async def erase(self, resident_id: str) -> None:
        headers = event_headers(
            event_id=new_id(), event_type="", source="citizen-api", subject=resident_id, time=datetime.now(UTC), traceparent=None
        )
        await self.producer.send_raw("subscriptions", None, resident_id.encode(), headers)

    async def deliveries(self, announcement_id: str) -> list[dict[str, Any]]:
        status, body = await self.call("GET", f"/internal/v1/announcements/{announcement_id}/deliveries?limit=1000")
        return body["deliveries"] if status == 200 else []

    async def states(self, announcement_id: str, version: int = 1) -> list[str]:
        rows = await self.deliveries(announcement_id)
        return sorted(row["state"] for row in rows if row["version"] == version)


# --- facts ---------------------------------------------------------------------------------------------------------


def contact(channel: str, address: str, keys: dict[str, str] | None = None, contact_id: str = "", **more: Any) -> ContactPoint:
    return ContactPoint(
        contact_id=contact_id or new_id(),
        channel=Channel(channel),
        address=address,
        push_keys=PushKeys(**keys) if keys else None,
        verified_at=datetime(2026, 1, 1, tzinfo=UTC),
        consent_id="consent-1",
        **more,
    )


def push_contact(device: dict[str, Any]) -> ContactPoint:
    return contact("push", device["endpoint"], device["keys"])


def subscription(
    resident_id: str, *contacts: ContactPoint, version: int = 1, filters: Any = None, **more: Any
) -> SubscriptionChanged:
    return SubscriptionChanged(
        resident_id=resident_id,
        version=version,
        contacts=contacts,
        filters=filters if filters is not None else (wish("water"),),
        changed_at=datetime.now(UTC),
        **more,
    )


def wish(*categories: str, channels: tuple[str, ...] = ("push", "email", "sms"), **more: Any) -> SubscriptionFilter:
    return SubscriptionFilter(categories=categories, channels=tuple(Channel(one) for one in channels), **more)


def announcement(kind: str = "issued", announcement_id: str = "", version: int = 1, **more: Any) -> Any:
    model = {"issued": AnnouncementIssued, "updated": AnnouncementUpdated, "cancelled": AnnouncementCancelled}[kind]
    now = datetime.now(UTC)
    values = {
        "announcement_id": announcement_id or new_id(),
        "version": version,
        "category": "water",
        "severity": Severity.NOTICE,
        "texts": {Language.PL: Text(title="Nie ma wody na Krótkiej", body="Pękła rura. Woda wróci dziś o 18:00.")},
        "valid_from": now,
        "valid_until": now + timedelta(hours=6),
        "channels": (Channel.PUSH, Channel.EMAIL, Channel.SMS),
        "page_url": "http://localhost:8080/komunikaty/1",
        "issued_at": now,
        "issued_by": "editor-1",
        **more,
    }
    return model(**values)


# --- rooms without the process ---------------------------------------------------------------------------------------


class Desk:
    """The read model and the planner on a real database, with a clock that moves only when told to."""

    def __init__(self, database: Database, clock: ManualClock) -> None:
        self.database = database
        self.clock = clock
        self.queue = DeliveryQueue(database, clock, instance="desk", lease=timedelta(seconds=30), prices={"smpp": 9})
        self._subscriptions = SubscriptionsHandler(database)
        self._offset = 0

        async def ignore() -> None:
            return None

        self._announcements = AnnouncementsHandler(database, clock, ignore)

    def message(self, topic: str, key: str, fact: Fact | None, event_id: str = "") -> Message:
        self._offset += 1
        return Message(
            topic=topic,
            partition=0,
            offset=self._offset,
            key=key,
            id=event_id or new_id(),
            type=fact.TYPE if fact else "",
            source="citizen-api",
            time=self.clock.now(),
            traceparent=None,
            fact=fact,
        )

    async def subscribe(self, *facts: SubscriptionChanged) -> None:
        await self._subscriptions([self.message("subscriptions", fact.resident_id, fact) for fact in facts])

    async def take(self, *messages: Message) -> None:
        await self._subscriptions(list(messages))

    async def erase(self, resident_id: str) -> None:
        await self._subscriptions([self.message("subscriptions", resident_id, None)])

    async def store(self, fact: Any, event_id: str = "") -> None:
        await self._announcements(self.message("announcements", fact.announcement_id, fact, event_id))

    async def plan(self, budget: SmsBudget | None = None, policy: ChannelPolicy = AT_ONCE) -> list[Planned]:
        planned = []
        while True:
            async with self.database.transaction() as session:
                served = {Channel.PUSH, Channel.EMAIL, Channel.SMS}
                outcome = await plan_next(session, self.clock.now(), served=served, budget=budget, policy=policy)
            if outcome is None:
                return planned
            planned.append(outcome)

    async def issue(self, fact: Any) -> list[Planned]:
        await self.store(fact)
        return await self.plan()

    async def rows(self, announcement_id: str, version: int = 1) -> list[Any]:
        query = text(
            "select d.resident_id, d.contact_id, d.channel, d.state, d.cause, d.not_before, d.priority, d.attempts, d.in_doubt, "
            "d.delivery_id, d.expires_at, d.provider_id from deliveries d join versions v using (version_id) "
            "where v.announcement_id = :announcement_id and v.version = :version order by d.resident_id, d.channel"
        )
        async with self.database.read() as session:
            return list((await session.execute(query, {"announcement_id": announcement_id, "version": version})).all())

    async def who(self, announcement_id: str, version: int = 1, state: str | None = None) -> list[str]:
        rows = await self.rows(announcement_id, version)
        return sorted(f"{row.resident_id} {row.channel}" for row in rows if state is None or row.state == state)

    async def send_all(self, outcome: Outcome | None = None) -> int:
        """Claim everything that is due on every channel and note one outcome for all of it."""
        done = []
        for channel in (Channel.PUSH, Channel.EMAIL, Channel.SMS):
            jobs, _ = await self.queue.claim(channel, 1000, "any")
            done += [Done(job, outcome or Accepted(f"p-{job.delivery_id}")) for job in jobs]
        if done:
            await self.queue.note(done)
        return len(done)

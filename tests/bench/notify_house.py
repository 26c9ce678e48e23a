"""What runs while messages are measured: notifier and simulators as in a town, and what is asked of them."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import psutil

from hejnal_contracts.announcements import AnnouncementIssued, Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.topics import BY_NAME
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_notifier.channels.vapid_ring import make_vapid_key
from hejnal_runtime import migrations
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.ids import new_id

CLOCK = SystemClock()
DATABASE = "hejnal_bench_notify"
CHANNELS = ("push", "email", "sms")


def line(**values: Any) -> None:
    """One measurement on standard output."""
    print(json.dumps({"bench": "notify", "load": round(os.getloadavg()[0], 2), **values}), flush=True)


@dataclass
class Measured:
    """A child process whose CPU and memory are read."""

    child: subprocess.Popen[str]

    def cpu_s(self) -> float:
        """User and system time so far."""
        times = psutil.Process(self.child.pid).cpu_times()
        return times.user + times.system

    def rss_mb(self) -> float:
        """Resident memory."""
        return round(psutil.Process(self.child.pid).memory_info().rss / 2**20, 1)


@dataclass
class House:
    """What runs while we measure."""

    notifier: Measured
    sinks: Measured
    url: str
    connection: asyncpg.Connection
    producer: Producer
    http: aiohttp.ClientSession
    vapid: Path

    async def counts(self) -> dict[str, Any]:
        """The simulators' counts."""
        async with self.http.get(self.url + "/api/counts") as response:
            counts: dict[str, Any] = await response.json()
            return counts

    async def devices(self, count: int) -> list[dict[str, Any]]:
        """New simulated browsers with keys of their own."""
        made: list[dict[str, Any]] = []
        while len(made) < count:
            async with self.http.post(self.url + "/push/subscriptions", json={"count": min(5000, count - len(made))}) as response:
                made += (await response.json())["subscriptions"]
        return made

    async def residents(self, category: str, contacts: dict[str, list[tuple[str, str | None, str | None]]]) -> None:
        """Fill the read model: the n-th resident has the n-th contact of each channel."""
        count = len(next(iter(contacts.values())))
        now = CLOCK.now()
        people = [(f"{category}-{number}", 1, "pl", now) for number in range(count)]
        copy = self.connection.copy_records_to_table
        await copy("recipients", records=people, columns=["resident_id", "version", "language", "changed_at"])
        rows = [
            (person[0], f"{person[0]}-{channel}", channel, *addresses[number], "consent", now)
            for channel, addresses in contacts.items()
            for number, person in enumerate(people)
        ]
        columns = ["resident_id", "contact_id", "channel", "address", "push_p256dh", "push_auth", "consent_id", "verified_at"]
        await copy("contacts", records=rows, columns=columns)
        await self.connection.execute(
            "insert into filters (resident_id, place, categories, min_severity, channels, reach) "
            "select resident_id, 0, $1, 0, $2, 'everywhere' from recipients where resident_id like $3",
            [category],
            list(CHANNELS),
            f"{category}-%",
        )
        await self.connection.execute("analyze recipients, contacts, filters")

    async def shown(self) -> int:
        """What all devices show."""
        return sum(one["shown"] for one in (await self.counts()).values())

    async def outage(self, seconds: int) -> None:
        """No provider takes anything for so long."""
        for channel in CHANNELS:
            body = {"channel": channel, "seconds": seconds}
            async with self.http.post(self.url + "/api/outage", json=body) as response:
                response.raise_for_status()

    async def states(self, announcement_id: str) -> dict[str, int]:
        """An announcement's deliveries by state."""
        query = (
            "select state, count(*) as n from versions join deliveries using (version_id) "
            "where announcement_id = $1 group by state"
        )
        return {row["state"]: row["n"] for row in await self.connection.fetch(query, announcement_id)}

    async def announce(self, category: str, valid_for: timedelta = timedelta(hours=6)) -> AnnouncementIssued:
        """Send an announcement as citizen-api would."""
        now = CLOCK.now()
        fact = AnnouncementIssued(
            announcement_id=new_id(),
            version=1,
            category=category,
            severity=Severity.WARNING,
            texts={Language.PL: Text(title="Nie ma wody", body="Pękła rura na ulicy Krótkiej. Woda wróci dziś o 18:00. " * 4)},
            valid_from=now,
            valid_until=now + valid_for,
            channels=tuple(Channel(channel) for channel in CHANNELS),
            page_url="http://localhost:8080/komunikaty/1",
            issued_at=now,
            issued_by="bench",
        )
        await self.producer.send_fact(fact, "bench")
        return fact

    async def planned(self, announcement_id: str) -> float:
        """Seconds until the plan of an announcement that was just sent is committed, Kafka included."""
        start = time.monotonic()
        query = "select 1 from versions where announcement_id = $1 and planned_at is not null"
        while await self.connection.fetchval(query, announcement_id) is None:
            await asyncio.sleep(0.01)
        return time.monotonic() - start

    async def deliveries(self, announcement_id: str) -> int:
        """How many it came to."""
        query = "select count(*) from versions join deliveries using (version_id) where announcement_id = $1"
        return int(await self.connection.fetchval(query, announcement_id))


def sms_settings(ports: dict[str, int], folder: Path) -> dict[str, str]:
    """SMS by SMPP first, by an HTTP gateway when that is away."""
    smpp = {"kind": "smpp", "name": "operator", "host": "127.0.0.1", "port": ports["smpp"], "system_id": "m", "password": "x"}
    http = {"kind": "smsapi", "name": "gateway", "url": f"http://127.0.0.1:{ports['http']}/sms.do"}
    path = folder / "sms-providers.json"
    path.write_text(json.dumps([smpp, http]))
    return {"SMS_PROVIDERS_FILE": str(path)}


@asynccontextmanager
async def house(bootstrap: str, admin_url: str, folder: Path, **settings: str) -> AsyncIterator[House]:
    """Start the simulators and the notifier on a fresh database and fresh topics."""
    await drop_database(admin_url, DATABASE)
    await create_database(admin_url, DATABASE)
    url = url_of(admin_url, database=DATABASE, driver="+asyncpg")
    await asyncio.to_thread(migrations.upgrade, url, "hejnal_notifier", "notifier")
    prefix = f"bench{os.getpid()}{int(time.time())}-"
    topics = [BY_NAME[name] for name in ("announcements", "subscriptions", "deliveries", "shown-messages")]
    await create_topics(bootstrap, topics, prefix=prefix)
    command = [sys.executable, "-m", "hejnal_notifier.sinks", "--port", "0", "--smtp-port", "0", "--keep", "100"]
    sinks = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    assert sinks.stdout is not None
    ports = json.loads(sinks.stdout.readline())
    origin = f"http://127.0.0.1:{ports['http']}"
    vapid = folder / "vapid.pem"
    make_vapid_key(vapid, None)
    (port,) = free_ports(1)
    values = {
        "KAFKA_BOOTSTRAP": bootstrap,
        "TOPIC_PREFIX": prefix,
        "DATABASE_URL": url,
        "INTERNAL_PORT": str(port),
        "VAPID_KEY_FILE": str(vapid),
        "PUSH_TRUSTED_ORIGINS": json.dumps([origin]),
        "SMTP_HOST": "127.0.0.1",
        "SMTP_PORT": str(ports["smtp"]),
        "SMTP_SECURITY": "none",
        **sms_settings(ports, folder),
        "STATE_DIR": str(folder / "state"),
        "PUSH_FIRST_SEVERITIES": "[]",  # the bar is that everything goes at once
        "LOG_LEVEL": "WARNING",
        **settings,
    }
    environment = {**os.environ, **{f"HEJNAL_NOTIFIER_{name}": value for name, value in values.items()}}
    notifier = subprocess.Popen([sys.executable, "-m", "hejnal_notifier", "serve"], env=environment, text=True)
    connection = await asyncpg.connect(url.replace("+asyncpg", ""), server_settings={"search_path": "notifier,public"})
    producer = Producer(bootstrap, prefix)
    try:
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as http:
            await ready(http, f"http://127.0.0.1:{port}/readyz")
            yield House(Measured(notifier), Measured(sinks), origin, connection, producer, http, vapid)
    finally:
        await producer.stop()
        await connection.close()
        for child in (notifier, sinks):
            child.terminate()
            child.wait(20)
        await drop_database(admin_url, DATABASE)


async def ready(http: aiohttp.ClientSession, url: str) -> None:
    """Wait until the notifier says that it can work."""
    for _ in range(300):
        try:
            async with http.get(url) as response:
                if response.status == 200:
                    return
        except aiohttp.ClientError:
            pass
        await asyncio.sleep(0.1)
    raise TimeoutError("the notifier did not get ready")

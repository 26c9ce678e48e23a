"""P7: 100,000 web pushes to a push service that decrypts and counts; residents × three channels; the plan; one announcement.

The notifier, the simulators, Kafka and PostgreSQL (durable) run as in a town; the announcement comes in by Kafka and the clock
stops when the simulators have counted the last arrival. Peers: the same pushes by pywebpush one after the other, as its readers
are shown it, and by aiohttp and http_ece 64 at a time; neither has a queue behind it. Then an outage of all providers, ten
minutes long, and what the idle notifier costs. Prints one JSON line per measurement.
`python tests/bench/bench_notify.py [--pushes 100000] [--residents 1500] [--plan 100000] [--outage-s 600]
[--only push,residents,plan,single,outage,idle]`
"""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg
import http_ece
import psutil
import pywebpush
import requests
from cryptography.hazmat.primitives.asymmetric import ec
from servers import kafka_and_postgres

from hejnal_contracts.announcements import AnnouncementIssued, Text
from hejnal_contracts.base import Channel, Language, Severity
from hejnal_contracts.topics import BY_NAME
from hejnal_local.database_roles import create_database, drop_database, url_of
from hejnal_local.ports import free_ports
from hejnal_notifier.channels.push_encryption import unb64url
from hejnal_notifier.channels.vapid import Vapid, load_vapid_key, make_vapid_key
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


async def hand_over(town: House, measure: str, category: str, expected: int, bound_s: float) -> None:
    """Announce and wait until the simulators have counted everything."""
    before = sum(one["shown"] for one in (await town.counts()).values())
    cpu = {"notifier": town.notifier.cpu_s(), "receiver": town.sinks.cpu_s()}
    start, rss = time.monotonic(), [town.notifier.rss_mb()]
    fact = await town.announce(category)
    plan_s = await town.planned(fact.announcement_id)
    shown = 0
    while shown < expected and time.monotonic() - start < 10 * bound_s:
        await asyncio.sleep(0.1)
        shown = sum(one["shown"] for one in (await town.counts()).values()) - before
        rss.append(town.notifier.rss_mb())
    seconds = time.monotonic() - start
    await asyncio.sleep(1.5)
    counts = await town.counts()
    line(
        system="hejnal",
        measure=measure,
        deliveries=await town.deliveries(fact.announcement_id),
        seconds=round(seconds, 2),
        per_second=round(shown / seconds),
        plan_seconds=round(plan_s, 2),
        lost=expected - shown,
        doubled=sum(one["shown"] for one in counts.values()) - before - shown,
        repeats_on_the_wire=sum(one["repeats"] for one in counts.values()),
        cpu_s={
            "notifier": round(town.notifier.cpu_s() - cpu["notifier"], 1),
            "receiver": round(town.sinks.cpu_s() - cpu["receiver"], 1),
        },
        rss_mb={"start": rss[0], "quarter": rss[len(rss) // 4], "end": rss[-1], "most": max(rss)},
        met=seconds <= bound_s and shown == expected,
    )


async def push(town: House, count: int) -> None:
    """Growth over four sizes, then the peer."""
    cpu = 0.0
    for size in (count // 8, count // 4, count // 2, count):
        devices = await town.devices(size)
        cpu = town.notifier.cpu_s()
        contacts = [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices]
        await town.residents(f"push{size}", {"push": contacts})
        await hand_over(town, "web push", f"push{size}", size, 60.0 * size / 100_000)
    ours = (town.notifier.cpu_s() - cpu) / count
    await pywebpush_push(town, await town.devices(max(1, count // 50)), ours)
    await bare_push(town, await town.devices(count // 8))


async def pywebpush_push(town: House, devices: list[dict[str, Any]], ours_cpu_s: float) -> None:
    """The peer that most towns would take: one call after the other over one kept session."""
    text = json.dumps({"title": "Nie ma wody", "body": "Pękła rura na ulicy Krótkiej. Woda wróci dziś o 18:00. " * 4})

    def send_all() -> None:
        with requests.Session() as session:
            for device in devices:
                subscription = {"endpoint": device["endpoint"], "keys": device["keys"]}
                claims: dict[str, str | int] = {"sub": "mailto:bench@hejnal.test"}
                answer = pywebpush.webpush(
                    subscription, text, str(town.vapid), claims, ttl=60, requests_session=session, timeout=10
                )
                assert answer.status_code == 201

    start, cpu = time.monotonic(), time.process_time()
    await asyncio.to_thread(send_all)
    seconds, cpu_s = time.monotonic() - start, time.process_time() - cpu
    line(
        system="pywebpush, one after the other",
        measure="web push",
        deliveries=len(devices),
        seconds=round(seconds, 2),
        per_second=round(len(devices) / seconds),
        cpu_s={"sender": round(cpu_s, 1)},
        cpu_of_hejnal_to_peer=round(ours_cpu_s / (cpu_s / len(devices)), 2),
    )


async def bare_push(town: House, devices: list[dict[str, Any]]) -> None:
    """The peer: encrypt with http_ece and post with aiohttp, 64 at a time, nothing remembered."""
    header = Vapid(load_vapid_key(town.vapid), "mailto:bench@hejnal.test").header(town.url)
    headers = {"TTL": "60", "Content-Encoding": "aes128gcm", "Authorization": header}
    text = json.dumps({"title": "Nie ma wody", "body": "Pękła rura na ulicy Krótkiej. Woda wróci dziś o 18:00. " * 4}).encode()
    waiting = iter(devices)

    async def work(session: aiohttp.ClientSession) -> None:
        for device in waiting:
            keys = device["keys"]
            body = http_ece.encrypt(
                text,
                private_key=ec.generate_private_key(ec.SECP256R1()),
                dh=unb64url(keys["p256dh"]),
                auth_secret=unb64url(keys["auth"]),
                version="aes128gcm",
            )
            async with session.post(device["endpoint"], data=body, headers=headers) as response:
                assert response.status == 201

    start, cpu = time.monotonic(), time.process_time()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=64)) as session:
        await asyncio.gather(*(work(session) for _ in range(64)))
    seconds = time.monotonic() - start
    line(
        system="aiohttp + http_ece, no queue",
        measure="web push",
        deliveries=len(devices),
        seconds=round(seconds, 2),
        per_second=round(len(devices) / seconds),
        cpu_s={"sender": round(time.process_time() - cpu, 1)},
    )


async def residents(town: House, count: int) -> None:
    """Everyone on three channels."""
    devices = await town.devices(count)
    contacts: dict[str, list[tuple[str, str | None, str | None]]] = {
        "push": [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices],
        "email": [(f"r{number}@example.pl", None, None) for number in range(count)],
        "sms": [(f"+48{500_100_000 + number}9", None, None) for number in range(count)],
    }
    await town.residents("residents", contacts)
    await hand_over(town, "residents on three channels", "residents", 3 * count, 10.0)


async def outage(town: House, seconds: int, count: int) -> None:
    """All providers are away for so long; then everything goes, but for what has expired meanwhile."""
    devices = await town.devices(count)
    contacts: dict[str, list[tuple[str, str | None, str | None]]] = {
        "push": [(one["endpoint"], one["keys"]["p256dh"], one["keys"]["auth"]) for one in devices],
        "email": [(f"o{number}@example.pl", None, None) for number in range(count)],
        "sms": [(f"+48{501_100_000 + number}9", None, None) for number in range(count)],
    }
    await town.residents("outage", contacts)
    await town.outage(seconds)
    began = time.monotonic()
    before = await town.shown()
    matters = await town.announce("outage")
    outdated = await town.announce("outage", valid_for=timedelta(seconds=seconds / 2))
    await asyncio.sleep(max(0.0, began + seconds - time.monotonic() - 1))
    during = await town.shown() - before
    rss, over = town.notifier.rss_mb(), began + seconds
    while await town.shown() - before < 3 * count and time.monotonic() - over < 1800:
        await asyncio.sleep(0.2)
    took = time.monotonic() - over
    await asyncio.sleep(3)
    states = await town.states(matters.announcement_id)
    shown = await town.shown() - before
    line(
        system="hejnal",
        measure="outage of all providers",
        outage_s=seconds,
        deliveries=6 * count,
        shown_during=during,
        delivered_after_s=round(took, 1),
        lost=3 * count - states.get("sent", 0) - states.get("delivered", 0),
        doubled=max(0, shown - 3 * count),
        expired=(await town.states(outdated.announcement_id)).get("expired", 0),
        rss_mb={"outage": rss, "end": town.notifier.rss_mb()},
        met=shown == 3 * count and during == 0,
    )


async def idle(town: House, seconds: int) -> None:
    """What it costs when nothing happens."""
    await asyncio.sleep(15)
    cpu, start = town.notifier.cpu_s(), time.monotonic()
    await asyncio.sleep(seconds)
    share = (town.notifier.cpu_s() - cpu) / (time.monotonic() - start)
    line(system="hejnal", measure="idle", seconds=seconds, percent_of_a_core=round(100 * share, 2), rss_mb=town.notifier.rss_mb())


async def plan(town: House, count: int) -> None:
    """The plan alone: no provider is set up, so nothing is sent."""
    for size in (count // 8, count // 4, count // 2, count):
        await town.residents(f"plan{size}", {"email": [(f"p{size}-{number}@example.pl", None, None) for number in range(size)]})
        fact = await town.announce(f"plan{size}")
        seconds = await town.planned(fact.announcement_id)
        planned = await town.deliveries(fact.announcement_id)
        met = seconds <= 2.0 * size / 100_000 + 0.2 and planned == size
        line(
            system="hejnal",
            measure="plan",
            deliveries=planned,
            seconds=round(seconds, 3),
            per_second=round(size / seconds),
            met=met,
        )


async def single(town: House, count: int) -> None:
    """One announcement to one resident: from the fact to the device."""
    (device,) = await town.devices(1)
    contact = (device["endpoint"], device["keys"]["p256dh"], device["keys"]["auth"])
    await town.residents("single", {"push": [contact]})
    took = []
    for _ in range(count):
        before = (await town.counts())["push"]["shown"]
        start = time.monotonic()
        await town.announce("single")
        while (await town.counts())["push"]["shown"] == before and time.monotonic() - start < 10:
            await asyncio.sleep(0.005)
        took.append(time.monotonic() - start)
        await asyncio.sleep(0.3)
    took.sort()
    latency_ms = {"p50": round(1000 * took[len(took) // 2]), "max": round(1000 * took[-1])}
    line(system="hejnal", measure="announcement to device", deliveries=count, latency_ms=latency_ms, met=took[-1] <= 2)


async def main() -> None:
    """Run what was asked for, each on a house of its own."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--pushes", type=int, default=100_000)
    parser.add_argument("--residents", type=int, default=1500)
    parser.add_argument("--plan", type=int, default=100_000)
    parser.add_argument("--single", type=int, default=20)
    parser.add_argument("--outage-s", type=int, default=600)
    parser.add_argument("--idle-s", type=int, default=60)
    parser.add_argument("--only", default="single,residents,plan,push,outage,idle")
    options = parser.parse_args()
    measures: dict[str, tuple[Callable[[House, int], Awaitable[None]], int]] = {
        "single": (single, options.single),
        "residents": (residents, options.residents),
        "push": (push, options.pushes),
        "outage": (partial(outage, count=options.residents), options.outage_s),
        "idle": (idle, options.idle_s),
    }
    with kafka_and_postgres() as (bootstrap, admin_url), tempfile.TemporaryDirectory(prefix="hejnal-bench-notify-") as folder:
        for name in options.only.split(","):
            if name == "plan":
                off = {"PUSH_ENABLED": "false", "SMTP_HOST": "127.0.0.1", "SMTP_PORT": "1", "EMAIL_CONCURRENCY": "1"}
                async with house(bootstrap, admin_url, Path(folder), **off) as town:
                    await plan(town, options.plan)
                continue
            run, size = measures[name]
            async with house(bootstrap, admin_url, Path(folder)) as town:
                await run(town, size)


if __name__ == "__main__":
    asyncio.run(main())

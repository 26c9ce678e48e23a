"""The notifier as a real process, its providers' simulators, and a Kafka and a PostgreSQL of their own that can be killed."""

import asyncio
import contextlib
import json
import os
import random
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import asyncpg

from hejnal_contracts.base import Channel
from hejnal_contracts.residents import ContactPoint, PushKeys, SubscriptionChanged, SubscriptionFilter
from hejnal_contracts.topics import BY_NAME
from hejnal_local import kafka, postgres
from hejnal_local.database_roles import create_database, url_of
from hejnal_local.ports import free_ports
from hejnal_local.testing import CACHE
from hejnal_notifier.channels.vapid_ring import make_vapid_key
from hejnal_runtime import migrations
from hejnal_runtime.bus import Producer
from hejnal_runtime.bus.topics import create_topics
from hejnal_runtime.clock import SystemClock
from tests.chaos.blows import kill_server, kill_service, start_again

TOPICS = ("subscriptions", "announcements", "deliveries", "inbound-sms", "shown-messages")
CATEGORY = "water"
CHANNELS = (Channel.PUSH, Channel.EMAIL, Channel.SMS)
DATABASE = "hejnal_chaos_notifier"
_ENDS_WITH_US = ("setpriv", "--pdeathsig=KILL")
_DELAY_S = 0.05
"""How long a provider takes over each message: what is in its hands when the blow falls is what is in doubt."""
_READY_S = 120.0


@dataclass
class NotifierHouse:
    """`open` starts everything; `kill` and `revive` take "notifier", "kafka" or "postgres"."""

    folder: Path
    broker: kafka.Broker
    server: postgres.Server
    chance: random.Random
    ports: dict[str, int]
    environment: dict[str, str]
    producer: Producer
    notifier: asyncio.subprocess.Process | None = None
    addresses: dict[tuple[str, str], str] = field(default_factory=dict)
    """(channel, what the simulators call the recipient) → resident."""

    @classmethod
    @contextlib.asynccontextmanager
    async def open(cls, folder: Path, residents: int, chance: random.Random) -> AsyncIterator["NotifierHouse"]:
        """Starts it with so many residents on three channels; ends it again."""
        installation = kafka.Installation(CACHE / "kafka")
        await asyncio.to_thread(installation.install)
        broker = kafka.Broker(installation, folder / "kafka", *free_ports(2))
        server = postgres.Server(folder / "postgres", free_ports(1)[0])
        command = [sys.executable, "-m", "hejnal_notifier.sinks", "--port", "0", "--smtp-port", "0", "--keep", "2000000"]
        sinks = await asyncio.create_subprocess_exec(
            *_ENDS_WITH_US, *command, "--delay-s", str(_DELAY_S), stdout=asyncio.subprocess.PIPE
        )
        house: NotifierHouse | None = None
        try:
            assert sinks.stdout is not None
            ports = json.loads(await asyncio.wait_for(sinks.stdout.readline(), 60))
            await asyncio.to_thread(broker.start)
            await asyncio.to_thread(server.start)
            await create_topics(broker.bootstrap, [BY_NAME[name] for name in TOPICS])
            await create_database(server.admin_url, DATABASE)
            url = url_of(server.admin_url, database=DATABASE, driver="+asyncpg")
            await asyncio.to_thread(migrations.upgrade, url, "hejnal_notifier", "notifier")
            house = cls(folder, broker, server, chance, ports, {}, Producer(broker.bootstrap, ""))
            house.environment = house._settings(url)
            await house._subscribe(residents)
            await house.revive("notifier")
            await house.ready()
            yield house
        finally:
            if house is not None:
                await house.producer.stop()
                await house.end()
            sinks.send_signal(signal.SIGTERM)
            await sinks.wait()
            await asyncio.to_thread(server.stop)
            await asyncio.to_thread(broker.stop)

    # --- blows

    async def kill(self, victim: str, how: signal.Signals = signal.SIGKILL) -> None:
        """Kill -9, or SIGTERM to the notifier. Raises EndedByItselfError."""
        if not await kill_server(victim, self.broker, self.server):
            assert self.notifier is not None
            await kill_service(self.notifier, self.folder / "notifier.log", how)

    async def revive(self, victim: str) -> None:
        """Starts it again; the notifier with its SMS providers in any order. Raises NotRevivedError."""
        if victim == "kafka":
            await start_again(victim, self.broker.start)
        elif victim == "postgres":
            await start_again(victim, self.server.start)
        else:
            providers = self._sms_providers()
            self.chance.shuffle(providers)
            (self.folder / "sms-providers.json").write_text(json.dumps(providers))
            with (self.folder / "notifier.log").open("ab") as log:
                self.notifier = await asyncio.create_subprocess_exec(
                    *_ENDS_WITH_US,
                    sys.executable,
                    "-m",
                    "hejnal_notifier",
                    "serve",
                    env=self.environment,
                    stdout=log,
                    stderr=log,
                )

    async def end(self) -> None:
        """As an operator does."""
        process = self.notifier
        if process is None or process.returncode is not None:
            return
        process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(40):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

    # --- what is asked of it

    async def ready(self) -> None:
        """Waits until the notifier says that it can work. Raises TimeoutError."""
        url = f"http://127.0.0.1:{self.environment['HEJNAL_NOTIFIER_INTERNAL_PORT']}/readyz"
        async with asyncio.timeout(_READY_S), aiohttp.ClientSession() as http:
            while True:
                with contextlib.suppress(aiohttp.ClientError):
                    async with http.get(url) as response:
                        if response.status == 200:
                            return
                await asyncio.sleep(0.2)

    async def states(self) -> dict[tuple[str, str], int]:
        """Deliveries by channel and state."""
        rows = await self._fetch("select channel, state, count(*) as n from notifier.deliveries group by channel, state")
        return {(row["channel"], row["state"]): row["n"] for row in rows}

    async def in_doubt(self) -> dict[str, int]:
        """Deliveries of which at some time nobody knew whether the provider had them, by channel."""
        rows = await self._fetch("select channel, count(*) as n from notifier.deliveries where in_doubt group by channel")
        return {row["channel"]: row["n"] for row in rows}

    async def arrived(self) -> list[dict[str, Any]]:
        """What the residents' devices and mailboxes have got, in order."""
        messages: list[dict[str, Any]] = (await self._sinks("/api/messages"))["messages"]
        return messages

    async def counts(self) -> dict[str, Any]:
        """The simulators' counts."""
        counts: dict[str, Any] = await self._sinks("/api/counts")
        return counts

    # --- inside

    def _sms_providers(self) -> list[dict[str, Any]]:
        smpp = {"kind": "smpp", "name": "operator", "host": "127.0.0.1", "port": self.ports["smpp"], "system_id": "miasto"}
        http = {"kind": "smsapi", "name": "gateway", "url": f"http://127.0.0.1:{self.ports['http']}/sms.do"}
        return [{**smpp, "password": "x", "window": 4}, http]

    def _settings(self, url: str) -> dict[str, str]:
        vapid = self.folder / "vapid.pem"
        make_vapid_key(vapid, None)
        values = {
            "KAFKA_BOOTSTRAP": self.broker.bootstrap,
            "DATABASE_URL": url,
            "INTERNAL_PORT": str(free_ports(1)[0]),
            "INSTANCE": "chaos-0",
            "STATE_DIR": str(self.folder / "state"),
            "VAPID_KEY_FILE": str(vapid),
            "PUSH_TRUSTED_ORIGINS": json.dumps([f"http://127.0.0.1:{self.ports['http']}"]),
            "PUSH_CONCURRENCY": "8",
            "SMTP_HOST": "127.0.0.1",
            "SMTP_PORT": str(self.ports["smtp"]),
            "SMTP_SECURITY": "none",
            "EMAIL_CONCURRENCY": "4",
            "SMS_PROVIDERS_FILE": str(self.folder / "sms-providers.json"),
            "SMS_CONCURRENCY": "4",
            "PUSH_FIRST_SEVERITIES": "[]",
            "RETRY_BASE_S": "0.5",
            "RETRY_CAP_S": "10",
            "LOG_LEVEL": "INFO",
        }
        return {**os.environ, **{f"HEJNAL_NOTIFIER_{name}": value for name, value in values.items()}}

    async def _subscribe(self, residents: int) -> None:
        url = f"http://127.0.0.1:{self.ports['http']}/push/subscriptions"
        async with aiohttp.ClientSession() as http, http.post(url, json={"count": residents}) as response:
            devices = (await response.json())["subscriptions"]
        for number, device in enumerate(devices):
            resident, mail, phone = f"r{number}", f"r{number}@example.pl", f"+48500{100_100 + number}"
            keys = PushKeys(p256dh=device["keys"]["p256dh"], auth=device["keys"]["auth"])
            contacts = (
                self._contact(resident, Channel.PUSH, device["endpoint"], device["id"], keys),
                self._contact(resident, Channel.EMAIL, mail, mail),
                self._contact(resident, Channel.SMS, phone, phone),
            )
            wish = SubscriptionFilter(categories=(CATEGORY,), channels=CHANNELS)
            fact = SubscriptionChanged(
                resident_id=resident, version=1, contacts=contacts, filters=(wish,), changed_at=SystemClock().now()
            )
            await self.producer.send_fact(fact, "citizen-api")

    def _contact(self, resident: str, channel: Channel, address: str, device: str, keys: PushKeys | None = None) -> ContactPoint:
        self.addresses[channel.value, device] = resident
        return ContactPoint(
            contact_id=f"{resident}-{channel.value}",
            channel=channel,
            address=address,
            push_keys=keys,
            verified_at=SystemClock().now(),
            consent_id="consent",
        )

    async def _sinks(self, path: str) -> Any:
        timeout = aiohttp.ClientTimeout(total=120)
        url = f"http://127.0.0.1:{self.ports['http']}{path}"
        async with aiohttp.ClientSession(timeout=timeout) as http, http.get(url) as response:
            return await response.json()

    async def _fetch(self, query: str) -> list[Any]:
        connection = await asyncpg.connect(url_of(self.server.admin_url, database=DATABASE), timeout=10)
        try:
            return list(await connection.fetch(query))
        finally:
            await connection.close()

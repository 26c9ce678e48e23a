"""The notifier's test town: a migrated database, topics, the simulators as a process, and the service as a process."""

import json
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

sys.path.insert(0, str(Path(__file__).parent))

from notifier_town import Desk, Sinks, Town, start_sinks

from hejnal_local.ports import free_ports
from hejnal_notifier.channels.vapid_ring import make_vapid_key
from hejnal_runtime.bus.producer import Producer
from hejnal_runtime.clock import ManualClock
from hejnal_runtime.database import Database
from hejnal_runtime.tokens import TokenIssuer

TOPICS = ("subscriptions", "announcements", "deliveries", "inbound-sms", "shown-messages")


@pytest.fixture
def sinks() -> Iterator[Sinks]:
    running = start_sinks()
    yield running
    running.process.terminate()
    running.process.wait(10)


@pytest.fixture
async def town(
    make_database: Callable[[str], str], make_topics: Any, kafka_bootstrap: str, sinks: Sinks, tmp_path: Path
) -> AsyncIterator[Town]:
    prefix = await make_topics(*TOPICS, partitions=3)
    key = Ed25519PrivateKey.generate()
    issuer = TokenIssuer("citizen-api", key)
    (tmp_path / "jwks.json").write_text(json.dumps(issuer.jwks()))
    make_vapid_key(tmp_path / "vapid.pem", None)
    producer = Producer(kafka_bootstrap, prefix)
    (port,) = free_ports(1)
    made = Town(prefix, kafka_bootstrap, make_database("notifier"), sinks, tmp_path, producer, issuer, port)
    yield made
    for process in made.processes:
        if process.poll() is None:
            process.terminate()
            try:
                process.wait(15)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)
    await producer.stop()


@pytest.fixture
async def desk(make_database: Callable[[str], str]) -> AsyncIterator[Desk]:
    database = Database(make_database("notifier"), schema="notifier")
    yield Desk(database, ManualClock(datetime(2026, 11, 20, 12, tzinfo=UTC)))
    await database.close()

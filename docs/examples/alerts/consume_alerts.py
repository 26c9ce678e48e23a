r"""An outside system that follows the town's alerts: the topic `alerts` is a public contract.

Needs `pip install aiokafka`, nothing of Hejnał. It shows what every consumer of the topic should do:

- commit the offset after the work, so that a crash repeats a message and never loses one;
- know an event again by `ce_id`, and drop what is repeated;
- put facts of one alert in order by `version`, and ignore types it does not know (newer releases may add some).

    python consume_alerts.py --bootstrap localhost:19092 --group our-dispatching

In a town whose Kafka is secured, the town's IT specialist gives you a user, its password and the authority's certificate. Your
groups' names have to begin with the user's name:

    python consume_alerts.py --bootstrap kafka.town.example:9093 --group dispatch-1 \
        --user dispatch --password-file dispatch.password --ca-file ca.pem

It prints one JSON line per change: the alert as this consumer knows it. The schemas are in `libs/contracts/schemas`.
"""

import argparse
import asyncio
import contextlib
import json
import ssl
from collections import OrderedDict
from pathlib import Path
from typing import Any

from aiokafka import AIOKafkaConsumer, ConsumerRecord

STATES = {
    "pl.hejnal.alert.raised.v1": "raised",
    "pl.hejnal.alert.repeated.v1": None,  # the state stays, the count grows
    "pl.hejnal.alert.acknowledged.v1": "acknowledged",
    "pl.hejnal.alert.assigned.v1": "assigned",
    "pl.hejnal.alert.escalated.v1": "escalated",
    "pl.hejnal.alert.resolved.v1": "resolved",
}
REMEMBERED = 10_000


class Alerts:
    """What this system knows of the town's alerts. A real one keeps this in its database, in one transaction with its work."""

    def __init__(self) -> None:
        self.open: dict[str, dict[str, Any]] = {}
        self._seen: OrderedDict[str, None] = OrderedDict()

    def apply(self, event_id: str, event_type: str, fact: dict[str, Any]) -> dict[str, Any] | None:
        """The alert after this event; None for a repeat, or a type that is not known here."""
        if event_id in self._seen or event_type not in STATES:
            return None
        self._seen[event_id] = None
        while len(self._seen) > REMEMBERED:
            self._seen.popitem(last=False)
        alert = self.open.setdefault(fact["alert_id"], {"alert_id": fact["alert_id"], "version": 0})
        if fact.get("version") is not None and fact["version"] <= alert["version"]:
            return None
        alert.update(fact)
        alert["state"] = STATES[event_type] or alert.get("state", "raised")
        if alert["state"] == "resolved":
            del self.open[fact["alert_id"]]
        return alert


def event_of(record: ConsumerRecord) -> tuple[str, str, dict[str, Any]]:
    """Id, type and data of a message (CloudEvents 1.0, Kafka binding, binary mode: attributes are headers)."""
    headers = {name: value.decode() for name, value in record.headers}
    return headers["ce_id"], headers["ce_type"], json.loads(record.value)


def secured(user: str, password_file: Path, ca_file: Path | None) -> dict[str, Any]:
    """What the client needs besides the address: TLS, and the user's password by SCRAM-SHA-512."""
    return {
        "security_protocol": "SASL_SSL",
        "ssl_context": ssl.create_default_context(cafile=ca_file),
        "sasl_mechanism": "SCRAM-SHA-512",
        "sasl_plain_username": user,
        "sasl_plain_password": password_file.read_text().strip(),
    }


async def follow(group: str, topic: str, kafka: dict[str, Any]) -> None:
    """Print every change for ever. `kafka`: address, and who we are where that matters."""
    alerts = Alerts()
    consumer = AIOKafkaConsumer(topic, **kafka, group_id=group, enable_auto_commit=False, auto_offset_reset="earliest")
    await consumer.start()
    try:
        async for record in consumer:
            changed = alerts.apply(*event_of(record))
            if changed is not None:
                print(json.dumps(changed, ensure_ascii=False), flush=True)
            await consumer.commit()  # after the work
    finally:
        await consumer.stop()


def main() -> None:
    """Read the command line and follow."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bootstrap", default="localhost:19092", help="host:port of a broker")
    parser.add_argument("--group", default="alerts-example", help="consumer group: where this system has come to")
    parser.add_argument("--topic", default="alerts")
    parser.add_argument("--user", help="where Kafka is secured; needs --password-file")
    parser.add_argument("--password-file", type=Path)
    parser.add_argument("--ca-file", type=Path, help="the authority that signed the brokers' certificates")
    arguments = parser.parse_args()
    if (arguments.user is None) != (arguments.password_file is None):
        parser.error("--user and --password-file belong together")
    kafka: dict[str, Any] = {"bootstrap_servers": arguments.bootstrap}
    if arguments.user is not None:
        kafka |= secured(arguments.user, arguments.password_file, arguments.ca_file)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(follow(arguments.group, arguments.topic, kafka))


if __name__ == "__main__":
    main()

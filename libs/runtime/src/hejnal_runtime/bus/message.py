"""A message on the wire: CloudEvents 1.0 Kafka binding, binary mode (attributes in `ce_` headers, data as JSON)."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import BY_NAME, BY_TYPE, TOPIC_OF_TYPE

CONTENT_TYPE = b"application/json"


class UndecodableError(Exception):
    """The bytes are not a message of ours; trying again cannot help."""


class UnknownTypeError(Exception):
    """A well-formed event of a type this release does not know: from a newer producer."""


class Record(Protocol):
    """What aiokafka hands over."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: tuple[tuple[str, bytes], ...]
    timestamp: int


@dataclass(frozen=True, slots=True)
class Message:
    """One received fact and its envelope. `fact` is None for a tombstone."""

    topic: str
    partition: int
    offset: int
    key: str
    id: str
    type: str
    source: str
    time: datetime
    traceparent: str | None
    fact: Fact | None


def event_headers(
    *, event_id: str, event_type: str, source: str, subject: str, time: datetime, traceparent: str | None
) -> list[tuple[str, bytes]]:
    """CloudEvents attributes as Kafka headers."""
    headers = [
        ("ce_specversion", b"1.0"),
        ("ce_id", event_id.encode()),
        ("ce_source", f"/hejnal/{source}".encode()),
        ("ce_type", (f"pl.hejnal.{event_type}" if event_type else "pl.hejnal.tombstone").encode()),
        ("ce_subject", subject.encode()),
        ("ce_time", time.astimezone(UTC).isoformat().encode()),
        ("content-type", CONTENT_TYPE),
    ]
    if traceparent:
        headers.append(("ce_traceparent", traceparent.encode()))
    return headers


def decode(record: Record, topic_prefix: str = "") -> Message:
    """The message in a Kafka record; UndecodableError or UnknownTypeError when there is none."""
    topic = record.topic.removeprefix(topic_prefix)
    try:
        headers = {name: value.decode() for name, value in record.headers}
        key = (record.key or b"").decode()
        sent_at = headers.get("ce_time")
        time = datetime.fromisoformat(sent_at) if sent_at else datetime.fromtimestamp(record.timestamp / 1000, UTC)
    except (UnicodeDecodeError, ValueError) as error:
        raise UndecodableError(f"headers or key cannot be read: {error}") from error
    if time.tzinfo is None:
        raise UndecodableError("ce_time has no offset")
    envelope: dict[str, Any] = {
        "topic": topic,
        "partition": record.partition,
        "offset": record.offset,
        "key": key,
        "id": headers.get("ce_id", f"{record.topic}:{record.partition}:{record.offset}"),
        "source": headers.get("ce_source", "").removeprefix("/hejnal/"),
        "time": time,
        "traceparent": headers.get("ce_traceparent"),
    }
    if record.value is None:
        if not BY_NAME[topic].compacted:
            raise UndecodableError("null value on a topic without tombstones")
        return Message(**envelope, type="", fact=None)
    for required in ("ce_id", "ce_type", "ce_source"):
        if required not in headers:
            raise UndecodableError(f"header {required} is missing")
    event_type = headers["ce_type"].removeprefix("pl.hejnal.")
    model = BY_TYPE.get(event_type)
    if model is None:
        raise UnknownTypeError(event_type)
    if TOPIC_OF_TYPE[event_type].name != topic:
        raise UndecodableError(f"type {event_type} does not belong to topic {topic}")
    try:
        fact = model.model_validate_json(record.value)
    except ValueError as error:
        raise UndecodableError(f"data does not fit {event_type}: {error}") from error
    return Message(**envelope, type=event_type, fact=fact)

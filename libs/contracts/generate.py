"""Write what is generated from the contracts: a JSON Schema per type and one AsyncAPI 3 document.

python libs/contracts/generate.py            writes `schemas/` and `asyncapi.json`
python libs/contracts/generate.py --check    exits 1 and names what is out of date
python libs/contracts/generate.py --release  also freezes the schemas as the release that later ones are compared with
"""

import json
import sys
from pathlib import Path
from typing import Any

from pydantic.json_schema import models_json_schema

from hejnal_contracts.topics import BY_TYPE, DLQ_RETENTION_MS, TOPICS, Topic

HERE = Path(__file__).parent
CONTENT_TYPE = "application/json"

HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 Kafka protocol binding, binary content mode.",
    "required": ["ce_specversion", "ce_id", "ce_source", "ce_type", "ce_time", "content-type"],
    "properties": {
        "ce_specversion": {"type": "string", "const": "1.0"},
        "ce_id": {"type": "string", "description": "UUIDv7; equal ids are the same event: apply it once"},
        "ce_source": {"type": "string", "description": "/hejnal/<service>"},
        "ce_type": {"type": "string", "description": "pl.hejnal.<type>"},
        "ce_subject": {"type": "string", "description": "Equal to the Kafka key"},
        "ce_time": {"type": "string", "format": "date-time"},
        "ce_traceparent": {"type": "string", "description": "W3C Trace Context"},
        "content-type": {"type": "string", "const": CONTENT_TYPE},
    },
}


def schema_of(event_type: str) -> dict[str, Any]:
    """The JSON Schema (2020-12) of one type's data."""
    schema = BY_TYPE[event_type].model_json_schema(mode="validation")
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "$id": f"urn:hejnal:schema:{event_type}", **schema}


def _examples(event_type: str) -> list[dict[str, Any]]:
    return [
        {"name": path.stem, "payload": json.loads(path.read_text())}
        for path in sorted((HERE / "examples" / event_type).glob("*.json"))
    ]


def _message(event_type: str, topic: Topic) -> dict[str, Any]:
    model = BY_TYPE[event_type]
    return {
        "name": event_type,
        "title": model.__name__,
        "summary": (model.__doc__ or "").strip(),
        "contentType": CONTENT_TYPE,
        "headers": {"$ref": "#/components/schemas/CloudEventHeaders"},
        "payload": {"$ref": f"#/components/schemas/{model.__name__}"},
        "bindings": {"kafka": {"key": {"type": "string", "description": f"`{topic.key}`"}, "bindingVersion": "0.5.0"}},
        "examples": _examples(event_type),
    }


def _channel(topic: Topic) -> dict[str, Any]:
    policy = topic.config()
    tombstones = " A null value (tombstone) means that the key is to be forgotten." if topic.compacted else ""
    return {
        "address": topic.name,
        "description": topic.summary + tombstones,
        "messages": {fact.__name__: {"$ref": f"#/components/messages/{fact.__name__}"} for fact in topic.types},
        "bindings": {
            "kafka": {
                "topic": topic.name,
                "partitions": topic.partitions,
                "topicConfiguration": {
                    "cleanup.policy": policy["cleanup.policy"].split(","),
                    "retention.ms": int(policy["retention.ms"]),
                },
                "bindingVersion": "0.5.0",
            }
        },
        "x-hejnal-stage": topic.stage,
    }


def _operation(topic: Topic, service: str, action: str) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "action": action,
        "channel": {"$ref": f"#/channels/{topic.name}"},
        "messages": [{"$ref": f"#/channels/{topic.name}/messages/{fact.__name__}"} for fact in topic.types],
        "tags": [{"name": service}],
    }
    if action == "receive":
        operation["bindings"] = {"kafka": {"groupId": {"type": "string", "enum": [service]}, "bindingVersion": "0.5.0"}}
    return operation


def _dead_letters(topic: Topic) -> dict[str, Any]:
    return {
        "address": topic.dlq,
        "description": f"Messages of `{topic.name}` that can never be handled, with headers dlq_reason, dlq_detail, "
        "dlq_attempts, dlq_handler, dlq_topic, dlq_partition and dlq_offset.",
        "messages": {},
        "bindings": {
            "kafka": {
                "topic": topic.dlq,
                "partitions": 1,
                "topicConfiguration": {"cleanup.policy": ["delete"], "retention.ms": DLQ_RETENTION_MS},
                "bindingVersion": "0.5.0",
            }
        },
    }


def asyncapi() -> dict[str, Any]:
    """The AsyncAPI 3.0 document of all topics."""
    models = [(model, "validation") for model in BY_TYPE.values()]
    _, definitions = models_json_schema(models, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    channels: dict[str, Any] = {}
    operations: dict[str, Any] = {}
    messages: dict[str, Any] = {}
    for topic in TOPICS:
        channels[topic.name] = _channel(topic)
        channels[topic.dlq] = _dead_letters(topic)
        messages |= {fact.__name__: _message(fact.TYPE, topic) for fact in topic.types}
        for action, services in (("send", topic.producers), ("receive", topic.consumers)):
            for service in services:
                operations[f"{service}_{action}_{topic.name}"] = _operation(topic, service, action)
    return {
        "asyncapi": "3.0.0",
        "info": {
            "title": "Hejnał",
            "version": "1",
            "description": "Facts that Hejnał's services exchange. Inside a major version of a type only optional fields are "
            "added; ignore fields you do not know.",
            "license": {"name": "EUPL-1.2"},
        },
        "defaultContentType": CONTENT_TYPE,
        "channels": channels,
        "operations": operations,
        "components": {"messages": messages, "schemas": {**definitions["$defs"], "CloudEventHeaders": HEADERS}},
    }


def documents() -> dict[Path, str]:
    """Every generated file with its content."""
    files = {HERE / "schemas" / f"{event_type}.json": schema_of(event_type) for event_type in BY_TYPE}
    files[HERE / "asyncapi.json"] = asyncapi()
    return {path: json.dumps(document, ensure_ascii=False, indent=1) + "\n" for path, document in files.items()}


def main() -> int:
    """Write, check or release; the exit code."""
    wanted = documents()
    present = {*(HERE / "schemas").glob("*.json"), HERE / "asyncapi.json"}
    if "--check" in sys.argv:
        stale = [path for path, content in wanted.items() if not path.exists() or path.read_text() != content]
        stale += sorted(present - wanted.keys())
        for path in stale:
            print(f"out of date: {path.relative_to(HERE)} (run `make contracts`)")
        return 1 if stale else 0
    for path in present - wanted.keys():
        path.unlink()
    for path, content in wanted.items():
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
    if "--release" in sys.argv:
        frozen = {event_type: schema_of(event_type) for event_type in sorted(BY_TYPE)}
        (HERE / "released.json").write_text(json.dumps(frozen, ensure_ascii=False, sort_keys=True, separators=(",", ":")) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

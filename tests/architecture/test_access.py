"""What each service may do in Kafka is what its code does there: every subscription is found in the source and compared."""

import ast
import importlib
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from hejnal_contracts import access
from hejnal_contracts.access import ACCESS, BY_PRINCIPAL, GROUPS, access_of, outside_consumer
from hejnal_contracts.topics import BY_NAME, TOPICS
from hejnal_runtime.settings import ServiceSettings

from .rooms import SERVICES, sources, tracked

GROUP_CALLS = {"Consumer": (1, 2), "consumer": (1, 2)}
"""Places of group and topics among the arguments: the bus, and citizen-api's wrapper around it."""
TABLE_CALLS = {"CompactedTable": 1, "TopicTail": 1}
BY_HAND = {"peers.py": "TOPIC", "barrier.py": "TOPIC", "tail.py": None}
"""Modules that hold a consumer of the client library themselves, with the constant that names what it reads."""


@dataclass(frozen=True, slots=True)
class Reading:
    group: str | None
    topics: frozenset[str]


def _module_of(path: Path) -> ModuleType:
    parts = path.with_suffix("").parts
    return importlib.import_module(".".join(parts[parts.index("src") + 1 :]))


def _settings_of(module: ModuleType) -> list[ServiceSettings]:
    package = importlib.import_module(module.__name__.split(".")[0] + ".settings")
    kinds = [one for one in vars(package).values() if isinstance(one, type) and issubclass(one, ServiceSettings)]
    (own,) = [one for one in kinds if one is not ServiceSettings]
    plain = own()
    return [plain, plain.model_copy(update={"standby": True})] if hasattr(plain, "standby") else [plain]


def _value(node: ast.expr, module: ModuleType, settings: ServiceSettings) -> Any:
    """An argument's value, of constants of its module and the default settings."""
    return eval(compile(ast.Expression(node), "argument", "eval"), {**vars(module), "settings": settings})


@cache
def readings(service: str) -> frozenset[Reading]:
    """Every subscription in a service's source."""
    found: set[Reading] = set()
    for path in sources(service):
        text = path.read_text()
        tree = ast.parse(text)
        if "AIOKafkaConsumer(" in text:
            constant = BY_HAND[path.name]
            if constant is not None:
                found.add(Reading(None, frozenset({getattr(_module_of(path), constant)})))
        for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)):
            name = call.func.id  # type: ignore[attr-defined]
            if name not in GROUP_CALLS and name not in TABLE_CALLS:
                continue
            module = _module_of(path)
            for settings in _settings_of(module):
                if name in TABLE_CALLS:
                    topics, group = _value(call.args[TABLE_CALLS[name]], module, settings), None
                else:
                    at_group, at_topics = GROUP_CALLS[name]
                    if any(isinstance(one, ast.Name) and one.id == "group" for one in call.args):
                        continue  # inside the wrapper: its callers are found
                    group = _value(call.args[at_group], module, settings)
                    topics = _value(call.args[at_topics], module, settings)
                found.add(Reading(group, frozenset({topics} if isinstance(topics, str) else topics)))
    return frozenset(found)


@pytest.mark.parametrize("service", SERVICES)
def test_a_service_may_read_exactly_what_it_subscribes_to(service):
    read = {topic for reading in readings(service) for topic in reading.topics}
    assert read == set(access_of(service).consume)


@pytest.mark.parametrize("service", SERVICES)
def test_the_declared_groups_are_those_in_the_source(service):
    in_source: dict[str, set[str]] = {}
    for reading in readings(service):
        if reading.group is not None:
            in_source.setdefault(reading.group, set()).update(reading.topics)
    declared = {group.name: set(group.topics) for group in GROUPS[service]}
    if service == "recorder":  # the second recorder has the same source, another group, and hears the first one
        in_source["recorder"].discard("recordings")
    assert in_source == declared


def test_every_live_topic_is_given_to_its_writers_and_readers_and_to_nobody_else():
    for topic in TOPICS:
        writers = {one.principal for one in ACCESS if topic.name in one.produce} & set(SERVICES)
        readers = {one.principal for one in ACCESS if topic.name in one.consume} & set(SERVICES)
        live = topic.stage == "live"
        assert writers == (set(topic.producers) if live else set()), topic.name
        assert readers == (set(topic.consumers) if live else set()), topic.name


def test_no_service_may_use_the_group_of_another():
    groups = [group for one in ACCESS for group in one.groups]
    assert len(groups) == len(set(groups))
    for one in ACCESS:
        for prefix in one.group_prefixes:
            assert not any(group.startswith(prefix) for other in ACCESS if other is not one for group in other.groups)


def test_dead_letters_are_those_of_what_is_read_in_groups():
    assert BY_PRINCIPAL["ingest"].dead_letters == ("cameras.dlq",)
    assert set(BY_PRINCIPAL["recorder"].dead_letters) == {"camera-media.dlq", "cameras.dlq", "camera-events.dlq"}


def test_the_prefix_stands_before_every_name():
    for one in ACCESS:
        for acl in one.acls("town-"):
            assert acl.name.startswith("town-")
            assert acl.resource in {"topic", "group"}


def test_the_monitor_and_the_installer_read_no_message():
    for principal in ("topics", "lag-exporter"):
        for acl in BY_PRINCIPAL[principal].acls():
            assert not {"Read", "Write"} & set(acl.operations)


def test_an_outside_consumer_has_groups_of_its_own_and_writes_nothing():
    one = outside_consumer("dyspozytor", "alerts")
    assert [acl for acl in one.acls() if "Write" in acl.operations] == []
    assert ("group", "prefix", "dyspozytor") in {(acl.resource, acl.pattern, acl.name) for acl in one.acls()}


def test_services_are_all_known():
    assert set(access.SERVICES) == set(SERVICES)
    assert {name for groups in GROUPS.values() for group in groups for name in group.topics} <= set(BY_NAME)


def test_only_one_place_says_how_kafka_is_reached():
    for path in tracked("services/*/src/*.py", "libs/*/src/*.py"):
        text = path.read_text()
        if path.name != "connection.py":
            assert "bootstrap_servers=" not in text, f"{path}: use KafkaConnection.options()"
            assert "settings.kafka_bootstrap" not in text, f"{path}: use settings.kafka"

"""Every live topic is written and read by exactly the services that its declaration names."""

import ast

import pytest

from hejnal_contracts.topics import BY_NAME, BY_TYPE, TOPICS, topic_of

from .rooms import SERVICES, sources

FACTS = {fact.__name__: fact for fact in BY_TYPE.values()}
LIVE = [topic for topic in TOPICS if topic.stage == "live"]


def written_by(service: str) -> set[str]:
    """Topics of the facts that a service's code builds, or of the tombstones it publishes."""
    topics: set[str] = set()
    for path in sources(service):
        tree = ast.parse(path.read_text())
        named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
        read = {  # a fact in isinstance(), an annotation or a match case is one that is read
            name.id for node in ast.walk(tree) for name in _reading_names(node)
        }
        built = {node.func.id for node in ast.walk(tree) if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)}
        handed_on = named - read - built  # e.g. a table from a state to the class that says it
        topics |= {topic_of(FACTS[name]).name for name in (built | handed_on) & FACTS.keys()}
    return topics


def _reading_names(node: ast.AST) -> list[ast.Name]:
    inside: list[ast.AST | None] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in {"isinstance", "cast"}:
        inside = list(node.args)
    elif isinstance(node, (ast.arg, ast.AnnAssign)):
        inside = [node.annotation]
    elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        inside = [node.returns]
    elif isinstance(node, ast.MatchClass):
        inside = [node.cls]
    elif isinstance(node, (ast.Subscript, ast.BinOp)):
        inside = [node]
    return [name for part in inside if part is not None for name in ast.walk(part) if isinstance(name, ast.Name)]


def read_by(service: str) -> set[str]:
    """Topics whose names stand in a service's code: what it subscribes to."""
    topics: set[str] = set()
    for path in sources(service):
        tree = ast.parse(path.read_text())
        for node in ast.walk(tree):
            if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value in BY_NAME:
                topics.add(node.value)
    return topics


@pytest.mark.parametrize("topic", LIVE, ids=lambda topic: topic.name)
def test_declared_producers_build_its_facts_and_nobody_else_does(topic):
    writers = {service for service in SERVICES if topic.name in written_by(service)}
    assert writers == set(topic.producers)


@pytest.mark.parametrize("topic", LIVE, ids=lambda topic: topic.name)
def test_declared_consumers_name_it(topic):
    for service in topic.consumers:
        assert topic.name in read_by(service), f"{service} does not read {topic.name}"


def test_nobody_reads_a_topic_it_is_not_declared_for():
    for service in SERVICES:
        declared = {topic.name for topic in TOPICS if service in topic.consumers or service in topic.producers}
        assert read_by(service) <= declared, service

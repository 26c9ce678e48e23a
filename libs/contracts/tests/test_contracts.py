"""The contracts hold together, match what is committed, and only ever grow."""

import copy
import importlib.util
import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from pydantic import ValidationError

from hejnal_contracts.base import Fact
from hejnal_contracts.topics import BY_TYPE, TOPICS, key_of

HERE = Path(__file__).parents[1]
TYPES = sorted(BY_TYPE)


def _generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate", HERE / "generate.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def examples(event_type: str) -> list[Path]:
    return sorted((HERE / "examples" / event_type).glob("*.json"))


@pytest.mark.parametrize("event_type", TYPES)
def test_two_examples_that_both_validators_accept_and_that_survive_a_round_trip(event_type):
    paths = examples(event_type)
    assert len(paths) >= 2
    schema = json.loads((HERE / "schemas" / f"{event_type}.json").read_text())
    for path in paths:
        document = json.loads(path.read_text())
        jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker()).validate(document)
        fact = BY_TYPE[event_type].model_validate(document)
        assert BY_TYPE[event_type].model_validate_json(fact.model_dump_json()) == fact
        assert key_of(fact)


def test_examples_exist_only_for_types():
    assert {path.name for path in (HERE / "examples").iterdir()} == set(BY_TYPE)


@pytest.mark.parametrize("event_type", TYPES)
def test_facts_are_frozen_and_ignore_what_they_do_not_know(event_type):
    document = json.loads(examples(event_type)[0].read_text())
    fact = BY_TYPE[event_type].model_validate({**document, "added_in_the_future": 1})
    assert not hasattr(fact, "added_in_the_future")
    with pytest.raises(ValidationError, match="frozen"):
        fact.__setattr__(next(iter(type(fact).model_fields)), "other")


def test_generated_files_are_current():
    generator = _generator()
    for path, content in generator.documents().items():
        assert path.read_text() == content, f"{path.name}: run `make contracts`"
    assert {path.name for path in (HERE / "schemas").iterdir()} == {f"{event_type}.json" for event_type in BY_TYPE}


def test_every_type_belongs_to_exactly_one_topic_and_carries_its_key():
    owners: dict[str, str] = {}
    for topic in TOPICS:
        for fact in topic.types:
            assert fact.TYPE not in owners
            owners[fact.TYPE] = topic.name
            assert fact.model_fields[topic.key].is_required()
            assert fact.TYPE.endswith(".v1")
    concrete = {fact for fact in _subclasses(Fact) if "TYPE" in vars(fact)}
    assert {fact.TYPE for fact in concrete} == set(owners), "a fact without a topic"


def _subclasses(cls: type) -> set[type]:
    return {one for sub in cls.__subclasses__() for one in ({sub} | _subclasses(sub))}


def test_asyncapi_references_resolve_and_name_every_topic():
    document = json.loads((HERE / "asyncapi.json").read_text())

    def resolve(reference: str) -> None:
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "$ref" in node:
                resolve(node["$ref"])
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(document)
    assert {topic.name for topic in TOPICS} | {topic.dlq for topic in TOPICS} == set(document["channels"])


# --- compatibility ------------------------------------------------------------------------------------------------------

PROSE = {"title", "description", "examples", "$id", "$schema"}


def breaks(old: Any, new: Any, where: str = "") -> list[str]:
    """What in `new` would hurt a consumer or producer that was written against `old`. Only new optional properties are fine."""
    if not isinstance(old, dict) or not isinstance(new, dict):
        return [] if old == new else [f"{where}: {old!r} became {new!r}"]
    found: list[str] = []
    for key in (old.keys() | new.keys()) - PROSE:
        path = f"{where}/{key}"
        if key in {"properties", "$defs"}:
            before, after = old.get(key, {}), new.get(key, {})
            found += [f"{path}/{name} was removed" for name in before.keys() - after.keys()]
            for name in before.keys() & after.keys():
                found += breaks(before[name], after[name], f"{path}/{name}")
        elif key == "default" and isinstance(old.get(key), dict) and isinstance(new.get(key), dict):
            before, after = old[key], new[key]  # the default of an object names its optional fields too
            found += [f"{path}: {name} changed" for name in sorted(before) if name not in after or before[name] != after[name]]
        elif key == "required":
            added = set(new.get(key, ())) - set(old.get(key, ()))
            gone = set(old.get(key, ())) - set(new.get(key, ()))
            found += [f"{path}: {name} became required" for name in sorted(added)]
            found += [f"{path}: {name} became optional" for name in sorted(gone)]
        elif key not in old or key not in new:
            found.append(f"{path} was {'added' if key not in old else 'removed'}")
        else:
            found += breaks(old[key], new[key], path)
    return found


RELEASED: dict[str, Any] = json.loads((HERE / "released.json").read_text())


@pytest.mark.parametrize("event_type", sorted(RELEASED))
def test_compatible_with_the_last_release(event_type):
    assert event_type in BY_TYPE, "a released type was removed"
    assert breaks(RELEASED[event_type], json.loads((HERE / "schemas" / f"{event_type}.json").read_text())) == []


def test_the_comparison_finds_what_hurts_and_lets_optional_fields_pass():
    old = RELEASED["report.submitted.v1"]
    harmless = copy.deepcopy(old)
    harmless["properties"]["channel"] = {"type": "string", "default": "web"}
    harmless["properties"]["reference"]["description"] = "said otherwise"
    assert breaks(old, harmless) == []
    for change in (
        lambda s: s["properties"].pop("reference"),
        lambda s: s["required"].append("address"),
        lambda s: s["required"].remove("category"),
        lambda s: s["properties"]["photos"].update(maximum=3),
        lambda s: s["properties"]["category"].update(type="integer"),
        lambda s: s["properties"]["category"].update(enum=["a"]),
        lambda s: s["$defs"]["Point"]["properties"].pop("lat"),
        lambda s: s["$defs"].pop("Point"),
    ):
        broken = copy.deepcopy(old)
        change(broken)
        assert breaks(old, broken), "a breaking change passed"

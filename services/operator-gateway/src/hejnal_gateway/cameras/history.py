"""What changed from one version of a camera's registration to the next. Pure."""

from collections.abc import Mapping
from typing import Any

from pydantic import BaseModel, Field

_OF_THE_VERSION = frozenset({"version", "changed_at", "camera_id", "reason"})


class FieldChange(BaseModel):
    """A field that is not what it was."""

    field: str = Field(description="Its path, e.g. recording.keep_days or streams.main")
    before: Any = Field(description="null where it was not set")
    after: Any


def changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[FieldChange]:
    """The fields that differ between two states, by path."""
    old, new = dict(_flat(before)), dict(_flat(after))
    return [
        FieldChange(field=name, before=old.get(name), after=new.get(name))
        for name in sorted(old.keys() | new.keys())
        if old.get(name) != new.get(name)
    ]


def _flat(state: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in state.items():
        path = prefix + name
        if not prefix and name in _OF_THE_VERSION:
            continue
        if path == "streams":
            found += [(f"streams.{stream['name']}", stream["url"]) for stream in value]
        elif isinstance(value, dict):
            found += _flat(value, f"{path}.")
        elif value not in (None, [], ""):
            found.append((path, value))
    return found

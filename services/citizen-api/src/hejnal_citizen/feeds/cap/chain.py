"""From an announcement's versions to CAP messages: which are published, as what, and which earlier ones they refer to. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from hejnal_citizen.announcements.schemas import VersionKind

MessageType = Literal["Alert", "Update", "Cancel"]


@dataclass(frozen=True, slots=True)
class Version:
    """A version of an announcement as the database has it."""

    version: int
    kind: VersionKind
    category: str
    cap_category: str | None
    """The category's in CAP; None: this category is not published there."""
    category_names: Mapping[str, str] | None
    severity: str
    texts: Mapping[str, Mapping[str, str]]
    origins: Mapping[str, str]
    area: Mapping[str, Any]
    geometry: Mapping[str, Any]
    """GeoJSON MultiPolygon."""
    valid_from: datetime
    valid_until: datetime
    drill: bool
    issued_at: datetime
    attachments: Sequence[str]


@dataclass(frozen=True, slots=True)
class Message:
    """One CAP message to be."""

    version: Version
    kind: MessageType
    cap_category: str
    earlier: tuple[int, ...]
    """Versions whose messages this one replaces: all before it, for none of them is to stand any more."""


def messages(versions: Sequence[Version]) -> list[Message]:
    """The CAP messages of a history, oldest first.

    The first version whose category is published in CAP is the Alert; from then on each version is an Update or the Cancel, also
    one whose category is not published: whoever heard the alert must hear how it goes on.
    """
    found: list[Message] = []
    category: str | None = None
    for version in sorted(versions, key=lambda one: one.version):
        category = version.cap_category or category
        if category is None:
            continue
        kind: MessageType = "Alert"
        if found:
            kind = "Cancel" if version.kind == "cancelled" else "Update"
        elif version.kind == "cancelled":  # nothing was heard of it: there is nothing to call off
            continue
        found.append(Message(version, kind, category, tuple(one.version.version for one in found)))
    return found

"""The chain of the audit log: each entry carries the SHA-256 of its canonical form, which holds the hash of the one before.

The canonical form is JSON as RFC 8785 writes it (keys sorted, no white space, UTF-8) of the fields below, instants in UTC
with six decimals. It is part of the exported files' format and never changes; another form would be another `FORMAT`.
"""

import hashlib
import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

FORMAT = "hejnal-audit/1"
GENESIS = bytes(32)
"""What stands for the hash before the first entry."""

INSTANTS = ("footage_from", "footage_until", "at", "recorded_at")
FIELDS = (
    "position", "entry_id", "actor_id", "actor_kind", "actor_role", "action", "object_id", "camera_id",
    "footage_from", "footage_until", "reason", "source_ip", "outcome", "at", "recorded_at", "source",
)  # fmt: skip


def instant_text(at: datetime | None) -> str | None:
    """RFC 3339 in UTC with microseconds, so that one instant has one text."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def plain(row: Mapping[str, Any], previous: bytes) -> dict[str, Any]:
    """An entry as JSON knows it, with the hash of the one before; `row` holds `FIELDS`."""
    entry = {name: instant_text(row[name]) if name in INSTANTS else row[name] for name in FIELDS}
    entry["previous"] = previous.hex()
    return entry


def hash_of(entry: Mapping[str, Any]) -> bytes:
    """The hash of an entry in its plain form."""
    canonical = json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).digest()


def link(row: Mapping[str, Any], previous: bytes) -> bytes:
    """The hash of an entry that follows `previous`."""
    return hash_of(plain(row, previous))

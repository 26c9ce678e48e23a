"""Instants as text, the same everywhere in a package."""

from datetime import UTC, datetime


def rfc3339(instant: datetime) -> str:
    """UTC with microseconds and `Z` (RFC 3339)."""
    return instant.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")

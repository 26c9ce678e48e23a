"""Lets another program in by a key that stands in a file: for installations and demonstrations."""

from pathlib import Path

from hejnal_citizen.open311 import keys
from hejnal_runtime.clock import SystemClock
from hejnal_runtime.database import Database

SHORTEST = 20


async def let_in(database_url: str, path: Path, *, label: str, may_read: bool, may_update: bool) -> dict[str, str]:
    """Put the key into the database; the same key again changes nothing. ValueError when it is too short to be a secret."""
    api_key = path.read_text(encoding="utf-8").strip()  # noqa: ASYNC240 a command with nothing else to do
    if len(api_key) < SHORTEST:
        raise ValueError(f"the key must have at least {SHORTEST} characters")
    database = Database(database_url, schema="citizen")
    try:
        async with database.transaction() as session:
            body = keys.NewOpen311Key(label=label, may_read=may_read, may_update=may_update)
            made = await keys.add(session, api_key, body, by="command", now=SystemClock().now())
    finally:
        await database.close()
    return {"id": made.id, "label": made.label, "hint": made.hint}

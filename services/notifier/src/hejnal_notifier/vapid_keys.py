"""The commands with which the key for web push is changed: a new one beside the old, switched to, the old one withdrawn."""

import asyncio
import sys
from datetime import datetime
from pathlib import Path

from hejnal_notifier.channels.vapid_ring import KeyState, Ring, RingError, read_ring, write_ring
from hejnal_notifier.push_subscriptions import KeyCount, count_by_key
from hejnal_notifier.resources import SCHEMA
from hejnal_runtime.database import Database


def add(private: Path, public: Path, now: datetime) -> str:
    """Put a new key beside the others; browsers get it only after `switch`. Its short name."""
    ring = read_ring(private).added(now)
    write_ring(ring, private, public)
    return ring.keys[-1].key_id


def switch(private: Path, public: Path) -> str:
    """Give browsers the key that `add` has made. Its short name."""
    ring = read_ring(private).switched()
    write_ring(ring, private, public)
    return ring.current.key_id


def withdraw(private: Path, public: Path, name: str, now: datetime, *, counts: list[KeyCount] | None, anyway: bool) -> int | None:
    """End a key and the subscriptions that hang on it, their number if it is known.

    A key that the file has lost is known by its subscriptions. RingError while some hang on it, or nobody knows (`counts` is
    None), unless `anyway`.
    """
    hanging = [one for one in counts or [] if one.key.key_id == name]
    lost = next((one.key for one in hanging if one.key.state is KeyState.MISSING), None)
    ring = read_ring(private)
    ring = ring.without(name, now) if lost is None else ring.given_up(lost, now)
    browsers = None if counts is None else sum(one.browsers for one in hanging)
    if browsers is None and not anyway:
        raise RingError("HEJNAL_NOTIFIER_DATABASE_URL is not set: nobody can say who hangs on the key; set it, or say --anyway")
    if browsers and not anyway:
        raise RingError(
            f"{browsers} browsers still hang on {name}: they would get no push until their owners open the app. Wait until they "
            "have subscribed anew, or say --anyway"
        )
    write_ring(ring, private, public)
    return browsers


def listing(ring: Ring, counts: list[KeyCount] | None) -> list[str]:
    """A line per key, oldest first: short name, what it is for, since when; where it is known, how many browsers hang on it."""
    if counts is None:
        return [f"{key.key_id}  {key.state:<9}  {key.since or '-':<20}" for key in ring.keys]
    return [
        f"{one.key.key_id}  {one.key.state:<9}  {one.key.since or '-':<20}  {one.browsers} browsers"
        + ("" if one.key is not ring.oldest else "  (with those from before keys were told)")
        for one in counts
    ]


async def counted(database_url: str, ring: Ring) -> list[KeyCount]:
    """How many browsers hang on each key."""
    database = Database(database_url, schema=SCHEMA)
    try:
        return await count_by_key(database, ring)
    finally:
        await database.close()


def run_vapid_keys(
    act: str, name: str | None, private: Path, public: Path, now: datetime, *, database_url: str | None, anyway: bool
) -> int:
    """The command `vapid-keys`; 1 with a sentence on standard error when it cannot be done."""
    try:
        if act == "add":
            sys.stdout.write(f"{add(private, public, now)}: known, not in use. Wait until notifier has read it, then `switch`\n")
        elif act == "switch":
            sys.stdout.write(f"{switch(private, public)}: browsers subscribe with it from now on\n")
        else:
            ring = read_ring(private)
            counts = asyncio.run(counted(database_url, ring)) if database_url else None
            if act == "list":
                sys.stdout.write("\n".join(listing(ring, counts)) + "\n")
                return 0
            assert name is not None
            hanging = withdraw(private, public, name, now, counts=counts, anyway=anyway)
            sys.stdout.write(f"{name}: withdrawn; {'its' if hanging is None else hanging} subscriptions are ended\n")
    except (RingError, OSError) as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0

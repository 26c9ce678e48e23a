"""What a run tells, and what must hold in it."""

import asyncio
import json
import os
import time
from collections.abc import Awaitable, Callable
from typing import Any


class NotKeptError(AssertionError):
    """A promise of the bus was not kept."""


def tell(**measured: Any) -> None:
    """One line."""
    print(json.dumps(measured | {"load": round(os.getloadavg()[0], 1)}), flush=True)


def check(what: str, holds: bool, seen: Any = "") -> None:
    """One thing that must hold. Raises NotKeptError."""
    print(f"  {'ok ' if holds else 'NOT'} {what}{f': {seen}' if seen != '' else ''}", flush=True)
    if not holds:
        raise NotKeptError(f"{what}: {seen}")


async def until(what: str, condition: Callable[[], Any | Awaitable[Any]], timeout_s: float) -> float:
    """Wait until it is true; seconds. Raises NotKeptError."""
    began = time.monotonic()
    while True:
        value = condition()
        if asyncio.iscoroutine(value):
            value = await value
        if value:
            return time.monotonic() - began
        if time.monotonic() - began > timeout_s:
            raise NotKeptError(f"not within {timeout_s:.0f} s: {what}")
        await asyncio.sleep(0.1)

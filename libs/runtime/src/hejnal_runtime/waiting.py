"""Waiting with a bound, in a way that never loses a cancellation."""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

Result = TypeVar("Result")


async def wait_for(awaitable: Awaitable[Result], timeout_s: float | None) -> Result:
    """What the awaitable gives. Raises TimeoutError after so many seconds (None: never), and cancels it then.

    `asyncio.wait_for` of Python 3.11 drops a cancellation that comes in the same turn of the loop as the end of what it waits
    for (python/cpython issue 86296): a loop that then tries again never ends, and its service is killed in mid-work.
    """
    async with asyncio.timeout(timeout_s):
        return await awaitable

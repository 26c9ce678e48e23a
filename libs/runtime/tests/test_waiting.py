"""A cancellation that comes in the turn in which what is waited for ends is not lost."""

import asyncio

import pytest

from hejnal_runtime.waiting import wait_for


async def test_a_loop_that_tries_again_ends_when_it_is_cancelled_as_a_try_fails() -> None:
    tries = 0

    async def fail_while_the_loop_is_cancelled() -> None:
        nonlocal tries
        tries += 1
        await asyncio.sleep(0)
        if tries == 1:
            task.cancel()
        raise OSError("the broker is away")

    async def try_again() -> None:
        while True:
            try:
                await wait_for(fail_while_the_loop_is_cancelled(), 10)
            except OSError:
                await asyncio.sleep(0.01)

    task = asyncio.create_task(try_again())
    done, _ = await asyncio.wait({task}, timeout=5)
    task.cancel()
    assert done
    assert task.cancelled()
    assert tries == 1


async def test_what_takes_too_long_is_cancelled_and_what_comes_in_time_is_given() -> None:
    future = asyncio.get_running_loop().create_future()
    with pytest.raises(TimeoutError):
        await wait_for(future, 0.01)
    assert future.cancelled()
    assert await wait_for(asyncio.sleep(0, "here"), None) == "here"

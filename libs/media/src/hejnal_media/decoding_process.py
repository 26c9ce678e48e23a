"""A process of its own for bytes that only a decoder understands: hostile ones may end that process, never its parent.

The child has no environment but its path, no files to write, little memory and little time. Both ends speak in messages of a
length and so many bytes; what is in them is theirs.
"""

import asyncio
import contextlib
import os
import resource
import sys
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import Callable

MAX_MESSAGE_BYTES = 192 * 1024 * 1024
_HEAD_BYTES = 4
_START_S = 5.0
_ONE_THREAD = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
"""NumPy would reserve memory for every core of the machine."""


class DecodingProcessDiedError(Exception):
    """The process did not survive the message, or took too long; the next message goes to a new one."""


class DecodingProcess:
    """`python -m module`, started with the first message and again after a death. One message at a time."""

    def __init__(self, module: str, *, time_limit_s: float) -> None:
        self._module = module
        self._time_limit_s = time_limit_s
        self._process: Process | None = None
        self._turn = asyncio.Lock()

    @property
    def pid(self) -> int | None:
        """Of the process; None while there is none."""
        return self._process.pid if self._process is not None else None

    async def ask(self, message: bytes) -> bytes:
        """The answer. Raises DecodingProcessDiedError; ValueError for a message beyond MAX_MESSAGE_BYTES."""
        if len(message) > MAX_MESSAGE_BYTES:
            raise ValueError(f"a message of {len(message)} bytes")
        async with self._turn:
            try:
                async with asyncio.timeout(self._time_limit_s + (_START_S if self._process is None else 0.0)):
                    return await self._exchange(self._process or await self._start(), message)
            except (OSError, TimeoutError, asyncio.IncompleteReadError) as error:
                await self._end()
                raise DecodingProcessDiedError(type(error).__name__) from error
            except BaseException:  # whoever asked has gone: the answer must not be taken for the next one's
                await self._end()
                raise

    async def close(self) -> None:
        """End the process."""
        async with self._turn:
            await self._end()

    @staticmethod
    async def _exchange(process: Process, message: bytes) -> bytes:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(len(message).to_bytes(_HEAD_BYTES, "big") + message)
        await process.stdin.drain()
        size = int.from_bytes(await process.stdout.readexactly(_HEAD_BYTES), "big")
        if size > MAX_MESSAGE_BYTES:
            raise OSError(f"an answer of {size} bytes")
        return await process.stdout.readexactly(size)

    async def _start(self) -> Process:
        # No environment: what is in ours (keys, addresses) is none of the decoder's business.
        self._process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            self._module,
            stdin=PIPE,
            stdout=PIPE,
            stderr=DEVNULL,
            env={name: os.environ[name] for name in ("PATH", "LANG", "PYTHONPATH") if name in os.environ} | _ONE_THREAD,
            limit=1024 * 1024,
            start_new_session=True,
        )
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.wait()


def serve(answer: Callable[[bytes], bytes], *, memory_bytes: int, cpu_per_message_s: int, nice: int) -> None:
    """The child's side: answers standard input until it ends, under limits the kernel enforces."""
    os.nice(nice)
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_AS, (memory_bytes, memory_bytes))
    resource.setrlimit(resource.RLIMIT_NOFILE, (16, 16))
    source, target = sys.stdin.buffer, sys.stdout.buffer
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        while len(head := source.read(_HEAD_BYTES)) == _HEAD_BYTES:
            message = source.read(int.from_bytes(head, "big"))
            used = resource.getrusage(resource.RUSAGE_SELF)
            limit_s = int(used.ru_utime + used.ru_stime) + 1 + cpu_per_message_s
            resource.setrlimit(resource.RLIMIT_CPU, (limit_s, resource.RLIM_INFINITY))
            found = answer(message)
            target.write(len(found).to_bytes(_HEAD_BYTES, "big") + found)
            target.flush()

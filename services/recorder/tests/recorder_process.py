"""The recorder as a process of its own, started and killed at will."""

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Process:
    """`python -m hejnal_recorder serve`, started and killed at will."""

    environment: dict[str, str]
    port: int
    log: Path
    child: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.child = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hejnal_recorder", "serve", env=os.environ | self.environment, stderr=log
            )

    async def end(self, sign: int = signal.SIGKILL) -> int:
        assert self.child is not None
        if self.child.returncode is None:
            self.child.send_signal(sign)
        return await asyncio.wait_for(self.child.wait(), 30)


async def eventually(condition: Callable[[], Awaitable[bool]], what: str, timeout_s: float = 60) -> None:
    end = asyncio.get_running_loop().time() + timeout_s
    while not await condition():
        assert asyncio.get_running_loop().time() < end, what
        await asyncio.sleep(0.1)

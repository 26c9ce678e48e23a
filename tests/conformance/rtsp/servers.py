"""Starts the servers that are not ours, and listens to what they tell."""

import asyncio
import contextlib
import json
import os
import signal
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path

GSTREAMER = ("/usr/bin/python3", str(Path(__file__).parent / "gstreamer_server.py"))


@dataclass
class RealServer:
    """A running server; `events` are its lines so far."""

    port: int = 0
    events: list[tuple[str, object]] = field(default_factory=list)

    def count(self, event: str, detail: object = None) -> int:
        """How often something was told."""
        return sum(name == event and detail in (None, told) for name, told in self.events)

    async def until(self, condition: Callable[[], object], timeout_s: float = 30) -> None:
        """Waits for something that it tells."""
        async with asyncio.timeout(timeout_s):
            while not condition():
                await asyncio.sleep(0.02)


@contextlib.asynccontextmanager
async def real_server(*command: str, password: str = "") -> AsyncIterator[RealServer]:
    """Starts the program; it is ended at the end."""
    process = await asyncio.create_subprocess_exec(
        *command, stdout=asyncio.subprocess.PIPE, stdin=asyncio.subprocess.DEVNULL, env={**os.environ, "PASSWORD": password}
    )
    server = RealServer()

    async def listen() -> None:
        assert process.stdout is not None
        async for line in process.stdout:
            told = json.loads(line)
            server.events.append((told["event"], told["detail"]))

    listening = asyncio.create_task(listen())
    try:
        await server.until(lambda: server.events or process.returncode is not None, 20)
        assert server.events[:1], f"{command[0]} did not start"
        server.port = int(str(server.events[0][1]))
        yield server
    finally:
        await ended(process)
        listening.cancel()


@contextlib.asynccontextmanager
async def publisher(url: str, file: Path) -> AsyncIterator[asyncio.subprocess.Process]:
    """ffmpeg, which sends a file as fast as it plays."""
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-nostdin", "-v", "error", "-re", "-i", str(file), "-map", "0", "-c", "copy",
        "-f", "rtsp", "-rtsp_transport", "tcp", url,
        stdin=asyncio.subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield process
    finally:
        await ended(process)


async def ended(process: asyncio.subprocess.Process) -> None:
    """Ends a program that we have started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.send_signal(signal.SIGTERM)
        try:
            async with asyncio.timeout(30):
                await process.wait()
        except TimeoutError:
            process.kill()
            await process.wait()

"""The processes that decode photos: a few, each with a time limit, replaced when one hangs or dies."""

import asyncio
import contextlib
import json
import os
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog

from hejnal_citizen import metrics
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()

_PASSED_ON = ("PATH", "PYTHONPATH", "LANG", "LC_ALL", "HOME", "VIRTUAL_ENV")
"""The child sees no settings, and so no secrets, of this service."""

_MESSAGES = {
    "photo-unreadable": "This file is not a photo we can read. Send a JPEG, PNG, WebP or HEIC picture.",
    "photo-too-many-pixels": "This picture has too many pixels. Make it smaller and send it again.",
    "photo-too-complex": "This picture could not be processed in time. Make it smaller and send it again.",
}


@dataclass(frozen=True, slots=True)
class EncodedPhoto:
    """What a worker has written."""

    width: int
    height: int
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class PhotoData:
    """What a photo says of itself; None where it says nothing."""

    lat: float | None
    lon: float | None
    taken_at: str | None


class PhotoWorkers:
    """`encode` hands a file to a free process and waits for it, at most `timeout_s`."""

    def __init__(self, *, processes: int, timeout_s: float, queue_limit: int, max_pixels: int) -> None:
        self._free = asyncio.Semaphore(processes)
        self._idle: list[Process] = []
        self._timeout_s = timeout_s
        self._queue_limit = queue_limit
        self._max_pixels = max_pixels
        self._waiting = 0

    async def encode(self, source: Path, full: Path, thumb: Path) -> EncodedPhoto:
        """Write `full` and `thumb` from `source`. AppError: UNSUPPORTED (no photo), TOO_LARGE (pixels), UNAVAILABLE (busy)."""
        job = {"kind": "encode", "source": str(source), "full": str(full), "thumb": str(thumb), "max_pixels": self._max_pixels}
        answer = await self._do(job)
        metrics.PHOTOS.labels("stored").inc()
        return EncodedPhoto(**answer)

    async def blur(self, source: Path, full: Path, thumb: Path, rectangles: list[dict[str, float]]) -> EncodedPhoto:
        """Write `full` and `thumb` from one of our own pictures, its rectangles unrecognisable. AppError as `encode`."""
        job = {"kind": "blur", "source": str(source), "full": str(full), "thumb": str(thumb), "rectangles": rectangles}
        return EncodedPhoto(**await self._do(job))

    async def place(self, source: Path) -> PhotoData:
        """Where and when a photo says it was taken. AppError as `encode`."""
        return PhotoData(**await self._do({"kind": "place", "source": str(source)}))

    async def _do(self, job: dict[str, Any]) -> dict[str, Any]:
        if self._waiting >= self._queue_limit:
            detail = "Many photos are being processed right now. Please try again in a moment; nothing was changed."
            raise AppError(Kind.UNAVAILABLE, "photos-busy", detail, retry_after_s=5)
        self._waiting += 1
        try:
            async with self._free:
                answer = await self._ask(job)
        finally:
            self._waiting -= 1
        if "refused" in answer:
            slug = answer["refused"]
            metrics.PHOTOS.labels(slug).inc()
            log.info("photo_refused", slug=slug, reason=answer.get("reason"))
            kind = Kind.UNSUPPORTED if slug == "photo-unreadable" else Kind.TOO_LARGE
            raise AppError(kind, slug, _MESSAGES[slug])
        return answer

    async def close(self) -> None:
        """End all processes."""
        for process in self._idle:
            await _end(process)
        self._idle.clear()

    async def _ask(self, job: dict[str, Any]) -> dict[str, Any]:
        async with self._process() as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                async with asyncio.timeout(self._timeout_s):
                    process.stdin.write(json.dumps(job).encode() + b"\n")
                    await process.stdin.drain()
                    line = await process.stdout.readline()
            except TimeoutError:
                await _end(process)
                return {"refused": "photo-too-complex", "reason": f"longer than {self._timeout_s} s"}
            except (BrokenPipeError, ConnectionResetError):
                line = b""
            if not line:
                await _end(process)
                return {"refused": "photo-unreadable", "reason": f"its process ended with {process.returncode}"}
            answer: dict[str, Any] = json.loads(line)
            return answer

    @asynccontextmanager
    async def _process(self) -> AsyncIterator[Process]:
        """A process for one job; put back when it is still in step, ended otherwise (also when the request was cancelled)."""
        process = self._idle.pop() if self._idle else await self._start()
        in_step = False
        try:
            yield process
            in_step = process.returncode is None
        finally:
            if in_step:
                self._idle.append(process)
            else:
                await _end(process)

    async def _start(self) -> Process:
        environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
        module = "hejnal_citizen.reports.photo_process"
        return await asyncio.create_subprocess_exec(
            sys.executable, "-m", module, stdin=PIPE, stdout=PIPE, env=environment, start_new_session=True
        )


async def _end(process: Process) -> None:
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()
    await process.wait()

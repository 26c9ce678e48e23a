"""The live view of the door: each camera on the worker it falls to, this process or another one."""

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import TypeVar

import structlog

from hejnal_gateway import metrics
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.door import LiveCarriers, LiveDoor, Opened, Pictures, StreamName, view_unknown
from hejnal_gateway.live.fmp4.view import MessageSink
from hejnal_gateway.live.here import LiveHere
from hejnal_gateway.live.workers.client import WorkerAwayError, WorkerClient
from hejnal_gateway.live.workers.placement import order_of
from hejnal_gateway.live.workers.register import WorkerRegister
from hejnal_runtime.errors import AppError, Kind

log = structlog.get_logger()
Answer = TypeVar("Answer")

_FULL = frozenset({"viewers-full", "transcodes-full"})
_SESSION_END_S = 2.0


class _There:
    """Another worker as a `LiveDoor`."""

    def __init__(self, url: str, client: WorkerClient) -> None:
        self._url = url
        self._client = client

    async def carriers(self, staff: StaffSession, camera_id: str, stream: StreamName) -> LiveCarriers:
        return await self._client.carriers(self._url, staff, camera_id, stream)

    async def open(self, staff: StaffSession, camera_id: str, stream: StreamName, offer: str, reason: str) -> Opened:
        return await self._client.open(self._url, staff, camera_id, stream, offer, reason)

    async def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        await self._client.trickle(self._url, staff, camera_id, viewer_id, fragment, if_match)

    async def switch(
        self, staff: StaffSession, camera_id: str, viewer_id: str, stream: StreamName, pictures: Pictures | None
    ) -> None:
        await self._client.switch(self._url, staff, camera_id, viewer_id, stream, pictures)

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        await self._client.close(self._url, staff, camera_id, viewer_id)

    async def watch(self, staff: StaffSession, camera_id: str, stream: StreamName, reason: str, target: MessageSink) -> str:
        return await self._client.watch(self._url, staff, camera_id, stream, reason, target)


class PlacedLive:
    """`LiveDoor` over all workers. One that is away or full is passed over for the next; a view stays where it was opened."""

    def __init__(self, here: LiveHere | None, register: WorkerRegister, client: WorkerClient) -> None:
        self._here = here
        self._register = register
        self._client = client

    async def carriers(self, staff: StaffSession, camera_id: str, stream: StreamName) -> LiveCarriers:
        """What can carry the stream to this person now."""
        return await self._somewhere(camera_id, lambda worker: worker.carriers(staff, camera_id, stream))

    async def open(self, staff: StaffSession, camera_id: str, stream: StreamName, offer: str, reason: str) -> Opened:
        """A new view over WebRTC."""
        return await self._somewhere(camera_id, lambda worker: worker.open(staff, camera_id, stream, offer, reason))

    async def watch(self, staff: StaffSession, camera_id: str, stream: StreamName, reason: str, target: MessageSink) -> str:
        """A view as fMP4; why it ended."""
        return await self._somewhere(camera_id, lambda worker: worker.watch(staff, camera_id, stream, reason, target))

    async def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        """A browser's candidates."""
        await self._at(viewer_id, lambda worker: worker.trickle(staff, camera_id, viewer_id, fragment, if_match))

    async def switch(
        self, staff: StaffSession, camera_id: str, viewer_id: str, stream: StreamName, pictures: Pictures | None
    ) -> None:
        """The other stream of the same camera, or other pictures of it."""
        await self._at(viewer_id, lambda worker: worker.switch(staff, camera_id, viewer_id, stream, pictures))

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view."""
        await self._at(viewer_id, lambda worker: worker.close(staff, camera_id, viewer_id))

    async def close_of_session(self, session_id: str) -> None:
        """End what a session that is over is shown; where a worker does not answer, it finds out by itself."""
        if self._here is not None:
            await self._here.viewers.close_of_session(session_id)
        others = [url for worker_id, url in self._register.living.items() if not self._is_here(worker_id)]

        async def tell(url: str) -> None:
            with suppress(WorkerAwayError, AppError):
                await self._client.end_session(url, session_id)

        if others:
            with suppress(TimeoutError):
                async with asyncio.timeout(_SESSION_END_S):
                    await asyncio.gather(*(tell(url) for url in others))

    # --- placing --------------------------------------------------------------------------------------------------

    def _is_here(self, worker_id: str) -> bool:
        return self._here is not None and worker_id == self._here.worker_id

    def _worker(self, worker_id: str, url: str) -> LiveDoor:
        return self._here if self._here is not None and self._is_here(worker_id) else _There(url, self._client)

    async def _somewhere(self, camera_id: str, ask: Callable[[LiveDoor], Awaitable[Answer]]) -> Answer:
        living = self._register.living
        alone = self._here is not None and len(living) == 1
        relaying = {} if alone else await self._register.relaying(camera_id)
        refusal: AppError | None = None
        for worker_id in order_of(camera_id, living, relaying):
            try:
                return await ask(self._worker(worker_id, living[worker_id]))
            except WorkerAwayError as error:
                metrics.LIVE_WORKERS_AWAY.inc()
                log.warning("live_worker_away", worker_id=worker_id, url=living[worker_id], error=str(error))
                self._register.suspect(worker_id)
            except AppError as error:
                if error.slug not in _FULL:
                    raise
                refusal = error
        detail = "No live worker answers right now. Please try again in a moment."
        raise refusal or AppError(Kind.UNAVAILABLE, "live-workers-away", detail, retry_after_s=1)

    async def _at(self, viewer_id: str, ask: Callable[[LiveDoor], Awaitable[None]]) -> None:
        if self._here is not None and self._here.viewers.serves(viewer_id):
            await ask(self._here)
            return
        worker_id = await self._register.worker_of(viewer_id)
        url = self._register.living.get(worker_id) if worker_id is not None else None
        if worker_id is None or url is None or self._is_here(worker_id):
            raise view_unknown()
        try:
            await ask(self._worker(worker_id, url))
        except WorkerAwayError as error:
            self._register.suspect(worker_id)
            raise view_unknown() from error

"""The event stream at the staff door."""

import asyncio
from collections.abc import AsyncIterator
from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header
from fastapi.responses import StreamingResponse
from sqlalchemy.exc import SQLAlchemyError

from hejnal_gateway.access import Res, StaffRequired
from hejnal_gateway.accounts.roles import ALL
from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.events import FarewellEvent, HelloEvent, Listener, frame
from hejnal_gateway.resources import Resources

router = APIRouter(prefix="/api/v1/events", tags=["events"])
AnyStaff = Annotated[StaffSession, Depends(StaffRequired(ALL))]

HEARTBEAT_S = 10.0
SESSION_CHECK_S = 30.0


@router.get("", summary="What happens, as it happens (server-sent events)", response_class=StreamingResponse)
async def listen(
    resources: Res, staff: AnyStaff, last_event_id: Annotated[str | None, Header(max_length=64)] = None
) -> StreamingResponse:
    """`text/event-stream`: `hello`, then `camera-status`, `camera-event`, `camera`, `report`, `recording`, `alert`.

    `farewell` ends it. A comment line every 10 s is the heartbeat. `Last-Event-ID` resumes; events of the last minutes are kept.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_stream(resources, staff, last_event_id), media_type="text/event-stream", headers=headers)


async def _stream(resources: Resources, staff: StaffSession, last_event_id: str | None) -> AsyncIterator[bytes]:
    ring = resources.events
    sees = partial(resources.sight.shows, staff.camera_groups)
    listener, missed, newest_id = ring.join(staff.role, last_event_id, sees=sees, session_id=staff.session_id)
    clock = resources.clock
    try:
        now = clock.now()
        cameras = [] if missed is not None else [one for one in resources.feeds.snapshot(now) if sees(one.camera_id)]
        hello = HelloEvent(server_time=now.isoformat(), resumed=missed is not None, cameras=cameras)
        yield b"retry: 2000\n" + frame("hello", hello, None if missed else newest_id)
        for event in missed or ():
            yield event.text
        checked_at = clock.monotonic()
        while not listener.ended.done():
            async for chunk in _next(listener):
                yield chunk
            if clock.monotonic() - checked_at > SESSION_CHECK_S:
                checked_at = clock.monotonic()
                if not await _still_open(resources, staff):
                    listener.end("signed-out")
        farewell = FarewellEvent.model_validate({"reason": listener.ended.result()})
        yield frame("farewell", farewell, None)
    finally:
        ring.leave(listener)


async def _still_open(resources: Resources, staff: StaffSession) -> bool:
    try:
        return bool(await resources.sessions.still_open([staff.session_id]))
    except (SQLAlchemyError, OSError, TimeoutError):  # the database is away: the watch goes on
        return True


async def _next(listener: Listener) -> AsyncIterator[bytes]:
    """What is queued, joined into one write; a heartbeat when nothing comes."""
    getting = asyncio.ensure_future(listener.queue.get())
    try:
        waited: set[asyncio.Future[Any]] = {getting, listener.ended}
        await asyncio.wait(waited, timeout=HEARTBEAT_S, return_when=asyncio.FIRST_COMPLETED)
        if getting.done():
            parts = [getting.result().text]
            while not listener.queue.empty():
                parts.append(listener.queue.get_nowait().text)
            yield b"".join(parts)
        elif not listener.ended.done():
            yield b": heartbeat\n\n"
    finally:
        getting.cancel()

"""Camera groups at the doors that do not name a camera: segments, holds, exports, bookmarks, lists.

The recorder knows whose camera a thing is of; here it is asked before the person's request passes. Only for people with camera
groups, at the price of one short request more. A thing of several cameras is shown to those who may know of all of them.
"""

import json
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import aiohttp

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.accounts.sight import CameraSight
from hejnal_gateway.doors.table import Door
from hejnal_runtime.errors import AppError, Kind

Ask = Callable[[str, dict[str, str]], Awaitable[aiohttp.ClientResponse]]
"""Asks the door's upstream for a path with headers, in the person's name."""

_REMEMBERED = 20_000
_LONGEST_BYTES = 8 * 1024 * 1024
_LISTS = {"/holds": "holds", "/exports": "exports", "/storage": "cameras"}
_CAMERA_HEADER = "x-hejnal-camera"


class DoorSight:
    """Judges requests of people with camera groups by the cameras of what they ask for."""

    def __init__(self, sight: CameraSight) -> None:
        self._sight = sight
        self._segments: OrderedDict[str, str] = OrderedDict()

    def concerns(self, door: Door, staff: StaffSession) -> bool:
        """Whether there is anything to judge: a door to footage, and a person who may not see all of it."""
        return staff.camera_groups is not None and door.upstream == "recorder"

    async def demand(self, door: Door, names: dict[str, str], body: bytes, staff: StaffSession, ask: Ask) -> None:
        """AppError(NOT_FOUND) unless this person may know of every camera this request is about."""
        if "camera_id" in names:  # judged by StaffRequired, as with every route
            return
        if "segment_id" in names:
            camera_id = await self._camera_of(names["segment_id"], ask)
            if camera_id is not None:
                await self._demand(staff, [camera_id])
        elif names:
            thing = "/".join(door.path.split("/")[:3]).format(**names)
            found = await _read(await ask(thing, {}))
            if found is not None:
                await self._demand(staff, _cameras_of(found))
        elif body:
            await self._demand(staff, _cameras_of(_parsed(body)))

    def filters(self, door: Door) -> bool:
        """Whether this door's answer is a list to be thinned out."""
        return door.method == "GET" and door.path in _LISTS

    async def thinned(self, door: Door, answer: aiohttp.ClientResponse, staff: StaffSession) -> bytes:
        """The list without what this person may not know of. AppError(UNAVAILABLE) when it cannot be read."""
        name = _LISTS[door.path]
        found = await _read(answer)
        if not isinstance(found, dict) or not isinstance(found.get(name), list):
            raise _unclear()
        named = {camera_id for item in found[name] for camera_id in _cameras_of(item)}
        visible = await self._sight.visible(staff, named)
        items = [item for item in found[name] if (cameras := set(_cameras_of(item))) and cameras <= visible]
        return json.dumps({**found, name: items}, ensure_ascii=False).encode()

    async def _demand(self, staff: StaffSession, camera_ids: Iterable[str]) -> None:
        wanted = set(camera_ids)
        if not wanted or not await self._sight.sees_all(staff, wanted):
            raise AppError(Kind.NOT_FOUND, "not-found", "There is nothing here.")

    async def _camera_of(self, segment_id: str, ask: Ask) -> str | None:
        """Whose a segment is; it never changes. None when there is no such segment: the recorder says so itself."""
        if segment_id in self._segments:
            self._segments.move_to_end(segment_id)
            return self._segments[segment_id]
        answer = await ask(f"/segments/{segment_id}/media", {"range": "bytes=0-0"})
        answer.close()
        camera_id = answer.headers.get(_CAMERA_HEADER)
        if camera_id is None:
            if answer.status in (404, 410):
                return None
            raise _unclear()
        self._segments[segment_id] = camera_id
        if len(self._segments) > _REMEMBERED:
            self._segments.popitem(last=False)
        return camera_id


def _cameras_of(item: Any) -> list[str]:
    """The cameras a thing names. None at all is judged as out of sight."""
    if not isinstance(item, dict):
        return []
    several = item.get("cameras")
    found = [*several] if isinstance(several, list) else []
    if "camera_id" in item:
        found.append(item["camera_id"])
    return found if all(isinstance(one, str) for one in found) else []


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return None


async def _read(answer: aiohttp.ClientResponse) -> Any:
    """The JSON of an answer; None for a refusal, which the request itself will meet again."""
    try:
        if 400 <= answer.status < 500:
            return None
        if answer.status != 200:
            raise _unclear()
        body = await answer.content.read(_LONGEST_BYTES)
        while chunk := await answer.content.read(_LONGEST_BYTES):
            body += chunk
            if len(body) > _LONGEST_BYTES:
                raise _unclear()
        return _parsed(body)
    finally:
        answer.close()


def _unclear() -> AppError:
    """What cannot be judged is not shown."""
    detail = "The archive does not say right now whose camera this is. Please try again in a moment."
    return AppError(Kind.UNAVAILABLE, "upstream-unavailable", detail)

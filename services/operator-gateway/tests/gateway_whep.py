"""A WHEP client that is not ours: aiortc's peer connection, decoded pictures."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiortc import RTCConfiguration, RTCIceServer, RTCPeerConnection, RTCSessionDescription


class WhepRefusedError(Exception):
    """The offer was refused; carries status and problem slug."""

    def __init__(self, status: int, slug: str) -> None:
        super().__init__(f"{status} {slug}")
        self.status = status
        self.slug = slug


class WhepClient:
    """One view. `frame` gives decoded pictures."""

    def __init__(self, browser: aiohttp.ClientSession, ice_servers: list[RTCIceServer] | None = None) -> None:
        self.browser = browser
        self.peer = RTCPeerConnection(RTCConfiguration(iceServers=ice_servers or []))
        self.peer.addTransceiver("video", direction="recvonly")
        self.track: Any = None
        self.location = ""
        self.etag = ""
        self.links: list[str] = []
        self.answer = ""
        self.peer.on("track", self._take)

    def _take(self, track: Any) -> None:
        self.track = track

    async def start(self, camera_id: str = "cam-1", **query: str) -> "WhepClient":
        await self.ask(camera_id, **query)
        await self.accept(self.answer)
        return self

    async def ask(self, camera_id: str = "cam-1", **query: str) -> None:
        await self.peer.setLocalDescription(await self.peer.createOffer())
        headers = {"Content-Type": "application/sdp"}
        sdp = self.peer.localDescription.sdp
        async with self.browser.post(f"/api/v1/whep/{camera_id}", params=query, data=sdp, headers=headers) as answer:
            if answer.status != 201:
                raise WhepRefusedError(answer.status, (await answer.json())["type"].rsplit(":", 1)[1])
            self.answer = await answer.text()
            self.location, self.etag = answer.headers["Location"], answer.headers["ETag"]
            self.links = answer.headers.getall("Link", [])

    async def accept(self, answer: str) -> None:
        await self.peer.setRemoteDescription(RTCSessionDescription(answer, "answer"))

    async def frame(self, timeout_s: float = 15) -> Any:
        return await asyncio.wait_for(self.track.recv(), timeout_s)

    async def close(self) -> None:
        await self.peer.close()


@asynccontextmanager
async def whep(browser: aiohttp.ClientSession, camera_id: str = "cam-1", **query: str) -> AsyncIterator[WhepClient]:
    client = WhepClient(browser)
    try:
        yield await client.start(camera_id, **query)
    finally:
        await client.close()

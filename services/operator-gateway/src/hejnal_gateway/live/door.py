"""The live view as the door asks for it: here or on another worker, it is the same."""

from dataclasses import dataclass
from typing import Literal, Protocol

from pydantic import BaseModel, Field

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.fmp4.view import MessageSink
from hejnal_runtime.errors import AppError, Kind

StreamName = Literal["main", "sub"]
Pictures = Literal["all", "key-frames"]
"""What is sent of a stream: every picture, or only those that can be decoded by themselves."""


class LiveCarriers(BaseModel):
    """What can carry a camera's picture to this person: best `whep`, then `mse` if the browser plays it, else `transcode`."""

    codec: str | None = Field(description="RFC 6381 codec string of the pictures; null while nothing is known of them")
    audio: str | None = Field(default=None, description="Codec of the sound; null: none")
    mime: str | None = Field(default=None, description="What to ask MediaSource.isTypeSupported for before using the WebSocket")
    whep: bool = Field(description="POST /api/v1/whep/{camera_id} carries it as it comes, or a camera that is away is waited for")
    mse: bool = Field(description="WebSocket /api/v1/live/{camera_id} carries it as it comes")
    transcode: bool = Field(description="Either can carry it made anew as H.264: a place for that is free, or it is being done")
    masked: bool = Field(default=False, description="This person is shown it with its private parts covered; always made anew")
    worker: str = Field(description="The live worker that would serve it")


@dataclass(frozen=True, slots=True)
class Opened:
    """An answered offer."""

    viewer_id: str
    answer: str
    etag: str


class LiveDoor(Protocol):
    """What the routes need. Errors are AppErrors, worded for the person."""

    async def carriers(self, staff: StaffSession, camera_id: str, stream: StreamName) -> LiveCarriers:
        """What can carry the stream to this person now."""

    async def open(self, staff: StaffSession, camera_id: str, stream: StreamName, offer: str, reason: str) -> Opened:
        """A new view over WebRTC."""

    async def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        """A browser's candidates."""

    async def switch(
        self, staff: StaffSession, camera_id: str, viewer_id: str, stream: StreamName, pictures: Pictures | None
    ) -> None:
        """The other stream of the same camera, or other pictures of it; None leaves those as they are."""

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view."""

    async def watch(self, staff: StaffSession, camera_id: str, stream: StreamName, reason: str, target: MessageSink) -> str:
        """A view as fMP4, until either side ends it; why it ended."""


def view_unknown() -> AppError:
    """What is said of a view that is over, or is somebody else's."""
    return AppError(Kind.NOT_FOUND, "view-unknown", "This live view is over.")

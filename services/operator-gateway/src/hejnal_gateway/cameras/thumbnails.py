"""Small pictures for tiles: a look like any other, on record before it is granted."""

from dataclasses import dataclass

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.cameras.ingest_client import IngestClient
from hejnal_gateway.doors.looks import LooksOnRecord
from hejnal_runtime.errors import AppError, Kind

ACTION = "footage.thumbnail"
_HANDED_ON = ("etag", "last-modified", "age", "x-taken-at")


@dataclass(frozen=True, slots=True)
class ThumbnailAnswer:
    """What goes to the browser."""

    status: int
    jpeg: bytes
    headers: dict[str, str]


class Thumbnails:
    """Hands on what ingest has. The same person's looks at the same camera within 15 min are one entry of the audit log."""

    def __init__(self, ingest: IngestClient, looks: LooksOnRecord) -> None:
        self._ingest = ingest
        self._looks = looks

    async def get(self, staff: StaffSession, camera_id: str, *, reason: str, if_none_match: str) -> ThumbnailAnswer:
        """The newest small picture, with its age in the headers.

        AppError: INVALID restricted and no reason; NOT_FOUND nobody holds the camera or it has shown nothing yet; UNAVAILABLE.
        """
        await self._looks.at_camera(staff, ACTION, camera_id, reason)
        headers = {"If-None-Match": if_none_match} if if_none_match else {}
        path = f"/internal/v1/cameras/{camera_id}/thumbnail"
        status, jpeg, found = await self._ingest.ask(camera_id, "GET", path, headers=headers)
        if status == 404:
            raise AppError(Kind.NOT_FOUND, "no-thumbnail", "There is no picture of this camera yet.")
        if status not in (200, 304):
            raise AppError(Kind.UNAVAILABLE, "upstream-unavailable", "ingest gives no thumbnail right now.")
        kept = {name: found[name] for name in _HANDED_ON if name in found}
        return ThumbnailAnswer(status, jpeg if status == 200 else b"", kept | {"cache-control": "private, no-cache"})

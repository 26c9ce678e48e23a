"""The live view as this process serves it itself."""

from hejnal_gateway.accounts.sessions import StaffSession
from hejnal_gateway.live.admission import Admission, masked
from hejnal_gateway.live.door import LiveCarriers, Opened, Pictures, StreamName
from hejnal_gateway.live.fmp4.view import MessageSink
from hejnal_gateway.live.sources import Sources
from hejnal_gateway.live.viewers import Viewers


class LiveHere:
    """A live worker's own side; `LiveDoor` without any way between."""

    def __init__(self, worker_id: str, admission: Admission, sources: Sources, viewers: Viewers) -> None:
        self.worker_id = worker_id
        self.viewers = viewers
        self._admission = admission
        self._sources = sources

    async def carriers(self, staff: StaffSession, camera_id: str, stream: StreamName) -> LiveCarriers:
        """What can carry the stream to this person now."""
        camera = await self._admission.camera(camera_id, stream)
        covered = masked(camera, staff)
        found = await self._sources.carriers(camera, stream, masked=covered)
        return LiveCarriers(
            codec=found.codec,
            audio=found.audio,
            mime=f'video/mp4; codecs="{found.codec}"' if found.mse else None,
            whep=found.webrtc,
            mse=found.mse,
            transcode=found.transcode,
            masked=covered,
            worker=self.worker_id,
        )

    async def open(self, staff: StaffSession, camera_id: str, stream: StreamName, offer: str, reason: str) -> Opened:
        """A new view over WebRTC."""
        viewer = await self.viewers.open(staff, camera_id, stream, offer, reason=reason)
        return Opened(viewer.viewer_id, viewer.answer, viewer.ice_etag)

    async def trickle(self, staff: StaffSession, camera_id: str, viewer_id: str, fragment: str, if_match: str | None) -> None:
        """A browser's candidates."""
        self.viewers.trickle(staff, camera_id, viewer_id, fragment, if_match)

    async def switch(
        self, staff: StaffSession, camera_id: str, viewer_id: str, stream: StreamName, pictures: Pictures | None
    ) -> None:
        """The other stream of the same camera, or other pictures of it."""
        await self.viewers.switch(staff, camera_id, viewer_id, stream, pictures)

    async def close(self, staff: StaffSession, camera_id: str, viewer_id: str) -> None:
        """End a view."""
        await self.viewers.close(staff, camera_id, viewer_id)

    async def watch(self, staff: StaffSession, camera_id: str, stream: StreamName, reason: str, target: MessageSink) -> str:
        """A view as fMP4; why it ended."""
        return await self.viewers.watch(staff, camera_id, stream, target, reason=reason)

"""What of a camera's offer we take, and what its answers mean."""

from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.rtsp.message import Response
from hejnal_media.sdp import Media, SessionDescription


def choose_video(description: SessionDescription) -> Media:
    """The first H.264 video track. Raises RtspError: no_video, unsupported."""
    videos = [media for media in description.media if media.kind == "video"]
    if not videos:
        raise RtspError(RtspFault.NO_VIDEO, "the camera offers no video")
    for media in videos:
        if media.encoding == "H264":
            if media.parameters.get("packetization-mode", "1") == "2":
                raise RtspError(RtspFault.UNSUPPORTED, "H.264 packetization mode 2 is not supported")
            return media
    offered = ", ".join(sorted({media.encoding or "unnamed" for media in videos}))
    raise RtspError(RtspFault.UNSUPPORTED, f"the camera sends {offered[:60]}; H.264 is needed")


def expect_ok(response: Response, method: str) -> None:
    """Raises RtspError with the cause that an error status stands for."""
    status = response.status
    if 200 <= status < 300:
        return
    detail = f"{method} was answered with {status} {response.reason}".strip()
    if status in (401, 403, 407):
        raise RtspError(RtspFault.UNAUTHORIZED, detail)
    if status in (404, 410, 454):
        raise RtspError(RtspFault.NOT_FOUND, detail)
    if status in (415, 406, 461):
        raise RtspError(RtspFault.UNSUPPORTED, detail)
    if status in (453, 503, 500, 502, 504):
        raise RtspError(RtspFault.REFUSED, detail)
    raise RtspError(RtspFault.PROTOCOL, detail)

"""The tracks of a camera's offer that are wanted, and what becomes of each."""

from collections.abc import Callable
from dataclasses import dataclass

from hejnal_media.depacketizers import (
    Depacketizer,
    UnsupportedCodecError,
    VideoDepacketizer,
    audio_depacketizer,
    video_depacketizer,
)
from hejnal_media.rtsp.errors import RtspError, RtspFault
from hejnal_media.sdp import Media, SessionDescription
from hejnal_media.sink import AccessUnitSink, AudioSink


@dataclass(slots=True)
class Track:
    """One media of the session; `channel` and `control_channel` are -1 until the camera has set it up."""

    media: Media
    depacketizer: Depacketizer
    channel: int = -1
    control_channel: int = -1


def choose_video(
    description: SessionDescription, sink: AccessUnitSink, now_us: Callable[[], int]
) -> tuple[Media, VideoDepacketizer]:
    """The first video track that we can take. Raises RtspError: no_video, unsupported."""
    videos = [media for media in description.media if media.kind == "video"]
    if not videos:
        raise RtspError(RtspFault.NO_VIDEO, "the camera offers no video")
    reasons: list[str] = []
    for media in videos:
        try:
            return media, video_depacketizer(
                media.encoding,
                sink,
                payload_type=media.payload_type,
                parameters=media.parameters,
                parameter_sets=media.parameter_sets,
                now_us=now_us,
            )
        except UnsupportedCodecError as error:
            reasons.append(str(error))
    raise RtspError(RtspFault.UNSUPPORTED, "; ".join(dict.fromkeys(reasons))[:200])


def choose_audio(description: SessionDescription, sink: AudioSink, now_us: Callable[[], int]) -> Track | None:
    """The first audio track that we can take; None when there is none: sound is no reason to go without the picture."""
    for media in description.media:
        if media.kind == "audio":
            try:
                depacketizer = audio_depacketizer(
                    media.encoding,
                    sink,
                    payload_type=media.payload_type,
                    clock_rate=media.clock_rate,
                    channels=media.channels,
                    parameters=media.parameters,
                    now_us=now_us,
                )
            except UnsupportedCodecError:
                continue
            return Track(media, depacketizer)
    return None

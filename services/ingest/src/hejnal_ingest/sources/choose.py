"""Which source a stream's URL needs."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from hejnal_ingest.sources.address import OURS, scheme_of
from hejnal_ingest.sources.native import NativePlaces, NativeSource
from hejnal_ingest.sources.rtsp import RtspSource
from hejnal_ingest.sources.source import Source
from hejnal_media.rtsp import Credentials, ReceiveBuffer, SessionLimits, StaleSessions, TlsPolicy
from hejnal_media.sink import AccessUnitSink, AudioSink


@dataclass(frozen=True, slots=True)
class SourceContext:
    """What all sources of this process share."""

    now_us: Callable[[], int]
    buffer: ReceiveBuffer
    limits: SessionLimits
    places: NativePlaces
    no_video_s: float
    media_dir: Path | None = None
    loop_files: bool = False
    tls: TlsPolicy = field(default_factory=TlsPolicy)


def choose_source(
    context: SourceContext,
    url: str,
    sink: AccessUnitSink,
    sound: AudioSink | None,
    credentials: Credentials | None,
    stale: StaleSessions | None = None,
) -> Source:
    """`rtsp` and `rtsps` by our own client, the rest by PyAV. Raises SourceError (unsupported).

    `stale` goes from one source of a stream to the next: it knows whether the camera may still count an old session.
    """
    if scheme_of(url) in OURS:
        return RtspSource(
            url,
            sink,
            sound=sound,
            credentials=credentials,
            buffer=context.buffer,
            limits=context.limits,
            tls=context.tls,
            stale=stale or StaleSessions(),
            now_us=context.now_us,
        )
    return NativeSource(
        url,
        sink,
        sound=sound,
        credentials=credentials,
        now_us=context.now_us,
        places=context.places,
        open_timeout_s=context.limits.connect_timeout_s + context.limits.response_timeout_s,
        read_timeout_s=context.no_video_s,
        media_dir=context.media_dir,
        loop_files=context.loop_files,
    )

"""What a live view watches: a camera's stream as it comes, or as a transcode makes it anew."""

from typing import Protocol

from hejnal_gateway.live.audio import LiveSound
from hejnal_gateway.live.feed import StreamFeed
from hejnal_gateway.live.stream import LiveStream


class Source(Protocol):
    """One stream that viewers join: over WebRTC through `stream`, as access units through `feed`."""

    @property
    def key(self) -> tuple[str, str]:
        """Camera and stream."""

    @property
    def stream(self) -> LiveStream:
        """Its RTP packets; H.264 only."""

    @property
    def feed(self) -> StreamFeed:
        """Its access units, whatever the codec."""

    @property
    def sound(self) -> LiveSound:
        """What is heard there."""

    @property
    def codec(self) -> str | None:
        """RFC 6381 codec string of what comes now; None until it is known."""

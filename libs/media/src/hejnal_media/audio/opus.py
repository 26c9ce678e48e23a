"""Opus over RTP (RFC 7587): every payload is a packet of RFC 6716."""

from collections.abc import Callable

from hejnal_media.access_unit import AudioParameters
from hejnal_media.audio.depacketizer import AudioDepacketizer
from hejnal_media.sink import AudioSink

CLOCK_RATE = 48_000


class OpusDepacketizer(AudioDepacketizer):
    """The clock is 48 kHz whatever the session description says (RFC 7587 §4.1)."""

    def __init__(self, sink: AudioSink, *, channels: int, payload_type: int, now_us: Callable[[], int]) -> None:
        super().__init__(sink, AudioParameters("opus", CLOCK_RATE, min(channels, 2)), payload_type=payload_type, now_us=now_us)

    def _take_payload(self, payload: bytes, *, timestamp: int, marker: bool) -> None:
        del marker
        self._give(payload, self._unwrapper.unwrap(timestamp)[0])

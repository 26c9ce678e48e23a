"""G.711 over RTP (RFC 3551 §4.5.14): every payload is a frame."""

from collections.abc import Callable

from hejnal_media.access_unit import AudioParameters
from hejnal_media.audio.depacketizer import AudioDepacketizer
from hejnal_media.sink import AudioSink

CODECS = {"PCMA": "alaw", "PCMU": "ulaw"}


class G711Depacketizer(AudioDepacketizer):
    """One byte a sample and channel."""

    def __init__(
        self,
        sink: AudioSink,
        *,
        encoding: str,
        clock_rate: int,
        channels: int,
        payload_type: int,
        now_us: Callable[[], int],
    ) -> None:
        parameters = AudioParameters(CODECS[encoding], clock_rate, channels)
        super().__init__(sink, parameters, payload_type=payload_type, now_us=now_us)

    def _take_payload(self, payload: bytes, *, timestamp: int, marker: bool) -> None:
        del marker  # it begins a talk spurt
        whole = len(payload) - len(payload) % self.parameters.channels
        self._give(payload[:whole], self._unwrapper.unwrap(timestamp)[0])

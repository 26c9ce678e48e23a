"""From FFmpeg's packets to sound frames. Pure."""

from fractions import Fraction

from hejnal_ingest.sources.packets import CodedPacket
from hejnal_media.access_unit import MAX_AUDIO_FRAME_BYTES, AudioFrame, AudioParameters
from hejnal_media.sink import AudioSink


class AudioPackets:
    """AAC (raw or ADTS), G.711 and Opus to the sink's sound."""

    def __init__(self, sink: AudioSink, parameters: AudioParameters, time_base: Fraction) -> None:
        self._sink = sink
        self._parameters = parameters
        self._announced: AudioParameters | None = None
        self._scale = time_base * parameters.sample_rate
        self._origin: int | None = None
        self._last = -1

    def take(self, packet: CodedPacket) -> None:
        """The next packet."""
        at = packet.pts if packet.pts is not None else packet.dts
        if packet.corrupt or not packet.data or at is None or len(packet.data) > MAX_AUDIO_FRAME_BYTES:
            return
        data, parameters = packet.data, self._parameters
        if parameters.codec.startswith("mp4a") and (adts := _without_adts(data)) is not None:
            data, config = adts
            parameters = AudioParameters(parameters.codec, parameters.sample_rate, parameters.channels, config)
        elif parameters.codec.startswith("mp4a") and not parameters.config:
            return
        if parameters != self._announced:
            self._announced = parameters
            self._sink.audio_changed(parameters)
        ticks = round(at * self._scale)
        if self._origin is None:
            self._origin = ticks
        self._last = max(self._last + 1, ticks - self._origin)
        self._sink.audio_frame(AudioFrame(self._last, packet.received_at_us, data))


def audio_parameters(codec: str, sample_rate: int, channels: int, extradata: bytes) -> AudioParameters | None:
    """For FFmpeg's name of a codec; None for one that is not recorded."""
    if not 0 < sample_rate <= 192_000 or not 0 < channels <= 8:
        return None
    if codec == "aac":
        return AudioParameters("mp4a.40.2", sample_rate, channels, extradata)
    if codec == "opus":
        return AudioParameters("opus", 48_000, channels)
    laws = {"pcm_alaw": "alaw", "pcm_mulaw": "ulaw"}
    return AudioParameters(laws[codec], sample_rate, channels) if codec in laws else None


def _without_adts(data: bytes) -> tuple[bytes, bytes] | None:
    """A single AAC frame and its AudioSpecificConfig from an ADTS frame (ISO/IEC 14496-3 §1.A.3.2); None when it is none."""
    if len(data) < 8 or data[0] != 0xFF or data[1] & 0xF6 != 0xF0:
        return None
    profile, rate, channels = data[2] >> 6, data[2] >> 2 & 15, (data[2] & 1) << 2 | data[3] >> 6
    config = ((profile + 1) << 11 | rate << 7 | channels << 3).to_bytes(2, "big")
    return data[7 if data[1] & 1 else 9 :], config

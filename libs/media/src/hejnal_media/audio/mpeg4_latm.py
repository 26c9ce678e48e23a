"""AAC over RTP as RFC 6416 (`MP4A-LATM`, before that RFC 3016) with the configuration in the session description."""

from collections.abc import Callable, Mapping

from hejnal_media.access_unit import MAX_AUDIO_FRAME_BYTES, AudioParameters
from hejnal_media.audio.aac import parse_audio_specific_config, parse_stream_mux_config
from hejnal_media.audio.depacketizer import AudioDepacketizer
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.sink import AudioSink


class Mpeg4LatmDepacketizer(AudioDepacketizer):
    """An AudioMuxElement in one packet or in several; the marker ends it. Raises ParameterSetError for what is not taken."""

    def __init__(
        self,
        sink: AudioSink,
        *,
        clock_rate: int,
        parameters: Mapping[str, str],
        payload_type: int,
        now_us: Callable[[], int],
    ) -> None:
        if parameters.get("cpresent", "1").strip() != "0":
            raise ParameterSetError("LATM with its configuration inside the packets is not supported")
        try:
            config = bytes.fromhex(parameters.get("config", ""))
        except ValueError as error:
            raise ParameterSetError("the config is no hexadecimal number") from error
        mux = parse_stream_mux_config(config)
        found = parse_audio_specific_config(mux.config)
        audio = AudioParameters(found.codec, clock_rate, found.channels, mux.config)
        super().__init__(sink, audio, payload_type=payload_type, now_us=now_us)
        self._sub_frames = mux.sub_frames
        self._frame_ticks = found.frame_ticks(clock_rate)
        self._partial = b""
        self._torn = False

    def _lost(self) -> None:
        self._partial = b""
        self._torn = True

    def _take_payload(self, payload: bytes, *, timestamp: int, marker: bool) -> None:
        self._partial += payload
        if len(self._partial) > MAX_AUDIO_FRAME_BYTES * 2:
            self._lost()
        if not marker:
            return
        element, torn = self._partial, self._torn
        self._partial, self._torn = b"", False
        if torn:
            self.frames_dropped += 1
            return
        first, _ = self._unwrapper.unwrap(timestamp)
        position = 0
        for number in range(self._sub_frames):
            size = 0
            while position < len(element):  # PayloadLengthInfo (ISO/IEC 14496-3 §1.7.3.1)
                size += element[position]
                position += 1
                if element[position - 1] != 0xFF:
                    break
            if not size or position + size > len(element):
                self.frames_dropped += 1
                return
            self._give(element[position : position + size], first + number * self._frame_ticks)
            position += size

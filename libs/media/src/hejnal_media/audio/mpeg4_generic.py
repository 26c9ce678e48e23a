"""AAC over RTP as RFC 3640 (`mpeg4-generic`): several frames in a packet, or a frame in several packets."""

from collections.abc import Callable, Mapping

from hejnal_media.access_unit import MAX_AUDIO_FRAME_BYTES, AudioParameters
from hejnal_media.audio.aac import low_complexity_config, parse_audio_specific_config
from hejnal_media.audio.depacketizer import AudioDepacketizer
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.sink import AudioSink

_UNUSED = ("ctsdeltalength", "dtsdeltalength", "randomaccessindication", "streamstateindication", "auxiliarydatasizelength")
_MAX_HEADER_BITS = 32


def _field(parameters: Mapping[str, str], name: str, default: int) -> int:
    text = parameters.get(name, "").strip()
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else default


class Mpeg4GenericDepacketizer(AudioDepacketizer):
    """Modes AAC-hbr and AAC-lbr. Raises ParameterSetError for others and for a config that is no AAC."""

    def __init__(
        self,
        sink: AudioSink,
        *,
        clock_rate: int,
        channels: int,
        parameters: Mapping[str, str],
        payload_type: int,
        now_us: Callable[[], int],
    ) -> None:
        low = parameters.get("mode", "").strip().lower() == "aac-lbr"
        self._size_bits = _field(parameters, "sizelength", 6 if low else 13)
        self._index_bits = _field(parameters, "indexlength", 2 if low else 3)
        self._delta_bits = _field(parameters, "indexdeltalength", 2 if low else 3)
        if any(_field(parameters, name, 0) for name in _UNUSED) or not 0 < self._size_bits <= 16:
            raise ParameterSetError("AU headers with more than size and index are not supported")
        if max(self._size_bits + self._index_bits, self._size_bits + self._delta_bits) > _MAX_HEADER_BITS:
            raise ParameterSetError("AU headers are too large")
        try:
            config = bytes.fromhex(parameters.get("config", ""))
        except ValueError as error:
            raise ParameterSetError("the config is no hexadecimal number") from error
        config = config or low_complexity_config(clock_rate, channels)
        found = parse_audio_specific_config(config)
        audio = AudioParameters(found.codec, clock_rate, found.channels, config)
        super().__init__(sink, audio, payload_type=payload_type, now_us=now_us)
        self._frame_ticks = found.frame_ticks(clock_rate)
        self._lost()

    def _lost(self) -> None:
        self._partial = b""
        self._partial_size = 0
        self._partial_timestamp = -1

    def _take_payload(self, payload: bytes, *, timestamp: int, marker: bool) -> None:
        del marker  # sizes say what is whole; cameras set it as they like
        header_bits = int.from_bytes(payload[:2], "big")
        start = 2 + (header_bits + 7) // 8
        data = payload[start:]
        sizes = self._sizes(payload[2:start], header_bits)
        if not sizes or not data:
            self._drop()
            return
        if len(sizes) == 1 and (sizes[0][0] > len(data) or self._partial):
            self._take_part(data, sizes[0][0], timestamp)
            return
        self._drop_partial()
        first, _ = self._unwrapper.unwrap(timestamp)
        position = 0
        for size, index in sizes:
            if size == 0 or position + size > len(data):
                self._drop()
                return
            self._give(data[position : position + size], first + index * self._frame_ticks)
            position += size

    def _take_part(self, data: bytes, size: int, timestamp: int) -> None:
        """A frame in several packets (§3.2.3): each says how large the whole is."""
        if self._partial and (timestamp, size) != (self._partial_timestamp, self._partial_size):
            self._drop_partial()
            if size <= len(data):
                self._give(data[:size], self._unwrapper.unwrap(timestamp)[0])
                return
        self._partial += data
        self._partial_size, self._partial_timestamp = size, timestamp
        if size > MAX_AUDIO_FRAME_BYTES or len(self._partial) > size:
            self._drop_partial()
        elif len(self._partial) == size:
            whole = self._partial
            self._lost()
            self._give(whole, self._unwrapper.unwrap(timestamp)[0])

    def _sizes(self, headers: bytes, header_bits: int) -> list[tuple[int, int]]:
        """Size and place in time of each frame (§3.2.1); empty when the headers make no sense."""
        value, left = int.from_bytes(headers, "big"), len(headers) * 8
        end = left - header_bits
        found: list[tuple[int, int]] = []
        place = 0
        while end >= 0:
            index_bits = self._delta_bits if found else self._index_bits
            left -= self._size_bits + index_bits
            if left < end:
                break
            field = value >> left
            index = field & ((1 << index_bits) - 1)
            place += index + 1 if found else 0
            found.append((field >> index_bits & ((1 << self._size_bits) - 1), place))
        return found

    def _drop(self) -> None:
        self.frames_dropped += 1
        self._lost()

    def _drop_partial(self) -> None:
        if self._partial:
            self._drop()

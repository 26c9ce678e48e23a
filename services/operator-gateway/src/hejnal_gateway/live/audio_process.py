"""The process that makes any camera's sound Opus. It runs apart, under limits: the bytes come from cameras.

Messages: `0 | JSON codec, sample_rate, channels, config (hex)` begins, `1 | u64 ticks | frame` is one frame, with times in the
source's ticks. Answers are Opus packets: `u64 time at 48 kHz | u16 size | packet`, any number of them.
"""

import json
import struct
from fractions import Fraction

import av
import av.logging

from hejnal_media.access_unit import AudioFrame, AudioParameters
from hejnal_media.decoding_process import serve

OPUS_RATE = 48_000
_OPUS_FRAME = 960
_BIT_RATE = 48_000
_BEGIN, _FRAME = 0, 1
_TICKS = struct.Struct(">BQ")
_PACKET = struct.Struct(">QH")
_MEMORY_BYTES = 2 * 1024 * 1024 * 1024
_CPU_PER_MESSAGE_S = 5
_NICE = 5
_DECODERS = {"alaw": "pcm_alaw", "ulaw": "pcm_mulaw", "opus": "libopus"}


def begin_message(parameters: AudioParameters) -> bytes:
    """What the frames that follow are."""
    content = {
        "codec": parameters.codec,
        "sample_rate": parameters.sample_rate,
        "channels": parameters.channels,
        "config": parameters.config.hex(),
    }
    return bytes((_BEGIN,)) + json.dumps(content).encode()


def frame_message(frame: AudioFrame) -> bytes:
    """One frame."""
    return _TICKS.pack(_FRAME, frame.ticks) + frame.payload


def read_packets(answer: bytes) -> list[tuple[int, bytes]]:
    """(time at 48 kHz, Opus packet) of an answer."""
    found, position = [], 0
    while position + _PACKET.size <= len(answer):
        ticks, size = _PACKET.unpack_from(answer, position)
        position += _PACKET.size
        found.append((ticks, answer[position : position + size]))
        position += size
    return found


class OpusMaker:
    """Decodes one camera's sound and encodes it anew, 20 ms a packet."""

    def __init__(self, parameters: AudioParameters) -> None:
        name = "aac" if parameters.codec.startswith("mp4a") else _DECODERS[parameters.codec]
        layout = "mono" if parameters.channels == 1 else "stereo"
        decoder = av.CodecContext.create(name, "r")
        assert isinstance(decoder, av.AudioCodecContext)
        decoder.sample_rate, decoder.layout = parameters.sample_rate, layout
        if parameters.config:
            decoder.extradata = parameters.config
        encoder = av.CodecContext.create("libopus", "w")
        assert isinstance(encoder, av.AudioCodecContext)
        encoder.sample_rate, encoder.layout, encoder.format = OPUS_RATE, layout, "s16"
        encoder.bit_rate, encoder.time_base = _BIT_RATE, Fraction(1, OPUS_RATE)
        encoder.options = {"frame_duration": "20", "application": "audio"}
        self._decoder, self._encoder = decoder, encoder
        self._resampler = av.AudioResampler("s16", layout, OPUS_RATE, frame_size=_OPUS_FRAME)
        self._time_base = Fraction(1, parameters.sample_rate)

    def make(self, ticks: int, payload: bytes) -> list[tuple[int, bytes]]:
        """The packets that one frame completes."""
        packet = av.Packet(payload)
        packet.pts = packet.dts = ticks
        packet.time_base = self._time_base
        made = []
        for frame in self._decoder.decode(packet):
            frame.pts, frame.time_base = ticks, self._time_base
            for part in self._resampler.resample(frame):
                made += [(max(0, int(out.pts or 0)), bytes(out)) for out in self._encoder.encode(part)]
        return made


def _serve() -> None:
    av.logging.set_level(av.logging.PANIC)
    maker: OpusMaker | None = None

    def answer(message: bytes) -> bytes:
        nonlocal maker
        if message[0] == _BEGIN:
            content = json.loads(message[1:])
            maker = OpusMaker(AudioParameters(**content | {"config": bytes.fromhex(content["config"])}))
            return b""
        if maker is None:
            return b""
        _, ticks = _TICKS.unpack_from(message)
        try:
            made = maker.make(ticks, message[_TICKS.size :])
        except av.FFmpegError:  # a damaged frame: the next one may be whole
            return b""
        return b"".join(_PACKET.pack(at, len(packet)) + packet for at, packet in made)

    serve(answer, memory_bytes=_MEMORY_BYTES, cpu_per_message_s=_CPU_PER_MESSAGE_S, nice=_NICE)


if __name__ == "__main__":
    _serve()

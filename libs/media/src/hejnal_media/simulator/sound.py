"""The sound of a simulated camera: a quiet hum in G.711, cut into a packet per picture."""

import math
import struct
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hejnal_media.simulator.mount import Viewer

SAMPLE_RATE = 8000
PAYLOAD_TYPES = {"PCMU": 0, "PCMA": 8}
_SSRC = 0x50554E44
_HUM_HZ = 50


def _u_law(sample: int) -> int:
    """ITU-T G.711 §3.2."""
    sign, magnitude = (0x80, -sample) if sample < 0 else (0, sample)
    magnitude = min(magnitude, 32_635) + 132
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 15) & 0xFF


def _a_law(sample: int) -> int:
    """ITU-T G.711 §3.1."""
    sign, magnitude = (0x80, sample) if sample >= 0 else (0, -sample - 1)
    magnitude = min(magnitude, 32_767) >> 4
    exponent = max(0, magnitude.bit_length() - 5)
    mantissa = magnitude >> (exponent or 1) & 15 if exponent else magnitude >> 1 & 15
    return (sign | exponent << 4 | mantissa) ^ 0x55


def _hum() -> list[int]:
    return [int(1500 * math.sin(2 * math.pi * _HUM_HZ * number / SAMPLE_RATE)) for number in range(SAMPLE_RATE // _HUM_HZ)]


_PERIODS = {"PCMU": bytes(map(_u_law, _hum())), "PCMA": bytes(map(_a_law, _hum()))}


@dataclass(slots=True)
class Sound:
    """The state of one mount's sound."""

    _sequence: int = 0

    def play(self, encoding: str, tick: int, fps: int, viewers: Iterable["Viewer"]) -> None:
        """Sends the sound of frame `tick` to those who have asked for it."""
        first, end = tick * SAMPLE_RATE // fps, (tick + 1) * SAMPLE_RATE // fps
        period = _PERIODS[encoding]
        at = first % len(period)
        payload = (period * ((end - first) // len(period) + 2))[at : at + end - first]
        self._sequence = (self._sequence + 1) & 0xFFFF
        packet = struct.pack(">BBHII", 0x80, PAYLOAD_TYPES[encoding], self._sequence, first & 0xFFFF_FFFF, _SSRC) + payload
        for viewer in viewers:
            if viewer.audio_channel >= 0:
                viewer.send(bytes((0x24, viewer.audio_channel)) + len(packet).to_bytes(2, "big") + packet)

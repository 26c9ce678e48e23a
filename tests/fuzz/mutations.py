"""Inputs that are nearly right: a seed of real bytes, with a few things wrong. The same number gives the same input."""

import random
from collections.abc import Sequence

_INTERESTING = (0, 1, 0x7F, 0x80, 0xFF)
_TOKENS = (
    b"\r\n", b"\n", b"\0", b"$", b":", b";", b",", b"=", b'"', b"/", b"-1", b"4294967296", b"99999999999999999999", b"%s%n",
    b"RTSP/1.0 200 OK\r\n", b"Content-Length: 70000\r\n", b"CSeq: 1\r\n", b"interleaved=255-0", b"a=control:", b"m=video ",
    b"\0\0\1", b"\0\0\0\1", b"\x67", b"\x68", b"\x7c\x85", b"\x78\0\1", b"\x62\1\x80", b"\x60\1", b"\xff" * 9,
    b"<!DOCTYPE x [<!ENTITY a 'b'>]>", b"&a;", b"<a>", b"</a>", b"xmlns=", b"<![CDATA[", b"]]>",
)  # fmt: skip
MAX_INPUT_BYTES = 60_000


class Mutator:
    """Makes inputs out of `seeds`."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        self._seeds = seeds
        self._random = random.Random(0)
        self._steps = (self._flip, self._set, self._cut, self._repeat, self._insert, self._token, self._splice, self._number)

    def make(self, number: str) -> bytes:
        """The input of that number; one in fifty is pure noise."""
        chance = self._random
        chance.seed(number)
        if chance.random() < 0.02:
            return chance.randbytes(chance.randrange(200))
        data = bytearray(chance.choice(self._seeds))
        for _ in range(1 + min(int(chance.expovariate(0.6)), 12)):
            data = chance.choice(self._steps)(data)
        return bytes(data[:MAX_INPUT_BYTES])

    def _at(self, data: bytearray) -> int:
        return self._random.randrange(len(data) + 1)

    def _flip(self, data: bytearray) -> bytearray:
        if data:
            data[self._random.randrange(len(data))] ^= 1 << self._random.randrange(8)
        return data

    def _set(self, data: bytearray) -> bytearray:
        if data:
            data[self._random.randrange(len(data))] = self._random.choice(_INTERESTING)
        return data

    def _cut(self, data: bytearray) -> bytearray:
        start = self._at(data)
        return data[:start] + data[start + self._random.randrange(1, 40) :] if self._random.random() < 0.7 else data[:start]

    def _repeat(self, data: bytearray) -> bytearray:
        start = self._at(data)
        return data[:start] + data[start : start + self._random.randrange(1, 60)] * self._random.randrange(2, 9) + data[start:]

    def _insert(self, data: bytearray) -> bytearray:
        at = self._at(data)
        return data[:at] + self._random.randbytes(self._random.randrange(1, 12)) + data[at:]

    def _token(self, data: bytearray) -> bytearray:
        at = self._at(data)
        return data[:at] + self._random.choice(_TOKENS) + data[at:]

    def _splice(self, data: bytearray) -> bytearray:
        other = self._random.choice(self._seeds)
        return data[: self._at(data)] + other[self._random.randrange(len(other) + 1) :]

    def _number(self, data: bytearray) -> bytearray:
        """A length field of two bytes, made wrong."""
        if len(data) > 2:
            at = self._random.randrange(len(data) - 1)
            value = self._random.choice((0, 1, 0xFFFF, len(data), self._random.getrandbits(16)))
            data[at : at + 2] = (value & 0xFFFF).to_bytes(2, "big")
        return data


class PacketMutator(Mutator):
    """The same for a stream of interleaved frames, whose framing mostly stays right, so that what lies behind it is reached."""

    def __init__(self, seeds: Sequence[bytes]) -> None:
        super().__init__(seeds)
        self._streams = [split_frames(seed) for seed in seeds]

    def make(self, number: str) -> bytes:
        """The input of that number."""
        chance = self._random
        chance.seed(number)
        stream = chance.choice(self._streams)
        start = chance.randrange(len(stream))
        frames = stream[start : start + chance.randrange(1, 24)]
        for _ in range(1 + min(int(chance.expovariate(0.4)), 16)):
            at = chance.randrange(len(frames))
            what = chance.random()
            if what < 0.12:
                frames = frames[:at] + frames[at + 1 :] or frames
            elif what < 0.2:
                frames.insert(at, chance.choice(frames))
            elif what < 0.28:
                other = chance.randrange(len(frames))
                frames[at], frames[other] = frames[other], frames[at]
            elif what < 0.34:
                frames.insert(at, chance.choice(chance.choice(self._streams)))
            else:
                frames[at] = bytes(chance.choice(self._steps)(bytearray(frames[at])))[:1500]
        return b"".join(b"$\0" + len(frame).to_bytes(2, "big") + frame for frame in frames)[:MAX_INPUT_BYTES]


def split_frames(stream: bytes) -> list[bytes]:
    """The packets of a stream of interleaved frames."""
    frames: list[bytes] = []
    position = 0
    while position + 4 <= len(stream):
        end = position + 4 + int.from_bytes(stream[position + 2 : position + 4], "big")
        frames.append(stream[position + 4 : end])
        position = end
    return frames

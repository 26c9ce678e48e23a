"""From FFmpeg's packets to access units. Pure: no I/O, time is handed in."""

import struct
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from typing import Protocol

from hejnal_media import h264, h265
from hejnal_media.access_unit import (
    CLOCK_RATE,
    MAX_ACCESS_UNIT_BYTES,
    AccessUnit,
    CodecParameters,
    VideoKind,
    access_unit_of,
)
from hejnal_media.nal import ParameterSetError, split_start_codes
from hejnal_media.sink import AccessUnitSink, BreakReason

MAX_JUMP_TICKS = 10 * CLOCK_RATE
"""A stream's time may go on by this much from one picture to the next; more, or backwards, is a jump."""

_JPEG_CODEC = "mp4v.6c"


class ParameterSetStore(Protocol):
    """Parameter sets in force."""

    def offer(self, nal_unit: bytes) -> None:
        """Takes one. Raises ParameterSetError."""

    @property
    def current(self) -> CodecParameters | None:
        """None while one is missing."""


@dataclass(frozen=True, slots=True)
class CodedPacket:
    """What is taken from a demuxer's packet."""

    data: bytes
    pts: int | None
    dts: int | None
    received_at_us: int
    corrupt: bool = False


class _Timeline:
    """Decoding and picture times at 90 kHz, from the first packet on; a jump is told once and then gone along with."""

    def __init__(self, time_base: Fraction | None) -> None:
        self._scale = time_base * CLOCK_RATE if time_base else None
        self._origin: int | None = None
        self._last = 0
        self._began_at_us: int | None = None

    def place(self, packet: CodedPacket) -> tuple[int, int]:
        """Picture time in ticks, and the size of a jump before it (0: none)."""
        decoded = packet.dts if packet.dts is not None else packet.pts
        if self._scale is None or decoded is None:
            return self._by_arrival(packet), 0
        at = round(decoded * self._scale)
        first = self._origin is None
        if self._origin is None:
            self._origin = at
        ticks = at - self._origin
        jump = 0
        if not first and not 0 <= ticks - self._last <= MAX_JUMP_TICKS:
            jump = ticks - self._last
            self._origin = at - self._last - 1
            ticks = self._last + 1
        self._last = ticks
        shown = packet.pts if packet.pts is not None else decoded
        return ticks + max(0, round((shown - decoded) * self._scale)), jump

    def _by_arrival(self, packet: CodedPacket) -> int:
        if self._began_at_us is None:
            self._began_at_us = packet.received_at_us
        self._last = max(self._last + 1, (packet.received_at_us - self._began_at_us) * 9 // 100)
        return self._last


class VideoPackets(ABC):
    """Feeds a sink: `codec_changed` before the first key frame, nothing before that, a break where something is missing."""

    def __init__(self, sink: AccessUnitSink, time_base: Fraction | None) -> None:
        self._sink = sink
        self._timeline = _Timeline(time_base)
        self._announced: CodecParameters | None = None
        self._waiting = True
        self.pictures = 0
        self.dropped = 0
        self.octets = 0
        self.trouble = ""

    def take(self, packet: CodedPacket) -> None:
        """The next packet in decoding order."""
        if packet.corrupt or not packet.data or len(packet.data) > MAX_ACCESS_UNIT_BYTES:
            self.lose(BreakReason.LOSS, "a picture has come damaged")
            return
        ticks, jump = self._timeline.place(packet)
        if jump and not self._waiting:
            self._waiting = True
            self._sink.stream_broken(BreakReason.TIME_JUMP, f"the stream's time jumped by {jump / CLOCK_RATE:+.1f} s")
        found = self._read(packet, ticks)
        if found is None:
            self.dropped += 1
            return
        unit, parameters = found
        if unit.key_frame:
            if parameters is None:
                self.dropped += 1
                return
            if parameters != self._announced:
                self._announced = parameters
                self._sink.codec_changed(parameters)
            self._waiting = False
        elif self._waiting:
            self.dropped += 1
            return
        self.pictures += 1
        self.octets += unit.size_bytes
        self._sink.access_unit(unit)

    def lose(self, reason: BreakReason, detail: str) -> None:
        """Something is missing here: the next picture is a key frame."""
        self.dropped += 1
        if not self._waiting:
            self._waiting = True
            self._sink.stream_broken(reason, detail)

    @abstractmethod
    def _read(self, packet: CodedPacket, ticks: int) -> tuple[AccessUnit, CodecParameters | None] | None:
        """The picture, and for a key frame what a decoder needs; None for what is no picture."""


class NalPackets(VideoPackets):
    """H.264 and H.265, behind start codes or length prefixes."""

    def __init__(self, sink: AccessUnitSink, time_base: Fraction | None, kind: VideoKind, extradata: bytes) -> None:
        super().__init__(sink, time_base)
        self._h265 = kind is VideoKind.H265
        self._sets: ParameterSetStore = h265.ParameterSets() if self._h265 else h264.ParameterSets()
        self._prefix_bytes = 0
        sets = self._configuration(extradata)
        for nal_unit in sets:
            if self._is_parameter_set(self._type(nal_unit)):
                self._offer(nal_unit)

    def _configuration(self, extradata: bytes) -> list[bytes]:
        """The parameter sets of a decoder configuration record (ISO/IEC 14496-15), or those behind start codes."""
        if not extradata or extradata[:3] == b"\0\0\1" or extradata[:4] == b"\0\0\0\1":
            return split_start_codes(extradata)
        try:
            if self._h265:
                self._prefix_bytes = (extradata[21] & 3) + 1
                return _arrays_of_hvcc(extradata)
            self._prefix_bytes = (extradata[4] & 3) + 1
            return _sets_of_avcc(extradata)
        except (IndexError, struct.error):
            self.trouble = "the decoder configuration cannot be read"
            return []

    def _type(self, nal_unit: bytes) -> int:
        return (nal_unit[0] >> 1) & 63 if self._h265 else nal_unit[0] & 31

    def _is_parameter_set(self, kind: int) -> bool:
        return 32 <= kind <= 34 if self._h265 else kind in (7, 8)

    def _is_key(self, kind: int) -> bool:
        return 16 <= kind <= 21 if self._h265 else kind == 5

    def _is_slice(self, kind: int) -> bool:
        return kind < 32 if self._h265 else 1 <= kind <= 5

    def _offer(self, nal_unit: bytes) -> None:
        try:
            self._sets.offer(nal_unit)
            self.trouble = ""
        except ParameterSetError as error:
            self.trouble = str(error)

    def _read(self, packet: CodedPacket, ticks: int) -> tuple[AccessUnit, CodecParameters | None] | None:
        nal_units: list[bytes] = []
        key = coded = False
        for nal_unit in self._split(packet.data):
            kind = self._type(nal_unit)
            if self._is_parameter_set(kind):
                self._offer(nal_unit)
                continue
            coded = coded or self._is_slice(kind)
            key = key or self._is_key(kind)
            nal_units.append(nal_unit)
        if not coded:
            return None
        parameters = self._sets.current if key else None
        if parameters is not None:
            sets = [parameters.vps, parameters.sps, *parameters.pps]
            nal_units[:0] = [one for one in sets if one]
        unit = access_unit_of(nal_units, ticks=ticks, received_at_us=packet.received_at_us, key_frame=key)
        return unit, parameters

    def _split(self, data: bytes) -> list[bytes]:
        if not self._prefix_bytes:
            return split_start_codes(data)
        nal_units: list[bytes] = []
        position = 0
        while position + self._prefix_bytes <= len(data):
            start = position + self._prefix_bytes
            size = int.from_bytes(data[position:start], "big")
            position = start + size
            if not size or position > len(data):
                break
            nal_units.append(data[start:position])
        return nal_units


class JpegPackets(VideoPackets):
    """MJPEG: each packet is an image and a key frame."""

    def _read(self, packet: CodedPacket, ticks: int) -> tuple[AccessUnit, CodecParameters | None] | None:
        size = jpeg_size(packet.data)
        if size is None:
            self.trouble = "an image cannot be read"
            return None
        unit = AccessUnit(ticks, packet.received_at_us, True, [packet.data], len(packet.data))
        return unit, CodecParameters(_JPEG_CODEC, *size, kind=VideoKind.MJPEG)


def video_packets(codec: str, sink: AccessUnitSink, time_base: Fraction | None, extradata: bytes) -> VideoPackets | None:
    """The reader for FFmpeg's name of a codec; None for one that is not recorded."""
    readers: dict[str, Callable[[], VideoPackets]] = {
        "h264": lambda: NalPackets(sink, time_base, VideoKind.H264, extradata),
        "hevc": lambda: NalPackets(sink, time_base, VideoKind.H265, extradata),
        "mjpeg": lambda: JpegPackets(sink, time_base),
    }
    reader = readers.get(codec)
    return reader() if reader else None


def jpeg_size(data: bytes) -> tuple[int, int] | None:
    """Width and height from the frame header (ITU-T T.81 §B.2.2); None when there is none."""
    position = 2
    if data[:2] != b"\xff\xd8":
        return None
    while position + 9 <= len(data):
        if data[position] != 0xFF:
            return None
        marker = data[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        length = int.from_bytes(data[position + 2 : position + 4], "big")
        if 0xC0 <= marker <= 0xCF and marker not in (0xC4, 0xC8, 0xCC):
            height, width = struct.unpack_from(">HH", data, position + 5)
            return (width, height) if width and height else None
        if marker == 0xDA or length < 2:
            return None
        position += 2 + length
    return None


def _sets_of_avcc(data: bytes) -> list[bytes]:
    """SPS and PPS of an AVCDecoderConfigurationRecord (§5.3.3.1)."""
    found: list[bytes] = []
    position = 5
    for mask in (0x1F, 0xFF):
        count = data[position] & mask
        position += 1
        for _ in range(count):
            (size,) = struct.unpack_from(">H", data, position)
            found.append(data[position + 2 : position + 2 + size])
            position += 2 + size
    return [one for one in found if one]


def _arrays_of_hvcc(data: bytes) -> list[bytes]:
    """The NAL units of an HEVCDecoderConfigurationRecord (§8.3.3.1)."""
    found: list[bytes] = []
    position = 23
    for _ in range(data[22]):
        (count,) = struct.unpack_from(">H", data, position + 1)
        position += 3
        for _ in range(count):
            (size,) = struct.unpack_from(">H", data, position)
            found.append(data[position + 2 : position + 2 + size])
            position += 2 + size
    return [one for one in found if one]

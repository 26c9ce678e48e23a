"""The access unit: one coded picture as it travels through receive, write and relay. Nothing here decodes it."""

from dataclasses import dataclass
from enum import StrEnum

CLOCK_RATE = 90_000
"""Ticks per second of every video timeline (RFC 6184 §5.1, RFC 7798 §4.1)."""

MAX_ACCESS_UNIT_BYTES = 8 * 1024 * 1024
"""A larger picture is an attack or a fault: it is dropped with its group of pictures."""

MAX_GOP_BYTES = 64 * 1024 * 1024
"""A group of pictures is closed at this size even if no key frame has come."""

MAX_AUDIO_FRAME_BYTES = 16 * 1024
"""A larger sound frame is an attack or a fault: it is dropped."""

LENGTH_PREFIX_BYTES = 4


class MalformedAccessUnitError(ValueError):
    """The length prefixes of an access unit do not tile its payload."""


class VideoKind(StrEnum):
    """How the pictures are coded; decides what an access unit's payload is."""

    H264 = "h264"
    """NAL units behind length prefixes."""
    H265 = "h265"
    """NAL units behind length prefixes."""
    MJPEG = "mjpeg"
    """One JPEG image; every picture is a key frame."""


@dataclass(frozen=True, slots=True)
class CodecParameters:
    """What a decoder must know before the first picture."""

    codec: str
    """RFC 6381 codec string, e.g. `avc1.64001f`, `hvc1.1.6.L120.90`, `mp4v.6c`."""
    width: int
    """Pixels, after cropping."""
    height: int
    sps: bytes = b""
    """Sequence parameter set: one NAL unit without prefix; empty for MJPEG."""
    pps: tuple[bytes, ...] = ()
    """Picture parameter sets, NAL units without prefix, in order of their ids."""
    clock_rate: int = CLOCK_RATE
    vps: bytes = b""
    """H.265 only: video parameter set, one NAL unit without prefix."""
    kind: VideoKind = VideoKind.H264

    def same_picture(self, other: "CodecParameters") -> bool:
        """True when a viewer would not notice the change (codec string and size are equal)."""
        return (self.codec, self.width, self.height) == (other.codec, other.width, other.height)


@dataclass(frozen=True, slots=True)
class AudioParameters:
    """What a decoder must know before the first sound frame."""

    codec: str
    """RFC 6381 codec string: `mp4a.40.2`, `opus`; `alaw` and `ulaw` (G.711) are named by their sample entries."""
    sample_rate: int
    """Ticks per second of the frames' times: the RTP clock (48000 for every Opus stream, RFC 7587 §4.1)."""
    channels: int
    config: bytes = b""
    """AAC: AudioSpecificConfig (ISO/IEC 14496-3 §1.6.2.1). Opus, G.711: empty."""


@dataclass(slots=True)
class AudioFrame:
    """The sound of a few milliseconds: one AAC frame, one Opus packet, one packet of G.711."""

    ticks: int
    """RTP time at the parameters' `sample_rate`, unwrapped; counts within one session, never back."""
    received_at_us: int
    """Server time of the last RTP byte, microseconds since the epoch."""
    payload: bytes


@dataclass(slots=True)
class AccessUnit:
    """One coded picture.

    H.264 and H.265: NAL units, each behind a 4-byte big-endian length (ISO/IEC 14496-15 §4.3.3); key frames carry all
    parameter sets before their first slice, so each one is enough for a decoder to begin. MJPEG: the JPEG image.
    """

    ticks: int
    """RTP time at 90 kHz, unwrapped; counts within one run (picture order; falls between B-frames)."""
    received_at_us: int
    """Server time of the last RTP byte, microseconds since the epoch."""
    key_frame: bool
    pieces: list[bytes]
    """The payload in the pieces it came in; joined they are `payload`."""
    size_bytes: int

    @property
    def payload(self) -> bytes:
        """The whole payload in one piece (joins once; later calls are free)."""
        if len(self.pieces) != 1:
            self.pieces = [b"".join(self.pieces)]
        return self.pieces[0]

    def nal_units(self) -> list[bytes]:
        """The NAL units without their prefixes, in decoding order. Raises MalformedAccessUnitError."""
        return split_length_prefixed(self.payload)


def split_length_prefixed(payload: bytes) -> list[bytes]:
    """The NAL units of a payload with 4-byte length prefixes. Raises MalformedAccessUnitError."""
    units: list[bytes] = []
    position, end = 0, len(payload)
    while position < end:
        start = position + LENGTH_PREFIX_BYTES
        size = int.from_bytes(payload[position:start], "big")
        position = start + size
        if size == 0 or position > end:
            raise MalformedAccessUnitError(f"NAL unit of {size} bytes at {start} of {end}")
        units.append(payload[start:position])
    return units


def access_unit_of(nal_units: list[bytes], *, ticks: int, received_at_us: int, key_frame: bool) -> AccessUnit:
    """An access unit from whole NAL units without prefixes."""
    pieces: list[bytes] = []
    for unit in nal_units:
        pieces += (len(unit).to_bytes(LENGTH_PREFIX_BYTES, "big"), unit)
    return AccessUnit(ticks, received_at_us, key_frame, pieces, sum(map(len, pieces)))

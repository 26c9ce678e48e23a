"""Access units as fMP4 for one viewer: an init segment, then one fragment per picture."""

from collections.abc import Sequence

from hejnal_gateway.live.fmp4.timeline import Timeline, Times
from hejnal_media.access_unit import AccessUnit, CodecParameters, MalformedAccessUnitError
from hejnal_media.fmp4.movie import init_segment
from hejnal_media.fmp4.writer import FragmentStamp, Sample, fragment_head
from hejnal_media.h264 import ParameterSets as H264ParameterSets
from hejnal_media.h265 import ParameterSets as H265ParameterSets
from hejnal_media.nal.bits import ParameterSetError

_H264_SETS, _H265_SETS = frozenset((7, 8)), frozenset((32, 33, 34))


def playable(codec: str) -> bool:
    """Whether a stream of this codec can be sent as fMP4 at all; whether a browser plays it is the browser's to say."""
    return codec.startswith(("avc", "hvc", "hev"))


def parameters_of(codec: str, key_frame: AccessUnit) -> CodecParameters:
    """What a decoder must know, taken from a key frame. Raises ParameterSetError, MalformedAccessUnitError."""
    sets: H264ParameterSets | H265ParameterSets
    h264 = codec.startswith("avc")
    sets = H264ParameterSets() if h264 else H265ParameterSets()
    for unit in key_frame.nal_units():
        kind = unit[0] & 31 if h264 else unit[0] >> 1 & 63
        if kind in (_H264_SETS if h264 else _H265_SETS):
            sets.offer(unit)
    found = sets.current
    if found is None:
        raise ParameterSetError("a key frame without parameter sets")
    return found


class Fragments:
    """One viewer's byte stream. Fragments of one `Fragments` belong together: times go on over every new beginning."""

    def __init__(self) -> None:
        self._timeline = Timeline()
        self._parameters: CodecParameters | None = None
        self._sequence = 0

    def begin(self, codec: str, gop: Sequence[AccessUnit]) -> tuple[str | None, list[bytes]]:
        """A group of pictures that is shown at once up to its newest: MIME type where it is new, and what to send.

        Raises ParameterSetError, MalformedAccessUnitError, ValueError for pictures that cannot be sent.
        """
        parameters = parameters_of(codec, gop[0])
        mime = None
        pieces: list[bytes] = []
        if parameters != self._parameters:
            pieces.append(init_segment(parameters))
            self._parameters = parameters
            mime = f'video/mp4; codecs="{parameters.codec}"'
        pieces.append(self._fragment(gop, self._timeline.begin([unit.ticks for unit in gop])))
        return mime, pieces

    def following(self, unit: AccessUnit) -> bytes:
        """The next picture as a fragment of its own. Raises ValueError when it has no bytes."""
        return self._fragment((unit,), [self._timeline.following(unit.ticks)])

    def _fragment(self, units: Sequence[AccessUnit], times: Sequence[Times]) -> bytes:
        samples = [
            Sample(unit.size_bytes, at.duration_ticks, at.composition_offset_ticks, unit.key_frame)
            for unit, at in zip(units, times, strict=True)
        ]
        stamp = FragmentStamp(self._sequence, units[0].received_at_us, units[-1].received_at_us)
        head = fragment_head(decode_time_ticks=times[0].decode_ticks, samples=samples, stamp=stamp)
        self._sequence += 1
        return b"".join((head, *(piece for unit in units for piece in unit.pieces)))


__all__ = ["Fragments", "MalformedAccessUnitError", "ParameterSetError", "parameters_of", "playable"]

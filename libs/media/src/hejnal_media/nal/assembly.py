"""NAL units put together to access units: what RFC 6184 and RFC 7798 have in common."""

import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from hejnal_media.access_unit import MAX_ACCESS_UNIT_BYTES, AccessUnit, CodecParameters
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.nal.packets import FRAME, MAX_PIECES, NO_NAL, NalPackets, run_of
from hejnal_media.nal.start_codes import START_CODE, split_start_codes
from hejnal_media.rtp import TimestampUnwrapper
from hejnal_media.sink import AccessUnitSink, BreakReason

NO_KIND = -1
NOT_A_SLICE = -1
KEY_FRAME = 1
"""The trait of a slice that makes its picture a key frame; codecs have traits of their own beside it."""
_PREFIX_LATER = b""
_WATCHED_PICTURES = 64
"""So many pictures are searched for start codes; a camera that has sent none by then packs properly."""


def wall_clock_us() -> int:
    """Microseconds since the epoch."""
    return time.time_ns() // 1000


class ParameterSetStore(Protocol):
    """The sets in force: from the session description first, replaced by those in the stream."""

    def offer(self, nal_unit: bytes) -> None:
        """Takes a parameter set. Raises ParameterSetError; the sets in force stay as they were."""

    @property
    def current(self) -> CodecParameters | None:
        """What a decoder needs now; None while a set is missing."""


class NalAssembly(NalPackets):
    """Collects NAL units into access units, from the first key frame on.

    An access unit ends with the marker bit or, where a camera sets it wrongly, with the next timestamp. Parameter sets and
    SEI that carry a marker of their own join the picture that follows. After a loss nothing is given out until the next
    key frame, so a group of pictures never has a hole. NAL units that carry start codes are cut at them.
    """

    HEADER_BYTES: int
    SETS: frozenset[int]
    """Kinds of parameter sets; a key frame that has not all of them in it gets those in force."""
    TRAITS: tuple[int, ...]
    """For each of the 64 kinds what a slice of it says of its picture; NOT_A_SLICE for the others."""

    def __init__(
        self,
        sink: AccessUnitSink,
        store: ParameterSetStore,
        *,
        payload_type: int,
        parameter_sets: tuple[bytes, ...],
        now_us: Callable[[], int],
    ) -> None:
        super().__init__(payload_type, header_bytes=self.HEADER_BYTES + 1)
        self._sink = sink
        self._sets = store
        self._all_sets = sum(1 << kind for kind in self.SETS)
        self._now_us = now_us
        self._unwrapper = TimestampUnwrapper()
        self._announced: CodecParameters | None = None
        self._key_prefix: list[bytes] = []
        self._waiting = True  # for a key frame
        self._watched = _WATCHED_PICTURES
        self.pictures = 0
        self.pictures_dropped = 0
        self.octets = 0
        self.parameter_set_error = ""
        self.start_codes_found = False
        self._clear()
        for nal_unit in parameter_sets:
            self._take_parameter_set(nal_unit)
        self._sets_seen = 0

    def _clear(self) -> None:
        self._clear_packets()
        self._size = 0
        self._nal_header = b""
        self._nal_is_slice = False
        self._traits = 0
        self._sets_seen = 0

    # --- what differs between the codecs

    @abstractmethod
    def _kind_of(self, header: bytes) -> int:
        """The type of a NAL unit that begins so; NO_KIND when it cannot be one."""

    def _note_other(self, kind: int) -> None:
        """A NAL unit that is neither slice nor parameter set."""

    @abstractmethod
    def _is_plausible(self, nal_unit: bytes) -> bool:
        """Whether what stands between two start codes can be a NAL unit."""

    @abstractmethod
    def _is_delimiter(self, nal_unit: bytes) -> bool:
        """Whether it is an access unit delimiter."""

    @abstractmethod
    def _sets_of(self, parameters: CodecParameters) -> tuple[bytes, ...]:
        """The NAL units to be put before a key frame."""

    def _is_wanted(self, traits: int, *, begins: bool) -> bool:
        """Whether a whole picture is given out; `begins`: it is the first one after a break."""
        del traits, begins
        return True

    # --- what a session asks

    def flush(self) -> None:
        """Gives out the picture that is whole but for a following packet. To be called when the stream has ended."""
        if self._coded and self._nal == NO_NAL:
            self._finish()

    def ticks_of(self, timestamp: int) -> int | None:
        """The ticks a picture with this RTP timestamp would have; None before the first picture."""
        return self._unwrapper.ticks_of(timestamp)

    # --- NAL units

    def _open_fragmented(self, header: bytes, middle: bytes, payload_bytes: int, first_slice_byte: int) -> None:
        """A NAL unit in fragments begins; `middle` are the header bytes of those between the first and the last."""
        if self._nal >= 0:
            self._close_fragmented()  # the end bit of the last one was not set
        if self._size > MAX_ACCESS_UNIT_BYTES:
            self._break(BreakReason.TOO_LARGE, "an access unit is larger than 8 MB")
        kind = self._kind_of(header)
        self._note_kind(kind, first_slice_byte)
        self._nal_is_slice = self.TRAITS[kind] != NOT_A_SLICE
        self._nal_middle = middle
        if self._run.size != FRAME.size + len(middle) + payload_bytes:
            self._run = run_of(len(middle), payload_bytes)
        self._nal = len(self._pieces)
        self._nal_header = header
        self._nal_size = len(header)
        self._pieces.append(_PREFIX_LATER)

    def _close_fragmented(self) -> None:
        at, header, size = self._nal, self._nal_header, self._nal_size
        self._nal = NO_NAL
        if self._watched or not self._nal_is_slice:
            nal_unit = header + b"".join(self._pieces[at + 1 :])
            del self._pieces[at:]
            self._take_nal_unit(nal_unit)
            return
        self._pieces[at] = size.to_bytes(4, "big") + header
        self._size += 4 + size

    def _take_nal_unit(self, nal_unit: bytes) -> None:
        if self._nal >= 0:
            self._close_fragmented()
        kind = self._kind_of(nal_unit)
        if (self._watched or self.TRAITS[kind] == NOT_A_SLICE) and START_CODE in nal_unit:
            units = split_start_codes(nal_unit)
            if all(map(self._is_plausible, units)):
                self._watched = _WATCHED_PICTURES
                self.start_codes_found = True
                for unit in units:
                    self._add(self._kind_of(unit), unit)
                return
        self._add(kind, nal_unit)

    def _add(self, kind: int, nal_unit: bytes) -> None:
        if kind in self.SETS:
            self._take_parameter_set(nal_unit)
        else:
            self._note_kind(kind, nal_unit[self.HEADER_BYTES] if len(nal_unit) > self.HEADER_BYTES else 0)
        self._pieces += (len(nal_unit).to_bytes(4, "big"), nal_unit)
        self._size += 4 + len(nal_unit)
        if self._size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "an access unit is larger than 8 MB")

    def _note_kind(self, kind: int, first_slice_byte: int) -> None:
        """Watches for the first coded slice of a picture: it alone has the first bit of its header set."""
        traits = self.TRAITS[kind]
        if traits == NOT_A_SLICE:
            self._note_other(kind)
            return
        if not self._coded:
            self._coded = True
            if self._finished:
                self._marker_trusted = False  # the marker came before the end of the picture
                self._break(BreakReason.SPLIT, "the camera sets the marker bit inside a picture")
                self._coded = self._torn = True
            elif not first_slice_byte & 0x80:
                self._torn = True
        self._traits |= traits

    def _take_parameter_set(self, nal_unit: bytes) -> None:
        try:
            self._sets.offer(nal_unit)
        except ParameterSetError as error:
            self.parameter_set_error = str(error)
            return
        self._sets_seen |= 1 << self._kind_of(nal_unit)

    # --- pictures

    def _break(self, reason: BreakReason, detail: str) -> None:
        self._clear()
        self._torn = True
        if not self._waiting:
            self._waiting = True
            self._sink.stream_broken(reason, detail)

    def _finish(self) -> None:
        """The picture is over: give it out, or drop it."""
        if self._nal >= 0:
            self._close_fragmented()
        pieces, size, torn = self._pieces, self._size, self._torn
        traits, complete_sets = self._traits, self._sets_seen == self._all_sets
        key = traits & KEY_FRAME != 0
        self._clear()
        self._finished = True
        last = self._expected - 1 & 0xFFFF
        self.highest_sequence += (last - self.highest_sequence) & 0xFFFF
        if torn:
            self.pictures_dropped += 1
            if not self._waiting:
                self._waiting = True
                self._sink.stream_broken(BreakReason.LOSS, "a picture is incomplete")
            return
        ticks, jump = self._unwrapper.unwrap(self._timestamp)
        if jump and not self._waiting:
            self._waiting = True
            self._sink.stream_broken(BreakReason.TIME_JUMP, f"the camera's RTP time jumped by {jump / 90_000:+.1f} s")
        begins = self._waiting
        if key:
            parameters = self._sets.current
            if parameters is None:
                self.pictures_dropped += 1
                return
            if parameters != self._announced:
                self._announced = parameters
                self._key_prefix = prefixed(self._sets_of(parameters))
                self._sink.codec_changed(parameters)
                begins = True
            self._waiting = False
            if not complete_sets:
                at = 2 if len(pieces[0]) == 4 and self._is_delimiter(pieces[1]) else 0
                pieces[at:at] = self._key_prefix
                size += sum(map(len, self._key_prefix))
        elif self._waiting:
            self.pictures_dropped += 1
            return
        if not self._is_wanted(traits, begins=begins):
            return
        if self._watched and not self.start_codes_found:
            self._watched -= 1
        self.pictures += 1
        self.octets += size
        # joined while it is warm: the small pieces are used again at once, and only one is kept until the group is complete
        self._sink.access_unit(AccessUnit(ticks, self._now_us(), key, [b"".join(pieces)], size))


def prefixed(nal_units: tuple[bytes, ...]) -> list[bytes]:
    """The pieces of these NAL units behind their length prefixes."""
    pieces: list[bytes] = []
    for unit in nal_units:
        pieces += (len(unit).to_bytes(4, "big"), unit)
    return pieces

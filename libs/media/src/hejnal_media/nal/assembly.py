"""RTP packets put together to access units: what RFC 6184 and RFC 7798 have in common. The hot path of the whole town."""

import functools
import struct
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from hejnal_media.access_unit import MAX_ACCESS_UNIT_BYTES, AccessUnit, CodecParameters
from hejnal_media.nal.bits import ParameterSetError
from hejnal_media.nal.start_codes import START_CODE, split_start_codes
from hejnal_media.rtp import TimestampUnwrapper, payload_bounds
from hejnal_media.sink import AccessUnitSink, BreakReason

NO_KIND = -1
NOT_A_SLICE = -1
KEY_FRAME = 1
"""The trait of a slice that makes its picture a key frame; codecs have traits of their own beside it."""
_RTP_HEADER = 12
_FRAME = struct.Struct(">HHHHI4x")  # interleaved frame header (RFC 2326 §10.12) and RTP header
_RUN_CACHE_SIZE = 256
_NO_NAL = -1
_MAX_PIECES = 65_536
_PREFIX_LATER = b""
_MAX_LATE = 64
"""Packets behind the newest one that are left out before a restarted sequence is believed."""
_WATCHED_PICTURES = 64
"""So many pictures are searched for start codes; a camera that has sent none by then packs properly."""


@functools.lru_cache(_RUN_CACHE_SIZE)
def _run_of(header_bytes: int, payload_bytes: int) -> struct.Struct:
    """A whole interleaved packet of a fragmentation unit: frame head, flags, sequence, time and source, FU header, payload."""
    return struct.Struct(f">IHHQ{header_bytes}s{payload_bytes}s")


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


class NalAssembly:
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
        self._sink = sink
        self._sets = store
        self._payload_type = payload_type
        self._plain_flags = 0x8000 | payload_type  # version 2, no marker
        self._run = _run_of(self.HEADER_BYTES + 1, 1400 - self.HEADER_BYTES - 1)
        self._all_sets = sum(1 << kind for kind in self.SETS)
        self._now_us = now_us
        self._unwrapper = TimestampUnwrapper()
        self._announced: CodecParameters | None = None
        self._key_prefix: list[bytes] = []
        self._timestamp = -1
        self._expected = -1
        self._finished = False  # the picture of `_timestamp` was given out
        self._marker_trusted = True
        self._waiting = True  # for a key frame
        self._late = 0
        self._watched = _WATCHED_PICTURES
        self.packets_lost = 0
        self.pictures = 0
        self.pictures_dropped = 0
        self.octets = 0
        self.highest_sequence = 0
        self.ssrc = 0
        self.parameter_set_error = ""
        self.start_codes_found = False
        self._clear()
        for nal_unit in parameter_sets:
            self._take_parameter_set(nal_unit)
        self._sets_seen = 0

    def _clear(self) -> None:
        self._pieces: list[bytes] = []
        self._size = 0
        self._nal = _NO_NAL  # index of the open NAL unit's prefix in `_pieces`
        self._nal_header = self._nal_middle = b""
        self._nal_is_slice = False
        self._nal_size = 0
        self._coded = self._torn = False
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

    @abstractmethod
    def _take_payload(self, view: memoryview, start: int, end: int) -> None:
        """One RTP payload that the hot path has left."""

    def _is_wanted(self, traits: int, *, begins: bool) -> bool:
        """Whether a whole picture is given out; `begins`: it is the first one after a break."""
        del traits, begins
        return True

    # --- what a session asks

    def flush(self) -> None:
        """Gives out the picture that is whole but for a following packet. To be called when the stream has ended."""
        if self._coded and self._nal == _NO_NAL:
            self._finish()

    def ticks_of(self, timestamp: int) -> int | None:
        """The ticks a picture with this RTP timestamp would have; None before the first picture."""
        return self._unwrapper.ticks_of(timestamp)

    # --- packets

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes the whole interleaved frames of `channel` that lie one after the other from `position`.

        Gives the position of the first byte not taken: a frame of another channel, a message, or a frame not yet whole.
        Nothing of `view` is kept.
        """
        magic = 0x2400 | channel
        while True:
            if self._nal >= 0:
                position = self._take_run(view, position, limit, magic)
            if limit - position < _FRAME.size:
                break
            head, length, flags, sequence, timestamp = _FRAME.unpack_from(view, position)
            end = position + 4 + length
            if head != magic or end > limit:
                break
            if length >= _RTP_HEADER:
                self._take_packet(view, position + 4, end, flags, sequence, timestamp)
            position = end
        if self._nal_size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > _MAX_PIECES:
            self._break(BreakReason.TOO_LARGE, "a NAL unit is larger than 8 MB")
        return position

    def _take_run(self, view: memoryview, position: int, limit: int, magic: int) -> int:
        """The middle packets of the open fragmentation unit that are as long as its first: nine packets in ten.

        One call reads head and payload, and each field is compared as a whole.
        """
        run = self._run
        unpack, stride = run.unpack_from, run.size
        last = limit - stride
        if position > last:
            return position
        expected_head, flags_of_middle, middle = magic << 16 | stride - 4, self._plain_flags, self._nal_middle
        expected, expected_source = self._expected, self._timestamp << 32 | self.ssrc
        append = self._pieces.append
        began = position
        while position <= last:
            head, flags, sequence, source, header, payload = unpack(view, position)
            if (
                head != expected_head
                or flags != flags_of_middle
                or sequence != expected
                or source != expected_source
                or header != middle
            ):
                break
            append(payload)
            expected = sequence + 1 & 0xFFFF
            position += stride
        self._nal_size += (position - began) // stride * (stride - _FRAME.size - len(middle))
        self._expected = expected
        return position

    def _take_packet(self, view: memoryview, rtp: int, end: int, flags: int, sequence: int, timestamp: int) -> None:
        if flags & 0x7F != self._payload_type:
            if int.from_bytes(view[rtp + 8 : rtp + 12], "big") == self.ssrc:
                self._expected = (sequence + 1) & 0xFFFF
            return
        if sequence == self._expected:
            self._late = 0
        elif self._is_late(view, rtp, sequence):
            return
        self._expected = (sequence + 1) & 0xFFFF
        start = rtp + _RTP_HEADER
        if flags & 0xFF00 != 0x8000:
            bounds = payload_bounds(view, rtp, end)
            if bounds is None:
                return
            start, end = bounds
        elif start == end:
            return  # cameras keep connections alive with empty packets
        if timestamp != self._timestamp:
            if self._coded or self._torn:
                self._finish()
            self._timestamp = timestamp
            self._finished = False
        self._take_payload(view, start, end)
        if flags & 0x80 and self._marker_trusted and (self._coded or self._torn):
            if self._nal >= 0:
                self._marker_trusted = False  # it came inside a NAL unit
            else:
                self._finish()

    def _is_late(self, view: memoryview, rtp: int, sequence: int) -> bool:
        """Judges a sequence number that is not the expected one; True when the packet is to be left out."""
        ssrc = int.from_bytes(view[rtp + 8 : rtp + 12], "big")
        if self._expected < 0:
            self.ssrc, self.highest_sequence = ssrc, sequence
            return False
        missing = (sequence - self._expected) & 0xFFFF
        if ssrc == self.ssrc and missing >= 0x8000 and self._late < _MAX_LATE:
            self._late += 1
            return True  # twice or out of order: over TCP the sender's mistake, and the picture is already judged
        if ssrc != self.ssrc or self._late:
            missing = 0  # the sender began anew
        self.ssrc = ssrc
        self._late = 0
        self.packets_lost += missing
        same_picture = int.from_bytes(view[rtp + 4 : rtp + 8], "big") == self._timestamp
        self._break(BreakReason.LOSS, f"{missing} RTP packets are missing" if missing else "the RTP sequence began anew")
        self._torn = same_picture  # then its rest is of no use; else the slice header tells
        return False

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
        if self._run.size != _FRAME.size + len(middle) + payload_bytes:
            self._run = _run_of(len(middle), payload_bytes)
        self._nal = len(self._pieces)
        self._nal_header = header
        self._nal_size = len(header)
        self._pieces.append(_PREFIX_LATER)

    def _close_fragmented(self) -> None:
        at, header, size = self._nal, self._nal_header, self._nal_size
        self._nal = _NO_NAL
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
        if self._size > MAX_ACCESS_UNIT_BYTES or len(self._pieces) > _MAX_PIECES:
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

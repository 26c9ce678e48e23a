"""What all sound payload formats have in common: packets in order, time that never wraps, losses that are counted."""

import struct
from abc import abstractmethod
from collections.abc import Callable

from hejnal_media.access_unit import MAX_AUDIO_FRAME_BYTES, AudioFrame, AudioParameters
from hejnal_media.rtp import TimestampUnwrapper, payload_bounds
from hejnal_media.sink import AudioSink

_FRAME = struct.Struct(">HHHHII")  # interleaved frame header (RFC 2326 §10.12) and RTP header
_RTP_HEADER = 12
_MAX_LATE = 64
"""Packets behind the newest one that are left out before a restarted sequence is believed."""


class AudioDepacketizer:
    """Collects RTP packets into sound frames. A lost frame is left out: the ticks of the next one tell how long it was.

    The parameters are told before the first frame.
    """

    def __init__(self, sink: AudioSink, parameters: AudioParameters, *, payload_type: int, now_us: Callable[[], int]) -> None:
        self.parameters = parameters
        self._sink = sink
        self._payload_type = payload_type
        self._now_us = now_us
        self._unwrapper = TimestampUnwrapper(clock_rate=parameters.sample_rate, max_backward_s=0.0)
        self._expected = -1
        self._late = 0
        self._next_ticks = 0
        self.packets_lost = 0
        self.frames = 0
        self.frames_dropped = 0
        self.octets = 0
        self.highest_sequence = 0
        self.ssrc = 0

    @abstractmethod
    def _take_payload(self, payload: bytes, *, timestamp: int, marker: bool) -> None:
        """One RTP payload that follows the one before without a loss, or the first after `_lost`."""

    def _lost(self) -> None:
        """Packets are missing: what is not whole is of no use."""

    def feed(self, view: memoryview, position: int, limit: int, channel: int) -> int:
        """Takes the whole interleaved frames of `channel` that lie one after the other from `position`.

        Gives the position of the first byte not taken: a frame of another channel, a message, or a frame not yet whole.
        """
        magic = 0x2400 | channel
        while limit - position >= 4:
            if view[position] << 8 | view[position + 1] != magic:
                break
            end = position + 4 + (view[position + 2] << 8 | view[position + 3])
            if end > limit:
                break
            if end - position >= _FRAME.size:
                _, _, flags, sequence, timestamp, ssrc = _FRAME.unpack_from(view, position)
                self._take_packet(view, position + 4, end, flags, sequence, timestamp, ssrc)
            position = end
        return position

    def flush(self) -> None:
        """Nothing is ever held back."""

    def ticks_of(self, timestamp: int) -> int | None:
        """The ticks of a frame with this RTP timestamp; None before the first frame."""
        return self._unwrapper.ticks_of(timestamp)

    def _take_packet(self, view: memoryview, start: int, end: int, flags: int, sequence: int, timestamp: int, ssrc: int) -> None:
        if flags & 0x7F != self._payload_type:
            if ssrc == self.ssrc:
                self._expected = (sequence + 1) & 0xFFFF  # comfort noise and events take numbers too
            return
        bounds = payload_bounds(view, start, end)
        if sequence == self._expected:
            self._late = 0
        elif not self._follows(sequence, ssrc):
            return
        self._expected = (sequence + 1) & 0xFFFF
        self.highest_sequence += (sequence - self.highest_sequence) & 0xFFFF
        if bounds is not None:
            payload = view[bounds[0] : bounds[1]].tobytes()
            self._take_payload(payload, timestamp=timestamp, marker=bool(flags & 0x80))

    def _follows(self, sequence: int, ssrc: int) -> bool:
        """Judges a sequence number that is not the expected one; False when the packet is to be left out."""
        if self._expected < 0:
            self.ssrc, self.highest_sequence = ssrc, sequence
            return True
        missing = (sequence - self._expected) & 0xFFFF
        if ssrc == self.ssrc and missing >= 0x8000 and self._late < _MAX_LATE:
            self._late += 1
            return False
        if ssrc == self.ssrc and not self._late:
            self.packets_lost += missing
        self.ssrc = ssrc
        self._late = 0
        self._lost()
        return True

    def _give(self, payload: bytes, ticks: int) -> None:
        """Gives out a frame, unless its time has been told already."""
        if not payload or len(payload) > MAX_AUDIO_FRAME_BYTES or ticks < self._next_ticks:
            self.frames_dropped += 1
            return
        if not self.frames:
            self._sink.audio_changed(self.parameters)
        self._next_ticks = ticks + 1
        self.frames += 1
        self.octets += len(payload)
        self._sink.audio_frame(AudioFrame(ticks, self._now_us(), payload))

"""From access units to fragments: one per group of pictures, in segments of about a minute. Pure."""

import zlib
from collections.abc import Callable
from dataclasses import dataclass

from hejnal_ingest.spool.arrival import ArrivalTimeline, ticks_to_us
from hejnal_ingest.spool.decode_times import decode_times, delay, next_decode_time
from hejnal_ingest.spool.sound import FragmentSound, SoundTimeline
from hejnal_media.access_unit import CLOCK_RATE, MAX_GOP_BYTES, AccessUnit, AudioFrame, AudioParameters, CodecParameters
from hejnal_media.fmp4 import FragmentStamp, Sample, fragment_head, init_segment

_MAX_UNITS = 20_000
_LONGEST_SEGMENTS = 10
"""A group of pictures that is longer than so many segments is torn apart between two files; a shorter one is not."""
SPLIT_BYTES = MAX_GOP_BYTES // 2
"""A longer group of pictures is written in several fragments, so that memory stays bounded."""
SPLIT_S = 4.0
"""The same for a longer time, so that what is lost when this process dies stays bounded."""


@dataclass(frozen=True, slots=True)
class Fragment:
    """A complete fragment, to be written."""

    sequence: int
    segment_id: str
    starts_segment: bool
    init: bytes
    """`ftyp` + `moov` of the segment."""
    head: bytes
    pieces: list[bytes]
    """The payload in the pieces it came in: joined once, when it is written."""
    size_bytes: int
    starts_at_us: int
    ends_at_us: int
    media_time: int
    duration_ticks: int
    frames: int
    segment_ends: bool
    camera_time_us: int | None
    starts_with_key_frame: bool = True
    audio_codec: str | None = None


class FragmentBuilder:
    """Collects the access units of one run. `add` gives a fragment when a key frame shows that one is complete.

    Groups of pictures longer than `split_s` or `SPLIT_BYTES` become several fragments; those after the first begin without
    a key frame and say so.
    """

    def __init__(
        self,
        camera_id: str,
        parameters: CodecParameters,
        *,
        segment_s: float,
        new_id: Callable[[], str],
        not_before_us: int = 0,
        camera_time_us: Callable[[int], int | None] = lambda _ticks: None,
        split_s: float = SPLIT_S,
    ) -> None:
        self.parameters = parameters
        self._init = b""
        self._new_id = new_id
        self._split_ticks = int(split_s * CLOCK_RATE)
        self._segment_us = int(segment_s * 1e6)
        # each camera rotates at its own second of the minute
        self._rotation_us = zlib.crc32(camera_id.encode()) % self._segment_us
        self._camera_time_us = camera_time_us
        self._timeline = ArrivalTimeline(not_before_us)
        self._units: list[AccessUnit] = []
        self._bytes = 0
        self._first = self._highest = 0  # decoding time of the fragment's first picture; the latest picture time
        self._reordered = False
        self._all_keys = False
        self._delay: int | None = None  # of all pictures and sounds of the run against their decoding times
        self._base_ticks: int | None = None
        self._sound: SoundTimeline | None = None
        self._sequence = 0
        self._next_starts_us: int | None = None
        self._segment_id = ""
        self._segment_slot = 0
        self._rotate = True

    @property
    def started_at_us(self) -> int | None:
        """Server time of the run's first picture; known once the first fragment is."""
        return self._next_starts_us

    @property
    def fragments(self) -> int:
        """How many were given out."""
        return self._sequence

    @property
    def audio(self) -> AudioParameters | None:
        """What the sound of the run is; None without."""
        return None if self._sound is None else self._sound.parameters

    def add(self, unit: AccessUnit) -> Fragment | None:
        """Takes the next picture; the first one must be a key frame."""
        complete: Fragment | None = None
        if self._units and ((unit.key_frame and not self._joins(unit)) or self._is_long(unit.ticks)):
            complete = self._close(unit)
        self._all_keys = unit.key_frame and (self._all_keys or not self._units)
        if not self._units or unit.ticks > self._highest:
            self._highest = unit.ticks
        else:
            self._reordered = True
        self._units.append(unit)
        self._bytes += unit.size_bytes
        self._timeline.note(unit.ticks, unit.received_at_us)
        return complete

    def begin_sound(self, parameters: AudioParameters, camera_time_us: Callable[[int], int | None] = lambda _ticks: None) -> bool:
        """Sound is recorded too; False when the run has other sound or none and it is too late for that.

        `camera_time_us` gives the camera's own time of a sound's tick, where that is known.
        """
        if self.audio == parameters:
            return True
        if self._sequence:
            return False
        self._sound = SoundTimeline(parameters, camera_time_us=camera_time_us)
        return True

    def add_sound(self, frame: AudioFrame) -> None:
        """The next sound frame; without `begin_sound` it is left out."""
        if self._sound is not None:
            self._sound.add(frame)

    def change_parameters(self, parameters: CodecParameters) -> Fragment | None:
        """The next picture needs another init: its segment begins anew. Gives the last fragment of the old one."""
        last = self.finish()
        self.parameters = parameters
        self._init = b""
        return last

    def finish(self, ends_at_ticks: int | None = None) -> Fragment | None:
        """The pictures that have come since the last key frame, as the last fragment of their segment.

        `ends_at_ticks` is when the last one is over, where that is known; otherwise it lasts as long as the one before.
        """
        if not self._units:
            return None
        return self._close(None, ends_at_ticks)

    def _joins(self, unit: AccessUnit) -> bool:
        """Where every picture is a key frame (Motion JPEG, some old cameras) those of a second are one fragment."""
        return self._all_keys and 0 < unit.ticks - self._units[0].ticks < CLOCK_RATE

    def _is_long(self, ticks: int) -> bool:
        if self._bytes >= SPLIT_BYTES or len(self._units) >= _MAX_UNITS:
            return True
        # only before a picture that is shown after all that came: then nothing behind the cut belongs before it
        return ticks > self._highest and ticks - self._units[0].ticks >= self._split_ticks

    def _close(self, following: AccessUnit | None, ends_at_ticks: int | None = None) -> Fragment:
        """`following` is the picture that comes next, None when nothing does; then `ends_at_ticks` may tell the end."""
        units, self._units = self._units, []
        total, self._bytes = self._bytes, 0
        ticks = [unit.ticks for unit in units]
        if self._base_ticks is None:
            # leading pictures that were sent after the run's first key frame are shown before it
            self._base_ticks = self._first = min(ticks)
        next_first = None
        if following is not None:
            ends_at_ticks = following.ticks
        if ends_at_ticks is not None:
            next_first = next_decode_time(ticks, ends_at_ticks) if self._reordered else ends_at_ticks
        decode, durations = decode_times(ticks, self._first, next_first)
        if self._delay is None:
            self._delay = delay(ticks, decode)
        duration = sum(durations)
        media_time = self._first - self._base_ticks
        self._timeline.end_group()
        if self._next_starts_us is None:
            self._next_starts_us = self._timeline.instant_us(self._first)
        self._first += duration
        starts_us = self._next_starts_us
        ends_us = self._timeline.instant_us(self._first)
        self._next_starts_us = ends_us
        starts_segment = self._rotate
        if starts_segment:
            self._segment_id = self._new_id()
            self._segment_slot = self._slot(starts_us)
        self._rotate = following is None or self._rotates(ends_us, key_frame=following.key_frame)
        camera_time = self._camera_time_us(ticks[0])
        stamp = FragmentStamp(self._sequence, starts_us, ends_us, camera_time or 0)
        samples = [
            Sample(unit.size_bytes, lasts, unit.ticks + self._delay - at, unit.key_frame)
            for unit, lasts, at in zip(units, durations, decode, strict=True)
        ]
        sound = self._take_sound(ticks[0], camera_time, last=following is None)
        head = fragment_head(
            decode_time_ticks=media_time, samples=samples, stamp=stamp, sound=None if sound is None else sound.track
        )
        pieces: list[bytes] = []
        for unit in units:
            pieces += unit.pieces
        if sound is not None:
            pieces += sound.pieces
            total += sum(sound.track.sizes_bytes)
        self._init = self._init or init_segment(self.parameters, self.audio)
        fragment = Fragment(
            sequence=self._sequence,
            segment_id=self._segment_id,
            starts_segment=starts_segment,
            init=self._init,
            head=head,
            pieces=pieces,
            size_bytes=len(head) + total,
            starts_at_us=starts_us,
            ends_at_us=ends_us,
            media_time=media_time,
            duration_ticks=duration,
            frames=len(units),
            segment_ends=self._rotate,
            camera_time_us=camera_time,
            starts_with_key_frame=units[0].key_frame,
            audio_codec=None if self.audio is None else self.audio.codec,
        )
        self._sequence += 1
        return fragment

    def _take_sound(self, ticks: int, camera_time_us: int | None, *, last: bool) -> FragmentSound | None:
        """The sound until the end of the fragment that is being closed; `ticks` and `camera_time_us` are of its first picture."""
        if self._sound is None or self._base_ticks is None or self._delay is None:
            return None
        return self._sound.take(
            base_us=ticks_to_us(self._base_ticks - self._delay),
            until_us=None if last else ticks_to_us(self._first),
            picture_origin_us=self._timeline.origin_us,
            picture_camera_origin_us=None if camera_time_us is None else camera_time_us - ticks_to_us(ticks),
        )

    def _rotates(self, ends_us: int, *, key_frame: bool) -> bool:
        """A segment begins with a key frame, so that its file can be played alone, unless that would take too long."""
        behind = self._slot(ends_us) - self._segment_slot
        return behind >= (1 if key_frame else _LONGEST_SEGMENTS)

    def _slot(self, instant_us: int) -> int:
        return (instant_us + self._rotation_us) // self._segment_us

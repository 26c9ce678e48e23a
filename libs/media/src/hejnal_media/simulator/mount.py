"""One simulated stream: where it is in its clip, who watches, and what is wrong with it."""

import random
import zlib
from dataclasses import dataclass, field
from typing import Protocol

from hejnal_media.access_unit import CLOCK_RATE
from hejnal_media.rtcp import sender_report
from hejnal_media.simulator.behaviour import Behaviour, ClockLie, Marker, Reports
from hejnal_media.simulator.clip import Clip
from hejnal_media.simulator.description import describe
from hejnal_media.simulator.packets import PAYLOAD_TYPE, PacketizedPicture, stamp
from hejnal_media.simulator.sound import Sound

__all__ = ["Behaviour", "Mount", "Show", "Viewer"]

_MAX_UNSENT_BYTES = 4 * 1024 * 1024
_REPORT_INTERVAL_FRAMES = 125
_WRAP_AFTER_S = 5
_WRAP_PACKETS = 200


class Viewer(Protocol):
    """A connection that takes interleaved frames."""

    audio_channel: int
    """-1: it has not asked for sound."""

    def send(self, data: bytes | bytearray) -> None:
        """Queues bytes."""

    def unsent_bytes(self) -> int:
        """How much the other side has not taken yet."""

    def drop(self) -> None:
        """Closes the connection without a word."""


@dataclass(frozen=True, slots=True)
class Show:
    """A clip and its packets."""

    clip: Clip
    pictures: tuple[PacketizedPicture, ...]


@dataclass(slots=True)
class _Watching:
    since: int
    waiting: bool = True
    """For a key frame."""
    reported_at: int = -_REPORT_INTERVAL_FRAMES


@dataclass(slots=True)
class Mount:
    """One stream of one camera."""

    path: str
    camera: str
    clip: Clip
    pictures: tuple[PacketizedPicture, ...]
    behaviour: Behaviour = field(default_factory=Behaviour)
    frames_sent: int = 0
    pictures_withheld: int = 0
    """Left out because a viewer did not read fast enough."""
    ledger: list[tuple[int, int]] | None = None
    """Where wanted: frame number and send time (µs) of every picture that was handed to a viewer's connection whole."""
    spoiled: set[int] = field(default_factory=set)
    """Numbers of the pictures that went out with packets missing, while there is a ledger."""
    free_at_s: float = 0.0
    """Of the simulator's clock: until then the one place is taken by a session that was cut."""
    down_until_s: float = 0.0
    """Of the simulator's clock: until then the camera starts anew."""
    _viewers: dict[Viewer, _Watching] = field(default_factory=dict)
    _next: Show | None = None
    _sequence: int = 0
    _shift: int = 0
    _time_shift: int = 0
    _packets: int = 0
    _octets: int = 0
    _ssrc: int = 0
    _frozen_us: int = 0
    _sound: Sound = field(default_factory=Sound)

    @property
    def ssrc(self) -> int:
        """Stable per path until the camera starts anew."""
        if not self._ssrc:
            self._ssrc = zlib.crc32(self.path.encode()) | 1
        return self._ssrc

    @property
    def watched(self) -> bool:
        """True while somebody plays it."""
        return bool(self._viewers)

    def add(self, viewer: Viewer, tick: int) -> None:
        """The viewer gets pictures from the next key frame on; for the first one that is at once."""
        if not self._viewers:
            self._shift = -tick % len(self.pictures)
            if self.behaviour.wrap:
                self._sequence = 0x10000 - _WRAP_PACKETS
                self._time_shift = -_WRAP_AFTER_S * CLOCK_RATE - self._plain_timestamp(tick)
        self._viewers[viewer] = _Watching(tick)

    def remove(self, viewer: Viewer) -> None:
        """No more pictures for the viewer."""
        self._viewers.pop(viewer, None)
        if not self._viewers:
            self._change_now(0)

    def drop_all(self) -> None:
        """Closes every viewer's connection: a camera that loses power."""
        for viewer in list(self._viewers):
            viewer.drop()

    def reboot(self, until_s: float) -> None:
        """All connections are cut, none is answered until `until_s` (simulator's clock), RTP begins anew."""
        self.down_until_s = until_s
        self.free_at_s = 0.0
        self._ssrc = random.getrandbits(32) | 1
        self._sequence = random.getrandbits(16)
        self._time_shift = random.getrandbits(32)
        self.drop_all()

    def change_show(self, show: Show) -> None:
        """Another clip from the next key frame on: another resolution, another codec."""
        self._next = show
        if not self._viewers:
            self._change_now(0)

    def keep_show(self) -> None:
        """A change that has not come to pass is forgotten."""
        self._next = None

    def timestamp(self, tick: int, shown_later: int = 0) -> int:
        """RTP time of a frame."""
        return (self._plain_timestamp(tick + shown_later) + self._time_shift) & 0xFFFF_FFFF

    def description(self, host: str) -> bytes:
        """The session description."""
        return describe(self, host)

    def play(self, tick: int, now_us: int, *, taken_at_us: int | None = None) -> None:
        """Sends the picture of frame `tick` to everyone who watches; sender reports tell when it was taken."""
        behaviour = self.behaviour
        if not self._viewers or behaviour.stall:
            return
        if behaviour.audio:
            self._sound.play(behaviour.audio, tick, self.clip.spec.fps, self._viewers)
        if behaviour.audio_only:
            return
        if behaviour.time_jump_s:
            self._time_shift += int(behaviour.time_jump_s * CLOCK_RATE)
            behaviour.time_jump_s = 0.0
        picture = self.pictures[(tick + self._shift) % len(self.pictures)]
        if picture.key_frame and self._next is not None:
            self._change_now(tick)
            picture = self.pictures[(tick + self._shift) % len(self.pictures)]
        if picture.key_frame and behaviour.no_key_frames:
            return
        timestamp = self.timestamp(tick, picture.shown_later)
        hidden = picture.set_packets if self._hides_sets(tick) else 0
        frames = stamp(
            picture,
            sequence=self._sequence - hidden,
            timestamp=timestamp,
            ssrc=self.ssrc,
            camera=self.camera,
            frame=tick,
            sent_at_us=now_us,
        )
        self._sequence = (self._sequence + len(picture.offsets) - hidden) & 0xFFFF
        self._packets += len(picture.offsets) - hidden
        self._octets += picture.payload_bytes
        data, whole = self._spoil(frames, picture, hidden)
        self.frames_sent += 1
        sent = False
        clock_us = now_us if taken_at_us is None else taken_at_us
        for viewer, watching in list(self._viewers.items()):
            if viewer.unsent_bytes() > _MAX_UNSENT_BYTES:
                watching.waiting = True
            if watching.waiting and not (picture.key_frame or behaviour.no_key_frames):
                self.pictures_withheld += 1
                continue
            if watching.waiting and behaviour.reports is Reports.BEFORE:
                viewer.send(self._report(timestamp, clock_us))
            watching.waiting = False
            viewer.send(data)
            sent = True
            if tick - watching.reported_at >= _REPORT_INTERVAL_FRAMES and behaviour.reports is not Reports.NONE:
                watching.reported_at = tick
                viewer.send(self._report(timestamp, clock_us))
        if sent and self.ledger is not None:
            if whole:
                self.ledger.append((tick, now_us))
            else:
                self.spoiled.add(tick)

    def _plain_timestamp(self, tick: int) -> int:
        return tick * CLOCK_RATE // self.clip.spec.fps + self.ssrc

    def _change_now(self, tick: int) -> None:
        show, self._next = self._next, None
        if show is not None:
            self.clip, self.pictures = show.clip, show.pictures
            self._shift = -tick % len(self.pictures)

    def _hides_sets(self, tick: int) -> bool:
        behaviour = self.behaviour
        if behaviour.sets_late_s:
            first = min(watching.since for watching in self._viewers.values())
            return tick - first < behaviour.sets_late_s * self.clip.spec.fps
        return not behaviour.sets_in_band

    def _spoil(self, frames: bytearray, picture: PacketizedPicture, hidden: int) -> tuple[bytes | bytearray, bool]:
        """The bytes as they go out, and whether the picture is whole in them."""
        behaviour, offsets = self.behaviour, picture.offsets
        if behaviour.marker is not Marker.LAST:
            marked = {
                Marker.NONE: set(),
                Marker.ALL: set(range(len(offsets))),
                Marker.EARLY: {len(offsets) // 2} if len(offsets) > 2 else set(),
            }[behaviour.marker]
            for number, offset in enumerate(offsets):
                frames[offset + 5] = (0x80 if number in marked else 0) | PAYLOAD_TYPE
        whole = True
        data: bytes | bytearray = frames[offsets[hidden] :] if hidden else frames
        if behaviour.skip_packets:
            skipped = min(behaviour.skip_packets, len(offsets) - hidden - 1)
            data = frames[offsets[hidden + skipped] :]
            behaviour.skip_packets = 0
            whole = skipped <= 0
        elif behaviour.loss:
            ends = [*offsets[1:], len(frames)]
            kept = [
                frames[start:end]
                for start, end in zip(offsets[hidden:], ends[hidden:], strict=True)
                if random.random() >= behaviour.loss
            ]
            whole = len(kept) == len(offsets) - hidden
            data = b"".join(kept)
        if behaviour.garbage:
            data = random.randbytes(behaviour.garbage) + data
            behaviour.garbage = 0
            whole = False  # what looks like a frame in it may swallow a part
        return data, whole

    def _report(self, timestamp: int, clock_us: int) -> bytes:
        behaviour = self.behaviour
        camera_us = clock_us + int(behaviour.clock_error_s * 1e6)
        if behaviour.clock is ClockLie.FROZEN:
            camera_us = self._frozen_us = self._frozen_us or camera_us
        elif behaviour.clock is ClockLie.FROM_1900:
            camera_us -= 3_976_000_000 * 1_000_000
        elif behaviour.clock is ClockLie.JUMPING:
            camera_us += random.randrange(-3600, 3600) * 1_000_000
        elif behaviour.clock is ClockLie.WRONG_RTP:
            timestamp = random.getrandbits(32)
        report = sender_report(
            self.ssrc, unix_us=camera_us, rtp_timestamp=timestamp, packets=self._packets, octets=self._octets, cname=self.camera
        )
        return b"$\1" + len(report).to_bytes(2, "big") + report

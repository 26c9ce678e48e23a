"""One simulated stream: where it is in its clip, who watches, and what is wrong with it."""

import base64
import zlib
from dataclasses import dataclass, field
from typing import Protocol

from hejnal_media.access_unit import CLOCK_RATE
from hejnal_media.rtcp import sender_report
from hejnal_media.simulator.clip import Clip
from hejnal_media.simulator.packets import PAYLOAD_TYPE, PacketizedPicture, stamp

_MAX_UNSENT_BYTES = 4 * 1024 * 1024
_REPORT_INTERVAL_FRAMES = 125


@dataclass(slots=True)
class Behaviour:
    """What is wrong with a camera. May be changed while it runs."""

    stall: bool = False
    """Stays connected and sends nothing."""
    refuse: bool = False
    """Answers 503 to DESCRIBE."""
    not_found: bool = False
    codec: str = "H264"
    """Encoding name in the session description; empty: no video at all."""
    sets_in_description: bool = True
    no_key_frames: bool = False
    skip_packets: int = 0
    """So many packets are left out of the next picture."""
    time_jump_s: float = 0.0
    """The RTP time jumps by this much once."""


class Viewer(Protocol):
    """A connection that takes interleaved frames."""

    def send(self, data: bytes | bytearray) -> None:
        """Queues bytes."""

    def unsent_bytes(self) -> int:
        """How much the other side has not taken yet."""

    def drop(self) -> None:
        """Closes the connection without a word."""


@dataclass(slots=True)
class _Watching:
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
    _viewers: dict[Viewer, _Watching] = field(default_factory=dict)
    _sequence: int = 0
    _shift: int = 0
    _time_shift: int = 0
    _packets: int = 0
    _octets: int = 0

    @property
    def ssrc(self) -> int:
        """Stable per path."""
        return zlib.crc32(self.path.encode()) | 1

    @property
    def watched(self) -> bool:
        """True while somebody plays it."""
        return bool(self._viewers)

    def add(self, viewer: Viewer, tick: int) -> None:
        """The viewer gets pictures from the next key frame on; for the first one that is at once."""
        if not self._viewers:
            self._shift = -tick % len(self.pictures)
        self._viewers[viewer] = _Watching()

    def remove(self, viewer: Viewer) -> None:
        """No more pictures for the viewer."""
        self._viewers.pop(viewer, None)

    def drop_all(self) -> None:
        """Closes every viewer's connection: a camera that loses power."""
        for viewer in list(self._viewers):
            viewer.drop()

    def timestamp(self, tick: int) -> int:
        """RTP time of a frame."""
        return (tick * CLOCK_RATE // self.clip.spec.fps + self._time_shift + self.ssrc) & 0xFFFF_FFFF

    def play(self, tick: int, now_us: int, *, taken_at_us: int | None = None) -> None:
        """Sends the picture of frame `tick` to everyone who watches; sender reports tell when it was taken."""
        behaviour = self.behaviour
        if not self._viewers or behaviour.stall:
            return
        if behaviour.time_jump_s:
            self._time_shift += int(behaviour.time_jump_s * CLOCK_RATE)
            behaviour.time_jump_s = 0.0
        picture = self.pictures[(tick + self._shift) % len(self.pictures)]
        if picture.key_frame and behaviour.no_key_frames:
            return
        timestamp = self.timestamp(tick)
        frames = stamp(
            picture,
            sequence=self._sequence,
            timestamp=timestamp,
            ssrc=self.ssrc,
            camera=self.camera,
            frame=tick,
            sent_at_us=now_us,
        )
        self._sequence = (self._sequence + len(picture.offsets)) & 0xFFFF
        self._packets += len(picture.offsets)
        self._octets += picture.payload_bytes
        if behaviour.skip_packets:
            skipped = min(behaviour.skip_packets, len(picture.offsets) - 1)
            frames = frames[picture.offsets[skipped] :]
            behaviour.skip_packets = 0
        self.frames_sent += 1
        for viewer, watching in list(self._viewers.items()):
            if viewer.unsent_bytes() > _MAX_UNSENT_BYTES:
                watching.waiting = True
            if watching.waiting and not (picture.key_frame or behaviour.no_key_frames):
                self.pictures_withheld += 1
                continue
            watching.waiting = False
            viewer.send(frames)
            if tick - watching.reported_at >= _REPORT_INTERVAL_FRAMES:
                watching.reported_at = tick
                viewer.send(self._report(timestamp, now_us if taken_at_us is None else taken_at_us))

    def _report(self, timestamp: int, now_us: int) -> bytes:
        report = sender_report(
            self.ssrc, unix_us=now_us, rtp_timestamp=timestamp, packets=self._packets, octets=self._octets, cname=self.camera
        )
        return b"$\1" + len(report).to_bytes(2, "big") + report

    def description(self, host: str) -> bytes:
        """The session description (RFC 8866)."""
        lines = ["v=0", f"o=- {self.ssrc} 1 IN IP4 {host}", f"s={self.camera}", "t=0 0", "a=control:*"]
        if self.behaviour.codec:
            lines += [
                f"m=video 0 RTP/AVP {PAYLOAD_TYPE}",
                "c=IN IP4 0.0.0.0",
                f"a=rtpmap:{PAYLOAD_TYPE} {self.behaviour.codec}/90000",
            ]
            if self.behaviour.codec == "H264":
                sets = ",".join(base64.b64encode(unit).decode() for unit in (self.clip.sps, self.clip.pps))
                fmtp = f"a=fmtp:{PAYLOAD_TYPE} packetization-mode=1;profile-level-id={self.clip.sps[1:4].hex()}"
                lines.append(fmtp + (f";sprop-parameter-sets={sets}" if self.behaviour.sets_in_description else ""))
            lines.append("a=control:track1")
        else:
            lines += ["m=audio 0 RTP/AVP 0", "a=rtpmap:0 PCMU/8000", "a=control:track2"]
        return ("\r\n".join(lines) + "\r\n").encode()

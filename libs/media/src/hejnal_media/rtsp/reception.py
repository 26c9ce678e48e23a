"""What a camera is told about how its packets arrive (RFC 3550 §6.4.2)."""

import secrets
import time

from hejnal_media.depacketizers import Depacketizer
from hejnal_media.rtcp import receiver_report
from hejnal_media.rtsp.camera_clock import CameraClock

_NAME = "hejnal"


class Reception:
    """Makes the receiver reports of one track."""

    def __init__(self, depacketizer: Depacketizer, control_channel: int) -> None:
        self._depacketizer = depacketizer
        self._channel = control_channel
        self._ssrc = secrets.randbits(32)
        self._before = (0, 0)

    def report(self, clock: CameraClock | None) -> bytes | None:
        """The interleaved frame to send now; None before the first packet."""
        depacketizer = self._depacketizer
        if not depacketizer.ssrc:
            return None
        lost, highest = depacketizer.packets_lost, depacketizer.highest_sequence
        before_lost, before_highest = self._before
        expected = max(1, highest - before_highest)
        self._before = (lost, highest)
        packet = receiver_report(
            self._ssrc,
            source=depacketizer.ssrc,
            fraction_lost=min(255, 256 * max(0, lost - before_lost) // expected),
            lost=lost,
            highest_sequence=highest,
            jitter=0,  # over TCP it says nothing
            last_sender_report=clock.report if clock else None,
            delay_s=time.monotonic() - clock.monotonic_s if clock else 0.0,
            cname=_NAME,
        )
        return bytes((0x24, self._channel)) + len(packet).to_bytes(2, "big") + packet

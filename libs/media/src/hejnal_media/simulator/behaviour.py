"""What can be wrong with a simulated camera."""

from dataclasses import dataclass
from enum import StrEnum


class Reports(StrEnum):
    """When the first sender report comes."""

    AFTER = "after"
    """Behind the first picture, then every five seconds."""
    BEFORE = "before"
    """Ahead of the first picture too."""
    NONE = "none"


class ClockLie(StrEnum):
    """What the sender reports say of the camera's clock."""

    NONE = "none"
    FROZEN = "frozen"
    FROM_1900 = "1900"
    """Counts from its start, at the beginning of NTP time."""
    JUMPING = "jumping"
    WRONG_RTP = "wrong-rtp"
    """The clock is right, the RTP time is not that of the pictures."""


class Marker(StrEnum):
    """On which packets the marker bit is."""

    LAST = "last"
    NONE = "none"
    ALL = "all"
    EARLY = "early"
    """On one in the middle of the picture, and not on the last."""


@dataclass(slots=True)
class Behaviour:
    """What is wrong with a camera. May be changed while it runs."""

    stall: bool = False
    """Stays connected and sends nothing."""
    refuse: int = 0
    """Answers DESCRIBE and SETUP with this status, e.g. 503 or 453."""
    not_found: bool = False
    codec: str = ""
    """Encoding name in the session description instead of the true one."""
    no_video: bool = False
    """Describes sound alone."""
    sets_in_description: bool = True
    sets_in_band: bool = True
    sets_late_s: float = 0.0
    """The parameter sets come so long after PLAY, and are not in the description."""
    no_key_frames: bool = False
    skip_packets: int = 0
    """So many packets are left out of the next picture."""
    loss: float = 0.0
    """Share of packets that are lost."""
    marker: Marker = Marker.LAST
    garbage: int = 0
    """So many bytes of nonsense come before the next picture."""
    time_jump_s: float = 0.0
    """The RTP time jumps by this much once."""
    wrap: bool = False
    """RTP time and sequence number wrap five seconds after PLAY."""
    reports: Reports = Reports.AFTER
    clock: ClockLie = ClockLie.NONE
    clock_error_s: float = 0.0
    """Of the camera's clock."""
    audio: str = ""
    """Adds a track of `PCMA` or `PCMU`."""
    audio_refused: bool = False
    """Answers 461 to SETUP of the sound."""
    audio_only: bool = False
    """Sends sound and no picture."""
    session_timeout_s: float = 60.0
    single_session: bool = False
    """Has one place; after a connection that was cut it stays taken until the session's timeout."""

"""What one simulated ONVIF camera is, and what is wrong with it."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum


class ReplayEnd(StrEnum):
    """What a camera does when it has sent the last picture of an interval."""

    GOODBYE = "goodbye"
    """An RTCP BYE, as the standard has it."""
    CLOSE = "close"
    """It closes the connection."""
    SILENCE = "silence"
    """Nothing."""


@dataclass(slots=True)
class OnvifBehaviour:
    """What is wrong with a camera. May be changed while it runs."""

    refuse_auth: bool = False
    """No password is right."""
    wsse: bool = True
    """UsernameToken is understood; without it only HTTP Digest opens the door."""
    media2: bool = True
    delay_s: float = 0.0
    """Every answer comes so late."""
    lying_gov_length: bool = False
    """GovLength is accepted and told back, and the stream stays as it was."""
    pull_points_end_after: int = 0
    """A subscription is forgotten after so many pulls; 0: never."""
    duplicate_events: bool = False
    """Each event is told twice."""
    foreign_uris: str = ""
    """Stream and replay URIs point to this host."""
    no_replay: bool = False
    hostile_xml: bool = False
    """Every answer defines entities that grow."""
    replay_drops_after_frames: int = 0
    """The replay connection is cut after so many pictures, once."""
    replay_markers: bool = True
    """The last packet of a recorded picture has the marker bit."""
    replay_ends: ReplayEnd = ReplayEnd.GOODBYE
    replay_last_late_s: float = 0.0
    """The last picture of an interval comes so late."""


class CameraTime:
    """The camera's clock: the wall clock and an offset, which a client may set. It remembers what it showed when."""

    def __init__(self, *, offset_s: float = 0.0, wall_s: Callable[[], float] = time.time) -> None:
        self._wall_s = wall_s
        self._changes: list[tuple[float, float]] = [(float("-inf"), offset_s)]

    @property
    def offset_s(self) -> float:
        """Camera clock minus wall clock, now."""
        return self._changes[-1][1]

    @offset_s.setter
    def offset_s(self, offset_s: float) -> None:
        self._changes.append((self._wall_s(), offset_s))

    def offset_at_s(self, wall_s: float) -> float:
        """The offset that held at an instant."""
        return next(offset for since, offset in reversed(self._changes) if since <= wall_s)

    def now(self) -> datetime:
        """What the camera's clock shows, UTC."""
        return datetime.fromtimestamp(self._wall_s() + self.offset_s, UTC)

    def set(self, instant: datetime) -> None:
        """Sets it, to whole seconds as cameras do."""
        self.offset_s = instant.timestamp() - self._wall_s()


@dataclass(frozen=True, slots=True)
class SimulatedProfile:
    """A media profile and the mount that plays it."""

    token: str
    name: str
    mount: str


@dataclass(slots=True)
class Identity:
    """What the camera says of itself."""

    camera: str
    manufacturer: str = "Hejnal"
    model: str = "Simulator G"
    firmware: str = "1.0.0"
    hardware: str = "SIM-1"
    serial: str = ""
    scopes: tuple[str, ...] = field(default=())

    def all_scopes(self) -> tuple[str, ...]:
        """Scopes as WS-Discovery and GetScopes tell them."""
        base = "onvif://www.onvif.org"
        return (
            f"{base}/type/video_encoder",
            f"{base}/type/ptz",
            f"{base}/Profile/Streaming",
            f"{base}/Profile/T",
            f"{base}/Profile/G",
            f"{base}/hardware/{self.hardware}",
            f"{base}/name/{self.camera}",
            *self.scopes,
        )

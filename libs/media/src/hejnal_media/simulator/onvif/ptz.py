"""PTZ: a head that moves at given speeds, stops by itself, and knows places by name."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from hejnal_media.onvif.soap import SoapFaultError
from hejnal_media.onvif.xml import find, find_all, quote, read_duration, text_of, write_instant
from hejnal_media.simulator.onvif.state import CameraTime

Position = tuple[float, float, float]
"""Pan and tilt from -1 to 1, zoom from 0 to 1."""

LOW: Position = (-1.0, -1.0, 0.0)
HIGH: Position = (1.0, 1.0, 1.0)
DEFAULT_TIMEOUT_S = 5.0
MAX_TIMEOUT_S = 10.0
MAX_PRESETS = 64
_SPEED = 1.0
"""Units per second at full speed, and on the way to a preset."""


@dataclass(slots=True)
class PtzHead:
    """Where the head is; computed when asked, from the monotonic clock."""

    now_s: Callable[[], float] = time.monotonic
    presets: dict[str, tuple[str, Position]] = field(default_factory=dict)
    _position: Position = (0.0, 0.0, 0.0)
    _velocity: Position = (0.0, 0.0, 0.0)
    _target: Position | None = None
    _since_s: float = 0.0
    _until_s: float = 0.0

    def position(self) -> Position:
        """Now."""
        now = self.now_s()
        if self._target is not None:
            reach = (now - self._since_s) * _SPEED
            goal = self._target
            moved = [at + max(-reach, min(reach, to - at)) for at, to in zip(self._position, goal, strict=True)]
        else:
            lasted = max(0.0, min(now, self._until_s) - self._since_s)
            moved = [at + speed * lasted * _SPEED for at, speed in zip(self._position, self._velocity, strict=True)]
        pan, tilt, zoom = (max(low, min(high, at)) for at, low, high in zip(moved, LOW, HIGH, strict=True))
        return (pan, tilt, zoom)

    def moving(self) -> bool:
        """True until it stands."""
        if self._target is not None:
            return self.position() != self._target
        return any(self._velocity) and self.now_s() < self._until_s

    def move(self, velocity: Position, timeout_s: float) -> None:
        """At these speeds (-1 to 1) until the time is over."""
        self._settle()
        self._velocity, self._until_s = velocity, self._since_s + min(timeout_s, MAX_TIMEOUT_S)

    def stop(self, *, pan_tilt: bool = True, zoom: bool = True) -> None:
        """Stands."""
        velocity, until_s = self._velocity, self._until_s
        self._settle()
        if not (pan_tilt and zoom):
            kept = (0.0, 0.0, velocity[2]) if pan_tilt else (velocity[0], velocity[1], 0.0)
            self._velocity, self._until_s = kept, until_s

    def go_to(self, token: str) -> None:
        """To a preset. Raises KeyError."""
        target = self.presets[token][1]
        self._settle()
        self._target = target

    def save(self, token: str, name: str) -> str:
        """Keeps this place; gives its token. Raises KeyError for a token that is not there, ValueError when full."""
        if token and token not in self.presets:
            raise KeyError(token)
        if not token:
            if len(self.presets) >= MAX_PRESETS:
                raise ValueError("too many presets")
            token = next(f"{number}" for number in range(1, MAX_PRESETS + 1) if f"{number}" not in self.presets)
        self.presets[token] = (name or f"Preset {token}", self.position())
        return token

    def _settle(self) -> None:
        self._position = self.position()
        self._velocity, self._target = (0.0, 0.0, 0.0), None
        self._since_s = self._until_s = self.now_s()


class PtzService:
    """Answers for `http://www.onvif.org/ver20/ptz/wsdl`."""

    def __init__(self, head: PtzHead, profiles: frozenset[str], clock: CameraTime) -> None:
        self._head = head
        self._profiles = profiles
        self._clock = clock

    def continuous_move(self, request: Element) -> str:
        """Speeds and a timeout after which the head stops by itself."""
        self._profile(request)
        velocity = find(request, "tptz:Velocity")
        pan, tilt = _numbers(find(velocity, "tt:PanTilt"), "x", "y")
        (zoom,) = _numbers(find(velocity, "tt:Zoom"), "x")
        if any(abs(speed) > 1 for speed in (pan, tilt, zoom)):
            raise SoapFaultError("Sender", ("InvalidArgVal", "InvalidVelocity"), "a velocity is out of bounds")
        timeout_s = read_duration(text_of(request, "tptz:Timeout")) if find(request, "tptz:Timeout") is not None else None
        self._head.move((pan, tilt, zoom), timeout_s if timeout_s is not None else DEFAULT_TIMEOUT_S)
        return "<tptz:ContinuousMoveResponse/>"

    def stop(self, request: Element) -> str:
        """Stops one axis or all."""
        self._profile(request)
        both = [text_of(request, f"tptz:{axis}", "true") in ("true", "1") for axis in ("PanTilt", "Zoom")]
        self._head.stop(pan_tilt=both[0], zoom=both[1])
        return "<tptz:StopResponse/>"

    def get_status(self, request: Element) -> str:
        """Position and whether it moves."""
        self._profile(request)
        pan, tilt, zoom = self._head.position()
        state = "MOVING" if self._head.moving() else "IDLE"
        return (
            f'<tptz:GetStatusResponse><tptz:PTZStatus><tt:Position><tt:PanTilt x="{pan:.4f}" y="{tilt:.4f}"/>'
            f'<tt:Zoom x="{zoom:.4f}"/></tt:Position><tt:MoveStatus><tt:PanTilt>{state}</tt:PanTilt><tt:Zoom>{state}</tt:Zoom>'
            f"</tt:MoveStatus><tt:UtcTime>{write_instant(self._clock.now())}</tt:UtcTime></tptz:PTZStatus></tptz:GetStatusResponse>"
        )

    def get_presets(self, request: Element) -> str:
        """All presets."""
        self._profile(request)
        presets = "".join(
            f'<tptz:Preset token="{quote(token)}"><tt:Name>{quote(name)}</tt:Name><tt:PTZPosition>'
            f'<tt:PanTilt x="{at[0]:.4f}" y="{at[1]:.4f}"/><tt:Zoom x="{at[2]:.4f}"/></tt:PTZPosition></tptz:Preset>'
            for token, (name, at) in self._head.presets.items()
        )
        return f"<tptz:GetPresetsResponse>{presets}</tptz:GetPresetsResponse>"

    def set_preset(self, request: Element) -> str:
        """Keeps where the head is."""
        self._profile(request)
        try:
            token = self._head.save(text_of(request, "tptz:PresetToken"), text_of(request, "tptz:PresetName")[:64])
        except KeyError:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoToken"), "there is no such preset") from None
        except ValueError:
            raise SoapFaultError("Receiver", ("Action", "TooManyPresets"), "no more presets can be kept") from None
        return f"<tptz:SetPresetResponse><tptz:PresetToken>{quote(token)}</tptz:PresetToken></tptz:SetPresetResponse>"

    def remove_preset(self, request: Element) -> str:
        """Forgets one."""
        self._profile(request)
        if self._head.presets.pop(text_of(request, "tptz:PresetToken"), None) is None:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoToken"), "there is no such preset")
        return "<tptz:RemovePresetResponse/>"

    def goto_preset(self, request: Element) -> str:
        """On the way to one."""
        self._profile(request)
        try:
            self._head.go_to(text_of(request, "tptz:PresetToken"))
        except KeyError:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoToken"), "there is no such preset") from None
        return "<tptz:GotoPresetResponse/>"

    def _profile(self, request: Element) -> None:
        if text_of(next(find_all(request, "tptz:ProfileToken"), None)) not in self._profiles:
            raise SoapFaultError("Sender", ("InvalidArgVal", "NoProfile"), "there is no such profile")


def _numbers(element: Element | None, *names: str) -> list[float]:
    try:
        return [float(element.get(name) or 0) if element is not None else 0.0 for name in names]
    except ValueError:
        raise SoapFaultError("Sender", ("InvalidArgVal", "InvalidVelocity"), "a velocity is no number") from None

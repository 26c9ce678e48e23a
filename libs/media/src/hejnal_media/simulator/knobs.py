"""Every knob by its name: what `--fault` and the control port take."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, fields

from hejnal_media.simulator.behaviour import Behaviour, ClockLie, Marker, Reports
from hejnal_media.simulator.server import CameraSimulator
from hejnal_media.simulator.wardrobe import CLIPS, Wardrobe, variant

Turn = Callable[[Behaviour, str], None]


@dataclass(frozen=True, slots=True)
class Knob:
    """`turn` gets the value's text; empty where none was given. Raises ValueError."""

    meaning: str
    turn: Turn


def _flag(name: str) -> Turn:
    def turn(behaviour: Behaviour, text: str) -> None:
        if text not in ("", "on", "off"):
            raise ValueError(f"{text!r} is neither on nor off")
        setattr(behaviour, name, text != "off")

    return turn


def _number(name: str, default: float, lowest: float, highest: float) -> Turn:
    def turn(behaviour: Behaviour, text: str) -> None:
        value = float(text) if text else default
        if not lowest <= value <= highest:
            raise ValueError(f"{text} is not between {lowest:g} and {highest:g}")
        setattr(behaviour, name, value)

    return turn


def _count(name: str, default: int, lowest: int, highest: int) -> Turn:
    def turn(behaviour: Behaviour, text: str) -> None:
        value = int(text) if text else default
        if not lowest <= value <= highest:
            raise ValueError(f"{text} is not between {lowest} and {highest}")
        setattr(behaviour, name, value)

    return turn


def _choice(name: str, kind: type[Reports] | type[ClockLie] | type[Marker]) -> Turn:
    return lambda behaviour, text: setattr(behaviour, name, kind(text))


def _audio(behaviour: Behaviour, text: str) -> None:
    encoding = (text or "PCMA").upper()
    if encoding not in ("PCMA", "PCMU"):
        raise ValueError("only PCMA and PCMU")
    behaviour.audio = encoding


def _missing_sets(behaviour: Behaviour, text: str) -> None:
    places = {"": (False, True), "description": (False, True), "in-band": (True, False), "both": (False, False)}
    if text not in places:
        raise ValueError(f"{text!r} is none of description, in-band, both")
    behaviour.sets_in_description, behaviour.sets_in_band = places[text]


KNOBS: dict[str, Knob] = {
    "stall": Knob("stays connected, sends nothing", _flag("stall")),
    "refuse": Knob("=STATUS answers DESCRIBE and SETUP with it (503)", _count("refuse", 503, 400, 599)),
    "not-found": Knob("answers 404", _flag("not_found")),
    "no-video": Knob("describes sound alone", _flag("no_video")),
    "codec": Knob("=NAME an encoding that it does not send, e.g. VP8", lambda behaviour, text: setattr(behaviour, "codec", text)),
    "no-key-frames": Knob("leaves key frames out", _flag("no_key_frames")),
    "missing-sets": Knob("=description|in-band|both: where parameter sets are missing", _missing_sets),
    "late-sets": Knob("=SECONDS parameter sets come so long after PLAY (3)", _number("sets_late_s", 3, 0, 60)),
    "skip": Knob("=N leaves N packets out, once (1)", _count("skip_packets", 1, 1, 1000)),
    "loss": Knob("=SHARE of packets lost (0.01)", _number("loss", 0.01, 0, 1)),
    "marker": Knob("=last|none|all|early: where the marker bit is", _choice("marker", Marker)),
    "garbage": Knob("=BYTES of nonsense before the next picture, once (500)", _count("garbage", 500, 1, 100_000)),
    "jump": Knob("=SECONDS the RTP time jumps, once; may be below 0 (3600)", _number("time_jump_s", 3600, -40_000, 40_000)),
    "wrap": Knob("RTP time and sequence wrap 5 s after the next PLAY", _flag("wrap")),
    "reports": Knob("=after|before|none: when sender reports come", _choice("reports", Reports)),
    "clock": Knob("=none|frozen|1900|jumping|wrong-rtp: how sender reports lie", _choice("clock", ClockLie)),
    "clock-error": Knob("=SECONDS the camera's clock is wrong (3600)", _number("clock_error_s", 3600, -1e9, 1e9)),
    "audio": Knob("=PCMA|PCMU adds sound", _audio),
    "audio-refused": Knob("answers 461 to SETUP of the sound", _flag("audio_refused")),
    "audio-only": Knob("sends sound and no picture", _flag("audio_only")),
    "session-timeout": Knob("=SECONDS of a session (60)", _number("session_timeout_s", 60, 2, 3600)),
    "single-session": Knob("has one place, taken until the timeout after a cut connection", _flag("single_session")),
}  # fmt: skip

ACTIONS = {
    "reboot": "=SECONDS cuts all connections, is away so long (2) and comes back with new SSRC and RTP time",
    "drop": "cuts all connections",
    "clip": f"=KIND shows another clip from the next key frame on: {', '.join(CLIPS)}",
    "reset": "turns everything back",
}


class ControlPanel:
    """Turns knobs of a simulator's cameras by name."""

    def __init__(self, simulator: CameraSimulator, wardrobe: Wardrobe) -> None:
        self._simulator = simulator
        self._wardrobe = wardrobe
        self._usual = {path: mount.clip.spec for path, mount in simulator.mounts.items()}

    async def turn(self, camera: str, setting: str) -> None:
        """`setting` is KNOB or KNOB=VALUE. Raises ValueError with what is wrong."""
        name, _, value = setting.partition("=")
        paths = [path for path, mount in self._simulator.mounts.items() if mount.camera == camera]
        if not paths:
            raise ValueError(f"there is no camera {camera!r}")
        if name in KNOBS:
            for behaviour in {id(b): b for b in (self._simulator.mounts[path].behaviour for path in paths)}.values():
                KNOBS[name].turn(behaviour, value)
        elif name == "reboot":
            down_s = float(value or 2)
            for path in paths:
                self._simulator.reboot(path, down_s)
        elif name == "drop":
            for path in paths:
                self._simulator.mounts[path].drop_all()
        elif name == "clip":
            await self._show(paths, value)
        elif name == "reset":
            for path in paths:
                restore(self._simulator.mounts[path].behaviour)
            await self._show(paths, "usual")
        else:
            raise ValueError(f"unknown knob {name!r}; known: {', '.join([*KNOBS, *ACTIONS])}")

    async def _show(self, paths: list[str], kind: str) -> None:
        for path in paths:
            mount, spec = self._simulator.mounts[path], variant(self._usual[path], kind)
            if mount.clip.spec == spec:
                mount.keep_show()
            else:
                mount.change_show(await asyncio.to_thread(self._wardrobe.get, spec))


def restore(behaviour: Behaviour) -> None:
    """Nothing is wrong any more."""
    healthy = Behaviour()
    for entry in fields(Behaviour):
        setattr(behaviour, entry.name, getattr(healthy, entry.name))


def help_text() -> str:
    """A line for every knob and action."""
    meanings = {name: knob.meaning for name, knob in KNOBS.items()} | ACTIONS
    return "\n".join(f"  {name:<16}{meaning}" for name, meaning in meanings.items())

"""Session descriptions as cameras send them (RFC 8866), read with much patience.

Cameras leave lines out, repeat them, end them with blanks and put attributes in the wrong place; only what is needed is
looked at, and what cannot be read is passed over.
"""

import base64
import binascii
import re
from dataclasses import dataclass, field

MAX_DESCRIPTION_BYTES = 65_536
_MAX_MEDIA = 32
_STATIC_PAYLOADS = {
    0: ("PCMU", 8000, 1),
    8: ("PCMA", 8000, 1),
    9: ("G722", 8000, 1),
    26: ("JPEG", 90_000, 1),
    33: ("MP2T", 90_000, 1),
}


@dataclass(frozen=True, slots=True)
class Media:
    """One `m=` section."""

    kind: str
    """`video`, `audio`, `application` …"""
    payload_type: int
    encoding: str
    """Upper-case encoding name, e.g. `H264`; empty when not told."""
    clock_rate: int
    control: str
    """`a=control` as sent; empty when missing."""
    parameters: dict[str, str] = field(default_factory=dict)
    """`a=fmtp` of the payload type, keys in lower case."""
    channels: int = 1
    """Of sound: the last part of `a=rtpmap`."""
    framerate: float = 0.0
    """`a=framerate` as the camera claims it (RFC 8866 §6.12); 0 when not told."""

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """NAL units of `sprop-parameter-sets` (RFC 6184 §8.1); those that are no base64 are left out."""
        sets: list[bytes] = []
        for text in self.parameters.get("sprop-parameter-sets", "").split(","):
            try:
                nal_unit = base64.b64decode(text.strip() + "=" * (-len(text.strip()) % 4), validate=True)
            except (binascii.Error, ValueError):
                continue
            nal_unit = nal_unit.removeprefix(b"\0\0\0\1").removeprefix(b"\0\0\1")
            if nal_unit and nal_unit[0] & 31 in (7, 8):
                sets.append(nal_unit)
        return tuple(sets)


@dataclass(frozen=True, slots=True)
class SessionDescription:
    """What a camera offers."""

    control: str
    """Session-level `a=control`; empty when missing."""
    media: tuple[Media, ...]


class _Section:
    def __init__(self, kind: str, formats: list[int]) -> None:
        self.kind = kind
        self.formats = formats
        self.control = ""
        self.maps: dict[int, tuple[str, int, int]] = {}
        self.fmtp: dict[int, dict[str, str]] = {}
        self.framerate = 0.0

    def adopt(self, others: "list[_Section]") -> None:
        """Takes what a camera has written about our payload types under another heading."""
        for other in others:
            for number in self.formats:
                if number in other.formats:
                    continue
                if number in other.maps:
                    self.maps.setdefault(number, other.maps[number])
                if number in other.fmtp:
                    self.fmtp.setdefault(number, other.fmtp[number])

    def build(self) -> Media:
        # a camera that lists several formats means the first it describes
        payload_type = next((number for number in self.formats if number in self.maps), self.formats[0] if self.formats else 0)
        encoding, rate, channels = self.maps.get(payload_type) or _STATIC_PAYLOADS.get(payload_type, ("", 90_000, 1))
        # some cameras put the fmtp under a wrong payload type
        parameters = self.fmtp.get(payload_type) or next(iter(self.fmtp.values()), {})
        return Media(self.kind, payload_type, encoding, rate, self.control, parameters, channels, self.framerate)


def _number(text: str, default: int) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else default


def _attribute(section: _Section, name: str, value: str) -> None:
    if name == "control":
        section.control = value
    elif name == "rtpmap":
        number, _, rest = value.partition(" ")
        encoding, _, rate = rest.strip().partition("/")
        clock, _, channels = rate.partition("/")
        section.maps[_number(number, -1)] = (
            encoding.strip().upper(),
            _number(clock.strip(), 90_000) or 90_000,
            min(max(1, _number(channels.strip(), 1)), 8),
        )
    elif name == "framerate":
        if re.fullmatch(r"\d{1,3}(\.\d{1,6})?", value):
            section.framerate = float(value)
    elif name == "fmtp":
        number, _, rest = value.partition(" ")
        pairs = (part.strip().partition("=") for part in rest.split(";"))
        section.fmtp[_number(number, -1)] = {key.strip().lower(): text.strip() for key, _, text in pairs if key.strip()}


def parse_sdp(body: bytes) -> SessionDescription:
    """What can be understood of a session description; without any `m=` line `media` is empty. Never raises."""
    session = _Section("", [])
    sections: list[_Section] = []
    current = session
    for raw in body[:MAX_DESCRIPTION_BYTES].decode("utf-8", "replace").replace("\r", "\n").split("\n"):
        line = raw.strip().strip("\0")
        if line[1:2] != "=":
            continue
        kind, value = line[0], line[2:].strip()
        if kind == "m" and len(sections) < _MAX_MEDIA:
            words = value.split()
            if words:
                current = _Section(words[0].lower(), [_number(word, -1) for word in words[3:]])
                current.formats = [number for number in current.formats if 0 <= number < 128]
                sections.append(current)
        elif kind == "a":
            name, _, text = value.partition(":")
            _attribute(current, name.strip().lower(), text.strip())
    for section in sections:
        section.adopt([other for other in (session, *sections) if other is not section])
    return SessionDescription(session.control, tuple(section.build() for section in sections))

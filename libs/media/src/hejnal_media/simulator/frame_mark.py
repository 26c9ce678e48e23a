"""Each simulated picture says who it is: an SEI message with camera, frame number and send time.

Tests and benches read it behind receive, spool, relay and browser, and so know what was lost and how late it came.
"""

from dataclasses import dataclass

from hejnal_media.access_unit import AccessUnit, MalformedAccessUnitError

_UUID = b"hejnal-simulator"
_NAME_SIZE, _FRAME_SIZE, _TIME_SIZE = 12, 12, 20
TEXT_SIZE = _NAME_SIZE + _FRAME_SIZE + _TIME_SIZE
_HEAD = bytes((6, 5, len(_UUID) + TEXT_SIZE)) + _UUID
SEI_SIZE = len(_HEAD) + TEXT_SIZE + 1
TEXT_OFFSET = len(_HEAD)
"""Where the text begins in the NAL unit."""


@dataclass(frozen=True, slots=True)
class FrameMark:
    """What the SEI of a simulated picture says."""

    camera: str
    frame: int
    """Ticks of the camera's frame clock since the simulator started: a missing picture is a missing number."""
    sent_at_us: int


def frame_mark_text(camera: str, frame: int, sent_at_us: int) -> bytes:
    """The text: ASCII digits only, so it never needs emulation prevention."""
    return f"{camera:<12.12}{frame:012d}{sent_at_us:020d}".encode("ascii", "replace")


def frame_mark_nal(text: bytes = b" " * TEXT_SIZE) -> bytes:
    """A `user_data_unregistered` SEI NAL unit (ITU-T H.264 §D.1.7)."""
    return _HEAD + text + b"\x80"


def find_frame_mark(unit: AccessUnit) -> FrameMark | None:
    """The mark of an access unit; None when it has none."""
    try:
        for nal_unit in unit.nal_units():
            if nal_unit.startswith(_HEAD) and len(nal_unit) >= SEI_SIZE:
                text = nal_unit[TEXT_OFFSET : TEXT_OFFSET + TEXT_SIZE].decode("ascii", "replace")
                name, number, sent = (
                    text[:_NAME_SIZE],
                    text[_NAME_SIZE : _NAME_SIZE + _FRAME_SIZE],
                    text[_NAME_SIZE + _FRAME_SIZE :],
                )
                return FrameMark(name.strip(), int(number), int(sent))
    except (MalformedAccessUnitError, ValueError):
        return None
    return None

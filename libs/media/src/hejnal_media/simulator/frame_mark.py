"""Each simulated picture says who it is: an SEI message with camera, frame number and send time.

Tests and benches read it behind receive, spool, relay and browser, and so know what was lost and how late it came.
"""

from dataclasses import dataclass

from hejnal_media.access_unit import AccessUnit, MalformedAccessUnitError

_UUID = b"hejnal-simulator"
_NAME_SIZE, _FRAME_SIZE, _TIME_SIZE = 12, 12, 20
TEXT_SIZE = _NAME_SIZE + _FRAME_SIZE + _TIME_SIZE
_MESSAGE = bytes((5, len(_UUID) + TEXT_SIZE)) + _UUID
_HEADS = {"h264": b"\x06" + _MESSAGE, "h265": b"\x4e\x01" + _MESSAGE}
"""Beginning of the SEI NAL unit (H.264 §D.1.7; H.265 §D.2.7, a prefix SEI)."""


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


def frame_mark_nal(text: bytes = b" " * TEXT_SIZE, codec: str = "h264") -> bytes:
    """A `user_data_unregistered` SEI NAL unit of `h264` or `h265`."""
    return _HEADS[codec] + text + b"\x80"


def text_offset(codec: str = "h264") -> int:
    """Where the text begins in the NAL unit."""
    return len(_HEADS[codec])


def find_frame_mark(unit: AccessUnit) -> FrameMark | None:
    """The mark of an access unit; None when it has none."""
    try:
        for nal_unit in unit.nal_units():
            for head in _HEADS.values():
                if not nal_unit.startswith(head) or len(nal_unit) <= len(head) + TEXT_SIZE:
                    continue
                text = nal_unit[len(head) : len(head) + TEXT_SIZE].decode("ascii", "replace")
                name, number, sent = (
                    text[:_NAME_SIZE],
                    text[_NAME_SIZE : _NAME_SIZE + _FRAME_SIZE],
                    text[_NAME_SIZE + _FRAME_SIZE :],
                )
                return FrameMark(name.strip(), int(number), int(sent))
    except (MalformedAccessUnitError, ValueError):
        return None
    return None

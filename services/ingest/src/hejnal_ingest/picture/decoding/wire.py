"""What ingest and its decoding process say to each other: a JSON head and blobs, over a pipe."""

import json
from dataclasses import asdict, dataclass, fields
from typing import Any

LUMA_WIDTH, LUMA_HEIGHT = 160, 90
LUMA_BYTES = LUMA_WIDTH * LUMA_HEIGHT
"""The picture that is judged and kept as reference: brightness only, full range."""
_HEAD_BYTES = 4
MAX_MESSAGE_BYTES = 20 * 1024 * 1024


class WireError(ValueError):
    """The other side does not speak this."""


@dataclass(frozen=True, slots=True)
class LookRequest:
    """A key frame to be decoded, and what to compare it with."""

    kind: str
    """`VideoKind` of the payload."""
    payload: bytes
    reference: bytes = b""
    """Brightness of the healthy scene, or nothing."""
    previous: bytes = b""
    """Brightness at the look before, or nothing."""
    thumbnail_width: int = 0
    """A JPEG of this width is wanted; 0: none."""


@dataclass(frozen=True, slots=True)
class PictureFigures:
    """What one decoded picture shows. Brightness counts from 0 to 255."""

    width: int
    height: int
    mean: float
    contrast: float
    """Standard deviation of brightness."""
    coarse: float
    """Standard deviation of brightness over 40 tiles: a blur leaves it alone, gain does not."""
    saturated: float
    """Share of the picture that is white."""
    dark: float
    """Share that is black."""
    chroma: float
    """Mean distance of the colours from grey; below 1 the camera is in its night mode."""
    noise: float
    """Standard deviation of noise at full size (Immerkær 1996)."""
    sharpness: float
    """Mean gradient at 320 pixels' width."""
    outline: float
    """Mean gradient at 160 pixels' width."""
    likeness: float | None = None
    """Correlation of gradients with the reference: 1 the same scene, 0 another one. None without reference."""
    tone: float | None = None
    """Correlation of coarse brightness with the reference."""
    texture: float | None = None
    """Strength of gradients against the reference."""
    flat: float | None = None
    """Share of the reference's textured parts that have no texture now."""
    lost: float | None = None
    """Share of them in which the reference's scene is not to be seen."""
    shift: float | None = None
    """How far the scene has moved, in picture widths."""
    shifted_likeness: float | None = None
    """Likeness after moving it back."""
    reference_contrast: float | None = None
    reference_saturated: float | None = None
    change_mean: float | None = None
    """Mean difference from the look before; None without one."""
    change_max: float | None = None


@dataclass(frozen=True, slots=True)
class Look:
    """The answer."""

    figures: PictureFigures
    luma: bytes
    blended: bytes
    """The reference, moved a little towards this picture; the picture itself when there was no reference."""
    jpeg: bytes
    cpu_s: float


def encode_request(request: LookRequest) -> bytes:
    """The bytes to send."""
    blobs = (request.payload, request.reference, request.previous)
    return _encode({"kind": request.kind, "thumbnail_width": request.thumbnail_width}, blobs)


def decode_request(body: bytes) -> LookRequest:
    """The other way. Raises WireError."""
    head, (payload, reference, previous) = _decode(body, 3)
    return LookRequest(str(head["kind"]), payload, reference, previous, int(head["thumbnail_width"]))


def encode_look(look: Look) -> bytes:
    """The bytes to send."""
    return _encode({"figures": asdict(look.figures), "cpu_s": look.cpu_s}, (look.luma, look.blended, look.jpeg))


def encode_refusal(reason: str) -> bytes:
    """The picture cannot be decoded."""
    return _encode({"refused": reason[:200]}, (b"", b"", b""))


def decode_answer(body: bytes) -> Look | str:
    """A look, or why there is none. Raises WireError."""
    head, (luma, blended, jpeg) = _decode(body, 3)
    if "refused" in head:
        return str(head["refused"])
    try:
        known = {field.name for field in fields(PictureFigures)}
        figures = PictureFigures(**{name: value for name, value in head["figures"].items() if name in known})
        return Look(figures, luma, blended, jpeg, float(head["cpu_s"]))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise WireError(f"no look: {error}") from error


def _encode(head: dict[str, Any], blobs: tuple[bytes, ...]) -> bytes:
    text = json.dumps({**head, "sizes": [len(blob) for blob in blobs]}).encode()
    return b"".join((len(text).to_bytes(_HEAD_BYTES, "big"), text, *blobs))


def _decode(message: bytes, count: int) -> tuple[dict[str, Any], list[bytes]]:
    if not _HEAD_BYTES <= len(message) <= MAX_MESSAGE_BYTES:
        raise WireError(f"a message of {len(message)} bytes")
    position = _HEAD_BYTES + int.from_bytes(message[:_HEAD_BYTES], "big")
    try:
        head = json.loads(message[_HEAD_BYTES:position])
        sizes = [int(size) for size in head["sizes"]]
    except (ValueError, KeyError, TypeError) as error:
        raise WireError(f"no head: {error}") from error
    if len(sizes) != count or any(size < 0 for size in sizes) or position + sum(sizes) != len(message):
        raise WireError("blobs of another length")
    blobs = []
    for length in sizes:
        blobs.append(message[position : position + length])
        position += length
    return head, blobs

"""A process of its own in which photos from outside are decoded: what crashes or hangs here is ended and replaced.

Reads one JSON job per line from standard input, answers each with one JSON line. It has little memory, no secrets in its
environment, and writes only the two files it is told to (or none, when it is asked where a photo was taken).
"""

import hashlib
import io
import json
import os
import resource
import sys
from pathlib import Path
from typing import Any

from PIL import Image, ImageCms, ImageOps
from pillow_heif import register_heif_opener

from hejnal_citizen.reports.photo_blur import blur_rectangles, open_stored, rectangles_of
from hejnal_citizen.reports.photo_place import place_of

LARGEST_SIDE = 2048
ENOUGH_SIDE = 1800
"""A picture this large is not made larger by decoding more of it."""
THUMB_SIDE = 400
QUALITY = 85
THUMB_QUALITY = 80
MEMORY_BYTES = 2 * 1024**3
"""Address space, not use: the decoders' libraries alone map about 400 MB."""
FORMATS = ("JPEG", "PNG", "WEBP", "HEIF")


class RefusedError(Exception):
    """The file is not a photo we take; the argument is the problem's slug."""


def encode(source: Path, full: Path, thumb: Path, *, max_pixels: int) -> dict[str, Any]:
    """Write the upright photo (JPEG, at most 2048 px) and a thumbnail, both without any metadata; what was written.

    The pixel count is judged from the header, before anything is decoded.
    """
    with Image.open(source, formats=FORMATS) as image:
        width, height = image.size
        if width < 1 or height < 1:
            raise RefusedError("photo-unreadable")
        if width * height > max_pixels:
            raise RefusedError("photo-too-many-pixels")
        image.draft(None, _draft_size(width, height))
        image.load()
        smooth = _smooth(image)
        smooth.thumbnail((LARGEST_SIDE, LARGEST_SIDE), Image.Resampling.LANCZOS, reducing_gap=2.0)
        photo = _plain_rgb(_upright(smooth))
    return _write_both(photo, full, thumb)


def blur(source: Path, full: Path, thumb: Path, rectangles: list[dict[str, float]]) -> dict[str, Any]:
    """Write one of our own stored pictures anew with rectangles unrecognisable, and its thumbnail; what was written."""
    return _write_both(blur_rectangles(open_stored(source), rectangles), full, thumb)


def _write_both(photo: Image.Image, full: Path, thumb: Path) -> dict[str, Any]:
    data = _write(photo, full, QUALITY)
    small = photo.copy()
    small.thumbnail((THUMB_SIDE, THUMB_SIDE), Image.Resampling.LANCZOS)
    _write(small, thumb, THUMB_QUALITY)
    return {
        "width": photo.width,
        "height": photo.height,
        "size_bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
    }


def _draft_size(width: int, height: int) -> tuple[int, int]:
    """A JPEG is decoded at a half, quarter or eighth where that is enough: three times as fast for 4000 x 3000."""
    scale = next((scale for scale in (8, 4, 2) if max(width, height) / scale >= ENOUGH_SIDE), 1)
    return width // scale, height // scale


def _smooth(image: Image.Image) -> Image.Image:
    """The picture in a mode that can be made smaller without jagged edges."""
    if image.mode in {"I", "I;16", "I;16B", "F"}:
        return image.point(lambda value: value * (1 / 256)).convert("L")
    if image.mode in {"P", "PA", "1"}:
        return image.convert("RGBA" if "transparency" in image.info or image.mode == "PA" else "RGB")
    return image


def _upright(image: Image.Image) -> Image.Image:
    try:
        return ImageOps.exif_transpose(image)
    except (OSError, SyntaxError, ValueError, KeyError, TypeError):  # broken EXIF does not make a broken photo
        return image.copy()


def _plain_rgb(image: Image.Image) -> Image.Image:
    """The pixels alone, in sRGB on white: a fresh image carries no EXIF, comment, profile or text of the old one."""
    profile = image.info.get("icc_profile")
    if image.mode in {"RGBA", "LA"} or "transparency" in image.info:
        image = image.convert("RGBA")
        plain = Image.new("RGB", image.size, "white")
        plain.paste(image, mask=image.getchannel("A"))
        return plain
    if profile and image.mode in {"RGB", "CMYK"}:
        image = _in_srgb(image, profile)
    plain = Image.new("RGB", image.size)
    plain.paste(image.convert("RGB"))
    return plain


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    try:
        converted = ImageCms.profileToProfile(image, io.BytesIO(profile), ImageCms.createProfile("sRGB"), outputMode="RGB")
    except (ImageCms.PyCMSError, OSError, ValueError):
        return image
    return converted or image


def _write(image: Image.Image, path: Path, quality: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", quality=quality)
    data = buffer.getvalue()
    with path.open("xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    return data


def _answer(job: dict[str, Any]) -> dict[str, Any]:
    try:
        source = Path(job["source"])
        match job["kind"]:
            case "place":
                return place_of(source, FORMATS)
            case "blur":
                return blur(source, Path(job["full"]), Path(job["thumb"]), rectangles_of(job))
        return encode(source, Path(job["full"]), Path(job["thumb"]), max_pixels=job["max_pixels"])
    except RefusedError as refusal:
        return {"refused": str(refusal)}
    except MemoryError:
        return {"refused": "photo-too-complex"}
    except Exception as error:  # noqa: BLE001 whatever a hostile file makes a decoder raise
        return {"refused": "photo-unreadable", "reason": f"{type(error).__name__}: {error}"[:200]}


def main() -> None:
    """Answer jobs until standard input ends."""
    Image.MAX_IMAGE_PIXELS = None  # judged in `encode`, by the town's own limit and with a clear message
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    register_heif_opener()
    for line in sys.stdin.buffer:
        sys.stdout.write(json.dumps(_answer(json.loads(line))) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()

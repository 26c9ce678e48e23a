"""Makes rectangles of a photo unrecognisable. Runs in the photos' own process."""

from pathlib import Path
from typing import Any

from PIL import Image, ImageFilter

BLOCKS = 4
"""A rectangle keeps at most 4 x 4 colours: what was there cannot be worked out from them, as it can from a mild blur."""


def blur_rectangles(image: Image.Image, rectangles: list[dict[str, float]]) -> Image.Image:
    """A copy of an RGB picture with its rectangles (shares of width and height) reduced to a few soft colours."""
    blurred = image.copy()
    for rectangle in rectangles:
        left, top = int(rectangle["x"] * image.width), int(rectangle["y"] * image.height)
        right = min(image.width, max(left + 1, round((rectangle["x"] + rectangle["width"]) * image.width)))
        bottom = min(image.height, max(top + 1, round((rectangle["y"] + rectangle["height"]) * image.height)))
        if left >= right or top >= bottom:
            continue
        part = blurred.crop((left, top, right, bottom))
        few = part.resize((min(BLOCKS, part.width), min(BLOCKS, part.height)), Image.Resampling.BOX)
        soft = few.resize(part.size, Image.Resampling.BICUBIC).filter(ImageFilter.GaussianBlur(max(part.size) / 16))
        blurred.paste(soft, (left, top))
    return blurred


def open_stored(source: Path) -> Image.Image:
    """One of our own stored pictures, decoded."""
    with Image.open(source, formats=("JPEG",)) as image:
        return image.convert("RGB")


def rectangles_of(job: dict[str, Any]) -> list[dict[str, float]]:
    """The rectangles of a job."""
    return [{name: float(one[name]) for name in ("x", "y", "width", "height")} for one in job["rectangles"]]

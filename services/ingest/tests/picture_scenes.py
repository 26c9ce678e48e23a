"""Scenes for the tests of the picture room: drawn, and encoded as a camera would."""

import re
from fractions import Fraction

import av
import numpy as np
from numpy.typing import NDArray

from hejnal_media.access_unit import AccessUnit, access_unit_of

WIDTH, HEIGHT = 640, 360
Rgb = NDArray[np.uint8]


def street(seed: int = 1, *, passers_by: int = 0) -> Rgb:
    """House fronts with windows, a road and some people."""
    rng = np.random.default_rng(seed)
    picture = np.full((HEIGHT, WIDTH, 3), (150, 170, 200), np.uint8)
    left = 0
    while left < WIDTH:
        width, top = int(rng.integers(50, 110)), int(rng.integers(40, 140))
        picture[top:260, left : left + width] = rng.integers(60, 220, 3)
        for y in range(top + 12, 240, 36):
            for x in range(left + 10, min(WIDTH, left + width) - 14, 26):
                picture[y : y + 18, x : x + 12] = rng.integers(10, 90, 3)
        left += width
    picture[260:] = (95, 95, 98)
    picture[300:306, ::1] = (210, 210, 205)
    walk = np.random.default_rng(passers_by)
    for _ in range(3):
        x, y = int(walk.integers(0, WIDTH - 14)), int(walk.integers(250, 310))
        picture[y : y + 44, x : x + 12] = walk.integers(0, 255, 3)
    return picture


def night_of(picture: Rgb, *, noise: float = 5.0, gain: float = 0.7) -> Rgb:
    """The same under infrared light: grey, darker, noisy."""
    grey = picture.mean(axis=2) * gain + np.random.default_rng(5).normal(0, noise, picture.shape[:2])
    return np.repeat(grey.clip(0, 255).astype(np.uint8)[:, :, None], 3, axis=2)


def encode(pictures: list[Rgb], *, codec: str = "libx264", gop: int = 1) -> list[tuple[list[bytes], bool]]:
    """(NAL units, key frame) of each picture."""
    height, width = pictures[0].shape[:2]
    encoder = av.CodecContext.create(codec, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = width, height, "yuv420p"
    encoder.time_base, encoder.framerate, encoder.gop_size = Fraction(1, 25), Fraction(25), gop
    private = "x265-params" if codec == "libx265" else "x264-params"
    extra = ":log-level=error:pools=1:frame-threads=1" if codec == "libx265" else ":threads=1"
    encoder.options = {"preset": "ultrafast", "crf": "27", private: f"repeat-headers=1:scenecut=0:bframes=0{extra}"}
    packets = []
    for number, picture in enumerate(pictures):
        frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
        frame.pts = number
        packets += encoder.encode(frame)
    packets += encoder.encode(None)
    return [
        ([nal for nal in re.split(b"\x00\x00\x00\x01|\x00\x00\x01", bytes(packet)) if nal], packet.is_keyframe)
        for packet in packets
    ]


def key_frame(picture: Rgb, *, codec: str = "libx264", at_us: int = 0) -> AccessUnit:
    """One key frame as ingest holds it."""
    ((nal_units, key),) = encode([picture], codec=codec)
    assert key
    return access_unit_of(nal_units, ticks=at_us * 9 // 100, received_at_us=at_us, key_frame=True)

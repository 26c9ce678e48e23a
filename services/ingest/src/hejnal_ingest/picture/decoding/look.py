"""From the bytes of a key frame to figures and a thumbnail. Runs in the decoding process only."""

import time
from fractions import Fraction
from typing import Any

import av
import numpy as np
from numpy.typing import NDArray

from hejnal_ingest.picture.decoding import figures as measure
from hejnal_ingest.picture.decoding.wire import LUMA_BYTES, LUMA_HEIGHT, LUMA_WIDTH, Look, LookRequest, PictureFigures
from hejnal_media.access_unit import MalformedAccessUnitError, VideoKind, split_length_prefixed

MAX_PIXELS = 8192 * 4608
_DECODERS = {VideoKind.H264: "h264", VideoKind.H265: "hevc", VideoKind.MJPEG: "mjpeg"}
_SMALL_WIDTH = 320
_START = b"\0\0\0\1"
_JPEG_QUALITY = 5


class UndecodableError(Exception):
    """The bytes give no picture."""


def look(request: LookRequest) -> Look:
    """Decode and measure. Raises UndecodableError."""
    started_s = time.process_time()
    frame = _decode(request)
    small_height = max(2, round(_SMALL_WIDTH * frame.height / frame.width / 2) * 2)
    small = frame.reformat(_SMALL_WIDTH, small_height, "yuv420p", interpolation="AREA", dst_color_range="JPEG")
    tiny = small.reformat(LUMA_WIDTH, LUMA_HEIGHT, "gray", interpolation="AREA", src_color_range="JPEG", dst_color_range="JPEG")
    luma = _plane(tiny, 0).copy()
    picture = luma.astype(np.float32)
    now = measure.gradients(picture)
    colours = [np.abs(_plane(small, index).astype(np.float32) - 128).mean() for index in (1, 2)]
    figures: dict[str, Any] = {
        "width": frame.width,
        "height": frame.height,
        "mean": float(picture.mean()),
        "contrast": float(picture.std()),
        "coarse": measure.coarse_contrast(picture),
        "saturated": measure.share_white(picture),
        "dark": measure.share_black(picture),
        "chroma": float(max(colours)),
        "noise": measure.noise_sigma(_plane(frame, 0)) if frame.format.name in ("yuv420p", "yuvj420p", "gray") else 0.0,
        "sharpness": measure.mean_step(_plane(small, 0).astype(np.float32)),
        "outline": measure.mean_step(picture),
    }
    blended = luma.tobytes()
    if len(request.reference) == LUMA_BYTES:
        scene = measure.as_picture(request.reference)
        reference = measure.gradients(scene)
        shift, shifted = measure.find_shift(now, reference)
        figures |= {
            "likeness": measure.likeness(now, reference),
            "tone": measure.tone(picture, scene),
            "texture": float(now.strength.mean()) / max(0.1, float(reference.strength.mean())),
            "flat": measure.flat_share(now, reference),
            "lost": measure.lost_share(now, reference),
            "shift": shift,
            "shifted_likeness": shifted,
            "reference_contrast": float(scene.std()),
            "reference_saturated": measure.share_white(scene),
        }
        blended = measure.blend(scene, picture)
    if len(request.previous) == LUMA_BYTES:
        change = np.abs(picture - measure.as_picture(request.previous))
        figures |= {"change_mean": float(change.mean()), "change_max": float(change.max())}
    jpeg = _thumbnail(frame, small, request.thumbnail_width) if request.thumbnail_width else b""
    rounded: dict[str, Any] = {name: round(value, 4) if isinstance(value, float) else value for name, value in figures.items()}
    return Look(PictureFigures(**rounded), luma.tobytes(), blended, jpeg, time.process_time() - started_s)


def _decode(request: LookRequest) -> av.VideoFrame:
    try:
        kind = VideoKind(request.kind)
        payload = request.payload
        if kind is not VideoKind.MJPEG:
            payload = b"".join(_START + unit for unit in split_length_prefixed(payload))
        decoder = av.CodecContext.create(_DECODERS[kind], "r")
        assert isinstance(decoder, av.VideoCodecContext)
        decoder.thread_count = 1
        decoder.options = {"max_pixels": str(MAX_PIXELS)}
        frames = [*decoder.decode(av.Packet(payload)), *decoder.decode(None)]
    except (av.FFmpegError, MalformedAccessUnitError, ValueError, MemoryError) as error:
        raise UndecodableError(f"{type(error).__name__}: {error}"[:200]) from error
    if not frames or min(frames[-1].width, frames[-1].height) < 16:
        raise UndecodableError("no picture came out")
    return frames[-1]


def _plane(frame: av.VideoFrame, index: int) -> NDArray[np.uint8]:
    plane = frame.planes[index]
    pixels: NDArray[np.uint8] = np.frombuffer(memoryview(plane), np.uint8)
    return pixels.reshape(plane.height, plane.line_size)[:, : plane.width]


def _thumbnail(frame: av.VideoFrame, small: av.VideoFrame, width: int) -> bytes:
    picture = small
    if width != _SMALL_WIDTH:
        height = max(2, round(width * frame.height / frame.width / 2) * 2)
        picture = frame.reformat(width, height, "yuv420p", interpolation="AREA", dst_color_range="JPEG")
    encoder = av.CodecContext.create("mjpeg", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, "yuvj420p"
    encoder.time_base = Fraction(1, 1)
    encoder.thread_count = 1
    encoder.options = {"flags": "qscale", "global_quality": str(_JPEG_QUALITY * 118), "strict": "unofficial"}
    picture = picture.reformat(format="yuvj420p")
    picture.pts, picture.time_base = 0, Fraction(1, 1)
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))

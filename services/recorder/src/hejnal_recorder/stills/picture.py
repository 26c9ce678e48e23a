"""From a group of pictures to the one that was on the screen at an instant. Runs in the decoding process only."""

import io
from fractions import Fraction

import av
from av.video.frame import VideoFrame

from hejnal_recorder.stills.wire import Still, StillFormat, StillRequest

MAX_PIXELS = 8192 * 4608
_FINE, _SMALL = 2, 5
_SMALL_WIDTH = 320


class UndecodableError(Exception):
    """The bytes give no picture."""


def picture_at(request: StillRequest) -> Still:
    """The last picture not after the wanted instant, else the first there is. Raises UndecodableError."""
    try:
        frame, after_ticks = _decode(request)
        width, height = frame.width, frame.height
        if 0 < request.width < frame.width:
            width = max(2, request.width // 2 * 2)
            height = max(2, round(width * frame.height / frame.width / 2) * 2)
        return Still(_encode(frame, width, height, request.format), after_ticks, width, height)
    except av.FFmpegError as error:
        raise UndecodableError(f"{type(error).__name__}: {error}"[:200]) from error


def _decode(request: StillRequest) -> tuple[VideoFrame, int]:
    found: VideoFrame | None = None
    first: Fraction | None = None
    wanted = Fraction(request.after_ticks, request.timescale)
    after = Fraction(0)
    with av.open(io.BytesIO(request.media), "r", format="mp4") as container:
        if not container.streams.video:
            raise UndecodableError("no video")
        video = container.streams.video[0]
        video.codec_context.thread_count = 1
        video.codec_context.options = {"max_pixels": str(MAX_PIXELS)}
        for frame in container.decode(video):
            if frame.pts is None or frame.time_base is None:
                continue
            at = frame.pts * frame.time_base
            first = at if first is None else first
            if found is not None and at - first > wanted:
                break
            found, after = frame, at - first
    if found is None or min(found.width, found.height) < 16:
        raise UndecodableError("no picture came out")
    return found, round(after * request.timescale)


def _encode(frame: VideoFrame, width: int, height: int, wanted: StillFormat) -> bytes:
    if wanted == "png":
        name, pixels = "png", "rgb24"
        picture = frame.reformat(width, height, pixels, interpolation="LANCZOS")
        options = {}
    else:
        name, pixels = "mjpeg", "yuvj420p"
        picture = frame.reformat(width, height, "yuv420p", interpolation="AREA", dst_color_range="JPEG").reformat(format=pixels)
        quality = _SMALL if width <= _SMALL_WIDTH else _FINE
        options = {"flags": "qscale", "global_quality": str(quality * 118), "strict": "unofficial"}
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height, encoder.pix_fmt = picture.width, picture.height, pixels
    encoder.time_base = Fraction(1, 1)
    encoder.thread_count = 1
    encoder.options = options
    picture.pts, picture.time_base = 0, Fraction(1, 1)
    return b"".join(bytes(packet) for packet in (*encoder.encode(picture), *encoder.encode(None)))

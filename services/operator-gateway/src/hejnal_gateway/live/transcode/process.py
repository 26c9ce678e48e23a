"""The transcoding process: decodes, masks, scales, encodes. It runs apart, under limits: the bytes come from cameras."""

from fractions import Fraction

import av
import av.logging
import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from hejnal_gateway.live.transcode.messages import BEGIN, Made, Order, Polygon, made_message, read_order, read_picture
from hejnal_media.access_unit import CLOCK_RATE
from hejnal_media.decoding_process import serve
from hejnal_media.nal import split_start_codes

_MEMORY_BYTES = 3 * 1024 * 1024 * 1024
_CPU_PER_MESSAGE_S = 20  # of a begin: a whole group of pictures is decoded before the first is shown
_NICE = 5
_GOP_S = 2
_BITS_PER_PIXEL = 2.2
"""Ceiling of a second's bits: 2 Mbit/s at 1280 x 720."""
_EVEN_PACE = 0.75
_BLACK_LUMA, _GREY_CHROMA = 16, 128


class Maker:
    """One stream's pictures made anew. `begin` starts over; each picture gives none, one or several."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._decoder = av.CodecContext.create(_decoder_name(order.codec), "r")
        assert isinstance(self._decoder, av.VideoCodecContext)
        self._decoder.thread_count = 1
        self._annex_b = not order.codec.startswith("mp4v")
        self._encoder: av.VideoCodecContext | None = None
        self._size = (0, 0)
        self._masks: list[tuple[NDArray[np.bool_], NDArray[np.bool_]]] = []
        self._next_at = 0.0
        self._hidden: set[int] = set()

    def make(self, payload: memoryview, ticks: int, *, shown: bool) -> list[Made]:
        """Decode one picture; encode those that are complete and due."""
        data = _annex_b(payload) if self._annex_b else bytes(payload)
        packet = av.Packet(data)
        packet.pts = packet.dts = ticks
        packet.time_base = Fraction(1, CLOCK_RATE)
        if not shown:
            self._hidden.add(ticks)
        made: list[Made] = []
        for frame in self._decoder.decode(packet):  # type: ignore[attr-defined]
            at = int(frame.pts if frame.pts is not None else ticks)
            if at in self._hidden:
                self._hidden.discard(at)
            elif self._due(at):
                made += self._encode(frame, at)
        return made

    def _due(self, ticks: int) -> bool:
        """Keep to the most pictures a second, evenly."""
        step = CLOCK_RATE / self._order.max_fps
        if ticks < self._next_at - step * (1 - _EVEN_PACE):
            return False
        self._next_at = max(self._next_at, ticks - step) + step if self._next_at else ticks + step
        return True

    def _encode(self, frame: av.VideoFrame, ticks: int) -> list[Made]:
        size = _size_within(frame.width, frame.height, self._order.max_height)
        picture = frame.reformat(*size, format="yuv420p")
        if size != self._size:
            self._size = size
            self._encoder = _encoder(size, self._order.max_fps)
            self._masks = [_planes(polygons, size) for polygons in [self._order.masks] if polygons]
        assert self._encoder is not None
        if self._masks:
            picture = _covered(picture, *self._masks[0])
        picture.pts, picture.time_base = ticks, Fraction(1, CLOCK_RATE)
        picture.pict_type = av.video.frame.PictureType.NONE
        made = []
        for packet in self._encoder.encode(picture):
            units = split_start_codes(bytes(packet))
            payload = b"".join(len(unit).to_bytes(4, "big") + unit for unit in units)
            made.append(Made(payload, packet.is_keyframe, int(packet.pts if packet.pts is not None else ticks)))
        return made


def _decoder_name(codec: str) -> str:
    if codec.startswith("avc"):
        return "h264"
    if codec.startswith(("hvc", "hev")):
        return "hevc"
    if codec.startswith("mp4v"):
        return "mjpeg"
    raise ValueError(f"no decoder for {codec}")


def _annex_b(payload: memoryview) -> bytes:
    pieces: list[bytes | memoryview] = []
    position = 0
    while position + 4 < len(payload):
        size = int.from_bytes(payload[position : position + 4], "big")
        pieces += (b"\0\0\0\1", payload[position + 4 : position + 4 + size])
        position += 4 + size
    return b"".join(pieces)


def _size_within(width: int, height: int, max_height: int) -> tuple[int, int]:
    if height > max_height:
        width, height = round(width * max_height / height), max_height
    return max(2, width & ~1), max(2, height & ~1)


def _encoder(size: tuple[int, int], fps: float) -> av.VideoCodecContext:
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, CLOCK_RATE)
    encoder.framerate = Fraction(fps).limit_denominator(1000)
    encoder.gop_size = max(1, round(fps * _GOP_S))
    kbit_s = round(size[0] * size[1] * _BITS_PER_PIXEL / 1000)
    encoder.options = {
        "preset": "ultrafast",
        "tune": "zerolatency",
        "profile": "baseline",
        "crf": "25",
        "x264-params": f"threads=1:annexb=1:repeat-headers=1:aud=0:scenecut=0:vbv-maxrate={kbit_s}:vbv-bufsize={kbit_s}",
    }
    return encoder


def _planes(polygons: tuple[Polygon, ...], size: tuple[int, int]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which samples of luma and chroma are covered; a chroma sample as soon as one of its four pixels is."""
    width, height = size
    image = Image.new("1", size)
    draw = ImageDraw.Draw(image)
    for polygon in polygons:
        draw.polygon([(x * width, y * height) for x, y in polygon], fill=1, outline=1, width=3)
    quads = np.asarray(image).reshape(height // 2, 2, width // 2, 2)
    chroma: NDArray[np.bool_] = np.logical_or.reduce(quads, axis=(1, 3))
    return chroma.repeat(2, axis=0).repeat(2, axis=1), chroma


def _covered(frame: av.VideoFrame, luma: NDArray[np.bool_], chroma: NDArray[np.bool_]) -> av.VideoFrame:
    """A copy of the picture with the covered samples black."""
    height, width = luma.shape
    planes = frame.to_ndarray(format="yuv420p")
    planes[:height][luma] = _BLACK_LUMA
    quarter = height * width // 4
    flat = planes.reshape(-1)
    for start in (height * width, height * width + quarter):
        flat[start : start + quarter].reshape(height // 2, width // 2)[chroma] = _GREY_CHROMA
    return av.VideoFrame.from_ndarray(planes, format="yuv420p")


def _serve() -> None:
    av.logging.set_level(av.logging.PANIC)
    maker: Maker | None = None

    def answer(message: bytes) -> bytes:
        nonlocal maker
        if message[0] == BEGIN:
            maker = Maker(read_order(message[1:]))
            return b""
        if maker is None:
            return b""
        _, shown, ticks, payload = read_picture(message)
        try:
            return made_message(maker.make(payload, ticks, shown=shown))
        except av.FFmpegError:  # a damaged picture: those after it say whether that matters
            return b""

    serve(answer, memory_bytes=_MEMORY_BYTES, cpu_per_message_s=_CPU_PER_MESSAGE_S, nice=_NICE)


if __name__ == "__main__":
    _serve()

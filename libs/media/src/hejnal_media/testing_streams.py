"""For tests: real encodings of a moving test picture and of a tone, by the encoders that cameras' streams are made with."""

import itertools
from dataclasses import dataclass
from fractions import Fraction
from functools import cache

import av
import av.filter

from hejnal_media.access_unit import AudioParameters, CodecParameters
from hejnal_media.h264 import ParameterSets as H264ParameterSets
from hejnal_media.h265 import ParameterSets as H265ParameterSets
from hejnal_media.mjpeg import jpeg_parameters
from hejnal_media.nal import split_start_codes

TICKS = 3600
"""Ticks of a picture at 25 pictures a second."""

_IDR, _FIRST_IRAP, _LAST_IRAP = 5, 16, 21
_AUDIO_FORMATS = {"aac": "fltp", "libopus": "flt"}
_AUDIO_CODECS = {"aac": "mp4a.40.2", "libopus": "opus", "pcm_alaw": "alaw", "pcm_mulaw": "ulaw"}


@dataclass(frozen=True, slots=True)
class Coded:
    """One picture as the encoder gave it, in decoding order."""

    units: tuple[bytes, ...]
    """NAL units; of MJPEG the one image."""
    pts: int
    """Place in the order of pictures, from 0."""
    key: bool
    """Decoding can begin with it."""

    @property
    def payload(self) -> bytes:
        """As in an access unit."""
        if self.units[0].startswith(b"\xff\xd8"):
            return self.units[0]
        return b"".join(len(unit).to_bytes(4, "big") + unit for unit in self.units)


def _kinds(name: str, units: tuple[bytes, ...]) -> list[int]:
    return [unit[0] >> 1 & 63 if name == "libx265" else unit[0] & 31 for unit in units]


@cache
def encode_pictures(
    name: str, parameters: str = "", frames: int = 50, size: tuple[int, int] = (192, 108), profile: str = ""
) -> tuple[Coded, ...]:
    """Pictures by `libx264`, `libx265` or `mjpeg`; `parameters` are those of x264 or x265."""
    full_range = name == "mjpeg"
    pixels = "yuvj420p" if full_range else "yuv420p"
    graph = av.filter.Graph()
    source = graph.add("testsrc2", f"size={size[0]}x{size[1]}:rate=25")
    form = graph.add("format", f"pix_fmts={pixels}")
    sink = graph.add("buffersink")
    for left, right in itertools.pairwise((source, form, sink)):
        left.link_to(right)
    graph.configure()
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = size
    encoder.pix_fmt = pixels
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    if name == "libx265":
        more = "log-level=none:pools=none:frame-threads=1:annexb=1:repeat-headers=1:"
        encoder.options = {"preset": "veryfast", "x265-params": more + parameters}
    elif name == "libx264":
        encoder.options = {"preset": "veryfast", "x264-params": "threads=1:annexb=1:repeat-headers=1:" + parameters}
    if profile:
        encoder.options["profile"] = profile
    coded: list[Coded] = []
    for number in range(frames + 1):
        picture: av.VideoFrame | None = None
        if number < frames:
            pulled = sink.pull()
            assert isinstance(pulled, av.VideoFrame)
            picture = pulled
            picture.pts, picture.time_base = number, Fraction(1, 25)
            picture.pict_type = av.video.frame.PictureType.NONE  # the filter asks for a key frame each time
        for packet in encoder.encode(picture):
            assert packet.pts is not None
            data = bytes(packet)
            units = (data,) if full_range else tuple(split_start_codes(data))
            kinds = _kinds(name, units)
            # an encoder calls the start of an intra refresh a key frame too
            key = full_range or any(kind == _IDR if name == "libx264" else _FIRST_IRAP <= kind <= _LAST_IRAP for kind in kinds)
            coded.append(Coded(units, packet.pts, key))
    return tuple(coded)


def parameters_of(name: str, coded: tuple[Coded, ...]) -> CodecParameters:
    """What a decoder must know of these pictures."""
    if name == "mjpeg":
        return jpeg_parameters(coded[0].units[0])
    store: H264ParameterSets | H265ParameterSets = H265ParameterSets() if name == "libx265" else H264ParameterSets()
    wanted = (32, 33, 34) if name == "libx265" else (7, 8)
    for unit, kind in zip(coded[0].units, _kinds(name, coded[0].units), strict=True):
        if kind in wanted:
            store.offer(unit)
    assert store.current is not None
    return store.current


@cache
def encode_sound(name: str, rate: int, channels: int, seconds: float) -> tuple[AudioParameters, tuple[bytes, ...]]:
    """A tone by `aac`, `libopus`, `pcm_alaw` or `pcm_mulaw`: parameters and frames (of 20 ms where the codec has none)."""
    encoder = av.CodecContext.create(name, "w")
    assert isinstance(encoder, av.AudioCodecContext)
    layout = "mono" if channels == 1 else "stereo"
    encoder.sample_rate, encoder.layout = rate, layout
    encoder.format = av.AudioFormat(_AUDIO_FORMATS.get(name, "s16"))
    encoder.time_base = Fraction(1, rate)
    encoder.open()
    samples = encoder.frame_size or rate // 50
    graph = av.filter.Graph()
    source = graph.add("sine", f"frequency=500:sample_rate={rate}:duration={seconds}")
    form = graph.add("aformat", f"sample_fmts={encoder.format.name}:channel_layouts={layout}:sample_rates={rate}")
    pieces = graph.add("asetnsamples", f"n={samples}")
    sink = graph.add("abuffersink")
    for left, right in itertools.pairwise((source, form, pieces, sink)):
        left.link_to(right)
    graph.configure()
    frames: list[bytes] = []
    while True:
        try:
            frame = sink.pull()
        except (EOFError, BlockingIOError):
            break
        assert isinstance(frame, av.AudioFrame)
        frames += [bytes(packet) for packet in encoder.encode(frame)]
    config = bytes(encoder.extradata or b"") if name == "aac" else b""
    return AudioParameters(_AUDIO_CODECS[name], rate, channels, config), tuple(frames)

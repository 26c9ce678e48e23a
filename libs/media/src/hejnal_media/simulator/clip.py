"""The pictures the simulated cameras show: made once with libx264, kept in a cache folder."""

import contextlib
import hashlib
import itertools
import os
from dataclasses import asdict, dataclass
from fractions import Fraction
from pathlib import Path

import av
import av.filter

_START = b"\0\0\1"


@dataclass(frozen=True, slots=True)
class ClipSpec:
    """What to encode: a test picture that moves, with a frame clock in it."""

    width: int = 1920
    height: int = 1080
    fps: int = 25
    gop_frames: int = 50
    bitrate_bps: int = 4_000_000
    frames: int = 250
    hue_degrees: int = 0
    """Turns the colours, so that cameras can be told apart on a wall."""
    preset: str = "superfast"

    @property
    def file_name(self) -> str:
        """Name in the cache; other settings give another name."""
        text = repr(sorted(asdict(self).items())) + "/2"
        return f"clip-{self.width}x{self.height}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.h264"


MAIN = ClipSpec()
SUB = ClipSpec(width=640, height=360, bitrate_bps=400_000)


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit of a clip, NAL units without parameter sets and delimiters."""

    nal_units: tuple[bytes, ...]
    key_frame: bool


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that loops: it begins with a key frame and its length is a whole number of GOPs."""

    spec: ClipSpec
    sps: bytes
    pps: bytes
    pictures: tuple[Picture, ...]


def make_clip(spec: ClipSpec, cache: Path) -> Clip:
    """The clip, from the cache when it is there. Raises OSError when the cache cannot be written."""
    path = cache / spec.file_name
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(f".part-{os.getpid()}")
        try:
            part.write_bytes(_encode(spec))
            part.replace(path)  # another process may have made the same one
        finally:
            with contextlib.suppress(FileNotFoundError):
                part.unlink()
    return _load(spec, path.read_bytes())


def _encode(spec: ClipSpec) -> bytes:
    graph = av.filter.Graph()
    source = graph.add("testsrc2", f"size={spec.width}x{spec.height}:rate={spec.fps}")
    colour = graph.add("hue", f"h={spec.hue_degrees}")
    grain = graph.add("noise", "alls=6:allf=t")  # a sensor's grain: without it the encoder cannot use up the bit rate
    pixels = graph.add("format", "pix_fmts=yuv420p")
    sink = graph.add("buffersink")
    for left, right in itertools.pairwise((source, colour, grain, pixels, sink)):
        left.link_to(right)
    graph.configure()
    encoder = av.CodecContext.create("libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = spec.width, spec.height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, spec.fps)
    encoder.framerate = Fraction(spec.fps)
    encoder.bit_rate = spec.bitrate_bps
    kbit = spec.bitrate_bps // 1000
    encoder.options = {
        "preset": spec.preset,
        "profile": "high",
        "x264-params": f"keyint={spec.gop_frames}:min-keyint={spec.gop_frames}:scenecut=0:bframes=0:slices=1:sliced-threads=0"
        f":vbv-maxrate={kbit}:vbv-bufsize={kbit}:nal-hrd=none:annexb=1:repeat-headers=1:sync-lookahead=0:rc-lookahead=10",
    }
    out = bytearray()
    for number in range(spec.frames):
        frame = sink.pull()
        assert isinstance(frame, av.VideoFrame)
        frame.pts, frame.time_base = number, Fraction(1, spec.fps)
        frame.pict_type = av.video.frame.PictureType.NONE
        for packet in encoder.encode(frame):
            out += bytes(packet)
    for packet in encoder.encode(None):
        out += bytes(packet)
    return bytes(out)


def _load(spec: ClipSpec, stream: bytes) -> Clip:
    sps = pps = b""
    pictures: list[Picture] = []
    pending: list[bytes] = []
    for nal_unit in split_annex_b(stream):
        kind = nal_unit[0] & 31
        if kind == 7:
            sps = nal_unit
        elif kind == 8:
            pps = nal_unit
        elif kind == 6:
            continue  # the encoder's greeting
        elif 1 <= kind <= 5:
            if pending and nal_unit[1] & 0x80:
                pictures.append(_picture(pending))
                pending = []
            pending.append(nal_unit)
    if pending:
        pictures.append(_picture(pending))
    if not sps or not pps or not pictures or not pictures[0].key_frame:
        raise ValueError("the clip in the cache is broken; delete it")
    return Clip(spec, sps, pps, tuple(pictures))


def _picture(nal_units: list[bytes]) -> Picture:
    return Picture(tuple(nal_units), any(unit[0] & 31 == 5 for unit in nal_units))


def split_annex_b(stream: bytes) -> list[bytes]:
    """The NAL units of a byte stream (ITU-T H.264 Annex B)."""
    units: list[bytes] = []
    start = stream.find(_START)
    while start >= 0:
        start += 3
        end = stream.find(_START, start)
        unit = stream[start : end if end >= 0 else len(stream)].rstrip(b"\0")
        if unit:
            units.append(unit)
        start = end
    return units

"""The pictures the simulated cameras show: made once with libx264 or libx265, kept in a cache folder."""

import contextlib
import hashlib
import itertools
import os
from dataclasses import dataclass, fields
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
    codec: str = "h264"
    """`h264` or `h265`."""
    b_frames: int = 0
    """Between two others; the pictures then come in another order than they are shown."""
    key_frames: tuple[int, ...] = ()
    """Where the only key frames are: a smart codec's. The first is 0."""

    @property
    def file_name(self) -> str:
        """Name in the cache; other settings give another name."""
        later = {"codec", "b_frames", "key_frames"}
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        defaults = {field.name: field.default for field in fields(self)}
        told = {name: value for name, value in values.items() if name not in later or value != defaults[name]}
        text = repr(sorted(told.items())) + "/2"
        return f"clip-{self.width}x{self.height}-{hashlib.sha256(text.encode()).hexdigest()[:12]}.{self.codec}"


MAIN = ClipSpec()
SUB = ClipSpec(width=640, height=360, bitrate_bps=400_000)


@dataclass(frozen=True, slots=True)
class Picture:
    """One access unit of a clip, NAL units without parameter sets and delimiters."""

    nal_units: tuple[bytes, ...]
    key_frame: bool
    shown_later: int = 0
    """By so many frames than its place in the stream says; below 0 for B-frames."""


@dataclass(frozen=True, slots=True)
class Clip:
    """A clip that loops: it begins with a key frame and its length is a whole number of GOPs."""

    spec: ClipSpec
    sps: bytes
    pps: bytes
    pictures: tuple[Picture, ...]
    vps: bytes = b""
    """H.265 only."""

    @property
    def parameter_sets(self) -> tuple[bytes, ...]:
        """In the order they are sent."""
        return tuple(unit for unit in (self.vps, self.sps, self.pps) if unit)


def make_clip(spec: ClipSpec, cache: Path) -> Clip:
    """The clip, from the cache when it is there. Raises OSError when the cache cannot be written."""
    path, order = cache / spec.file_name, cache / f"{spec.file_name}.order"
    if not path.exists():
        cache.mkdir(parents=True, exist_ok=True)
        stream, shown = _encode(spec)
        if spec.b_frames:
            _place(order, " ".join(map(str, shown)).encode())
        _place(path, stream)
    shown_later = [int(text) for text in order.read_text().split()] if spec.b_frames else []
    return _load(spec, path.read_bytes(), shown_later)


def _place(path: Path, content: bytes) -> None:
    """Whole or not at all; another process may make the same file."""
    part = path.with_name(f"{path.name}.part-{os.getpid()}")
    try:
        part.write_bytes(content)
        part.replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            part.unlink()


def _encode(spec: ClipSpec) -> tuple[bytes, list[int]]:
    """The byte stream, and by how many frames each picture is shown later than it comes."""
    graph = av.filter.Graph()
    source = graph.add("testsrc2", f"size={spec.width}x{spec.height}:rate={spec.fps}")
    colour = graph.add("hue", f"h={spec.hue_degrees}")
    grain = graph.add("noise", "alls=6:allf=t")  # a sensor's grain: without it the encoder cannot use up the bit rate
    pixels = graph.add("format", "pix_fmts=yuv420p")
    sink = graph.add("buffersink")
    for left, right in itertools.pairwise((source, colour, grain, pixels, sink)):
        left.link_to(right)
    graph.configure()
    encoder = av.CodecContext.create("libx265" if spec.codec == "h265" else "libx264", "w")
    assert isinstance(encoder, av.VideoCodecContext)
    encoder.width, encoder.height = spec.width, spec.height
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, spec.fps)
    encoder.framerate = Fraction(spec.fps)
    encoder.bit_rate = spec.bitrate_bps
    kbit = spec.bitrate_bps // 1000
    interval = spec.frames if spec.key_frames else spec.gop_frames
    common = f"keyint={interval}:min-keyint={interval}:scenecut=0:bframes={spec.b_frames}"
    if spec.codec == "h265":
        encoder.options = {
            "preset": spec.preset,
            "x265-params": f"{common}:b-adapt=0:b-pyramid=0:open-gop=0:repeat-headers=1:info=0:log-level=none:pools=1"
            f":frame-threads=1:vbv-maxrate={kbit}:vbv-bufsize={kbit}:rc-lookahead=10",
        }
    else:
        encoder.options = {
            "preset": spec.preset,
            "profile": "high",
            "forced-idr": "1",
            "x264-params": f"{common}:slices=1:sliced-threads=0"
            f":vbv-maxrate={kbit}:vbv-bufsize={kbit}:nal-hrd=none:annexb=1:repeat-headers=1:sync-lookahead=0:rc-lookahead=10"
            + (":b-adapt=0:b-pyramid=none:open-gop=0" if spec.b_frames else ""),
        }
    out = bytearray()
    order: list[int] = []
    for number in range(spec.frames):
        frame = sink.pull()
        assert isinstance(frame, av.VideoFrame)
        frame.pts, frame.time_base = number, Fraction(1, spec.fps)
        kinds = av.video.frame.PictureType
        frame.pict_type = kinds.I if number in spec.key_frames else kinds.NONE
        for packet in encoder.encode(frame):
            out += bytes(packet)
            order.append(packet.pts or 0)
    for packet in encoder.encode(None):
        out += bytes(packet)
        order.append(packet.pts or 0)
    return bytes(out), [shown - number for number, shown in enumerate(order)]


def _load(spec: ClipSpec, stream: bytes, shown_later: list[int]) -> Clip:
    return _load_h265(spec, stream, shown_later) if spec.codec == "h265" else _load_h264(spec, stream, shown_later)


def _load_h264(spec: ClipSpec, stream: bytes, shown_later: list[int]) -> Clip:
    sps = pps = b""
    pictures: list[list[bytes]] = []
    for unit in split_annex_b(stream):
        kind = unit[0] & 31
        if kind == 7:
            sps = unit
        elif kind == 8:
            pps = unit
        elif 1 <= kind <= 5:  # the encoder's greeting is left out
            if unit[1] & 0x80:
                pictures.append([])
            pictures[-1].append(unit)
    key_frames = [any(unit[0] & 31 == 5 for unit in units) for units in pictures]
    return Clip(spec, sps, pps, _checked(pictures, key_frames, shown_later, sps, pps))


def _load_h265(spec: ClipSpec, stream: bytes, shown_later: list[int]) -> Clip:
    sets = {32: b"", 33: b"", 34: b""}
    pictures: list[list[bytes]] = []
    for unit in split_annex_b(stream):
        kind = unit[0] >> 1 & 63
        if kind in sets:
            sets[kind] = unit
        elif kind < 32:
            if unit[2] & 0x80:
                pictures.append([])
            pictures[-1].append(unit)
    key_frames = [any(16 <= unit[0] >> 1 & 63 <= 21 for unit in units) for units in pictures]
    return Clip(spec, sets[33], sets[34], _checked(pictures, key_frames, shown_later, *sets.values()), sets[32])


def _checked(pictures: list[list[bytes]], key_frames: list[bool], shown_later: list[int], *sets: bytes) -> tuple[Picture, ...]:
    if not all(sets) or not pictures or not key_frames[0] or (shown_later and len(shown_later) != len(pictures)):
        raise ValueError("the clip in the cache is broken; delete it")
    later = shown_later or [0] * len(pictures)
    return tuple(Picture(tuple(units), key, shown) for units, key, shown in zip(pictures, key_frames, later, strict=True))


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

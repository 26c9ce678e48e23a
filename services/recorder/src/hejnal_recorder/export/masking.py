"""A variant of exported footage in which areas cannot be recognised. Encoded anew; never the evidence itself."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
from av.video.frame import PictureType, VideoFrame

from hejnal_recorder.export.plan import Mask, Stretch

CELLS = 6
"""A masked area keeps so many shades across and down: averages cannot be undone, a soft blur can."""
MARGIN = timedelta(seconds=0.5)
"""Masks begin earlier and end later by this: a picture's time is known to a fragment."""
_OPTIONS = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}


def mask_footage(source: Path, target: Path, stretch: Stretch, masks: Sequence[Mask], progress: Callable[[int], None]) -> None:
    """Decode `source`, mask, encode to `target` (H.264, no sound, the same times). `progress` gets bytes of the source.

    Raises av.FFmpegError when the footage cannot be decoded.
    """
    with av.open(str(source)) as read, av.open(str(target), "w", format="mp4", options=_OPTIONS) as written:
        video = read.streams.video[0]
        video.thread_type = "NONE"  # pictures in flight are memory
        encoder = written.add_stream(
            "libx264", rate=video.average_rate or 25, options={"preset": "veryfast", "crf": "20", "threads": "1"}
        )
        encoder.width, encoder.height, encoder.pix_fmt = video.width, video.height, "yuv420p"
        tick = video.time_base or Fraction(1, 90_000)
        encoder.codec_context.time_base = tick
        first: int | None = None
        for packet in read.demux(video):
            for frame in packet.decode():
                if not isinstance(frame, VideoFrame) or frame.pts is None:
                    continue
                first = frame.pts if first is None else first
                at = stretch.starts_at + timedelta(seconds=float((frame.pts - first) * tick))
                # a copy: the decoder still predicts from its own picture
                plain = VideoFrame.from_ndarray(frame.to_ndarray(format="yuv420p"), format="yuv420p")
                for mask in masks:
                    from_ = mask.starts_at is None or mask.starts_at - MARGIN <= at
                    if from_ and (mask.ends_at is None or at < mask.ends_at + MARGIN):
                        _coarsen(plain, mask)
                plain.pts, plain.time_base = frame.pts, tick
                plain.pict_type = PictureType.NONE
                written.mux(encoder.encode(plain))
            progress(packet.size or 0)
        written.mux(encoder.encode())


def _coarsen(frame: VideoFrame, mask: Mask) -> None:
    for plane in frame.planes:
        pixels = np.frombuffer(memoryview(plane), np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]
        left, right = int(mask.left * plane.width), int(np.ceil(min(1.0, mask.left + mask.width) * plane.width))
        top, bottom = int(mask.top * plane.height), int(np.ceil(min(1.0, mask.top + mask.height) * plane.height))
        area = pixels[top:bottom, left:right]
        rows = np.array_split(np.arange(area.shape[0]), min(CELLS, area.shape[0])) if area.size else []
        for row in rows:
            for column in np.array_split(np.arange(area.shape[1]), min(CELLS, area.shape[1])):
                cell = area[row[0] : row[-1] + 1, column[0] : column[-1] + 1]
                cell[:] = np.uint8(cell.mean())

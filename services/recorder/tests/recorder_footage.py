"""Real footage for the recorder's tests: an encoded clip cut into fragments, and a writer that does as ingest does."""

import hashlib
import io
import itertools
import struct
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import av
import numpy as np

from hejnal_contracts.media import FragmentWritten, GapCause, RunEnded, RunStarted

FPS = 25
GOP_FRAMES = 25


@dataclass(frozen=True)
class Piece:
    data: bytes
    media_time: int
    duration_ticks: int
    frames: int


@dataclass(frozen=True)
class Clip:
    """One encoded stream: the head of every segment file, and its fragments of one second each."""

    init: bytes
    pieces: list[Piece]
    timescale: int
    width: int = 160
    height: int = 96


def encode_clip(seconds: int) -> Clip:
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(buffer, "w", format="mp4", options=options) as container:
        stream = container.add_stream("libx264", rate=FPS, options={"preset": "ultrafast", "bf": "0", "sc_threshold": "0"})
        stream.width, stream.height, stream.pix_fmt = 160, 96, "yuv420p"
        stream.codec_context.gop_size = GOP_FRAMES
        for number in range(seconds * FPS):
            picture = np.full((96, 160, 3), (number * 3) % 256, dtype=np.uint8)
            picture[:, (number * 2) % 150 : (number * 2) % 150 + 10] = 255
            for packet in stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")):
                container.mux(packet)
        for packet in stream.encode():
            container.mux(packet)
        timescale = stream.time_base.denominator
    boxes = list(_boxes(buffer.getvalue()))
    init = b"".join(data for kind, data in boxes if kind in {b"ftyp", b"moov"})
    pieces = []
    for (kind, moof), (_, mdat) in itertools.pairwise(boxes):
        if kind == b"moof":
            pieces.append(Piece(moof + mdat, len(pieces) * timescale, timescale, GOP_FRAMES))
    assert len(pieces) == seconds
    return Clip(init, pieces, timescale)


def _boxes(data: bytes) -> "list[tuple[bytes, bytes]]":
    found, at = [], 0
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        found.append((kind, data[at : at + size]))
        at += size
    return found


class SpoolRun:
    """Writes one run into a spool as ingest does, and gives the facts it would announce."""

    def __init__(
        self, spool: Path, clip: Clip, start: datetime, *, camera: str = "cam-001", run: str = "run-1", epoch: int = 1,
        ingest: str = "ingest-a", spool_url: str = "", segment_s: int = 5, first_piece: int = 0,
    ) -> None:  # fmt: skip
        self.spool, self.clip, self.camera, self.run, self.epoch, self.ingest = spool, clip, camera, run, epoch, ingest
        self.spool_url, self.segment_s, self.start, self.at = spool_url, segment_s, start, start
        self.sequence = 0
        self.first_piece = first_piece

    def started(self) -> RunStarted:
        return RunStarted(
            camera_id=self.camera, run_id=self.run, epoch=self.epoch, ingest_id=self.ingest, stream="main",
            spool_url=self.spool_url, codec="avc1.42c00a", width=self.clip.width, height=self.clip.height,
            timescale=self.clip.timescale, started_at=self.start,
        )  # fmt: skip

    def path(self, segment: int) -> Path:
        return self.spool / self.camera / self.run / f"{self.run}-s{segment}.mp4"

    def fragment(self) -> FragmentWritten:
        piece = self.clip.pieces[(self.first_piece + self.sequence) % len(self.clip.pieces)]
        segment, number = divmod(self.sequence, self.segment_s)
        path = self.path(segment)
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("ab") as file:
            if number == 0:
                file.write(self.clip.init)
            offset = file.tell()
            file.write(piece.data)
        fact = FragmentWritten(
            camera_id=self.camera, run_id=self.run, epoch=self.epoch, sequence=self.sequence, segment_id=f"{self.run}-s{segment}",
            segment_path=str(path.relative_to(self.spool)), init_size_bytes=len(self.clip.init), offset_bytes=offset,
            size_bytes=len(piece.data), sha256=hashlib.sha256(piece.data).hexdigest(),
            init_sha256=hashlib.sha256(self.clip.init).hexdigest(), starts_at=self.at, ends_at=self.at + timedelta(seconds=1),
            media_time=piece.media_time, duration_ticks=piece.duration_ticks, frames=piece.frames,
            segment_ends=number == self.segment_s - 1,
        )  # fmt: skip
        self.sequence += 1
        self.at += timedelta(seconds=1)
        return fact

    def fragments(self, count: int) -> list[FragmentWritten]:
        return [self.fragment() for _ in range(count)]

    def ended(self, cause: GapCause = GapCause.LINK_DOWN, after_s: float = 0) -> RunEnded:
        return RunEnded(
            camera_id=self.camera, run_id=self.run, epoch=self.epoch, cause=cause, detail="gone", fragments=self.sequence,
            ended_at=self.at + timedelta(seconds=after_s),
        )  # fmt: skip

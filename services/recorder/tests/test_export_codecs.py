"""An export over a change of codec: H.264, then H.265 with sound. Each head gets a file of its own; both verify and play."""

import io
import json
import shutil
from datetime import timedelta
from pathlib import Path

import av
import numpy as np
from export_case import make_case, recorded
from recorder_footage import Clip, Piece, SpoolRun, _boxes
from recorder_room import START

from hejnal_recorder.export.plan import Mask, cut
from hejnal_recorder.export.work import JOB
from hejnal_verify.package import verify_package


def encode_h265_with_sound(seconds: int) -> Clip:
    buffer = io.BytesIO()
    options = {"movflags": "frag_keyframe+empty_moov+default_base_moof"}
    with av.open(buffer, "w", format="mp4", options=options) as container:
        coder = {"preset": "ultrafast", "x265-params": "keyint=25:min-keyint=25:scenecut=0:bframes=0:log-level=none:pools=1"}
        video = container.add_stream("libx265", rate=25, options=coder)
        video.width, video.height, video.pix_fmt = 160, 96, "yuv420p"
        sound = container.add_stream("aac", rate=48_000, layout="mono")
        for number in range(seconds * 25):
            picture = np.full((96, 160, 3), (number * 3) % 256, dtype=np.uint8)
            container.mux(video.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 1920), dtype=np.float32), format="fltp", layout="mono")
            silence.sample_rate, silence.pts = 48_000, number * 1920
            container.mux(sound.encode(silence))
        container.mux(video.encode())
        container.mux(sound.encode())
        timescale = video.time_base.denominator
    boxes = list(_boxes(buffer.getvalue()))
    init = b"".join(data for kind, data in boxes if kind in {b"ftyp", b"moov"})
    moofs = [number for number, (kind, _) in enumerate(boxes) if kind == b"moof"]
    pieces = [Piece(boxes[at][1] + boxes[at + 1][1], number * timescale, timescale, 25) for number, at in enumerate(moofs)]
    return Clip(init, pieces, timescale)


def test_an_export_over_two_codecs_with_sound(clip: Clip, tmp_path: Path) -> None:
    mask = Mask(camera_id="cam-001", left=0, top=0, width=1, height=1)
    case = make_case(tmp_path, clip, cameras=1, masks=[mask])
    first = SpoolRun(case.job.archive_dir, clip, START, camera="cam-007", run="run-a")
    second = SpoolRun(
        case.job.archive_dir,
        encode_h265_with_sound(4),
        START + timedelta(seconds=15),
        camera="cam-007",
        run="run-b",
        first_piece=0,
    )
    pieces = recorded(first, first.fragments(15)) + recorded(second, second.fragments(4))
    [camera] = case.job.plan.cameras
    camera = camera.model_copy(update={"stretches": cut("cam-001", pieces, longest_bytes=10**9)})
    plan = case.job.plan.model_copy(update={"cameras": [camera]})
    (case.folder / JOB).write_text(case.job.model_copy(update={"plan": plan}).model_dump_json())
    [*_, last] = case.run()
    assert last["finished"]["media_files"] == 4, last
    report = verify_package(case.package, anchor_pem=case.ca)
    assert report.findings == []

    shutil.unpack_archive(case.package, tmp_path / "unpacked")
    [package] = (tmp_path / "unpacked").iterdir()
    codecs = {}
    for path in sorted((package / "media").iterdir()):
        with av.open(str(path)) as container:
            pictures = sum(1 for _ in container.decode(video=0))
            codecs[path.stem.split("_", 2)[2]] = (container.streams.video[0].name, len(container.streams.audio), pictures)
    assert codecs == {
        "001": ("h264", 0, 375),
        "001_masked": ("h264", 0, 375),
        "002": ("hevc", 1, 100),
        "002_masked": ("h264", 0, 100),
    }
    files = json.loads((package / "manifest.json").read_text())["cameras"][0]["files"]
    assert [entry["kind"] for entry in files] == ["masked", "recorded"] * 2

"""Picture health on real street footage: false alarms over days, made-up tampering found, and how fast.

The footage (a surveillance clip that a Debian package carries) is encoded anew as a camera would, in many lights and bit
rates, and looped for days of simulated time through the code that ingest runs, faster than real time. Then cameras are covered,
moved, blurred, frozen and blinded. Prints JSON lines.
`python tests/bench/bench_picture.py [--days 2] [--trials 3] [--cache DIR] [--clip FILE]`
"""

import argparse
import contextlib
import hashlib
import json
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

import av

from hejnal_ingest.picture.camera import CameraPicture, StreamEye
from hejnal_ingest.picture.decoding.look import look
from hejnal_ingest.picture.sun import sun_elevation_deg
from hejnal_ingest.picture.watch import PictureChange, PictureWatch
from hejnal_media.access_unit import AccessUnit, CodecParameters, VideoKind, access_unit_of
from hejnal_media.simulator.clip import split_annex_b

INSTALLED = Path("/usr/share/doc/opencv-doc/examples/data/vtest.avi")
SET_UP = Path(__file__).parents[2] / ".cache" / "footage" / "main.mp4"
"""Where `make setup` puts the same footage for the demo town's street cameras."""
CLIP = INSTALLED if INSTALLED.exists() else SET_UP
FPS, GOP_S, WIDTH, HEIGHT = 10, 2, 768, 432
LOOK_INTERVAL_S = 20.0
FOUND_WITHIN_S = 30.0
START = datetime(2026, 6, 20, 17, tzinfo=UTC)
PLACE = (51.05, 20.95)

NIGHT = "hue=s=0,eq=brightness=-0.08:contrast=0.8,noise=alls=14:allf=t"
HEALTHY = {
    "day": "null",
    "bright": "eq=brightness=0.12:contrast=1.25",
    "dull": "eq=brightness=-0.12:contrast=0.65",
    "rain": "eq=brightness=-0.08:contrast=0.7,gblur=sigma=0.8,noise=alls=22:allf=t",
    "fog": "eq=brightness=0.08:contrast=0.4,gblur=sigma=0.6",
    "dusk": "eq=brightness=-0.2:contrast=0.5:saturation=0.5,noise=alls=6:allf=t",
    "night": NIGHT,
    "night_dim": "hue=s=0,eq=brightness=-0.2:contrast=0.6,noise=alls=20:allf=t",
}
VIEW = "crop=iw*0.9:ih*0.9:iw*0.02:ih*0.05"
TAMPER: dict[str, tuple[str, str, str, str]] = {
    # name: view, what comes before the light (it is filmed like the rest), what comes after it, expected kind
    "covered": (VIEW, "drawbox=x=iw/8:y=ih/8:w=iw*6/8:h=ih*6/8:color=gray:t=fill", "null", "covered"),
    "covered_all": (VIEW, "drawbox=x=0:y=0:w=iw:h=ih:color=0x202020:t=fill", "null", "covered"),
    "moved_little": ("crop=iw*0.9:ih*0.9:iw*0.07:ih*0.05", "null", "null", "moved"),
    "moved_far": ("crop=iw*0.6:ih*0.6:iw*0.4:ih*0.4,hflip", "null", "null", "moved"),
    "defocused": (VIEW, "gblur=sigma=10", "null", "defocused"),
    "frozen": (VIEW, "null", "loop=loop=-1:size=1:start=0,setpts=N/FRAME_RATE/TB", "frozen"),
    "blinded": (VIEW, "null", "lutyuv=y=min(val*2+150\\,255)", "blinded"),
}
HEALTHY_S = 5
"""Tampering begins so long into its clip, in the middle of a group of pictures."""
RATES = {
    "full": ("-crf", "26", "-maxrate", "1500k", "-bufsize", "1500k"),
    "thin": ("-b:v", "180k", "-maxrate", "220k", "-bufsize", "220k"),
}


@dataclass(frozen=True)
class Clip:
    """Whole groups of pictures of one light and bit rate."""

    name: str
    kind: VideoKind
    pictures: tuple[tuple[tuple[bytes, ...], bool], ...]

    def gops(self) -> list[list[AccessUnit]]:
        """The pictures, group by group, with times still to be set."""
        groups: list[list[AccessUnit]] = []
        for nal_units, key in self.pictures:
            if key:
                groups.append([])
            groups[-1].append(access_unit_of(list(nal_units), ticks=0, received_at_us=0, key_frame=key))
        return groups


def make_clip(source: Path, folder: Path, name: str, graph: str, rate: str, codec: str, seconds: int) -> Clip:
    """Encoded by libx264 or libx265 with a key frame every two seconds. `graph` leads from [0] to [out]."""
    kind = VideoKind.H265 if codec == "libx265" else VideoKind.H264
    digest = hashlib.sha256(repr((graph, rate, codec, seconds)).encode()).hexdigest()[:8]
    path = folder / f"{name}-{digest}.{'hevc' if kind is VideoKind.H265 else 'h264'}"
    gop = FPS * GOP_S
    parameters = f"keyint={gop}:min-keyint={gop}:scenecut=0:bframes=0:repeat-headers=1"
    if kind is VideoKind.H265:
        private = ("-x265-params", parameters + ":log-level=error:pools=1")
    else:
        private = ("-x264-params", parameters + ":slices=1:sliced-threads=0:threads=1")
    if not path.exists():
        command = ["ffmpeg", "-nostdin", "-v", "error", "-y", "-i", str(source), "-filter_complex", graph, "-map", "[out]", "-an"]
        command += ["-t", str(seconds), "-r", str(FPS), "-c:v", codec, "-preset", "veryfast", *private, *RATES[rate]]
        part = path.with_stem(path.stem + "-part")
        subprocess.run([*command, str(part)], check=True, timeout=300)
        part.replace(path)
    with av.open(str(path)) as container:
        packets = (packet for packet in container.demux(video=0) if packet.size)
        pictures = [(tuple(split_annex_b(bytes(packet))), packet.is_keyframe) for packet in packets]
    return Clip(f"{name}/{rate}/{codec}", kind, tuple(pictures))


def healthy_graph(light: str) -> str:
    """The street in one light."""
    return f"[0]{VIEW},scale={WIDTH}:{HEIGHT},{light},format=yuv420p[out]"


def tampered_graph(name: str, light: str) -> str:
    """Healthy for some seconds, then not."""
    view, before, after, _ = TAMPER[name]
    size = f"scale={WIDTH}:{HEIGHT}"
    return (
        f"[0]split[a][b];[a]{VIEW},{size},{light},trim=end={HEALTHY_S},setpts=PTS-STARTPTS,format=yuv420p[healthy];"
        f"[b]trim=start={HEALTHY_S},setpts=PTS-STARTPTS,{view},{size},{before},{light},{after},format=yuv420p[odd];"
        "[healthy][odd]concat[out]"
    )


@dataclass
class Run:
    """One camera on its way through simulated time."""

    watch: PictureWatch
    now_us: int = int(START.timestamp() * 1e6)
    ticks: int = 0
    looks: int = 0
    look_cpu_s: float = 0.0
    observe_s: float = 0.0
    units: int = 0
    changes: list[PictureChange] = field(default_factory=list)
    rng: random.Random = field(default_factory=lambda: random.Random(4))

    def __post_init__(self) -> None:
        self.camera = CameraPicture("cam", self.watch)
        self.eye = StreamEye("main", lambda eye, window: self.camera.take_window(eye, window, self.now), lambda: None)
        self.camera.eyes["main"] = self.eye

    @property
    def now(self) -> datetime:
        """Simulated time."""
        return datetime.fromtimestamp(self.now_us / 1e6, UTC)

    def begin(self, kind: VideoKind) -> None:
        """The stream's parameters are known."""
        self.eye.parameters_changed(CodecParameters("avc1.64001f", WIDTH, HEIGHT, kind=kind))

    def play(self, group: list[AccessUnit]) -> None:
        """A group of pictures, and a look where one is due."""
        step_us, step_ticks = 1_000_000 // FPS, 90_000 // FPS
        for unit in group:
            self.ticks += step_ticks
            self.now_us += step_us
            unit.ticks, unit.received_at_us = self.ticks, self.now_us + self.rng.randrange(8_000)
        fed = [AccessUnit(unit.ticks, unit.received_at_us, unit.key_frame, unit.pieces, unit.size_bytes) for unit in group]
        started_s = time.perf_counter()
        for unit in fed:
            self.eye.observe(unit)
        self.observe_s += time.perf_counter() - started_s
        self.units += len(fed)
        if self.camera.due(self.now, interval_s=LOOK_INTERVAL_S) is None:
            return
        begun = self.camera.begin_look(self.now)
        if begun is None:
            return
        request, at_us = begun
        answer = look(request)
        self.looks += 1
        self.look_cpu_s += answer.cpu_s
        self.camera.looking = False
        self.changes += self.camera.end_look(answer, at_us, lambda at: sun_elevation_deg(*PLACE, at) > 2)


def light_at(now: datetime) -> str:
    """What the camera shows at this hour."""
    height_deg = sun_elevation_deg(*PLACE, now)
    if height_deg < -4:
        return "night"
    return "dusk" if height_deg < 3 else "day"


def ordinary_days(run: Run, clips: dict[tuple[str, str], Clip], days: float) -> Iterator[str]:
    """Day and night with clouds, gain changes, infrared switching and a link that thins out in the rain."""
    rng = random.Random(7)
    cut = {key: clip.gops() for key, clip in clips.items()}
    end_us = run.now_us + int(days * 86_400e6)
    place = 0
    while run.now_us < end_us:
        light = light_at(run.now)
        name = light
        if light == "day":
            name = rng.choices(("day", "bright", "dull", "rain", "fog"), (10, 3, 3, 2, 1))[0]
        elif light == "night" and rng.random() < 0.25:
            name = "night_dim"
        rate = "thin" if rng.random() < 0.15 else "full"
        groups = cut[name, rate]
        for _ in range(rng.choice((20, 60, 150, 400))):  # 40 s to 13 min of one kind
            run.play(groups[place % len(groups)])
            place += 1
        yield name


def trial(
    trained: dict[str, Any], references: dict[str, bytes], healthy: Clip, tampered: Clip, at: datetime, seed: int
) -> dict[str, Any]:
    """One camera that is tampered with after some minutes of health, and let be again."""
    watch = PictureWatch(at)
    watch.load(json.loads(json.dumps(trained)), references)
    run = Run(watch, now_us=int(at.timestamp() * 1e6))
    run.begin(healthy.kind)
    groups, odd = healthy.gops(), tampered.gops()
    for number in range(100 + 7 * seed):
        run.play(groups[number % len(groups)])
    before = len([change for change in run.changes if change.phase == "onset"])
    began_us = run.now_us + int(HEALTHY_S * 1e6)
    for number in range(len(odd)):
        run.play(odd[number])
        if any(change.phase == "onset" for change in run.changes[before:]):
            break
    onset = next((change for change in run.changes[before:] if change.phase == "onset"), None)
    for number in range(60):
        run.play(groups[(number + 3 * seed) % len(groups)])
    cleared = next((change for change in run.changes if change.phase == "cleared"), None)
    return {
        "false_before": before,
        "kind": onset.kind if onset else None,
        "delay_s": round(onset.at.timestamp() - began_us / 1e6, 1) if onset else None,
        "detail": onset.detail if onset else "",
        "cleared": cleared is not None,
    }


def measure(source: Path, days: float, trials: int, cache: Path | None) -> Iterator[dict[str, Any]]:
    """One measurement for ordinary days, one for each kind of tampering."""
    started_s = time.monotonic()
    with contextlib.ExitStack() as stack:
        folder = cache or Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="hejnal-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        healthy = {
            (name, rate): make_clip(source, folder, name, healthy_graph(filters), rate, "libx264", 76)
            for name, filters in HEALTHY.items()
            for rate in RATES
        }
        run = Run(PictureWatch(START, accept_after_s=1e9), now_us=int(START.timestamp() * 1e6))
        run.begin(VideoKind.H264)
        shown = Counter(ordinary_days(run, healthy, days))
        dumped = run.watch.dump()
        references = {str(light): memory.reference for light, memory in run.watch.memories.items()}
        noon, midnight = START.replace(day=25, hour=11), START.replace(day=25, hour=22)
        results: list[dict[str, Any]] = []
        for light, at in (("day", noon), ("night", midnight)):
            for name, (_, _, _, kind) in TAMPER.items():
                clip = make_clip(source, folder, f"{name}-{light}", tampered_graph(name, HEALTHY[light]), "full", "libx264", 65)
                for seed in range(trials):
                    result = trial(dumped, references, healthy[light, "full"], clip, at, seed)
                    results.append({"light": light, "name": name, "expected": kind, **result})
        h265 = make_clip(source, folder, "day", healthy_graph("null"), "full", "libx265", 40)
        hidden = make_clip(source, folder, "covered", tampered_graph("covered", "null"), "full", "libx265", 40)
        fresh = PictureWatch(noon)
        results.append(
            {"light": "day", "name": "covered_h265", "expected": "covered", **trial(fresh.dump(), {}, h265, hidden, noon, 0)}
        )
    onsets = [change for change in run.changes if change.phase == "onset"]
    false_alarms = len(onsets) + sum(one["false_before"] for one in results)
    for change in onsets:
        print(f"false alarm at {change.at:%d %H:%M}: {change.kind}, {change.detail}", file=sys.stderr)
    yield {
        "bench": "picture",
        "what": "ordinary days",
        "simulated_hours": round(24 * days, 1),
        "false_alarms": false_alarms,
        "looks_per_hour": round(run.looks / (24 * days), 1),
        "look_cpu_ms": round(1000 * run.look_cpu_s / max(1, run.looks), 1),
        "observe_us_per_picture": round(1e6 * run.observe_s / max(1, run.units), 2),
        "lights": " ".join(f"{name}:{count}" for name, count in sorted(shown.items())),
        "took_s": round(time.monotonic() - started_s, 1),
        "met": false_alarms == 0,
    }
    for kind in sorted({one["expected"] for one in results}):
        yield summary(kind, [one for one in results if one["expected"] == kind])
    yield summary("all", results)


def summary(what: str, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Found within the time, named rightly, told when over."""
    found = [one for one in results if one["delay_s"] is not None and one["delay_s"] <= FOUND_WITHIN_S]
    for one in results:
        if what != "all" and (one not in found or one["kind"] != one["expected"]):
            print(f"missed or named wrongly: {one}", file=sys.stderr)
    return {
        "bench": "picture",
        "what": f"tampering: {what}",
        "tampered": len(results),
        "found": len(found),
        "named_rightly": sum(one["kind"] == one["expected"] for one in results),
        "cleared": sum(one["cleared"] for one in results),
        "median_delay_s": median(one["delay_s"] for one in found) if found else None,
        "worst_delay_s": max((one["delay_s"] for one in found), default=None),
        "met": len(found) == len(results),
    }


def main() -> int:
    """Exit code 0 when it ran to its end; `met` tells whether a bar was missed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--days", type=float, default=2.0)
    parser.add_argument("--trials", type=int, default=3)
    parser.add_argument("--cache", type=Path, help="folder that keeps the encoded clips for the next run")
    parser.add_argument("--clip", type=Path, default=CLIP)
    arguments = parser.parse_args()
    if not arguments.clip.exists():
        print(f"{arguments.clip} is not there: `make setup` makes it", file=sys.stderr)
        return 2
    for measurement in measure(arguments.clip, arguments.days, arguments.trials, arguments.cache):
        print(json.dumps(measurement), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""What others need for the same cameras: ffmpeg, a process each, and GStreamer, thirty in a process."""

import asyncio
import contextlib
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Any

from processes import cpu_s, rss_mb, running

_PIPELINES = 30
PEERS = {"ffmpeg": "ffmpeg -c copy segment", "gstreamer": "rtspsrc ! mp4mux"}


def ffmpeg_commands(base: str, count: int, folder: Path) -> list[list[str]]:
    """A process per camera."""
    commands = []
    for number in range(1, count + 1):
        camera = f"cam-{number:03d}"
        command = ["ffmpeg", "-nostdin", "-v", "error", "-rtsp_transport", "tcp", "-i", f"{base}/{camera}/main", "-c", "copy"]
        command += ["-f", "segment", "-segment_time", "60", "-segment_format", "mp4", "-y", str(folder / f"{camera}-%03d.mp4")]
        commands.append(command)
    return commands


def gstreamer_commands(base: str, count: int, folder: Path) -> list[list[str]]:
    """A pipeline per camera, as many in a process as its file descriptors allow."""
    commands = []
    for number in range(1, count + 1):
        if (number - 1) % _PIPELINES == 0:
            command = ["gst-launch-1.0", "-q"]
            commands.append(command)
        camera = f"cam-{number:03d}"
        command += [
            "rtspsrc",
            f"location={base}/{camera}/main",
            "protocols=tcp",
            "latency=0",
            "!",
            "rtph264depay",
            "!",
            "h264parse",
        ]
        command += ["!", "mp4mux", "fragment-duration=2000", "!", "filesink", f"location={folder / camera}.mp4"]
    return commands


async def measure_peer(commands: list[list[str]], count: int, seconds: float, folder: Path) -> dict[str, Any]:
    """One size of a peer."""
    with contextlib.ExitStack() as stack:
        pids: list[int] = []
        for command in commands:
            pids.append(stack.enter_context(running(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)).pid)
            await asyncio.sleep(0.02)
        async with asyncio.timeout(60 + count / 2):
            while sum(1 for path in folder.glob("cam-*.mp4") if path.stat().st_size > 1_000_000) < count:
                await asyncio.sleep(0.2)
        cpu_before, began, written = cpu_s(pids), asyncio.get_running_loop().time(), folder_bytes(folder)
        await asyncio.sleep(seconds)
        elapsed = asyncio.get_running_loop().time() - began
        return {
            "core_percent_per_camera": round(100 * (cpu_s(pids) - cpu_before) / elapsed / count, 4),
            "rss_mb": rss_mb(pids),
            "written_mb_per_s": round((folder_bytes(folder) - written) / elapsed / 1e6, 1),
        }


def folder_bytes(folder: Path) -> int:
    """Bytes of the files a peer has written."""
    return sum(path.stat().st_size for path in folder.glob("cam-*.mp4"))


async def measure_peers(base: str, count: int, seconds: float, folder: Path) -> dict[str, dict[str, Any]]:
    """Both, one after the other."""
    found = {}
    for name, commands in (("ffmpeg", ffmpeg_commands), ("gstreamer", gstreamer_commands)):
        place = Path(tempfile.mkdtemp(dir=folder))
        found[name] = await measure_peer(commands(base, count, place), count, seconds, place)
        shutil.rmtree(place, ignore_errors=True)
    return found

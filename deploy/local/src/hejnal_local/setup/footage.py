"""Real street footage for the street cameras: a surveillance clip that a Debian package carries, encoded as a camera would."""

import re
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path

from hejnal_local.setup.commands import SetupError, run
from hejnal_local.setup.stamps import Stamps, fingerprint
from hejnal_local.workspace import Workspace

_PACKAGE = "opencv-doc"
_CLIP = "/usr/share/doc/opencv-doc/examples/data/vtest.avi"
# 25 frames/s, a key frame every 2 s, no B-frames: what a town's cameras are set to. The clip's 10 frames/s are filled up.
_ENCODE = {
    "-r": "25",
    "-c:v": "libx264",
    "-preset": "veryfast",
    "-profile:v": "main",
    "-bf": "0",
    "-g": "50",
    "-keyint_min": "50",
    "-sc_threshold": "0",
    "-pix_fmt": "yuv420p",
}
STREAMS = {
    "main": {"-vf": "scale=1440:1080,pad=1920:1080:240:0", "-b:v": "4M", "-maxrate": "4M", "-bufsize": "4M"},
    "sub": {"-vf": "scale=480:360,pad=640:360:80:0", "-b:v": "400k", "-maxrate": "400k", "-bufsize": "400k"},
}
_LENGTH_S = 40


def folder(workspace: Workspace) -> Path:
    """Holds `main.mp4` and `sub.mp4`."""
    return workspace.cache / "footage"


def ensure(workspace: Workspace, stamps: Stamps, say: Callable[[str], None]) -> None:
    """Have the footage in both qualities."""
    target = folder(workspace)
    made_for = fingerprint(repr((_ENCODE, STREAMS, _LENGTH_S)))
    results = [target / f"{name}.mp4" for name in STREAMS]
    if stamps.is_current("footage", made_for, *results):
        return
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target) as scratch:
        clip = _find_clip(Path(scratch), say)
        for result in results:
            say(f"encoding the street cameras' {result.stem} stream")
            part = Path(scratch) / result.name
            options = [part for pair in (_ENCODE | STREAMS[result.stem]).items() for part in pair]
            command: list[str | Path] = [
                "ffmpeg",
                "-nostdin",
                "-v",
                "error",
                "-y",
                "-i",
                clip,
                "-t",
                str(_LENGTH_S),
                "-an",
                *options,
                part,
            ]
            run(command, step="street footage", timeout_s=600)
            part.replace(result)
    stamps.record("footage", made_for)


def _find_clip(scratch: Path, say: Callable[[str], None]) -> Path:
    installed = Path(_CLIP)
    if installed.exists():
        return installed
    # Fetched and unpacked, not installed: 274 MB of documentation are not wanted, and many images drop /usr/share/doc.
    say(f"fetching the street footage (in the package {_PACKAGE})")
    scratch.chmod(0o777)  # apt fetches as its own user
    run(["apt-get", "download", "-q", _PACKAGE], step="street footage", cwd=scratch, timeout_s=900)
    archive = next(scratch.glob(f"{_PACKAGE}_*.deb"))
    run(["dpkg-deb", "-x", archive, scratch / "unpacked"], step="street footage")
    archive.unlink()
    for found in (scratch / "unpacked").rglob("vtest.avi*"):
        if re.search(r"\.gz$", found.name):
            run(["gunzip", found], step="street footage")
            found = found.with_suffix("")  # noqa: PLW2901 -- the same file, unpacked
        shutil.move(found, scratch / "clip.avi")
        return scratch / "clip.avi"
    raise SetupError(f"street footage: the package {_PACKAGE} carries no vtest.avi")

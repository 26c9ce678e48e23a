"""Files with numbered pictures, certificates, and the servers that play them."""

import ipaddress
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hejnal_local.setup.go_programs import RTSP_SERVER
from hejnal_local.workspace import Workspace
from hejnal_media.simulator.clip import ClipSpec, make_clip
from hejnal_media.simulator.frame_mark import frame_mark_nal, frame_mark_text

FRAMES = 150
_START = b"\0\0\0\1"


def numbered_stream(codec: str, folder: Path) -> Path:
    """A byte stream whose pictures say their numbers."""
    clip = make_clip(
        ClipSpec(width=320, height=240, gop_frames=25, frames=FRAMES, bitrate_bps=600_000, preset="ultrafast", codec=codec),
        folder,
    )
    path = folder / f"numbered.{codec}"
    with path.open("wb") as file:
        for number, picture in enumerate(clip.pictures):
            sets = clip.parameter_sets if picture.key_frame else ()
            mark = frame_mark_nal(frame_mark_text("file", number, 0), codec)
            file.writelines(_START + unit for unit in (*sets, mark, *picture.nal_units))
    return path


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """By `video+audio`: six seconds of numbered pictures at 25 a second, with sound."""
    folder = tmp_path_factory.mktemp("numbered")
    made: dict[str, Path] = {}
    encoders = {"aac": ["-c:a", "aac"], "alaw": ["-c:a", "pcm_alaw", "-ar", "8000"], "opus": ["-c:a", "libopus"]}
    for video in ("h264", "h265"):
        stream = numbered_stream(video, folder)
        for audio, options in encoders.items():
            path = folder / f"{video}-{audio}.mkv"
            format_name = "hevc" if video == "h265" else "h264"
            command = [
                "ffmpeg", "-nostdin", "-v", "error", "-y", "-framerate", "25", "-f", format_name, "-i", stream,
                "-f", "lavfi", "-t", "6", "-i", "sine=frequency=440:sample_rate=48000",
                "-map", "0:v", "-map", "1:a", "-c:v", "copy", *options, "-ac", "1", path,
            ]  # fmt: skip
            subprocess.run(command, check=True, timeout=60)
            made[f"{video}+{audio}"] = path
    return made


@pytest.fixture(scope="session")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A PEM file with key and certificate for 127.0.0.1."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path_factory.mktemp("tls") / "camera.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture(scope="session")
def gortsplib() -> str:
    """Path of the built server. `make setup` for the tests builds it; it is never skipped."""
    path = RTSP_SERVER.path(Workspace.of_this_clone())
    assert path.exists(), "the RTSP server of the conformance tests is not built: deploy/local/setup test"
    return str(path)

import hashlib
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hejnal_contracts.media import FragmentWritten
from hejnal_media.simulator import CameraSimulator
from hejnal_media.simulator.town import town_mounts
from hejnal_media.testing import SMALL_MAIN, SMALL_SUB

pytestmark = pytest.mark.kafka


@pytest.fixture
def certificate(tmp_path: Path) -> tuple[Path, str]:
    """A camera's own certificate with its key, and its fingerprint."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=4000))
        .not_valid_after(now - timedelta(days=1))  # cameras are sold with certificates like this
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path = tmp_path / "camera.pem"
    path.write_bytes(private + made.public_bytes(serialization.Encoding.PEM))
    return path, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


@pytest_asyncio.fixture
async def secure_camera(clips: Path, certificate: tuple[Path, str]) -> AsyncIterator[CameraSimulator]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0])
    server = CameraSimulator(town_mounts(1, clips, variants=1, main=SMALL_MAIN, sub=SMALL_SUB), secure=context)
    await server.start()
    yield server
    await server.stop()


async def test_a_camera_known_by_its_certificate_is_recorded(
    town: Any, secure_camera: CameraSimulator, certificate: tuple[Path, str], eventually: Any
) -> None:
    town.settings = town.settings.model_copy(update={"rtsps_fingerprints": f"{'00' * 32}, {certificate[1]}"})
    await town.register(secure_camera.url("cam-001/main"))
    async with town.running():
        await eventually(lambda: len(town.facts.of(FragmentWritten)) >= 3)


async def test_a_camera_with_an_unknown_certificate_is_told_and_not_recorded(
    town: Any, secure_camera: CameraSimulator, eventually: Any
) -> None:
    await town.register(secure_camera.url("cam-001/main"))
    async with town.running():
        status = await eventually(lambda: (s := town.facts.last_status()) and s.cause and s)
        assert status.cause.value == "protocol"
        assert "certificate" in status.detail
        assert not town.facts.of(FragmentWritten)

"""RTSPS: which certificates are believed, and what a camera without TLS looks like."""

import asyncio
import hashlib
import ipaddress
import ssl
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hejnal_media.rtsp import (
    Credentials,
    RtspError,
    RtspFault,
    RtspSession,
    SessionLimits,
    TlsPolicy,
)
from hejnal_media.rtsp.message import Request
from hejnal_media.simulator import Clip
from hejnal_media.simulator.scripted import camera, ok, pictures, usual
from hejnal_media.testing import RecordingSink

LIMITS = SessionLimits(connect_timeout_s=2, response_timeout_s=1, teardown_timeout_s=0.5)


async def until(condition: Callable[[], object], timeout_s: float = 30) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Certificate, key and fingerprint of a camera that signs its own."""
    folder = tmp_path_factory.mktemp("tls")
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "camera")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    public, private = folder / "camera.pem", folder / "camera.key"
    public.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    private.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return public, private, hashlib.sha256(made.public_bytes(serialization.Encoding.DER)).hexdigest()


def context_of(certificate: tuple[Path, Path, str]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate[0], certificate[1])
    return context


@pytest.mark.parametrize("how", ["authority", "fingerprint", "insecure"])
async def test_rtsps(clip: Clip, certificate: tuple[Path, Path, str], how: str) -> None:
    public, _, fingerprint = certificate
    colons = ":".join(fingerprint[at : at + 2] for at in range(0, 64, 2)).upper()
    policy = {
        "authority": TlsPolicy(ca_file=public),
        "fingerprint": TlsPolicy(fingerprints=("00" * 32, colons)),
        "insecure": TlsPolicy(insecure=True),
    }[how]
    async with camera(usual(clip), secure=context_of(certificate)) as (odd, where):
        sink = RecordingSink()
        session = RtspSession(f"rtsps://{where}/", sink, limits=LIMITS, tls=policy)
        await session.open()
        odd.writers[0].write(pictures(clip, 40, channel=4, payload_type=99))
        await until(lambda: len(sink.units) >= 39)
        assert odd.requests[0].url.startswith("rtsps://")
        await session.close()


async def test_who_cannot_prove_itself_gets_no_request(clip: Clip, certificate: tuple[Path, Path, str], tmp_path: Path) -> None:
    async with camera(usual(clip), secure=context_of(certificate)) as (odd, where):
        for policy in (TlsPolicy(), TlsPolicy(fingerprints=("00" * 32,)), TlsPolicy(ca_file=tmp_path / "none.pem")):
            with pytest.raises(RtspError) as caught:
                await RtspSession(f"rtsps://{where}/", RecordingSink(), limits=LIMITS, tls=policy).open()
            assert caught.value.fault is RtspFault.PROTOCOL
        assert not odd.requests


@pytest.mark.parametrize(
    ("answer", "expected"),
    [(b"RTSP/1.0 400 Bad Request\r\n\r\n", RtspFault.NOT_RTSP), (b"", RtspFault.NOT_RTSP), (None, RtspFault.STALLED)],
)
async def test_cameras_that_know_no_tls(answer: bytes | None, expected: RtspFault) -> None:
    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        if answer is None:
            await reader.read(-1)
        writer.write(answer or b"")
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    with pytest.raises(RtspError) as caught:
        await RtspSession(f"rtsps://127.0.0.1:{port}/", RecordingSink(), limits=LIMITS).open()
    server.close()
    assert caught.value.fault is expected


async def test_a_password_does_not_leave_tls(clip: Clip, certificate: tuple[Path, Path, str]) -> None:
    def guarded(request: Request) -> bytes:
        if not request.headers.get("authorization"):
            return ok(request, ("WWW-Authenticate", 'Basic realm="x"'), status=401, reason="No")
        return usual(clip)(request)

    async with camera(guarded) as (plain, plain_where):

        def moved(request: Request) -> bytes:
            return ok(request, ("Location", f"rtsp://{plain_where}/"), status=303, reason="Moved")

        async with camera(usual(clip, DESCRIBE=moved), secure=context_of(certificate)) as (_, where):
            with pytest.raises(RtspError) as caught:
                await RtspSession(
                    f"rtsps://{where}/",
                    RecordingSink(),
                    limits=LIMITS,
                    tls=TlsPolicy(insecure=True),
                    credentials=Credentials("a", "b"),
                ).open()
            assert caught.value.fault is RtspFault.UNAUTHORIZED
        assert not any(request.headers.get("authorization") for request in plain.requests)

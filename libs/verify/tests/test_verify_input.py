"""Whatever is handed in, the check answers: with findings, or that it is no package. Nothing else."""

import io
import json
import struct
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hejnal_verify.__main__ import main
from hejnal_verify.boxes import BrokenBoxesError, top_boxes
from hejnal_verify.media import read_contents
from hejnal_verify.package import verify_package
from hejnal_verify.reading import NotAPackageError, is_safe, open_package
from hejnal_verify.signatures import SignatureError, check_signature
from hejnal_verify.stamps import StampError, check_stamp


@given(st.binary(max_size=300))
def test_boxes_tile_the_file_or_break_at_a_named_byte(data: bytes) -> None:
    reached = 0
    try:
        for box in top_boxes(io.BytesIO(data), len(data)):
            assert box.offset_bytes == reached
            reached += box.size_bytes
        assert reached == len(data)
    except BrokenBoxesError as error:
        assert error.offset_bytes == reached


@given(st.lists(st.tuples(st.sampled_from([b"ftyp", b"moov", b"moof", b"mdat", b"free"]), st.binary(max_size=40)), max_size=9))
def test_every_byte_is_in_the_digest(boxes: list[tuple[bytes, bytes]]) -> None:
    data = b"".join(struct.pack(">I4s", 8 + len(body), kind) + body for kind, body in boxes)
    whole = read_contents(io.BytesIO(data), len(data))
    assert len(whole.fragments) == sum(kind == b"mdat" for kind, _ in boxes)
    for at in range(0, len(data), 7):
        changed = bytearray(data)
        changed[at] ^= 1
        assert read_contents(io.BytesIO(bytes(changed)), len(data)).whole != whole.whole


@given(st.binary(max_size=200))
def test_garbage_is_no_signature_and_no_stamp(data: bytes) -> None:
    with pytest.raises(SignatureError):
        check_signature(data, b"", None)  # type: ignore[arg-type]
    with pytest.raises(StampError):
        check_stamp(data, b"", [])


@pytest.mark.parametrize("name", ["", "/etc/passwd", "../x", "a/../../x", "a\\..\\x"])
def test_names_that_lead_out_are_refused(name: str) -> None:
    assert not is_safe(name)


def test_what_is_no_package_is_said_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "empty").mkdir()
    (tmp_path / "x.zip").write_bytes(b"PK\x03\x04 and nothing")
    with zipfile.ZipFile(tmp_path / "packed.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("manifest.json", "{}" * 100)
    for name in ("empty", "x.zip", "packed.zip", "absent.zip"):
        assert main([str(tmp_path / name)]) == 2
        with pytest.raises(NotAPackageError):
            verify_package(tmp_path / name)
    assert "no package" in capsys.readouterr().out


def test_a_link_out_of_the_folder_is_not_part_of_it(tmp_path: Path) -> None:
    package = tmp_path / "package"
    package.mkdir()
    (package / "manifest.json").write_text("{}")
    (tmp_path / "secret").write_text("x")
    (package / "link").symlink_to(tmp_path / "secret")
    with open_package(package) as opened:
        assert opened.names() == ["manifest.json"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=40)
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=8),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["export_id", "request", "files", "cameras", "case_number"]), inner, max_size=5)
        ),
        max_leaves=8,
    )
)
def test_any_manifest_gives_a_report(tmp_path: Path, authority: bytes, manifest: object) -> None:
    package = tmp_path / "package"
    package.mkdir(exist_ok=True)
    if isinstance(manifest, dict):
        manifest["schema"] = "pl.hejnal.export/1"
    (package / "manifest.json").write_text(json.dumps(manifest))
    (package / "ca.pem").write_bytes(authority)
    (package / "SHA256SUMS").write_bytes(b"\xff\xfe  x\n0  ../y\n\n")
    report = verify_package(package)
    assert not report.good
    assert json.dumps(report.document())


@pytest.fixture(scope="session")
def authority() -> bytes:
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.hazmat.primitives.serialization import Encoding

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "x")])
    now = datetime.now(UTC)
    builder = x509.CertificateBuilder(name, name, key.public_key(), 7, now, now + timedelta(days=1))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)

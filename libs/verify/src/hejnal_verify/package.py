"""A whole package: every file, every signature, every stamp, and that they speak of the same thing."""

import hashlib
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, BinaryIO, cast

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from hejnal_verify.findings import Report
from hejnal_verify.media import check_media
from hejnal_verify.provenance import read_provenance
from hejnal_verify.reading import Counted, NotAPackageError, Package, is_safe, open_package
from hejnal_verify.signatures import SignatureError, check_signature, check_validity
from hejnal_verify.stamps import StampError, check_stamp

MANIFEST, SIGNATURE, STAMP, SUMS, ANCHOR = "manifest.json", "manifest.json.p7s", "manifest.json.tsr", "SHA256SUMS", "ca.pem"
FOOTAGE_READS = 2
"""Once against the manifest, once for its C2PA signature."""
STAMP_ANCHOR = "tsa-ca.pem"
SCHEMA = "pl.hejnal.export/1"
MOST_MANIFEST_BYTES = 512 * 1024 * 1024
_UNLISTED = frozenset({MANIFEST, SIGNATURE, STAMP, SUMS})


def verify_package(
    path: Path,
    *,
    anchor_pem: bytes | None = None,
    now: Callable[[], datetime] = lambda: datetime.now(UTC),
    progress: Callable[[int], None] = lambda _: None,
) -> Report:
    """Check a package (zip or folder). `anchor_pem` is the town's authority as you know it from elsewhere.

    Without it the package's own is used, and the report gives its fingerprint to compare: a forger would bring one along.
    `progress` is told of bytes of footage that were read; all of it is read `FOOTAGE_READS` times.
    Raises NotAPackageError when this is no package at all.
    """
    report = Report(path.name)
    with open_package(path) as package:
        anchor = _anchor(report, package, anchor_pem)
        raw = _small(package, MANIFEST, MOST_MANIFEST_BYTES)
        if raw is None:
            raise NotAPackageError("manifest.json is too large")
        _check_signature(report, package, raw, anchor, now())
        manifest = _manifest(report, raw)
        _check_sums(report, package)
        if manifest is None:
            return report
        report.case_number = str(manifest["request"]["case_number"])
        anchors_pem = anchor.public_bytes(Encoding.PEM).decode()
        foreign = _small(package, STAMP_ANCHOR, 1 << 20)
        _check_files(report, package, manifest)
        for camera in manifest["cameras"]:
            for entry in camera["files"]:
                trusted = anchors_pem + (foreign.decode("ascii", "replace") if foreign else "")
                _check_footage(report, package, manifest, camera, entry, trusted, progress)
    return report


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 of the certificate, hex, as towns publish it."""
    return hashlib.sha256(certificate.public_bytes(Encoding.DER)).hexdigest()


def _anchor(report: Report, package: Package, given: bytes | None) -> x509.Certificate:
    own = _small(package, ANCHOR, 1 << 20)
    chosen = given or own
    if chosen is None:
        raise NotAPackageError("ca.pem is missing; give the town's authority yourself (--ca)")
    try:
        anchor = x509.load_pem_x509_certificate(chosen)
    except ValueError as error:
        raise NotAPackageError(f"the authority's certificate cannot be read: {error}") from error
    report.anchor_sha256 = fingerprint(anchor)
    report.anchor_from = "given" if given else "package"
    if not given:
        report.notes.append("The authority's certificate came with the package: compare its fingerprint with the town's.")
    return anchor


def _check_signature(report: Report, package: Package, manifest: bytes, anchor: x509.Certificate, now: datetime) -> None:
    signature = _small(package, SIGNATURE, 1 << 20)
    if signature is None:
        report.add("signature-missing", SIGNATURE, "the manifest is not signed")
        return
    try:
        signer = check_signature(signature, manifest, anchor)
    except SignatureError as error:
        report.add("signature-wrong", SIGNATURE, str(error))
        return
    report.signer = signer.name
    stamped_at = _stamped_at(report, package, signature, anchor)
    try:
        check_validity(signer.certificate, stamped_at or now)
    except SignatureError as error:
        report.add("signature-wrong", SIGNATURE, str(error))


def _stamped_at(report: Report, package: Package, signature: bytes, anchor: x509.Certificate) -> datetime | None:
    stamp = _small(package, STAMP, 1 << 20)
    if stamp is None:
        report.notes.append("There is no time stamp: when the package was signed is only what the town says.")
        return None
    roots = [anchor]
    foreign = _small(package, STAMP_ANCHOR, 1 << 20)
    try:
        if foreign is not None:
            roots += x509.load_pem_x509_certificates(foreign)
        stamped_at = check_stamp(stamp, signature, roots)
    except (StampError, ValueError) as error:
        report.add("stamp-wrong", STAMP, f"the time stamp does not hold: {error}")
        return None
    report.signed_at = stamped_at.isoformat()
    return stamped_at


def _manifest(report: Report, raw: bytes) -> dict[str, Any] | None:
    try:
        manifest: dict[str, Any] = json.loads(raw)
        if manifest["schema"] != SCHEMA:
            report.add(
                "manifest-unknown", MANIFEST, f"its schema is {manifest['schema']!r}, not {SCHEMA}: use a newer hejnal-verify"
            )
            return None
        _demand_text(manifest, "export_id")
        _demand_text(manifest["request"], "case_number", "from", "to")
        for entry in manifest["files"]:
            _demand_text(entry, "path", "sha256")
        for camera in manifest["cameras"]:
            _check_tiling(report, manifest, camera)
            _demand_text(camera, "camera_id")
            for entry in camera["files"]:
                _demand_text(entry, "path", "sha256", "init_sha256", "from", "to")
                _ = entry["size_bytes"]
                for fragment in entry["fragments"]:
                    _demand_text(fragment, "sha256", "from", "to")
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        report.add("manifest-broken", MANIFEST, f"it cannot be read ({type(error).__name__})")
        return None
    return manifest


def _demand_text(part: dict[str, Any], *names: str) -> None:
    if not all(isinstance(part[name], str) for name in names):
        raise TypeError(f"one of {', '.join(names)} is no text")


def _check_tiling(report: Report, manifest: dict[str, Any], camera: dict[str, Any]) -> None:
    """Footage and gaps of a camera must be the whole interval asked for: no second is passed over in silence."""
    reached = manifest["request"]["from"]
    for span in camera["spans"]:
        _demand_text(span, "from", "to")
        if span["from"] != reached:
            report.add("time-unexplained", MANIFEST, f"{camera['camera_id']}: time is missing or doubled", reached, span["from"])
        reached = span["to"]
    if reached != manifest["request"]["to"]:
        report.add("time-unexplained", MANIFEST, f"{camera['camera_id']}: the end is missing", reached, manifest["request"]["to"])


def _check_sums(report: Report, package: Package) -> None:
    raw = _small(package, SUMS, 64 << 20)
    if raw is None:
        report.add("sums-missing", SUMS, "the list of checksums is missing")
        return
    listed: set[str] = set()
    for line in raw.decode("utf-8", "replace").splitlines():
        digest, _, name = line.partition("  ")
        listed.add(name)
        if not is_safe(name) or name not in package.names():
            report.add("file-missing", name, "it is listed in SHA256SUMS but not there")
        elif name.endswith(".mp4"):
            continue  # hashed once, against the manifest; that both lists agree is checked there
        elif _digest(package, name) != digest:
            report.add("file-changed", name, "its SHA-256 is not the one in SHA256SUMS")
    for name in sorted(set(package.names()) - listed - {SUMS}):
        report.add("file-added", name, "it does not belong to the package")


def _check_files(report: Report, package: Package, manifest: dict[str, Any]) -> None:
    """Files beside the footage, and that nothing is there which the signed manifest does not name."""
    lines = (_small(package, SUMS, 64 << 20) or b"").decode("utf-8", "replace").splitlines()
    sums = {name: digest for digest, _, name in (line.partition("  ") for line in lines)}
    media = [entry for camera in manifest["cameras"] for entry in camera["files"]]
    for entry in [*manifest["files"], *media]:
        name = entry["path"]
        if not is_safe(name) or name not in package.names():
            report.add("file-missing", name, "it is named in the manifest but not there")
        elif entry in media:
            if sums.get(name) != entry["sha256"]:
                report.add("sums-wrong", SUMS, f"it does not say of {name} what the manifest says")
        elif _digest(package, name) != entry["sha256"]:
            report.add("file-changed", name, "it is not the one that was signed")
    named = {entry["path"] for entry in [*manifest["files"], *media]}
    for name in sorted(set(package.names()) - named - _UNLISTED):
        report.add("file-added", name, "the manifest does not name it")


def _check_footage(
    report: Report,
    package: Package,
    manifest: dict[str, Any],
    camera: dict[str, Any],
    entry: dict[str, Any],
    anchors: str,
    progress: Callable[[int], None],
) -> None:
    name = entry["path"]
    if not is_safe(name) or name not in package.names():
        return
    with package.open(name) as opened:
        file = cast("BinaryIO", Counted(opened, progress))
        check_media(report, entry, file, package.size_bytes(name))
        file.seek(0)
        provenance = read_provenance(file, anchors)
    if provenance.state != "Trusted":
        why = ", ".join(provenance.failures) or provenance.state
        report.add("c2pa-wrong", name, f"its C2PA signature does not hold: {why}", entry["from"], entry["to"])
        return
    said = provenance.footage or {}
    expected = {
        "export_id": manifest["export_id"],
        "camera_id": camera["camera_id"],
        "from": entry["from"],
        "to": entry["to"],
        "case_number": manifest["request"]["case_number"],
        "fragments_sha256": hashlib.sha256("".join(one["sha256"] for one in entry["fragments"]).encode()).hexdigest(),
    }
    wrong = [key for key, value in expected.items() if said.get(key) != value]
    if wrong:
        report.add(
            "c2pa-other", name, f"its C2PA statement is of something else ({', '.join(wrong)})", entry["from"], entry["to"]
        )


def _small(package: Package, name: str, most_bytes: int) -> bytes | None:
    try:
        if package.size_bytes(name) > most_bytes:
            return None
        with package.open(name) as file:
            return file.read()
    except KeyError:
        return None


def _digest(package: Package, name: str) -> str:
    digest = hashlib.sha256()
    with package.open(name) as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()

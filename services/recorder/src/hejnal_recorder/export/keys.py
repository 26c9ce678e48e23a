"""The town's evidence authority: a root, the key that signs exports, the key that stamps times. Files, mode 600.

The root (20 years) vouches for leaves of two years (ES256). Packages carry the root, so they stay verifiable after every
rotation; a retired leaf's private key is destroyed, its certificate kept.
"""

import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hejnal_runtime.key_file import write_whole

CLAIM_SIGNING = x509.ObjectIdentifier("1.3.6.1.4.1.62558.2.1")
"""c2pa-kp-claimSigning."""
ROOT_DAYS, LEAF_DAYS = 7300, 730
ROOT, SIGNING, STAMPING = "ca", "signing", "tsa"
_BEFORE = timedelta(minutes=5)


class KeysError(Exception):
    """The folder does not hold usable keys; the text says what to do."""


@dataclass(frozen=True, slots=True, repr=False)
class KeyPair:
    """A certificate and its private key. Never logged: it has no readable form."""

    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate alone."""
        return self.certificate.public_bytes(Encoding.PEM).decode()

    @property
    def key_pem(self) -> str:
        """The private key, PKCS #8."""
        return self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


@dataclass(frozen=True, slots=True, repr=False)
class EvidenceKeys:
    """What signing an export needs. The root's private key is not among it: it may lie elsewhere."""

    root: x509.Certificate
    signing: KeyPair
    stamping: KeyPair

    @property
    def root_pem(self) -> str:
        """The trust anchor that goes into each package."""
        return self.root.public_bytes(Encoding.PEM).decode()

    @property
    def ends_at(self) -> datetime:
        """When the first of the two leaves runs out."""
        return min(pair.certificate.not_valid_after_utc for pair in (self.signing, self.stamping))


def load_keys(folder: Path) -> EvidenceKeys:
    """The keys of a folder; KeysError when one is missing, readable by others, or does not fit."""
    try:
        root = x509.load_pem_x509_certificate((folder / f"{ROOT}.pem").read_bytes())
        signing, stamping = _pair(folder, SIGNING), _pair(folder, STAMPING)
        for pair in (signing, stamping):
            pair.certificate.verify_directly_issued_by(root)
    except FileNotFoundError as error:
        raise KeysError(f"{error.filename} is missing: run `python -m hejnal_recorder keys init`") from error
    except Exception as error:
        if isinstance(error, KeysError):
            raise
        raise KeysError(f"the evidence keys cannot be used ({type(error).__name__})") from None  # no key material in a trace
    return EvidenceKeys(root, signing, stamping)


def create_keys(folder: Path, organisation: str, now: datetime) -> EvidenceKeys:
    """Make what is missing; what is there stays. A leaf is never made beside a root whose private key is gone."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o700)
    if not (folder / f"{ROOT}.pem").exists():
        _write_pair(folder, ROOT, _make_root(organisation, now))
    for name in (SIGNING, STAMPING):
        if not (folder / f"{name}.pem").exists():
            _write_pair(folder, name, _make_leaf(_authority(folder), name, now))
    return load_keys(folder)


def rotate_keys(folder: Path, now: datetime) -> EvidenceKeys:
    """New leaves from the same root; KeysError without the root's private key.

    Old certificates go to `retired/`, their private keys are overwritten by the new ones.
    """
    if not (folder / f"{ROOT}.key").exists():
        raise KeysError(f"{ROOT}.key is missing: bring it back from the safe for the rotation, then take it away again")
    root = _authority(folder)
    retired = folder / "retired"
    retired.mkdir(mode=0o700, exist_ok=True)
    for name in (SIGNING, STAMPING):
        pair = _make_leaf(root, name, now)
        old = folder / f"{name}.pem"
        if old.exists():
            certificate = x509.load_pem_x509_certificate(old.read_bytes())
            write_whole(retired / f"{name}-{certificate.serial_number:x}.pem", old.read_text(), 0o644)
        _write_pair(folder, name, pair)
    return load_keys(folder)


def fingerprint(certificate: x509.Certificate) -> str:
    """SHA-256 as people compare it: pairs of hex digits."""
    return certificate.fingerprint(hashes.SHA256()).hex(":").upper()


def is_private(mode: int, *, owner: int, user: int) -> bool:
    """Whether a key's file is for its service alone. A Secret that is mounted belongs to root and to the service's own group."""
    if owner == 0 and user != 0:
        return not mode & 0o037
    return not mode & 0o077


def _authority(folder: Path) -> KeyPair:
    """The root with its private key, which may have been brought from elsewhere: nothing is signed by another town's."""
    pair = _pair(folder, ROOT)
    if pair.certificate != x509.load_pem_x509_certificate((folder / f"{ROOT}.pem").read_bytes()):
        raise KeysError(f"{folder / ROOT}.key is not the key of {ROOT}.pem: bring the right one; nothing was changed")
    return pair


def _pair(folder: Path, name: str) -> KeyPair:
    path = folder / f"{name}.key"
    status = path.stat()
    if not is_private(status.st_mode, owner=status.st_uid, user=os.geteuid()):
        raise KeysError(f"{path} can be read by others: chmod 600 it, and think of rotating")
    # Key and certificate lie in one file, so that a crash while rotating cannot leave a pair that does not fit.
    data = path.read_bytes()
    key = load_pem_private_key(data, password=None)
    certificate = x509.load_pem_x509_certificate(data)
    if not isinstance(key, ec.EllipticCurvePrivateKey) or key.public_key() != certificate.public_key():
        raise KeysError(f"{path} does not fit {name}.pem")
    return KeyPair(certificate, key)


def _write_pair(folder: Path, name: str, pair: KeyPair) -> None:
    write_whole(folder / f"{name}.key", pair.key_pem + pair.pem, 0o600)
    write_whole(folder / f"{name}.pem", pair.pem, 0o644)


def _name(organisation: str, common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "PL"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, organisation),  # what viewers show as the issuer
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, issues: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not issues, content_commitment=False, key_encipherment=False, data_encipherment=False,
        key_agreement=False, key_cert_sign=issues, crl_sign=issues, encipher_only=False, decipher_only=False,
    )  # fmt: skip


def _make_root(organisation: str, now: datetime) -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name(organisation, f"Hejnał evidence root {now:%Y}")
    builder = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(now + timedelta(days=ROOT_DAYS))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(issues=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    return KeyPair(builder.sign(key, hashes.SHA256()), key)


def _make_leaf(root: KeyPair, name: str, now: datetime) -> KeyPair:
    key = ec.generate_private_key(ec.SECP256R1())
    organisation = str(root.certificate.subject.get_attributes_for_oid(NameOID.ORGANIZATION_NAME)[0].value)
    stamps = name == STAMPING
    purposes = [ExtendedKeyUsageOID.TIME_STAMPING] if stamps else [CLAIM_SIGNING, ExtendedKeyUsageOID.EMAIL_PROTECTION]
    subject = _name(organisation, f"Hejnał {'time stamps' if stamps else 'evidence export'} {now:%Y-%m-%d}")
    ends_at = min(now + timedelta(days=LEAF_DAYS), root.certificate.not_valid_after_utc)
    builder = (
        x509.CertificateBuilder(root.certificate.subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - _BEFORE)
        .not_valid_after(ends_at)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(issues=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage(purposes), critical=stamps)  # RFC 3161 §2.3: critical, and nothing else
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(root.key.public_key()), critical=False)
    )
    return KeyPair(builder.sign(root.key, hashes.SHA256()), key)

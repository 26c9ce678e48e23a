"""A detached CMS signature with CAdES attributes (RFC 5652, RFC 5126): made by a signer our anchor vouches for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from asn1crypto import cms, tsp
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID


class SignatureError(ValueError):
    """The signature does not hold; the text says why."""


@dataclass(frozen=True, slots=True)
class Signer:
    """Whose key signed."""

    certificate: x509.Certificate
    name: str


def check_signature(signature: bytes, content: bytes, anchor: x509.Certificate) -> Signer:
    """The signer of `content`; SignatureError when anything does not fit. Validity in time is `check_validity`'s."""
    try:
        signed = cms.ContentInfo.load(signature, strict=True)["content"]
        (signer,) = signed["signer_infos"]
        certificates = [x509.load_der_x509_certificate(one.chosen.dump()) for one in signed["certificates"]]
        attributes = {attribute["type"].native: attribute["values"] for attribute in signer["signed_attrs"]}
        digest = attributes["message_digest"][0].native
        content_type = attributes["content_type"][0].native
        # Parsed by `tsp`: importing it is also what teaches `cms` the attribute's name.
        (named,) = tsp.SigningCertificateV2.load(attributes["signing_certificate_v2"][0].dump(), strict=True)["certs"].native
        serial = signer["sid"].chosen["serial_number"].native
        # The attributes are signed as a SET OF (0x31), though stored under an implicit tag (RFC 5652 §5.4).
        covered = b"\x31" + signer["signed_attrs"].dump()[1:]
        value = signer["signature"].native
        algorithm = signer["digest_algorithm"]["algorithm"].native
    except (ValueError, KeyError, TypeError, IndexError) as error:
        raise SignatureError(f"it cannot be read ({type(error).__name__})") from error
    certificate = next((one for one in certificates if one.serial_number == serial), None)
    if certificate is None:
        raise SignatureError("the signer's certificate is missing")
    if algorithm != "sha256" or named["hash_algorithm"]["algorithm"] != "sha256":
        raise SignatureError("it uses another digest than SHA-256")
    if named["cert_hash"] != sha256(certificate.public_bytes(Encoding.DER)).digest():
        raise SignatureError("it names another certificate than the one it carries")
    if content_type != "data" or digest != sha256(content).digest():
        raise SignatureError("the signed content was changed")
    _check_key(certificate, value, covered)
    check_issued(certificate, anchor)
    return Signer(certificate, _name(certificate))


def check_issued(certificate: x509.Certificate, anchor: x509.Certificate) -> None:
    """SignatureError unless `anchor` itself issued `certificate` for signing."""
    try:
        certificate.verify_directly_issued_by(anchor)
        constraints = anchor.extensions.get_extension_for_class(x509.BasicConstraints).value
        usage = certificate.extensions.get_extension_for_class(x509.KeyUsage).value
        purposes = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except (InvalidSignature, ValueError, TypeError, x509.ExtensionNotFound) as error:
        raise SignatureError("its certificate was not issued by the trusted authority") from error
    if not constraints.ca or not usage.digital_signature or ExtendedKeyUsageOID.EMAIL_PROTECTION not in purposes:
        raise SignatureError("its certificate is not meant for signing")


def check_validity(certificate: x509.Certificate, at: datetime) -> None:
    """SignatureError when the certificate was not valid at that time."""
    if not certificate.not_valid_before_utc <= at <= certificate.not_valid_after_utc:
        raise SignatureError(f"its certificate was not valid at {at.isoformat()}")


def _check_key(certificate: x509.Certificate, value: bytes, covered: bytes) -> None:
    key = certificate.public_key()
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise SignatureError("it was made with an unexpected kind of key")
    try:
        key.verify(value, covered, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise SignatureError("the signature does not fit the key") from error


def _name(certificate: x509.Certificate) -> str:
    def first(attributes: Sequence[x509.NameAttribute[str | bytes]]) -> str:
        return str(attributes[0].value) if attributes else ""

    subject = certificate.subject
    parts = (subject.get_attributes_for_oid(oid) for oid in (x509.NameOID.ORGANIZATION_NAME, x509.NameOID.COMMON_NAME))
    return ", ".join(filter(None, map(first, parts)))

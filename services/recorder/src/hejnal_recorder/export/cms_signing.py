"""CMS signatures (RFC 5652) with the attributes CAdES-BES wants (RFC 5126 §5): detached documents and time-stamp tokens."""

import hashlib
from datetime import datetime

from asn1crypto import algos, cms, core, tsp
from asn1crypto import x509 as asn1_x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from hejnal_recorder.export.keys import KeyPair

_SHA256 = {"algorithm": "sha256"}


def sign_detached(content: bytes, pair: KeyPair, signed_at: datetime) -> bytes:
    """A detached signature, DER, as `openssl cms -sign -cades -binary` makes it."""
    return bytes(_signed(content, "data", pair, signed_at, enclosed=False).dump())


def sign_token(info: tsp.TSTInfo, pair: KeyPair, signed_at: datetime) -> cms.ContentInfo:
    """A time-stamp token (RFC 3161 §2.4.2): the info enclosed, the certificate named by its hash."""
    return _signed(info.dump(), "tst_info", pair, signed_at, enclosed=True)


def _signed(content: bytes, content_type: str, pair: KeyPair, signed_at: datetime, *, enclosed: bool) -> cms.ContentInfo:
    der = pair.certificate.public_bytes(Encoding.DER)
    certificate = asn1_x509.Certificate.load(der)
    issuer_serial = {
        "issuer": [asn1_x509.GeneralName("directory_name", certificate.issuer)],
        "serial_number": certificate.serial_number,
    }
    named = tsp.SigningCertificateV2(
        {"certs": [{"hash_algorithm": _SHA256, "cert_hash": hashlib.sha256(der).digest(), "issuer_serial": issuer_serial}]}
    )
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [content_type]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": core.UTCTime(signed_at)})]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_certificate_v2", "values": [named]}),
        ]
    )
    signer = cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}}
            ),
            "digest_algorithm": algos.DigestAlgorithm(_SHA256),
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": pair.key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256())),
        }
    )
    inner: dict[str, object] = {"content_type": content_type}
    if enclosed:
        inner["content"] = core.ParsableOctetString(content)
    signed = cms.SignedData(
        {
            "version": "v3" if enclosed else "v1",
            "digest_algorithms": [_SHA256],
            "encap_content_info": inner,
            "certificates": [certificate],
            "signer_infos": [signer],
        }
    )
    return cms.ContentInfo({"content_type": "signed_data", "content": signed})

"""The signature of CAP documents: enveloped XML-DSig (ECDSA P-256, SHA-256) with the certificate to check it by.

The key is derived (HKDF) from the oldest seed of `secrets.py`, so every replica signs alike without a further secret to keep.
The certificate is self-signed and the same everywhere; a receiver fetches it once and pins it.
"""

import hashlib
from datetime import UTC, datetime

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import NameOID
from lxml import etree
from signxml.algorithms import CanonicalizationMethod, DigestAlgorithm, SignatureConstructionMethod, SignatureMethod
from signxml.signer import XMLSigner

_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
"""Order of P-256 (SEC 2)."""
_FROM, _UNTIL = datetime(2025, 1, 1, tzinfo=UTC), datetime(2055, 1, 1, tzinfo=UTC)


class CapSigner:
    """Signs documents in the town's name."""

    def __init__(self, seed: bytes) -> None:
        # 48 bytes, so that the remainder is even to one part in 2^128 (FIPS 186-5 A.2.1)
        derived = HKDF(SHA256(), 48, None, b"hejnal citizen-api CAP signatures").derive(seed)
        self._key = ec.derive_private_key(int.from_bytes(derived) % (_ORDER - 1) + 1, ec.SECP256R1())
        self.certificate = self._certify().public_bytes(Encoding.PEM)
        """PEM."""

    def sign(self, document: etree._Element) -> bytes:
        """The document with its signature as the last element, as bytes."""
        signer = XMLSigner(
            method=SignatureConstructionMethod.enveloped,
            signature_algorithm=SignatureMethod.ECDSA_SHA256,
            digest_algorithm=DigestAlgorithm.SHA256,
            c14n_algorithm=CanonicalizationMethod.EXCLUSIVE_XML_CANONICALIZATION_1_0,
        )
        signed = signer.sign(document, key=self._key, cert=self.certificate.decode())
        return etree.tostring(signed, xml_declaration=True, encoding="utf-8")

    def _certify(self) -> x509.Certificate:
        public = self._key.public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Hejnal CAP signature")])
        builder = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(public)
            .serial_number(int.from_bytes(hashlib.sha256(point).digest()[:16]) >> 1 | 1)
            .not_valid_before(_FROM)
            .not_valid_after(_UNTIL)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.KeyUsage(
                    digital_signature=True,
                    content_commitment=True,
                    key_encipherment=False,
                    data_encipherment=False,
                    key_agreement=False,
                    key_cert_sign=False,
                    crl_sign=False,
                    encipher_only=False,
                    decipher_only=False,
                ),
                critical=True,
            )
        )
        return builder.sign(self._key, SHA256(), ecdsa_deterministic=True)

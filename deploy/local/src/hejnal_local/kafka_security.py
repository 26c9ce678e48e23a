"""What `make run KAFKA_SECURITY=1` adds: TLS, one Kafka user per service with a random password, and only its own topics."""

import ipaddress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from hejnal_contracts.access import ACCESS
from hejnal_local.kafka import Secured
from hejnal_local.keys import KeyRing, write_private
from hejnal_local.ports import HOST
from hejnal_runtime.bus.administration import grant, set_passwords
from hejnal_runtime.bus.connection import KafkaConnection

_VALID_DAYS = 825
_RENEW_DAYS = 60


@dataclass(frozen=True, slots=True)
class KafkaSecurity:
    """Certificates, passwords and rights of one secured broker on this machine."""

    folder: Path
    """Private: ca.pem, kafka.pem, administrator.pem, and <user>.password for each user."""
    keys: KeyRing
    port: int
    internal_port: int

    @property
    def secured(self) -> Secured:
        """What the broker is started with."""
        return Secured(self.folder, self.internal_port)

    @property
    def administrator(self) -> KafkaConnection:
        """The connection that may do everything: by certificate, on the internal port."""
        return KafkaConnection(
            f"{HOST}:{self.internal_port}",
            security_protocol="SSL",
            ca_file=self._ca,
            client_certificate_file=self.folder / "administrator.pem",
        )

    def as_user(self, principal: str) -> KafkaConnection:
        """How a user connects."""
        return KafkaConnection(
            f"{HOST}:{self.port}",
            security_protocol="SASL_SSL",
            user=principal,
            password_file=self._password_file(principal),
            ca_file=self._ca,
        )

    def environment(self, principal: str) -> dict[str, str]:
        """A service's settings, without its prefix."""
        return {
            "KAFKA_SECURITY_PROTOCOL": "SASL_SSL",
            "KAFKA_USER": principal,
            "KAFKA_PASSWORD_FILE": str(self._password_file(principal)),
            "KAFKA_CA_FILE": str(self._ca),
        }

    def prepare(self) -> None:
        """Make the certificates (anew before they expire) and each user's password."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self._is_valid():
            _make_certificates(self.folder, datetime.now(UTC))
        for access in ACCESS:
            write_private(self._password_file(access.principal), self.keys.secret(f"kafka-{access.principal}"))

    async def apply(self, prefix: str = "") -> None:
        """Tell the running broker its users and what they may do. AdministrationError when it refuses."""
        passwords = {access.principal: self.keys.secret(f"kafka-{access.principal}") for access in ACCESS}
        await set_passwords(self.administrator, passwords)
        await grant(self.administrator, ACCESS, prefix)

    @property
    def _ca(self) -> Path:
        return self.folder / "ca.pem"

    def _password_file(self, principal: str) -> Path:
        return self.folder / f"{principal}.password"

    def _is_valid(self) -> bool:
        try:
            found = [x509.load_pem_x509_certificate((self.folder / name).read_bytes()) for name in _FILES]
        except (OSError, ValueError):
            return False
        return all(one.not_valid_after_utc > datetime.now(UTC) + timedelta(days=_RENEW_DAYS) for one in found)


_FILES = ("ca.pem", "kafka.pem", "administrator.pem")


def _make_certificates(folder: Path, now: datetime) -> None:
    """An authority whose key is thrown away at once, and the two certificates it signs."""
    authority_key = ec.generate_private_key(ec.SECP256R1())
    authority = _name("Hejnal local Kafka")
    ca = (
        _builder(authority, authority, authority_key, now)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, hashes.SHA256())
    )
    for name in ("kafka", "administrator"):
        key = ec.generate_private_key(ec.SECP256R1())
        hosts = x509.SubjectAlternativeName([x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address(HOST))])
        both_ends = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH])
        certificate = (
            _builder(_name(name), authority, key, now)
            .add_extension(hosts, critical=False)
            .add_extension(both_ends, critical=False)
            .add_extension(_usage(signs_certificates=False), critical=True)
            .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
            .sign(authority_key, hashes.SHA256())
        )
        private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        write_private(folder / f"{name}.pem", private + certificate.public_bytes(Encoding.PEM).decode())
    write_private(folder / "ca.pem", ca.public_bytes(Encoding.PEM).decode())


def _name(common_name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _builder(subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, now: datetime) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(minutes=5))
        .not_valid_after(now + timedelta(days=_VALID_DAYS))
    )

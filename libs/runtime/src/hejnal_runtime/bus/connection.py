"""How a service reaches Kafka: address, TLS, user. The one place that turns settings into options of the client library."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from aiokafka.errors import KafkaError
from pydantic import SecretStr

SecurityProtocol = Literal["PLAINTEXT", "SSL", "SASL_SSL"]
"""As Kafka names them. A password without TLS (SASL_PLAINTEXT) is not on offer."""
SaslMechanism = Literal["SCRAM-SHA-512", "SCRAM-SHA-256", "PLAIN"]


class ConnectionSettingsError(KafkaError):  # type: ignore[misc]
    """A file that the connection needs cannot be read, or is not what it should be; the text says which and why."""

    retriable = True

    def __str__(self) -> str:
        """The text alone."""
        return str(self.args[0])


@dataclass(frozen=True, slots=True)
class KafkaConnection:
    """Where Kafka is and as whom to speak with it. Files are read at each connection, so that a new password needs no restart."""

    bootstrap: str
    security_protocol: SecurityProtocol = "PLAINTEXT"
    sasl_mechanism: SaslMechanism = "SCRAM-SHA-512"
    user: str | None = None
    password: SecretStr | None = None
    password_file: Path | None = None
    ca_file: Path | None = None
    client_certificate_file: Path | None = None
    client_key_file: Path | None = None
    check_hostname: bool = True
    settings_prefix: str = field(default="HEJNAL_<SERVICE>_", compare=False)
    """How this service's variables begin, for messages."""

    @classmethod
    def of(cls, kafka: "KafkaConnection | str") -> "KafkaConnection":
        """The connection itself; a mere `host:port` means one without TLS and user."""
        return cls(kafka) if isinstance(kafka, str) else kafka

    @property
    def has_tls(self) -> bool:
        """Whether the connection is encrypted and the broker proves who it is."""
        return self.security_protocol != "PLAINTEXT"

    @property
    def principal(self) -> str:
        """As whom Kafka knows us, for messages."""
        if self.security_protocol == "SASL_SSL":
            return f"user {self.user}"
        return "the client's certificate" if self.client_certificate_file else "a client without a name"

    def options(self) -> dict[str, Any]:
        """Keyword arguments for every client of aiokafka. Raises ConnectionSettingsError for a file that cannot be used."""
        options: dict[str, Any] = {"bootstrap_servers": self.bootstrap, "security_protocol": self.security_protocol}
        if self.has_tls:
            options["ssl_context"] = self._tls()
        if self.security_protocol == "SASL_SSL":
            options |= {
                "sasl_mechanism": self.sasl_mechanism,
                "sasl_plain_username": self.user,
                "sasl_plain_password": self._password(),
            }
        return options

    def _tls(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except (OSError, ValueError) as error:
            raise ConnectionSettingsError(
                f"{self.settings_prefix}KAFKA_CA_FILE {self.ca_file} cannot be used: {error}"
            ) from error
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.check_hostname = self.check_hostname
        if self.client_certificate_file is not None:
            try:
                context.load_cert_chain(self.client_certificate_file, self.client_key_file)
            except (OSError, ValueError) as error:
                name = f"{self.settings_prefix}KAFKA_CLIENT_CERTIFICATE_FILE"
                raise ConnectionSettingsError(f"{name} {self.client_certificate_file} cannot be used: {error}") from error
        return context

    def _password(self) -> str:
        if self.password_file is not None:
            try:
                return self.password_file.read_text(encoding="utf-8").strip()
            except (OSError, UnicodeDecodeError) as error:
                name = f"{self.settings_prefix}KAFKA_PASSWORD_FILE"
                raise ConnectionSettingsError(f"{name} {self.password_file} cannot be read: {error}") from error
        return "" if self.password is None else self.password.get_secret_value()

"""What every service can be told from outside; each service adds its own fields and an environment prefix."""

import os
from pathlib import Path
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SecretsSettingsSource, SettingsConfigDict

from hejnal_runtime.bus.connection import KafkaConnection, SaslMechanism, SecurityProtocol
from hejnal_runtime.security_txt import SecurityContact
from hejnal_runtime.tracing import configure_tracing


class ServiceSettings(BaseSettings):
    """Settings shared by all services. Read once at start; a wrong one stops the start with all errors at once."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    kafka_bootstrap: str = Field(default="127.0.0.1:19092", description="host:port of a Kafka broker, several by commas")
    kafka_security_protocol: SecurityProtocol = Field(
        default="PLAINTEXT",
        description="PLAINTEXT, SSL (TLS, named by a client certificate) or SASL_SSL (TLS, user and password)",
    )
    kafka_sasl_mechanism: SaslMechanism = Field(
        default="SCRAM-SHA-512", description="How the password is proven: SCRAM-SHA-512, SCRAM-SHA-256 or PLAIN"
    )
    kafka_user: str | None = Field(default=None, description="User of this service in Kafka; with SASL_SSL")
    kafka_password: SecretStr | None = Field(default=None, description="Its password; better in a file")
    kafka_password_file: Path | None = Field(
        default=None, description="File with its password, read at each connection: a new one needs no restart"
    )
    kafka_ca_file: Path | None = Field(
        default=None, description="Authorities (PEM) that sign the brokers' certificates; default those of the system"
    )
    kafka_client_certificate_file: Path | None = Field(default=None, description="Client certificate with its chain (PEM)")
    kafka_client_key_file: Path | None = Field(default=None, description="Its private key (PEM)")
    kafka_check_hostname: bool = Field(default=True, description="Whether a broker's certificate must bear its host's name")
    topic_prefix: str = Field(default="", description="Put before every topic and group name on a shared cluster")
    database_url: SecretStr | None = Field(default=None, description="postgresql+asyncpg://user:password@host:port/name")
    public_host: str = Field(default="127.0.0.1", description="Address of the public door")
    public_port: int = Field(default=0, ge=0, le=65535, description="Port of the public door; 0 where a service has none")
    internal_host: str = Field(default="127.0.0.1", description="Address for health, metrics and the other services")
    internal_port: int = Field(default=0, ge=0, le=65535, description="Port for health, metrics and the other services")
    token_key_file: Path | None = Field(
        default=None, description="Ed25519 private key (PEM) with which this service signs tokens"
    )
    trusted_jwks_file: Path | None = Field(default=None, description="JWKS of all services whose tokens are accepted")
    log_level: str = Field(default="INFO", description="DEBUG, INFO, WARNING or ERROR")
    log_json: bool = Field(default=True, description="JSON lines; false for reading at a desk")
    security_contacts: tuple[SecurityContact, ...] = Field(
        default=(), description="Whom to tell about a weakness, for /.well-known/security.txt: mailto:, https: or tel: addresses"
    )
    security_policy_url: str = Field(
        default="", pattern=r"^(https://\S+)?$", description="Where the town says how it deals with such reports"
    )
    otlp_endpoint: str | None = Field(
        default=None,
        description="Where spans go: http://collector:4318/v1/traces, or http://zipkin:9411/api/v2/spans with "
        "TRACE_PROTOCOL=zipkin; no span is made without it",
    )
    trace_protocol: Literal["otlp", "zipkin"] = Field(
        default="otlp", description="What the collector speaks: OTLP over HTTP, or Zipkin's JSON"
    )
    trace_sample_ratio: float = Field(
        default=1.0, ge=0, le=1, description="Share of traces that is kept; the same in all services, then whole traces are kept"
    )
    trace_database: bool = Field(default=False, description="Also a span for each SQL statement (its verb and table, no values)")

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Any setting may also be a file in HEJNAL_SECRETS_DIR, named as its variable in small letters."""
        if folder := os.environ.get("HEJNAL_SECRETS_DIR"):
            file_secret_settings = SecretsSettingsSource(settings_cls, secrets_dir=folder)
        return init_settings, env_settings, dotenv_settings, file_secret_settings

    def configure_tracing(self, service: str) -> None:
        """Export this process's spans as the settings say; before anything of the service is built."""
        configure_tracing(
            service,
            self.otlp_endpoint,
            protocol=self.trace_protocol,
            sample_ratio=self.trace_sample_ratio,
            database=self.trace_database,
        )

    @property
    def kafka(self) -> KafkaConnection:
        """How this service reaches Kafka."""
        return KafkaConnection(
            bootstrap=self.kafka_bootstrap,
            security_protocol=self.kafka_security_protocol,
            sasl_mechanism=self.kafka_sasl_mechanism,
            user=self.kafka_user,
            password=self.kafka_password,
            password_file=self.kafka_password_file,
            ca_file=self.kafka_ca_file,
            client_certificate_file=self.kafka_client_certificate_file,
            client_key_file=self.kafka_client_key_file,
            check_hostname=self.kafka_check_hostname,
            settings_prefix=str(self.model_config.get("env_prefix") or "HEJNAL_<SERVICE>_"),
        )

    @model_validator(mode="after")
    def _kafka_fits_together(self) -> Self:
        """What Kafka's settings lack, or hold in vain, is told at the start and not when the first message is lost."""
        has_password = self.kafka_password is not None or self.kafka_password_file is not None
        if self.kafka_security_protocol == "SASL_SSL":
            if not self.kafka_user or not has_password:
                raise ValueError("KAFKA_SECURITY_PROTOCOL=SASL_SSL needs KAFKA_USER and KAFKA_PASSWORD_FILE")
            if self.kafka_password is not None and self.kafka_password_file is not None:
                raise ValueError("give KAFKA_PASSWORD or KAFKA_PASSWORD_FILE, not both")
        elif self.kafka_user or has_password:
            raise ValueError("KAFKA_USER and KAFKA_PASSWORD are sent only with KAFKA_SECURITY_PROTOCOL=SASL_SSL")
        if self.kafka_client_key_file is not None and self.kafka_client_certificate_file is None:
            raise ValueError("KAFKA_CLIENT_KEY_FILE needs KAFKA_CLIENT_CERTIFICATE_FILE")
        if self.kafka_security_protocol == "PLAINTEXT" and (self.kafka_ca_file or self.kafka_client_certificate_file):
            raise ValueError("KAFKA_CA_FILE and KAFKA_CLIENT_CERTIFICATE_FILE need KAFKA_SECURITY_PROTOCOL=SASL_SSL or SSL")
        return self

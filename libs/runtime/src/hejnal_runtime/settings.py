"""What every service can be told from outside; each service adds its own fields and an environment prefix."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict


class ServiceSettings(BaseSettings):
    """Settings shared by all services. Read once at start; a wrong one stops the start with all errors at once."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore")

    kafka_bootstrap: str = Field(default="127.0.0.1:19092", description="host:port of a Kafka broker")
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
    otlp_endpoint: str | None = Field(default=None, description="OTLP/HTTP traces address, e.g. http://collector:4318/v1/traces")

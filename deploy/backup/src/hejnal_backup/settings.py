"""What a backup holds, where it goes and who can read it."""

from pathlib import Path

from pydantic import Field, SecretStr
from pydantic_settings import SettingsConfigDict

from hejnal_backup.errors import BackupError
from hejnal_runtime.settings import ServiceSettings


class BackupSettings(ServiceSettings):
    """Read once at start from `HEJNAL_BACKUP_…`. Kafka's settings are those of every service."""

    model_config = SettingsConfigDict(frozen=True, extra="ignore", env_prefix="HEJNAL_BACKUP_")

    database_url: SecretStr | None = Field(
        default=None,
        description="postgresql://user:password@host:port/name; a role that may read all schemas, a superuser to restore",
    )
    schemas: tuple[str, ...] = Field(
        default=("recorder", "gateway", "citizen", "notifier"), description="Schemas of that database, taken at one moment"
    )
    folders: dict[str, Path] = Field(
        default={}, description='JSON: what else is kept, by name: {"keys": "/etc/hejnal/keys", "photos": "/srv/photos"}'
    )
    target: str = Field(default="", description="Folder on another disk or machine, or s3://bucket/folder")
    s3_endpoint: str = Field(default="", description="Address of the S3 service; empty: Amazon's")
    s3_region: str = Field(default="us-east-1", description="Region of the bucket")
    s3_access_key_file: Path | None = Field(default=None, description="File with the access key id")
    s3_secret_key_file: Path | None = Field(default=None, description="File with the secret access key")
    recipients_file: Path | None = Field(
        default=None,
        description="age public keys (age1…), one a line: who can read the backups",
    )
    keep_daily: int = Field(default=7, ge=1, description="Days of which the newest backup is kept")
    keep_weekly: int = Field(default=4, ge=0, description="Weeks of which the newest backup is kept")
    keep_monthly: int = Field(default=12, ge=0, description="Months of which the newest backup is kept")
    metrics_file: Path | None = Field(
        default=None, description="File that node_exporter's textfile collector reads, e.g. …/textfile/hejnal_backup.prom"
    )
    kafka_bootstrap: str = Field(
        default="", description="host:port; a restore puts consumers back to the backup's moment. Empty: Kafka starts empty, too"
    )

    def require_database_url(self) -> str:
        """The database; BackupError when it is not set."""
        if self.database_url is None:
            raise BackupError("HEJNAL_BACKUP_DATABASE_URL is not set: postgresql://user:password@host:port/name")
        return self.database_url.get_secret_value().replace("postgresql+asyncpg://", "postgresql://", 1)

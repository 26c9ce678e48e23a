"""What the recorder can be told from outside."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hejnal_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """The recorder's settings, `HEJNAL_RECORDER_…`."""

    model_config = SettingsConfigDict(env_prefix="HEJNAL_RECORDER_", frozen=True, extra="ignore")

    service: str = Field(default="recorder", description="Name in tokens, facts and logs")
    internal_port: int = Field(default=18091, ge=0, le=65535, description="Port of the internal API, health and metrics")
    archive_dir: Path = Field(default=Path("archive"), description="Where footage is kept: <camera>/<yyyy-mm-dd>/<segment>.mp4")
    spool_dir: Path | None = Field(
        default=None,
        description="Ingest's spool when it is on this machine: files are hard-linked. Without it they are fetched by HTTP",
    )
    batch_linger_s: float = Field(
        default=0.5, ge=0, le=2, description="How long facts may wait to be taken over together in one transaction"
    )
    fetch_timeout_s: float = Field(default=20.0, gt=0, description="Time limit of one fetch from ingest's spool")
    fetch_give_up_s: float = Field(
        default=900.0,
        gt=0,
        description="An ingest that cannot be reached for so long is taken for dead: its footage becomes a gap",
    )
    longest_playlist_h: float = Field(default=12.0, gt=0, le=24, description="Longest interval of one playlist")
    default_keep_days: int = Field(
        default=30, ge=1, le=90, description="Retention of cameras the registry does not know (any more)"
    )
    retention_interval_s: float = Field(default=60.0, gt=0, description="Pause between two looks for footage that is too old")

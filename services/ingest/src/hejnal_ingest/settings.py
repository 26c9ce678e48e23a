"""What ingest can be told from outside."""

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hejnal_runtime.settings import ServiceSettings


class Settings(ServiceSettings):
    """Ingest's settings, `HEJNAL_INGEST_…`."""

    model_config = SettingsConfigDict(env_prefix="HEJNAL_INGEST_", frozen=True, extra="ignore")

    service: str = Field(default="ingest", description="Name in tokens, facts and logs")
    internal_port: int = Field(default=18090, ge=0, le=65535, description="Port of relay, spool, health and metrics")
    ingest_id: str = Field(
        default_factory=lambda: f"ingest-{socket.gethostname()}"[:64],
        min_length=1,
        description="Name of this process among its peers",
    )
    advertised_url: str | None = Field(
        default=None,
        description="Base URL under which gateway and recorder reach this process; default http://<internal address>",
    )
    gateway_url: str = Field(
        default="http://127.0.0.1:18094", description="Internal base URL of the gateway, for cameras' passwords"
    )
    spool_dir: Path = Field(default=Path("spool"), description="Where fragments are written; one process per folder")
    spool_max_bytes: int = Field(
        default=20 * 1024**3, gt=0, description="The oldest segments go when the spool grows beyond this"
    )
    spool_max_age_s: float = Field(default=24 * 3600, gt=0, description="Segments older than this go")
    spool_min_free_bytes: int = Field(
        default=1024**3, ge=0, description="The oldest segments go while the disk has less free space than this"
    )
    segment_s: float = Field(default=60.0, ge=1, le=600, description="Length of a segment file, wall time")
    writer_threads: int = Field(default=2, ge=1, le=16, description="Threads that write, hash and sync fragments")
    connect_timeout_s: float = Field(default=4.0, gt=0, description="Time limit of a TCP connection to a camera")
    response_timeout_s: float = Field(default=4.0, gt=0, description="Time limit of an answer of a camera")
    no_video_s: float = Field(default=8.0, gt=0, description="A camera that sends no picture for so long has stalled")
    no_keyframe_s: float = Field(default=30.0, gt=0, description="A camera that sends no key frame for so long is of no use")
    status_interval_s: float = Field(default=10.0, gt=0, description="A camera's status is told at least this often")
    start_spacing_s: float = Field(default=0.02, ge=0, description="Pause between two connections to cameras")
    sub_linger_s: float = Field(default=10.0, ge=0, description="A stream pulled on demand is kept so long after its last reader")
    disk_retry_s: float = Field(default=10.0, gt=0, description="Pause before recording is tried again after a failed write")
    facts_limit: int = Field(
        default=1024, gt=1, description="Facts of one camera that may wait for Kafka before recording pauses"
    )

    @property
    def base_url(self) -> str:
        """Base URL of this process for the other services."""
        return (self.advertised_url or f"http://{self.internal_host}:{self.internal_port}").rstrip("/")

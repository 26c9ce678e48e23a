"""What ingest can be told from outside."""

import socket
from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from hejnal_ingest.spool.ring import SpoolPolicy
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
    spool_policy: SpoolPolicy = Field(
        default=SpoolPolicy.OLDEST,
        description="When there is no room for what the recorder has not taken: `oldest` gives up the oldest of it, "
        "`keep` stops recording",
    )
    segment_s: float = Field(default=60.0, ge=1, le=600, description="Length of a segment file, wall time")
    longest_fragment_s: float = Field(
        default=4.0,
        ge=0.5,
        le=60,
        description="Longer groups of pictures are written in several fragments",
    )
    writer_threads: int = Field(default=2, ge=1, le=16, description="Threads that write, hash and sync fragments")
    pending_max_bytes: int = Field(
        default=512 * 1024**2, gt=0, description="Footage of all cameras that may wait in memory for the disk"
    )
    disk_stall_s: float = Field(default=10.0, gt=0, description="A write that takes longer ends the run: the disk hangs")
    connect_timeout_s: float = Field(default=4.0, gt=0, description="Time limit of a TCP connection to a camera")
    rtsps_ca_file: Path | None = Field(
        default=None, description="Authorities that sign the certificates of cameras with rtsps; default those of the system"
    )
    rtsps_fingerprints: str = Field(
        default="",
        description="SHA-256 of certificates (hex, by commas) that cameras with rtsps may show; nothing else counts",
    )
    rtsps_insecure: bool = Field(
        default=False, description="Any certificate of a camera is believed: keeps eavesdroppers out, nobody else"
    )
    response_timeout_s: float = Field(default=4.0, gt=0, description="Time limit of an answer of a camera")
    no_video_s: float = Field(default=8.0, gt=0, description="A camera that sends no picture for so long has stalled")
    no_keyframe_s: float = Field(default=30.0, gt=0, description="A camera that sends no key frame for so long is of no use")
    lease_timeout_s: float = Field(
        default=3.0,
        ge=2,
        le=60,
        description="A process silent for so long loses its cameras; the broker must allow it (`group.min.session.timeout.ms`)",
    )
    kafka_wait_s: float = Field(
        default=10.0, ge=0, description="At start, while Kafka is away: then the cameras held last are held again"
    )
    native_streams: int = Field(
        default=64, ge=0, description="Threads that may read streams through FFmpeg (all that is not RTSP over TCP)"
    )
    media_dir: Path | None = Field(default=None, description="Folder in which `file://` streams may lie; none without it")
    loop_files: bool = Field(default=False, description="A `file://` stream begins again at its end")
    status_interval_s: float = Field(default=10.0, gt=0, description="A camera's status is told at least this often")
    batch_s: float = Field(
        default=0.16, ge=0, le=1, description="Pictures that nobody watches may wait so long, to be taken several at a time"
    )
    start_spacing_s: float = Field(default=0.02, ge=0, description="Pause between two connections to cameras")
    start_limit: int = Field(default=32, ge=1, description="Connections to cameras that may be opening at the same time")
    sub_linger_s: float = Field(default=10.0, ge=0, description="A stream pulled on demand is kept so long after its last reader")
    disk_retry_s: float = Field(default=10.0, gt=0, description="Pause before recording is tried again after a failed write")
    facts_limit: int = Field(
        default=1024, gt=1, description="Facts of one camera that may wait for Kafka before recording pauses"
    )

    picture_interval_s: float = Field(
        default=20.0,
        ge=2,
        description="Each camera's key frame is decoded so often at most, as far as PICTURE_CPU_SHARE goes",
    )
    picture_cpu_share: float = Field(default=0.05, gt=0, le=1, description="Share of one core that decoding may use")
    picture_time_limit_s: float = Field(default=3.0, gt=0, description="Time limit of decoding one picture")
    picture_accept_after_s: float = Field(
        default=3600.0, ge=60, description="A camera that was moved and stays: after so long its new view is the reference"
    )
    probe_s: float = Field(default=60.0, ge=5, le=600, description="How long a probe listens to a camera")
    onvif_timeout_s: float = Field(default=5.0, gt=0, description="Time limit of an answer of a camera over ONVIF")
    onvif_check_interval_s: float = Field(default=3600.0, gt=0, description="Cameras' clocks and encoders are looked at so often")
    onvif_gop_s: float = Field(default=2.0, gt=0, le=10, description="Length of groups of pictures, set where a camera allows it")
    onvif_pull_s: float = Field(
        default=20.0, gt=0, le=60, description="How long a camera may wait with its answer to PullMessages"
    )
    onvif_allowed_hosts: tuple[str, ...] = Field(
        default=(), description="Hosts besides the camera itself that its answers may lead to"
    )
    discovery_host: str = Field(default="239.255.255.250", description="Where WS-Discovery probes are sent")
    discovery_port: int = Field(default=3702, gt=0, le=65535, description="UDP port of WS-Discovery")
    discovery_interface: str | None = Field(
        default=None, description="Address of the interface in the camera network; default: the one of the default route"
    )
    backfill_rate_bps: int = Field(default=2_000_000, gt=0, description="Bits per second that one camera's back-fill may use")
    backfill_workers: int = Field(default=4, ge=1, le=32, description="Cameras whose cards are read at the same time")
    backfill_min_gap_s: float = Field(default=1.0, gt=0, description="Shorter gaps are left as they are")
    backfill_max_age_s: float = Field(default=48 * 3600, gt=0, description="Older gaps are left as they are")
    backfill_settle_s: float = Field(default=20.0, ge=0, description="A camera must be live again for so long first")
    radio_enabled: bool = Field(default=True, description="Record the sub stream while the link is too thin for the main one")
    radio_stay_s: float = Field(
        default=20.0,
        gt=0,
        description="The sub stream is recorded for at least so long, and twice as long each time the link falls again",
    )

    @property
    def base_url(self) -> str:
        """Base URL of this process for the other services."""
        return (self.advertised_url or f"http://{self.internal_host}:{self.internal_port}").rstrip("/")
